#!/bin/sh
# Builds the container image by the compose file and runs a node of it, on Debian or Ubuntu, with no registry and no
# Docker set up: Debian 13's Docker and Compose run in a root of their own, in which mmdebstrap puts the base image too,
# and all of it is removed afterwards.
#
#   deploy/try-compose.sh        as root; takes some five minutes and 5 GB of disk, says what it sees, fails when it fails
set -eu
packages=docker.io,docker-cli,docker-compose,docker-buildx,iproute2,procps,ca-certificates,git
cas=/usr/local/share/ca-certificates # a company's own CA, which the build may need to reach the package servers

say() { echo "== $*"; }

# make TAR-OR-FOLDER [OPTION...]: a Debian 13 that trusts the CAs which this machine trusts.
make() {
    target=$1 && shift
    if [ -n "$(ls -A "$cas" 2>/dev/null)" ]; then
        set -- "$@" "--customize-hook=mkdir -p \"\$1$cas\" && cp $cas/*.crt \"\$1$cas\""
    fi
    mmdebstrap --variant=minbase "$@" trixie "$target" 2>"$work/mmdebstrap.log" ||
        { cat "$work/mmdebstrap.log" >&2 && exit 1; }
}

outside() {
    command -v mmdebstrap >/dev/null || {
        echo "mmdebstrap is needed: apt-get install --no-install-recommends mmdebstrap" >&2
        exit 1
    }
    clone=$(dirname -- "$(dirname -- "$(readlink -f -- "$0")")")
    work=$(mktemp -d /var/tmp/trunkline-compose-XXXXXX)
    trap 'rm -rf --one-file-system -- "$work"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    say "Docker, in a root of its own"
    make "$work/root" "--include=$packages"
    mkdir -p "$work/root/clone" "$work/root/old"
    say "the base image"
    make "$work/root/base.tar"
    # Processes and mounts of its own, so that nothing of Docker's outlives it.
    unshare --mount --propagation private --pid --fork --kill-child sh "$0" enter "$work/root" "$clone"
}

# enter ROOT CLONE: make ROOT the root of these mounts; docker exec would not find a container in a mere chroot.
enter() {
    mount --bind "$1" "$1"
    mount --rbind /dev "$1/dev"
    mount -t proc proc "$1/proc"
    mount -t sysfs sysfs "$1/sys"
    mount -t cgroup2 cgroup2 "$1/sys/fs/cgroup"
    mount -t tmpfs tmpfs "$1/run"
    mount --bind "$2" "$1/clone"
    cp -- /etc/resolv.conf "$1/etc/resolv.conf"
    cp -- "$0" "$1/try"
    cd -- "$1"
    pivot_root . old
    exec chroot . sh /try inside
}

inside() {
    umount --lazy /old
    dockerd --iptables=false --ip6tables=false --bridge=none --storage-driver=vfs >/var/log/dockerd.log 2>&1 &
    await "docker info" || { cat /var/log/dockerd.log >&2 && exit 1; }
    docker import /base.tar debian:trixie-slim >/dev/null && rm /base.tar
    # What this machine may forbid, and an address that nothing else has.
    cat >/override.yaml <<END
services:
  trunkline:
    build: {network: host}
    ulimits: {nofile: $(prlimit --nofile --output HARD --noheadings --raw)}
    environment: {TRUNKLINE_SIP__ADDRESS: 127.66.0.1}
END
    cd /clone
    say "the image, from the Dockerfile"
    compose build --quiet
    say "a node in it"
    compose up --detach
    await "compose logs | grep 'The node runs'" || { compose logs >&2 && exit 1; }
    compose exec -T trunkline ./trunkline status
    compose exec -T trunkline ./trunkline check
    say "stopping it"
    compose stop
    [ "$(compose ps --all --format '{{.ExitCode}}')" = 0 ]
    compose down --volumes
    say "the image works"
}

compose() { docker compose -f deploy/compose.yaml -f /override.yaml "$@"; }

# await COMMAND: repeat it until it succeeds, for two minutes.
await() {
    tries=240
    until eval "$1" >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || return 1
        sleep 0.5
    done
}

case ${1-} in
    enter) enter "$2" "$3" ;;
    inside) inside ;;
    *) outside ;;
esac
