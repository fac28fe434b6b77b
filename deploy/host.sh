# shellcheck shell=sh
# What kind of machine is this, and may we change it?

require_root() {
    [ "$(id -u)" -eq 0 ] || die "must run as root (try: sudo ./trunkline ...): it installs packages, and starts engines under their own users"
}

# choose_platform: sets platform to `native` on Debian 13, and to `root` on its relatives.
choose_platform() {
    release=${TRUNKLINE_OS_RELEASE:-/etc/os-release}
    [ -r "$release" ] || die "cannot read $release, so this machine's system is unknown. $(where_it_runs)"
    # shellcheck disable=SC1090  # os-release(5) is made to be read by a shell
    host=$(. "$release" && echo "${ID-} ${VERSION_ID-} ${ID_LIKE-}")
    case " $host " in
    " debian 13 "*) platform=native ;;
    *" debian "* | *" ubuntu "*) platform=root ;;
    *) die "this machine is not Debian or Ubuntu, but: ${host% }. $(where_it_runs)" ;;
    esac
    command -v apt-get >/dev/null || die "this machine has no apt-get. $(where_it_runs)"
}

where_it_runs() { echo "The launcher runs on Debian 12, Debian 13 and Ubuntu; elsewhere use the container, deploy/README.md"; }

# absolute PATH: PATH from the root of the file system, links in it followed; it need not exist.
absolute() { readlink -m -- "$1"; }

# require_space FOLDER MEGABYTES
require_space() {
    free=$(df -Pk -- "$1" | awk 'NR == 2 { print int($4 / 1024) }')
    [ "$free" -ge "$2" ] || die "$1 has $free MB free, and $2 MB are needed: free some space, or set TRUNKLINE_CACHE to a folder on a larger disk"
}

# apt_install PACKAGE...: from this machine's own package sources.
apt_install() {
    log=$cache/apt.log
    {
        DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 -o Acquire::Retries=3 -q update &&
            DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 -o Acquire::Retries=3 -q -y \
                install --no-install-recommends "$@"
    } >"$log" 2>&1 </dev/null 9>&- || explain "installing packages ($*)" "$log"
}

# web_user [OPTION...]: the command that makes the user that the dashboard runs as; it does nothing where there is one.
web_user() { echo "adduser --quiet --system --group --no-create-home --home /nonexistent $* trunkline"; }
