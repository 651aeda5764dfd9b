#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# podman of root: a build, and a container with ids of its own.
set -eu
sh /mnt/image.sh ~/image
cd ~/image
podman() { command podman --storage-driver=vfs --cgroup-manager=cgroupfs --events-backend=file --runtime=crun "$@"; }
podman build --isolation=chroot --platform=linux/arm64 --tag=image .
podman run --rm --cgroups=disabled --network=none --uidmap=0:1000:50000 localhost/image >&3
