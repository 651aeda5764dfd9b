#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Puts the emulators of the container image into the cache, out of Debian's packages.

fetch.py ARCH FOLDER: links into FOLDER what the cache has, or gets, for ARCH:

  qemu-NAME-static    each emulator of the image, static
  copyright           Debian's, of their package
  sources/SOURCE      Debian's, of what is linked into them
  common-licenses/    the licences that these speak of
  taken               what all this comes from, a line for each:
                      emulators ARCH DEBIAN'S PACKAGE VERSION SHA-256
                      built-using SOURCE VERSION
                      license DEBIAN'S SOURCE PACKAGE VERSION SHA-256

fetch.py --check TAKEN...: says where such files differ from emulators.txt and licenses.txt, and
ends with 1 if one does.

A folder of the cache is named by what it was made from, so that what stands in for a package which is
gone is never taken for it.
"""

import functools
import hashlib
import os
import re
import shutil
import sys
import tempfile
from typing import Callable, Dict, Iterator, List, NamedTuple, Sequence, Tuple

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
TRIXIE = (("trixie", False), ("trixie-security", True))
# By Debian's names. QEMU 10 no longer emulates 64 bits on 32.
SUITES = {
    "armhf": (("bookworm", False), ("bookworm-security", True)),
}
# In licenses.txt, by ours.
LICENSES_OF = {"x86_64": "amd64", "arm64": "amd64", "armv7": "armhf", "riscv64": "amd64"}
# What the copyright files refer to.
LICENSES = (
    "Apache-2.0", "Artistic", "CC0-1.0", "GFDL-1.2", "GFDL-1.3", "GPL", "GPL-2", "GPL-3", "LGPL", "LGPL-2", "LGPL-2.1",
    "LGPL-3", "MPL-1.1",
)


class Pin(NamedTuple):
    """A package, and what it is there for: an architecture of ours, or a source."""

    table: str
    purpose: str
    architecture: str
    package: str
    version: str
    checksum: str

    def line(self) -> str:
        """As in its table."""
        first = (self.purpose, self.architecture)
        return " ".join((*(first if self.table == EMULATORS_TABLE else reversed(first)), *self[3:]))


EMULATORS_TABLE, LICENSES_TABLE = "emulators.txt", "licenses.txt"
# The first words of their lines in what was taken.
WORDS = {"emulators": EMULATORS_TABLE, "license": LICENSES_TABLE}


def to_pin(table: str, words: Sequence[str]) -> Pin:
    first, second, package, version, checksum = words
    if table == EMULATORS_TABLE:
        return Pin(table, first, second, package, version, checksum)
    return Pin(table, second, first, package, version, checksum)


def pins(table: str) -> List[Pin]:
    with open(os.path.join(HERE, table), encoding="utf-8") as file:
        return [to_pin(table, line.split()) for line in file if line.strip() and not line.startswith("#")]


def pin_of(table: str, purpose: str, architecture: str = "") -> Pin:
    for pin in pins(table):
        if pin.purpose == purpose and architecture in ("", pin.architecture):
            return pin
    debian.fail(f"packaging/image/{table} has no line for {purpose} {architecture}".rstrip())
    raise AssertionError


def names(arch: str) -> List[str]:
    return [name for name in EMULATORS if name not in NATIVE[arch]]


class Archive:
    """Debian's archive, asked only for what the cache lacks."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._apts: Dict[str, debian.Apt] = {}

    def apt(self, architecture: str) -> debian.Apt:
        if architecture not in self._apts:
            state = tempfile.mkdtemp(dir=self._folder)
            self._apts[architecture] = debian.Apt(state, architecture, SUITES.get(architecture, TRIXIE))
            self._apts[architecture].update()
        return self._apts[architecture]

    def take(self, wanted: Pin, use: Callable[[str, Pin], str]) -> str:
        """Unpacks the package, or the newest where that one is gone; returns what USE returns of the tree
        and of what was taken."""
        apt = self.apt(wanted.architecture)
        found = sorted(apt.packages(re.escape(wanted.package)), key=functools.cmp_to_key(debian.is_older))
        # The pinned one first, then the newest.
        found.sort(key=lambda package: package.version != wanted.version)
        for package in found:
            debian.say(f"{package.name} {package.version} for {wanted.architecture}")
            with tempfile.TemporaryDirectory(dir=self._folder) as tree:
                checksum = apt.unpack(package, tree)
                if not checksum:
                    continue
                if package.version == wanted.version and checksum != wanted.checksum:
                    debian.fail(f"{package.name} {package.version} for {wanted.architecture} is not the file that "
                                f"packaging/image/{wanted.table} names: its checksum is {checksum}")
                return use(tree, wanted._replace(version=package.version, checksum=checksum))
        debian.fail(f"the Debian package {wanted.package} for {wanted.architecture} cannot be had")
        raise AssertionError

    def built_using(self, pin: Pin) -> List[str]:
        """Sources with their versions that are linked into a package."""
        text = self.apt(pin.architecture).run("apt-cache", "show", f"{pin.package}={pin.version}").stdout
        found = re.findall(r"^(?:Static-)?Built-Using: (.*)$", text, re.M)
        return [f"{source} {version}" for field in found
                for source, version in re.findall(r"(\S+) \(= (\S+)\)", field)]


def kept_in(place: str, recipe: object, pin: Pin) -> str:
    """The folder for what RECIPE takes from the package."""
    digest = hashlib.sha256(repr((recipe, pin)).encode()).hexdigest()
    return os.path.join(os.path.dirname(debian.cache()), place, f"{pin.purpose}-{pin.checksum[:12]}-{digest[:12]}")


def keep_emulators(archive: Archive, wanted: Pin) -> str:
    arch = wanted.purpose

    def use(tree: str, pin: Pin) -> str:
        partial = os.path.join(tree, "kept")
        os.makedirs(partial)
        for name in names(arch):
            # Since Debian 13, "-static" is not in the names; those without it are static.
            found = debian.one_file(tree, f"usr/bin/qemu-{name}-static", f"usr/bin/qemu-{name}")
            os.rename(found, os.path.join(partial, f"qemu-{name}-static"))
        shutil.copy(debian.one_file(tree, f"usr/share/doc/{pin.package}/copyright"), partial)
        lines = [f"emulators {pin.line()}", *(f"built-using {source}" for source in archive.built_using(pin))]
        return finish(partial, lines, kept_in("emulators", names(arch), pin))

    folder = kept_in("emulators", names(arch), wanted)
    return folder if os.path.isdir(folder) else archive.take(wanted, use)


def keep_license(archive: Archive, wanted: Pin) -> str:
    recipe = LICENSES if wanted.purpose == "base-files" else ()

    def use(tree: str, pin: Pin) -> str:
        partial = os.path.join(tree, "kept")
        if recipe:
            os.makedirs(os.path.join(partial, "common-licenses"))
            for name in LICENSES:
                shutil.copy(debian.one_file(tree, f"usr/share/common-licenses/{name}"),
                            os.path.join(partial, "common-licenses"))
        else:
            os.makedirs(os.path.join(partial, "sources"))
            shutil.copy(debian.one_file(tree, f"usr/share/doc/{pin.package}/copyright"),
                        os.path.join(partial, "sources", pin.purpose))
        return finish(partial, [f"license {pin.line()}"], kept_in("licenses", recipe, pin))

    folder = kept_in("licenses", recipe, wanted)
    return folder if os.path.isdir(folder) else archive.take(wanted, use)


def finish(partial: str, lines: List[str], folder: str) -> str:
    with open(os.path.join(partial, "taken"), "w", encoding="utf-8") as file:
        file.writelines(line + "\n" for line in lines)
    os.makedirs(os.path.dirname(folder), exist_ok=True)
    try:
        os.rename(partial, folder)
    except OSError:
        # Bazel asks for several architectures at once, and another was faster.
        if not os.path.isdir(folder):
            raise
    return folder


def read_taken(path: str) -> List[List[str]]:
    with open(path, encoding="utf-8") as file:
        return [line.split() for line in file]


def differences(path: str) -> Iterator[str]:
    """What was taken, and is not what is pinned."""
    for word, *words in read_taken(path):
        if word not in WORDS:
            continue
        pin = to_pin(WORDS[word], words)
        wanted = pin_of(pin.table, pin.purpose, pin.architecture)
        if pin != wanted:
            yield (f"{wanted.package} {wanted.version} for {wanted.architecture} is gone, {pin.version} stands in; "
                   f"write into packaging/image/{pin.table}: {pin.line()}")


def fetch(arch: str) -> List[str]:
    """The folders in the cache; that with the emulators comes first."""
    top = os.path.dirname(debian.cache())
    os.makedirs(top, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=top, prefix="apt.") as state:
        archive = Archive(state)
        folders = [keep_emulators(archive, pin_of(EMULATORS_TABLE, arch))]
        sources = {words[1] for words in read_taken(os.path.join(folders[0], "taken")) if words[0] == "built-using"}
        # All of them are static, though Debian names the C library only for some.
        for source in sorted(sources | {"glibc", "base-files"}):
            folders.append(keep_license(archive, pin_of(LICENSES_TABLE, source, LICENSES_OF[arch])))
    return folders


def link(folders: List[str], target: str) -> None:
    lines = []
    for folder in folders:
        for where, _, files in os.walk(folder):
            below = os.path.normpath(os.path.join(target, os.path.relpath(where, folder)))
            os.makedirs(below, exist_ok=True)
            for name in files:
                if name != "taken":
                    os.symlink(os.path.join(where, name), os.path.join(below, name))
        with open(os.path.join(folder, "taken"), encoding="utf-8") as file:
            lines.append(file.read())
    with open(os.path.join(target, "taken"), "w", encoding="utf-8") as file:
        file.writelines(lines)


def check(paths: List[str]) -> int:
    found = dict.fromkeys(text for path in paths for text in differences(path))
    for text in found:
        debian.say(f"note: {text}")
    return 1 if found else 0


if __name__ == "__main__":
    if sys.argv[1] == "--check":
        sys.exit(check(sys.argv[2:]))
    link(fetch(sys.argv[1]), sys.argv[2])
    check([os.path.join(sys.argv[2], "taken")])
