#!/bin/sh
# boot.sh CLONE VENV FOLDER: boots systemd, process 1 of namespaces of its own, on the files of this platform; what it
# writes is in memory. The clone is installed as docs/deployment.md says, and its unit is enabled. Ends with systemd.
set -eu
clone=$1 venv=$2 folder=$3 stage=${4:-prepare}

# bind WHAT WHERE [OPTION...]
bind() {
    what=$1 where=$2
    shift 2
    mkdir -p -- "$new$where"
    mount --bind "$@" "$what" "$new$where"
}

case $stage in
prepare) exec unshare --mount --propagation private sh "$0" "$clone" "$venv" "$folder" cgroup ;;
cgroup)
    # systemd takes the cgroup that it is born in for the root of all: it gets one of its own, removed afterwards.
    mkdir "$folder/cgroups"
    mount -t cgroup2 cgroup2 "$folder/cgroups"
    ours=$folder/cgroups$(sed -n 's/^0:://p' /proc/self/cgroup)
    its=$(mktemp -d "$ours/machine.XXXXXX") # a run that was killed leaves its own
    echo $$ >"$its/cgroup.procs"
    unshare --mount --pid --net --uts --ipc --cgroup --fork --kill-child \
        sh "$0" "$clone" "$venv" "$folder" boot || true
    echo $$ >"$ours/cgroup.procs"
    find "$its" -depth -type d -exec rmdir {} \;
    ;;
boot)
    mkdir "$folder/disk"
    mount -t tmpfs -o mode=755 tmpfs "$folder/disk"
    new=$folder/disk/root
    mkdir "$folder/disk/written" "$folder/disk/work" "$new"
    mount -t overlay -o "lowerdir=/,upperdir=$folder/disk/written,workdir=$folder/disk/work" overlay "$new"
    mount -t proc proc "$new/proc"
    mount -t sysfs -o ro sysfs "$new/sys"
    mount -t cgroup2 cgroup2 "$new/sys/fs/cgroup"
    for path in /run /tmp /var/lib/trunkline /var/cache/trunkline /dev; do
        mkdir -p -- "$new$path"
        mount -t tmpfs -o mode=755 tmpfs "$new$path"
    done
    chmod 1777 "$new/tmp"
    for device in null zero full random urandom tty; do
        : >"$new/dev/$device"
        mount --bind "/dev/$device" "$new/dev/$device"
    done
    mkdir "$new/dev/pts" "$new/dev/shm"
    mount -t devpts -o newinstance,ptmxmode=666 devpts "$new/dev/pts"
    mount -t tmpfs tmpfs "$new/dev/shm"
    ln -s pts/ptmx "$new/dev/ptmx"
    ln -s /proc/self/fd "$new/dev/fd"
    bind "$clone" /opt/trunkline -o ro
    # Where the launcher looks for it; the unit sees nothing of /var/tmp, where a cache may be.
    bind "$venv" "/var/cache/trunkline/${venv##*/}" -o ro
    tr -d - </proc/sys/kernel/random/uuid >"$new/etc/machine-id"
    # Of Debian's own services none shall take our ports, as the launcher sees to on a real machine.
    rm -rf -- "$new"/etc/systemd/system/*.wants
    cp -r "$clone"/deploy/systemd/* "$new/etc/systemd/system/"
    systemctl --root="$new" --quiet enable trunkline.service trunkline-backup.timer
    printf '[sip]\naddress = "127.0.0.1"\n' >"$new/var/lib/trunkline/trunkline.toml"
    mkdir "$new/old"
    cd "$new"
    pivot_root . old
    umount --lazy /old
    exec env -i container=trunkline PATH=/usr/sbin:/usr/bin:/sbin:/bin /usr/lib/systemd/systemd --log-target=console
    ;;
esac
