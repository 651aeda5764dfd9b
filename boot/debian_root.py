#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the small Debian root that the tests of switch_root boot, and keeps it.

CACHE/roots/bookworm.tar: Debian 12 for x86_64 with systemd, OpenRC, initramfs-tools,
dracut and a kernel; nothing of binfmtbox. Made by mmdebstrap where it is missing.
"""

import os
import subprocess
import sys
from typing import Tuple

from fetch import KEYRING, cache, fail, mirror, say

SUITE = "bookworm"
PACKAGES = (
    "busybox", "cpio", "dracut-core", "initramfs-tools", "kmod", "linux-image-cloud-amd64",
    "openrc", "systemd-sysv", "udev", "zstd",
)
# Nothing of this is looked at: less to unpack, and a smaller disk.
UNWANTED = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*")


def make() -> str:
    """The tarball's path."""
    folder = os.path.join(cache(), "roots")
    path = os.path.join(folder, f"{SUITE}.tar")
    if os.path.exists(path):
        return path
    os.makedirs(folder, exist_ok=True)
    partial = os.path.join(folder, f".{SUITE}.{os.getpid()}.tar")
    say(f"Debian root {SUITE}, for the tests of switch_root")
    done = subprocess.run(
        ["mmdebstrap", "--quiet", "--variant=minbase", "--architectures=amd64", "--include=" + ",".join(PACKAGES),
         *(f"--dpkgopt=path-exclude={pattern}" for pattern in UNWANTED),
         # The tests make initramfs themselves; that of the kernel's own script takes a minute.
         "--customize-hook=rm -f \"$1\"/boot/initrd* \"$1\"/var/cache/apt/*.bin",
         SUITE, partial, f"deb [signed-by={KEYRING}] {mirror()}/debian {SUITE} main"],
        check=False, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        fail(f"mmdebstrap could not make a Debian root (status {done.returncode})")
    os.rename(partial, path)
    return path


def missing_program() -> Tuple[str, ...]:
    """Programs that it takes and this machine does not have."""
    paths = os.environ.get("PATH", "").split(":") + ["/usr/sbin", "/sbin"]
    return tuple(name for name in ("mmdebstrap", "mke2fs")
                 if not any(os.access(os.path.join(path, name), os.X_OK) for path in paths))


if __name__ == "__main__":
    print(make())
    sys.exit(0)
