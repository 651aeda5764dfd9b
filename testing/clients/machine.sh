#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# machine.sh FOLDER NAME CLIENT USER [TARGET]...: PID 1 of a machine (see namespaces.py). Its root is FOLDER/host, with
# FOLDER/arm64 as /srv/arm64, if there is one, and FOLDER/share as /mnt; what it writes stays in FOLDER/NAME. Has
# the product register each TARGET, and runs CLIENT.sh as USER.
set -eu
folder=$1
own=$1/$2
client=$3
user=$4
shift 4

# overlay LOWER PLACE
overlay() {
  name=${1##*/}
  mkdir -p "$own/$name/upper" "$own/$name/work" "$2"
  mount -t overlay -o "userxattr,lowerdir=$1,upperdir=$own/$name/upper,workdir=$own/$name/work" overlay "$2"
}

overlay "$folder/host" "$own/root"
cd "$own/root"
mount -t proc proc proc
# A machine without a network of its own can't have a /sys either.
if mount -t sysfs sysfs sys 2>/dev/null; then
  mount -t cgroup2 cgroup2 sys/fs/cgroup
  ip link set lo up
fi
mount -t tmpfs -o mode=755 tmpfs dev
for device in full null random tty urandom zero; do
  touch "dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 devpts dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mount -t tmpfs -o mode=1777 tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs run
echo 127.0.0.1 localhost >etc/hosts
mkdir -p run/lock run/user/1000
chown 1000:1000 run/user/1000
mount --bind "$folder/share" mnt
if [ -d "$folder/arm64" ]; then
  overlay "$folder/arm64" srv/arm64
fi
mkdir tmp/outside
pivot_root . tmp/outside
cd /
umount --lazy tmp/outside
rmdir tmp/outside

export PATH="/mnt:$PATH" HOME=/root
[ $# = 0 ] || binfmtbox register --quiet --mount --userns "$@"
# What a client's script writes to 3 is compared.
exec 3>&1 1>&2
exec su "$user" -c "XDG_RUNTIME_DIR=/run/user/\$(id -u) exec sh -x /mnt/$client.sh"
