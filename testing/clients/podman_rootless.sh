#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# podman without root: a build, and containers, one of which has no privileges at all.
set -eu
sh /mnt/image.sh ~/image
cd ~/image
podman() { command podman --storage-driver=vfs --cgroup-manager=cgroupfs --events-backend=file --runtime=crun "$@"; }
podman build --network=none --platform=linux/arm64 --tag=image .
podman run --rm --cgroups=disabled --network=none localhost/image >&3
podman run --rm --cgroups=disabled --network=none --cap-drop=all --security-opt=no-new-privileges localhost/image >&3
