#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Puts the emulators of the container image into the cache, out of Debian's packages.

fetch.py ARCH FOLDER: links into FOLDER what the cache has, or gets, for ARCH:

  qemu-NAME-static    each emulator of the image, static
  copyright           Debian's, of the package
  common-licenses/    the licences that it speaks of
  package             a line: package, version, Debian's architecture, SHA-256
"""

import functools
import os
import shutil
import sys
import tempfile
from typing import List, NamedTuple, Sequence, Tuple

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../boot"))

import fetch as debian  # noqa: E402  # pylint: disable=wrong-import-position

# The targets of Docker's official images, by QEMU's names.
EMULATORS = (
    "aarch64", "arm", "i386", "loongarch64", "mips64", "mips64el", "ppc64le", "riscv64", "s390x", "x86_64",
)
# What every machine of an architecture runs by itself, so that the image can do without.
NATIVE = {
    "x86_64": ("x86_64", "i386"),
    "arm64": ("aarch64",),
    "armv7": ("arm",),
    "riscv64": ("riscv64",),
}
BOOKWORM = (("bookworm", False), ("bookworm-security", True))
# Debian has no riscv64 before 13.
SUITES = {
    "riscv64": (("trixie", False), ("trixie-security", True), ("forky", False)),
}
COMMON_LICENSES = "/usr/share/common-licenses"
LICENSES = ("BSD", "GPL-2", "GPL-3", "LGPL-2", "LGPL-2.1")


class Pin(NamedTuple):
    architecture: str
    package: str
    version: str
    checksum: str


def read_pin(arch: str) -> Pin:
    with open(os.path.join(HERE, "emulators.txt"), encoding="utf-8") as file:
        for line in file:
            words = line.split()
            if words and words[0] == arch:
                return Pin(*words[1:])
    debian.fail(f"emulators.txt has no line for {arch}")
    raise AssertionError


def names(arch: str) -> List[str]:
    return [name for name in EMULATORS if name not in NATIVE[arch]]


def keep(tree: str, folder: str, arch: str, pin: Pin) -> None:
    """Moves what the image needs from the unpacked package TREE to FOLDER."""
    partial = os.path.join(tree, "kept")
    os.makedirs(os.path.join(partial, "common-licenses"))
    for name in names(arch):
        # Since Debian 13, "-static" is not in the names; those without it are static.
        found = debian.one_file(tree, f"usr/bin/qemu-{name}-static", f"usr/bin/qemu-{name}")
        os.rename(found, os.path.join(partial, f"qemu-{name}-static"))
    shutil.copy(debian.one_file(tree, f"usr/share/doc/{pin.package}/copyright"), partial)
    for name in LICENSES:
        shutil.copy(os.path.join(COMMON_LICENSES, name), os.path.join(partial, "common-licenses"))
    with open(os.path.join(partial, "package"), "w", encoding="utf-8") as file:
        file.write(f"{pin.package} {pin.version} {pin.architecture} {pin.checksum}\n")
    debian.install(partial, folder)


def fetch(arch: str) -> str:
    """The folder in the cache."""
    wanted = read_pin(arch)
    folders = os.path.join(os.path.dirname(debian.cache()), "emulators")
    folder = os.path.join(folders, f"{arch}-{wanted.checksum[:12]}")
    if os.path.isdir(folder):
        return folder
    os.makedirs(folders, exist_ok=True)
    suites: Sequence[Tuple[str, bool]] = SUITES.get(arch, BOOKWORM)
    with tempfile.TemporaryDirectory(dir=folders, prefix="apt.") as state:
        apt = debian.Apt(state, wanted.architecture, suites)
        apt.update()
        found = sorted(apt.packages(wanted.package), key=functools.cmp_to_key(debian.is_older))
        # The pinned one first, then the newest.
        found.sort(key=lambda package: package.version != wanted.version)
        for package in found:
            debian.say(f"emulators of {package.name} {package.version} for {arch}")
            with tempfile.TemporaryDirectory(dir=state) as tree:
                checksum = apt.unpack(package, tree)
                if not checksum:
                    continue
                pin = Pin(wanted.architecture, package.name, package.version, checksum)
                if pin.version == wanted.version and checksum != wanted.checksum:
                    debian.fail(f"{package.name} {package.version} for {arch} is not the file that "
                                "packaging/image/emulators.txt names: its checksum is " + checksum)
                if pin != wanted:
                    debian.say(f"note: {wanted.package} {wanted.version} for {arch} is gone; "
                               f"write into packaging/image/emulators.txt: {' '.join((arch, *pin))}")
                keep(tree, folder, arch, pin)
                return folder
    debian.fail(f"the Debian package {wanted.package} for {wanted.architecture} cannot be had")
    raise AssertionError


if __name__ == "__main__":
    kept = fetch(sys.argv[1])
    for name in os.listdir(kept):
        os.symlink(os.path.join(kept, name), os.path.join(sys.argv[2], name))
