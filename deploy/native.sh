# shellcheck shell=sh
# Debian 13 itself: the packages go into the machine, and none of Debian's own services is started or left enabled.

native_megabytes=2000
services="kamailio rtpengine-daemon redis-server postgresql knot" # each both a package and its systemd unit
policy=/usr/sbin/policy-rc.d
stamp=/etc/trunkline-platform # only in a root that root.sh has built: the launcher was started inside it

native_ready() {
    # shellcheck disable=SC2046  # one word for each package
    installed=$(dpkg-query -W -f '${db:Status-Abbrev}\n' $(packages) 2>/dev/null | grep -c '^ii') || true
    [ "$installed" -eq "$(packages | wc -l)" ] && getent passwd trunkline >/dev/null
}

build_native() {
    [ ! -e "$stamp" ] || die "deploy/packages.txt changed since this shell was entered: leave it, and run the command again"
    require_space / "$native_megabytes"
    step "installing $(packages | wc -l) packages and what they need (about a minute)"
    added=$(added_services)
    forbid_service_starts
    # shellcheck disable=SC2046
    apt_install $(packages)
    allow_service_starts
    leave_disabled "$added"
    $(web_user) >>"$cache/apt.log" 2>&1 </dev/null || explain "making the system user trunkline" "$cache/apt.log"
}

added_services() {
    for service in $services; do
        if packages | grep -qx "$service" && ! dpkg-query -W -f '${db:Status-Abbrev}' "$service" 2>/dev/null | grep -q '^ii'; then
            echo "$service"
        fi
    done
}

# Debian starts a service as it installs it, unless this file says no (invoke-rc.d(8), deb-systemd-invoke(1p)). It would
# take the ports that Trunkline's own Kamailio needs.
forbid_service_starts() {
    if [ -e "$policy" ] && ! grep -q trunkline "$policy"; then mv -- "$policy" "$policy.before"; fi
    printf '#!/bin/sh\n# trunkline is installing packages\nexit 101\n' >"$policy"
    chmod 755 "$policy"
}

allow_service_starts() {
    if grep -qs trunkline "$policy"; then rm -- "$policy"; fi
    if [ -e "$policy.before" ]; then mv -- "$policy.before" "$policy"; fi
}

# leave_disabled SERVICES: not at the next boot either. A service that was here before us is its owner's affair.
leave_disabled() {
    if [ -z "$1" ] || ! command -v systemctl >/dev/null; then return; fi
    for service in $1; do
        systemctl --quiet disable "$service.service" >>"$cache/apt.log" 2>&1 ||
            step "Debian's own $service.service could not be disabled; it may take a port at the next boot"
    done
}
