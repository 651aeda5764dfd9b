#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the small Debian root that the tests of switch_root boot, and keeps it.

CACHE/roots/bookworm.tar: Debian 12 for x86_64 with systemd, OpenRC, initramfs-tools,
dracut and a kernel; nothing of binfmtbox. Made by mmdebstrap where it is missing.
"""

import glob
import os
import shlex
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from typing import Dict, List

from cpio import File
from fetch import KEYRING, cache, fail, mirror, say

SUITE = "bookworm"
PACKAGES = (
    "busybox", "cpio", "dracut-core", "initramfs-tools", "kmod", "linux-image-cloud-amd64",
    "openrc", "systemd-sysv", "udev", "zstd",
)
# Nothing of this is looked at: less to unpack, and a smaller disk.
UNWANTED = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*")
# Boots run side by side, and where the root is missing, each wants to make it.
MAKING = threading.Lock()


def make() -> str:
    """The tarball's path."""
    folder = os.path.join(cache(), "roots")
    path = os.path.join(folder, f"{SUITE}.tar")
    with MAKING:
        if os.path.exists(path):
            return path
        os.makedirs(folder, exist_ok=True)
        partial = os.path.join(folder, f".{SUITE}.{os.getpid()}.tar")
        say(f"Debian root {SUITE}, for the tests of switch_root")
        done = subprocess.run(
            ["mmdebstrap", "--quiet", "--variant=minbase", "--architectures=amd64",
             "--include=" + ",".join(PACKAGES),
             *(f"--dpkgopt=path-exclude={pattern}" for pattern in UNWANTED),
             # The tests make initramfs themselves; that of the kernel's own script takes a minute.
             "--customize-hook=rm -f \"$1\"/boot/initrd* \"$1\"/var/cache/apt/*.bin",
             SUITE, partial, f"deb [signed-by={KEYRING}] {mirror()}/debian {SUITE} main"],
            check=False, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            fail(f"mmdebstrap could not make a Debian root (status {done.returncode})")
        os.rename(partial, path)
    return path


# In a user namespace of its own, so that root is not needed: fills a folder, has the
# root's own tools make the initramfs, and packs the folder into a disk.
PACK = """
set -eu
root=$1 overlay=$2 base=$3
mkdir "$root"
# All files belong to root here: nobody else is known in the namespace.
tar -xf "$base" -C "$root" --no-same-owner --exclude='./dev/*'
cp -a "$overlay/." "$root/"
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/tmp"
mount -t tmpfs tmpfs "$root/run"
chroot "$root" /bin/sh -euc "$4"
umount -l "$root/dev" "$root/proc" "$root/run" "$root/tmp"
mv "$root/initrd" "$root/../initrd"
mke2fs -q -t ext4 -d "$root" "$root/../disk" 700M
rm -rf "$root"
"""
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass
class Root:
    """A Debian root to boot into: more files, and the command that makes its initramfs."""

    files: Dict[str, File] = field(default_factory=dict)
    # Leaves it in /initrd; $release is the kernel's.
    make_initramfs: str = ""
    parameters: str = ""


def installed(folder: str, files: Dict[str, str]) -> Dict[str, File]:
    """Files of boot/FOLDER under the paths where they belong."""
    here = os.path.join(os.path.dirname(os.path.abspath(__file__)), folder)
    found = {path: os.path.join(here, name) for path, name in files.items()}
    return {path: File(name, 0o755 if os.access(name, os.X_OK) else 0o644) for path, name in found.items()}


def pack(root: Root, folder: str) -> str:
    """Makes FOLDER/disk, FOLDER/initrd and FOLDER/vmlinuz; returns the kernel's release."""
    base = make()
    overlay = os.path.join(folder, "overlay")
    for path, file in root.files.items():
        target = overlay + path
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb") as out:
            out.write(file.read())
        os.chmod(target, file.mode)
    subprocess.run(["tar", "-xf", base, "-C", folder, "--wildcards", "--strip-components=2",
                    "./boot/vmlinuz-*"], check=True)
    (vmlinuz,) = glob.glob(os.path.join(folder, "vmlinuz-*"))
    release = os.path.basename(vmlinuz).partition("-")[2]
    os.rename(vmlinuz, os.path.join(folder, "vmlinuz"))
    done = subprocess.run(
        ["unshare", "-Urmp", "--fork", "--mount-proc", "sh", "-c", PACK, "pack", os.path.join(folder, "root"), overlay,
         base, f"release={shlex.quote(release)}\n{root.make_initramfs}"],
        check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8",
        env={"PATH": PATH, "LC_ALL": "C"})
    if done.returncode != 0:
        raise RuntimeError(f"the root could not be packed:\n{done.stdout[-3000:]}")
    return release


def service(commands: List[List[str]], console: str) -> Dict[str, File]:
    """What runs the commands once the root is up, and powers off: systemd's unit and its script."""
    lines = ["#!/bin/sh", f"exec >/dev/{console} 2>&1", f"export PATH={PATH}"]
    for number, words in enumerate(commands, 1):
        lines += [f"echo '@@ begin {number}'", shlex.join(words), f'status=$?; echo; echo "@@ end {number} $status"']
    lines += ["poweroff -f"]
    unit = ("[Unit]\nAfter=sysinit.target systemd-binfmt.service binfmtbox.service\n"
            "[Service]\nType=oneshot\nExecStart=/boot_test\n[Install]\nWantedBy=basic.target\n")
    return {
        "/boot_test": File("\n".join(lines).encode() + b"\n"),
        "/etc/systemd/system/boot_test.service": File(unit.encode(), 0o644),
        # Nothing waits for a log-in.
        "/etc/fstab": File(b"", 0o644),
    }


if __name__ == "__main__":
    print(make())
    sys.exit(0)
