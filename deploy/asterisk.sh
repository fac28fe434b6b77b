# shellcheck shell=sh
# For the tests alone: a root of Debian unstable with Asterisk, which Debian 13 does not have, and with xmllint. This
# file's text is the root's name. Without it the platform works, and the tests that need it fail and say so.

asterisk_megabytes=700 # the root takes 310, its packages while they are unpacked as much again

name_asterisk() { asterisk=$cache/asterisk-$(digest <"$clone/deploy/asterisk.sh"); }

asterisk_ready() { [ -f "$asterisk/etc/trunkline-platform" ]; }

build_asterisk() {
    if asterisk_ready; then return; fi
    install_builders
    require_space "$cache" "$asterisk_megabytes"
    rm -rf --one-file-system -- "$asterisk"
    building=$(mktemp -d "$cache/building-XXXXXX")
    step "building a root with Asterisk for the tests (half a minute)"
    if (bootstrap_asterisk "$building/root") >"$cache/asterisk.log" 2>&1 </dev/null 9>&-; then
        chmod 755 "$building/root"
        date >"$building/root/etc/trunkline-platform"
        mv -- "$building/root" "$asterisk"
    else
        tail -n 5 -- "$cache/asterisk.log" | sed 's/^/    /' >&2
        step "that failed, and so will the tests with Asterisk; all of the log is in $cache/asterisk.log"
    fi
    rm -rf --one-file-system -- "$building"
}

# bootstrap_asterisk FOLDER
bootstrap_asterisk() {
    eval "$(apt-config shell http_proxy Acquire::http::Proxy https_proxy Acquire::https::Proxy)"
    export http_proxy="${http_proxy-}" https_proxy="${https_proxy-}"
    mirror=$(sources | sed -n 's/^deb \([^ ]*\) .*/\1/p' | head -n 1)
    # A mirror that is some weeks behind serves as well: its signature is checked all the same.
    mmdebstrap --variant=essential --format=directory --keyring="$keyring" \
        --aptopt='Acquire::Retries "3"' --aptopt='Acquire::Check-Valid-Until "false"' \
        --aptopt='APT::Install-Recommends "false"' \
        --dpkgopt='force-unsafe-io' \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
        --include=asterisk,asterisk-core-sounds-en-gsm,libxml2-utils \
        unstable "$1" "deb ${mirror:-http://deb.debian.org/debian} unstable main"
}
