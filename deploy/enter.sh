# shellcheck shell=sh
# Running a command in the platform.

venv_access=--ro-bind
certificates=/etc/ssl/certs/ca-certificates.crt

# What the command finds in its environment, whichever platform it is; the rest is the caller's.
set_environment() {
    bwrap=$(command -v bwrap || true) # by the host's PATH, not the platform's
    export PATH="$venv/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    export PYTHONPATH="$clone/src" VIRTUAL_ENV="$venv" PIP_DISABLE_PIP_VERSION_CHECK=1
    export LANG=C.UTF-8 LC_ALL=C.UTF-8 LOGNAME="${LOGNAME:-root}" # baresip looks for its files by it
    export PS1='trunkline \w # '
    export TRUNKLINE_HOME="$home" TRUNKLINE_CACHE="$cache"
    # These may name the host's libraries, which are not this platform's, or have Python stop at what only warns.
    unset PYTHONHOME PYTHONSTARTUP PYTHONWARNINGS PYTHONDEVMODE PYTHONINSPECT LD_PRELOAD LD_LIBRARY_PATH BASH_ENV ENV
}

enter_native() { exec "$@"; }

# enter_root COMMAND...: only the system's own folders (/usr, /etc, /var, ...) are the root's; the others, the network
# and the process ids are the host's. So what a command leaves running, anyone can see and stop. Tests have process ids
# of their own (ends_together): a run that is killed leaves no engine and no database behind.
enter_root() {
    command=$#
    set -- "$@" --bind "$root" / --dev-bind /dev /dev --proc /proc --ro-bind /sys /sys
    if [ "${ends_together:-}" ]; then set -- "$@" --unshare-pid --die-with-parent; fi
    set -- "$@" --tmpfs /run --perms 1777 --dir /run/lock --bind /var/tmp /var/tmp
    for folder in /*; do
        case $folder in
        /bin | /boot | /dev | /etc | /lib | /lib32 | /lib64 | /libx32 | /lost+found) ;;
        /proc | /run | /sbin | /sys | /usr | /var) ;;
        *) if [ -d "$folder" ]; then set -- "$@" --bind "$folder" "$folder"; fi ;;
        esac
    done
    # bwrap would close the folders that it makes on the way to what it mounts to everybody but root.
    set -- "$@" --perms 755 --dir "${venv%/*}"
    set -- "$@" --bind "$clone" "$clone" "$venv_access" "$venv" "$venv"
    if [ "${TRUNKLINE_ASTERISK:-}" ] && asterisk_ready; then set -- "$@" --ro-bind "$asterisk" "$asterisk"; fi
    if [ -d "$home" ]; then set -- "$@" --bind "$home" "$home"; fi
    # A company's own CA and package index are in the host's files.
    for file in /etc/resolv.conf /etc/hosts /etc/pip.conf "$certificates" "${PIP_CERT-}" "${SSL_CERT_FILE-}"; do
        if [ -f "$file" ]; then set -- "$@" --ro-bind "$file" "$file"; fi
    done
    # Several clones share the root, so nobody writes to it; bwrap has made the folders to mount on by now.
    set -- "$@" --remount-ro / --chdir "$(inner_folder)" -- env --default-signal=INT,QUIT,TERM
    while [ "$command" -gt 0 ]; do # the command's words, first until here, go to the end
        word=$1
        shift
        set -- "$@" "$word"
        command=$((command - 1))
    done
    supervise_bwrap "$@"
}

# The caller's folder, if it is not one that the platform has another of.
inner_folder() {
    here=$(pwd -P)
    case $here/ in
    "$clone"/* | "$home"/* | /var/tmp/*) echo "$here" ;;
    // | /bin/* | /boot/* | /etc/* | /lib/* | /lib32/* | /lib64/* | /libx32/* | /lost+found/*) echo "$clone" ;;
    /run/* | /sbin/* | /usr/* | /var/*) echo "$clone" ;;
    *) echo "$here" ;;
    esac
}

# supervise_bwrap ARGUMENT...: exits with the command's status.
#
# bwrap waits for the command as its parent. Ctrl-C reaches the whole foreground group, and would kill bwrap while the
# command still winds up; a SIGTERM to us would never reach the command. So bwrap and we ignore Ctrl-C, env gives the
# command its own default again, and we pass SIGTERM on.
supervise_bwrap() {
    pids=$(mktemp)
    # A shell gives /dev/null to what it starts in the background, unless it is told otherwise.
    if [ -e /dev/fd/0 ]; then exec 3<&0; else exec 3</dev/null; fi
    trap '' INT QUIT
    (
        trap '' TERM
        exec "$bwrap" --info-fd 4 "$@" <&3 3<&- 4>"$pids"
    ) &
    monitor=$!
    exec 3<&-
    trap 'woken=yes; pass_on TERM' TERM
    status=0
    woken=''
    wait "$monitor" || status=$?
    while [ "$woken" ]; do
        woken=''
        again=0
        wait "$monitor" || again=$?
        if [ "$again" -ne 127 ]; then status=$again; fi # 127: the wait before this one had its status already
    done
    rm -f -- "$pids"
    exit "$status"
}

pass_on() {
    child=$(sed -n 's/.*"child-pid": *\([0-9]*\).*/\1/p' "$pids")
    if [ "$child" ]; then kill "-$1" "$child" 2>/dev/null || true; fi
}
