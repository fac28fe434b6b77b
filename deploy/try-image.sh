#!/bin/sh
# Builds the container image and runs a node in it, on Debian or Ubuntu, with no registry and no container engine set
# up: mmdebstrap makes the base image, Debian's buildah and podman do the rest, in a folder that is removed afterwards.
#
#   deploy/try-image.sh          as root; takes some five minutes and 6 GB of disk, says what it sees, fails when it fails
set -eu
# In mounts of its own, with the one kind of cgroups that today's container engines know.
if [ "${1-}" != inside ]; then exec unshare --mount --propagation private sh "$0" inside; fi
if [ "$(stat --file-system --format %T /sys/fs/cgroup)" != cgroup2fs ]; then
    umount --recursive /sys/fs/cgroup
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
fi
clone=$(dirname -- "$(dirname -- "$(readlink -f -- "$0")")")
cas=/usr/local/share/ca-certificates # a company's own CA, which the build may need to reach the package servers
work=$(mktemp -d /var/tmp/trunkline-image-XXXXXX)
engine="--root $work/storage --runroot $work/run --storage-driver vfs"
export TMPDIR="$work"

clean_up() {
    # shellcheck disable=SC2086  # $engine is several words
    podman $engine rm --force --all >/dev/null 2>&1 || true
    rm -rf --one-file-system -- "$work"
}
trap 'clean_up' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

say() { echo "== $*"; }

# inside COMMAND...: in the container that runs.
# shellcheck disable=SC2086
inside() { podman $engine exec trunkline ./trunkline "$@"; }

# at_most LIMIT NUMBER: the number, or the limit of this shell where that is less.
at_most() {
    limit=$(prlimit "--$1" --output HARD --noheadings --raw)
    if [ "$limit" != unlimited ] && [ "$limit" -lt "$2" ]; then echo "$limit"; else echo "$2"; fi
}

for program in buildah podman crun catatonit mmdebstrap; do
    command -v "$program" >/dev/null || {
        echo "$program is needed: apt-get install --no-install-recommends buildah podman crun catatonit mmdebstrap" >&2
        exit 1
    }
done

say "the base image"
set -- --variant=minbase
if [ -n "$(ls -A "$cas" 2>/dev/null)" ]; then
    set -- "$@" "--customize-hook=mkdir -p \"\$1$cas\" && cp $cas/*.crt \"\$1$cas\""
fi
mmdebstrap "$@" trixie "$work/base.tar" 2>"$work/base.log" || { cat "$work/base.log" >&2 && exit 1; }
# shellcheck disable=SC2086
podman $engine import --quiet "$work/base.tar" docker.io/library/debian:trixie-slim >/dev/null
rm -- "$work/base.tar"

say "the image, from the Dockerfile"
cd -- "$clone"
# chroot isolation: a build within a container, or without cgroups, works too.
# shellcheck disable=SC2086
buildah $engine build --isolation chroot --pull-never -f deploy/Dockerfile -t trunkline .

say "a node in it"
printf '[sip]\naddress = "127.66.0.1"\n' >"$work/trunkline.toml"
mkdir -m 711 -- "$work/home"
mv -- "$work/trunkline.toml" "$work/home/"
# As compose.yaml has it: the host's network, an init, and the time to stop; but with limits that need no raising, which
# may be forbidden here.
# shellcheck disable=SC2086
podman $engine run --detach --name trunkline --network host --init --cgroups=disabled --runtime crun \
    --ulimit "nofile=$(at_most nofile 65536)" --ulimit "nproc=$(at_most nproc 16384)" \
    --stop-timeout 120 --volume "$work/home:/var/lib/trunkline" trunkline >/dev/null
tries=240
# shellcheck disable=SC2086
until podman $engine logs trunkline 2>&1 | grep -q 'The node runs'; do
    tries=$((tries - 1))
    if [ "$tries" -eq 0 ] || [ "$(podman $engine inspect --format '{{.State.Running}}' trunkline)" != true ]; then
        podman $engine logs trunkline >&2
        exit 1
    fi
    sleep 0.5
done
inside status
inside check
say "stopping it"
# shellcheck disable=SC2086
podman $engine stop trunkline >/dev/null
# shellcheck disable=SC2086
[ "$(podman $engine inspect --format '{{.State.ExitCode}}' trunkline)" = 0 ]
say "the image works"
