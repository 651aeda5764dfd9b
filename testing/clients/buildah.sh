#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# buildah of root: a build with chroot isolation, and a command in a working container.
set -eu
sh /mnt/image.sh ~/image
cd ~/image
buildah --storage-driver=vfs build --isolation=chroot --platform=linux/arm64 --tag=image .
container=$(buildah --storage-driver=vfs from localhost/image)
buildah --storage-driver=vfs run --isolation=chroot "$container" cat /built >&3
