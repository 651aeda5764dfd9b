#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Keeps trees of files of Debian 12: what runs containers on a device, and a root that is foreign to it.

CACHE/trees/NAME-ARCHITECTURE-DIGEST: packages, unpacked and no more, without what nothing here opens. Made
where it is missing. None of these programs runs on the machine that does this.
"""

import functools
import hashlib
import os
import re
import shutil
import sys
import tempfile
import threading
from typing import Dict, List, Tuple

import fetch
from cpio import File

SUITES = (("bookworm", False),)
# By name: packages, and which of their files are of use.
TREES: Dict[str, Tuple[Tuple[str, ...], str]] = {
    # lxc-start(1) and what it is linked with.
    "lxc": (("lxc", "liblxc1", "libapparmor1", "libc6", "libcap2", "libgcc-s1", "libpcre2-8-0", "libseccomp2", "libselinux1"),
            r"usr/bin/lxc-(info|start|stop)|(usr/)?lib/([^/]*/)?[^/]*\.so[^/]*"),
    # Programs that people run first in a container, and their libraries.
    "root": (("coreutils", "dash", "dpkg", "libacl1", "libattr1", "libbz2-1.0", "libc6", "libcrypt1", "libgmp10", "liblzma5",
              "libmd0", "libpcre2-8-0", "libselinux1", "libzstd1", "perl-base", "zlib1g"),
             r"(usr/)?bin/.*|(usr/)?lib(64)?/([^/]*/)?[^/]*\.so[^/]*|usr/lib/[^/]*/perl-base/.*|"
             r"usr/share/dpkg/.*|var/lib/dpkg/.*"),
    "hello": (("hello", "libc6"), r"usr/bin/hello|(usr/)?lib/([^/]*/)?[^/]*\.so[^/]*"),
}
# Several boots may want one tree.
MAKING = threading.Lock()


def folder_of(name: str, architecture: str) -> str:
    digest = hashlib.sha256(repr((SUITES, TREES[name])).encode()).hexdigest()[:12]
    return os.path.join(fetch.cache(), "trees", f"{name}-{architecture}-{digest}")


def prune(tree: str, wanted: str) -> None:
    for where, _, names in os.walk(tree, topdown=False):
        for name in names:
            path = os.path.join(where, name)
            if not re.fullmatch(wanted, os.path.relpath(path, tree)):
                os.unlink(path)
        if where != tree and not os.listdir(where):
            os.rmdir(where)


def make(name: str, architecture: str) -> str:
    """The folder with the files of tree NAME, for Debian's ARCHITECTURE."""
    folder = folder_of(name, architecture)
    with MAKING:
        if os.path.isdir(folder):
            return folder
        packages, wanted = TREES[name]
        fetch.say(f"files of Debian for {architecture}: {' '.join(packages)}")
        os.makedirs(fetch.cache(), exist_ok=True)
        with tempfile.TemporaryDirectory(dir=fetch.cache(), prefix="apt.") as state:
            apt = fetch.Apt(state, architecture, SUITES)
            apt.update()
            found = sorted(apt.packages("|".join(map(re.escape, packages))), key=functools.cmp_to_key(fetch.is_older))
            tree = os.path.join(state, "tree")
            for package in packages:
                if not any(apt.unpack(one, tree) for one in found if one.name == package):
                    fetch.fail(f"the Debian package {package} for {architecture} cannot be had")
            prune(tree, wanted)
            shutil.rmtree(folder, ignore_errors=True)
            os.makedirs(os.path.dirname(folder), exist_ok=True)
            os.rename(tree, folder)
    return folder


def contents(name: str, architecture: str, place: str = "") -> Tuple[Dict[str, File], Dict[str, str]]:
    """Files and links of the tree, below PLACE of an initramfs."""
    top = make(name, architecture)
    files: Dict[str, File] = {}
    links: Dict[str, str] = {}
    for where, folders, names in os.walk(top):
        for one in names + folders:
            path = os.path.join(where, one)
            target = f"{place}/{os.path.relpath(path, top)}"
            if os.path.islink(path):
                links[target] = os.readlink(path)
            elif os.path.isfile(path):
                files[target] = File(path, 0o755 if os.access(path, os.X_OK) else 0o644)
    return files, links


def main(words: List[str]) -> None:
    print(make(*words))


if __name__ == "__main__":
    main(sys.argv[1:])
