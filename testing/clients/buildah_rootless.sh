#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# buildah without root, with a runtime.
set -eu
sh /mnt/image.sh ~/image
cd ~/image
buildah --storage-driver=vfs build --isolation=rootless --runtime=crun --network=none --platform=linux/arm64 --tag=image .
container=$(buildah --storage-driver=vfs from localhost/image)
buildah --storage-driver=vfs run --isolation=chroot "$container" cat /built >&3
