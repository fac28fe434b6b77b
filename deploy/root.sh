# shellcheck shell=sh
# The Debian 13 root, for machines that are not Debian 13. This file's text is part of the root's name: a change to
# how it is built builds another one.

suite=trixie
root_megabytes=3200 # the root takes 1370, its packages while they are unpacked as much again
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
web_uid=65530 # the root's users are numbers to the machine, and this one is nobody's there: a user of its own could read ours

# name_root: sets root_hash and root, from all that decides what is in it.
name_root() {
    root_hash=$({ echo "$suite" && packages && cat "$clone/deploy/root.sh"; } | digest)
    root=$cache/root-$root_hash
}

root_ready() { root_is_whole && command -v bwrap >/dev/null; }

# The stamp is written last, so a root without it was left by an interrupted build, or damaged.
root_is_whole() { [ -f "$root/etc/trunkline-platform" ]; }

build_root() {
    install_builders
    try_bwrap
    if root_is_whole; then return; fi
    require_space "$cache" "$root_megabytes"
    rm -rf --one-file-system -- "$root"
    building=$(mktemp -d "$cache/building-XXXXXX")
    step "building a Debian 13 root with $(packages | wc -l) packages and what they need (about a minute)"
    log=$cache/root.log
    (bootstrap "$building/root") >"$log" 2>&1 </dev/null 9>&- || explain "building the Debian 13 root" "$log"
    chmod 755 "$building/root"
    echo "$root_hash" >"$building/root/etc/trunkline-platform"
    mv -- "$building/root" "$root"
    rmdir -- "$building"
}

install_builders() {
    if command -v mmdebstrap >/dev/null && command -v bwrap >/dev/null && [ -f "$keyring" ]; then return; fi
    step "installing mmdebstrap, bubblewrap and the Debian archive keys"
    apt_install mmdebstrap bubblewrap debian-archive-keyring
}

# Better to learn it before the build than after: containers often forbid it.
try_bwrap() {
    words=$(bwrap --ro-bind / / true 2>&1) || die "bubblewrap cannot make a mount namespace here: $words
An unprivileged container forbids it. Run on the machine itself; or start the container with --privileged; or use a
Debian 13 container, which needs no bubblewrap (deploy/README.md)."
}

# bootstrap FOLDER
bootstrap() {
    # mmdebstrap reads none of the host's apt configuration; a proxy or a mirror set there may be the only way out.
    eval "$(apt-config shell http_proxy Acquire::http::Proxy https_proxy Acquire::https::Proxy)"
    export http_proxy="${http_proxy-}" https_proxy="${https_proxy-}"
    sources=$(sources)
    # The cluster that Debian would make for PostgreSQL is of no use: a root is shared, and read-only once built.
    # shellcheck disable=SC2016  # $1 is for mmdebstrap's shell
    mmdebstrap --variant=minbase --format=directory --keyring="$keyring" \
        --aptopt='Acquire::Retries "3"' \
        --dpkgopt='force-unsafe-io' \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
        --include="$(packages | paste -sd, -)" \
        --essential-hook='mkdir -p "$1/etc/postgresql-common"' \
        --essential-hook='echo "create_main_cluster = false" >"$1/etc/postgresql-common/createcluster.conf"' \
        --customize-hook="chroot \"\$1\" $(web_user "--uid $web_uid")" \
        "$suite" "$1" ${sources:+"$sources"}
}

# The Debian mirror this machine uses, as lines of sources.list; nothing, for mmdebstrap's default, if it uses none.
sources() {
    # shellcheck disable=SC2016  # $(LABEL) is for apt-get
    indexes=$(apt-get indextargets --format '$(LABEL)|$(REPO_URI)' 'Created-By: Packages' 2>/dev/null || true)
    debian=$(echo "$indexes" | sed -n 's/^Debian|//p' | head -n 1)
    security=$(echo "$indexes" | sed -n 's/^Debian-Security|//p' | head -n 1)
    [ "$debian" ] || return 0
    echo "deb $debian $suite main"
    echo "deb $debian $suite-updates main"
    if [ "$security" ]; then echo "deb $security $suite-security main"; fi
}
