#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares VERSION with every place that has to name the version, and MODULE.bazel's archives and patches with
WORKSPACE's."""

import os
import re
import sys

import release

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
VERSION = r"(\d+\.\d+\.\d+)"
# File, what stands around the version, and how often.
PLACES = (
    ("NEWS.md", rf"\A# .*\n\n## {VERSION} \(", 1),
    ("README.md", rf"binfmtbox[-_]{VERSION}[-_]", 3),
    ("docs/guide.md", rf"^    binfmtbox {VERSION}$", 1),
    ("boot/buildroot/package/binfmtbox/binfmtbox.mk", rf"^BINFMTBOX_VERSION = {VERSION}$", 1),
    ("boot/BUILD.bazel", rf"/binfmtbox_{VERSION}\.bb\"", 1),
    ("packaging/README.md", rf"binfmtbox:{VERSION}", 1),
    ("packaging/kubernetes/base/daemon_set.yaml", rf"image: binfmtbox:{VERSION}$", 1),
    ("packaging/kubernetes/base/kustomization.yaml", rf"newTag: {VERSION}$", 1),
    ("packaging/kubernetes/remove/pod.yaml", rf"image: binfmtbox:{VERSION}$", 1),
)
FOLDER, NAME = "boot/yocto/meta-binfmtbox/recipes-support/binfmtbox", "binfmtbox_{}.bb"


def read(path: str) -> str:
    with open(os.path.join(TOP, path), encoding="utf-8") as file:
        return file.read()


def main() -> int:
    version = read("VERSION").strip()
    wrong = []
    for path, pattern, count in PLACES:
        found = re.findall(pattern, read(path), re.M)
        if found != [version] * count:
            wrong.append(f"{path}: {pattern!r} has {found}, not {count} times {version}")
    if NAME.format(version) not in os.listdir(os.path.join(TOP, FOLDER)):
        wrong.append(f"{FOLDER} has no {NAME.format(version)}")
    workspace = release.pins(read("WORKSPACE"))
    for name, pin in release.pins(read("MODULE.bazel")).items():
        if workspace.get(name) != pin:
            wrong.append(f"MODULE.bazel pins another {name} than WORKSPACE")
    # toolchains/sources.sh applies all that are there.
    for name in os.listdir(os.path.join(TOP, "toolchains/patches")):
        for path in ("WORKSPACE", "MODULE.bazel") if name.endswith(".patch") else ():
            if f'"//toolchains/patches:{name}"' not in read(path):
                wrong.append(f"{path} does not name toolchains/patches/{name}")
    print("\n".join(wrong) or f"{version} everywhere")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
