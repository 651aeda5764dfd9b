#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Gathers a release of what is built, and looks at its files.

release_test.py, in a checkout where //packaging:release has been built. The commands that users give
are tested elsewhere: here it is names, checksums, the tarball of the sources and the bill of
materials. Ends with "N passed, N failed".
"""

import hashlib
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from typing import Any, Dict, List, Set

import licenses
import release
from cases import expect, run_cases

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(HERE)
LICENSE = ("Apache-2.0 AND Apache-2.0 WITH LLVM-exception AND BSD-2-Clause AND "
           "GPL-3.0-or-later WITH GCC-exception-3.1 AND MIT")
LINKED = ["com_google_absl", "libcxx", "libgcc-12-dev", "libgcc-12-dev-arm64-cross", "libgcc-12-dev-armhf-cross",
          "libgcc-12-dev-riscv64-cross", "musl"]
BUILD_TOOLS = ["bazel-bootstrap", "clang-22", "cmake", "linux-libc-dev", "linux-libc-dev-arm64-cross",
               "linux-libc-dev-armhf-cross", "linux-libc-dev-riscv64-cross", "lld-22", "llvm-22",
               "ninja-build", "squashfs-tools"]
# What is linked into the emulators, without those that say it twice in other versions.
PARTS = ["capstone", "gcc-12", "gcc-14", "glib2.0", "glibc", "gnutls28", "liburing", "sysprof", "zlib"]


def output(*words: str, cwd: str = TOP) -> str:
    return subprocess.run(words, check=True, cwd=cwd, stdout=subprocess.PIPE, encoding="utf-8").stdout


class Test:
    """Each method that begins with test_ is one case."""

    def __init__(self) -> None:
        self.folder = tempfile.mkdtemp(prefix="binfmtbox-release-")
        self.out = os.path.join(self.folder, "release")
        release.gather(TOP, self.out)
        self.version = release.version_of(TOP)
        with open(self.path(".spdx.json"), encoding="utf-8") as file:
            self.spdx: Dict[str, Any] = json.load(file)
        self.by_id = {one["SPDXID"]: one for one in self.spdx["packages"]}
        self.by_name = {one["name"]: one for one in self.spdx["packages"]}

    def path(self, tail: str) -> str:
        return os.path.join(self.out, f"binfmtbox-{self.version}{tail}")

    def related(self, kind: str, one: str = "", to: str = "") -> List[str]:
        """Names of what is related to, or by, the package of a name."""
        found: Set[str] = set()
        for relation in self.spdx["relationships"]:
            left, right = (self.by_id.get(relation[key], {"name": "document"})["name"]
                           for key in ("spdxElementId", "relatedSpdxElement"))
            if relation["relationshipType"] == kind and one in ("", left) and to in ("", right):
                found.add(right if one else left)
        return sorted(found)

    # The files.

    def test_names(self) -> None:
        full = f"binfmtbox-{self.version}"
        ours = ("arm64", "armv7", "riscv64", "x86_64")
        wanted = ["NEWS.md", "SHA256SUMS", f"{full}-image-bare.oci.tar", f"{full}-image.oci.tar",
                  f"{full}-kubernetes.tar.gz", f"{full}.spdx.json", f"{full}.tar.gz",
                  f"{full}-buildroot.tar.gz", f"{full}-yocto.tar.gz",
                  *(f"{full}-{arch}" for arch in ours), *(f"{full}-initramfs-{arch}.cpio.gz" for arch in ours),
                  *(f"{full}-pantavisor-{arch}.pvrexport.tgz" for arch in ours),
                  *(f"binfmtbox_{self.version}_{arch}.deb" for arch in ("amd64", "arm64", "armhf", "riscv64"))]
        expect("files", sorted(os.listdir(self.out)), sorted(wanted))

    def test_checksums(self) -> None:
        found = {}
        with open(os.path.join(self.out, "SHA256SUMS"), encoding="ascii") as file:
            for line in file:
                digest, name = line.split("  ")
                found[name.rstrip("\n")] = digest
        wanted = {}
        for name in os.listdir(self.out):
            if name != "SHA256SUMS":
                with open(os.path.join(self.out, name), "rb") as content:
                    wanted[name] = hashlib.sha256(content.read()).hexdigest()
        expect("SHA256SUMS", found, wanted)
        output("sha256sum", "--quiet", "--check", "SHA256SUMS", cwd=self.out)

    def test_sources_know_their_revision(self) -> None:
        with tarfile.open(self.path(".tar.gz")) as tar:
            expect("modes", {oct(member.mode & 0o7777) for member in tar} - {"0o644", "0o755"}, set())
            tar.extractall(self.folder)
        top = os.path.join(self.folder, f"binfmtbox-{self.version}")
        # Where somebody keeps them in a repository of their own.
        output("git", "init", "-q", cwd=top)
        expect("revision", output("toolchains/revision.sh", cwd=top),
               "STABLE_REVISION " + output("git", "rev-parse", "HEAD")[:12] + "\n"
               "STABLE_COMMIT_DATE " + output("git", "log", "-1", "--format=%ct"))

    def test_manifests_apply_where_they_are_unpacked(self) -> None:
        with tarfile.open(self.path("-kubernetes.tar.gz")) as tar:
            expect("files", sorted(tar.getnames()), [f"binfmtbox-{self.version}-kubernetes/{name}" for name in (
                "README.md", "base/daemon_set.yaml", "base/kustomization.yaml", "base/namespace.yaml",
                "base/resource_quota.yaml", "base/service_account.yaml", "overlays/arm-only/daemon_set.yaml",
                "overlays/arm-only/kustomization.yaml", "overlays/unprivileged/daemon_set.yaml",
                "overlays/unprivileged/kustomization.yaml", "remove/pod.yaml")])

    # The bill of materials.

    def test_identifiers_are_unique_and_relationships_lead_to_them(self) -> None:
        identifiers = ["SPDXRef-DOCUMENT", *(one["SPDXID"] for one in self.spdx["packages"])]
        expect("doubles", sorted(one for one in set(identifiers) if identifiers.count(one) > 1), [])
        expect("malformed", [one for one in identifiers if not re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", one)], [])
        ends = {relation[key] for relation in self.spdx["relationships"]
                for key in ("spdxElementId", "relatedSpdxElement")}
        expect("related to nothing, or to what is not there", sorted(ends ^ set(identifiers)), [])

    def test_packages_have_what_spdx_wants(self) -> None:
        for one in self.spdx["packages"]:
            for key in ("name", "versionInfo", "downloadLocation", "licenseConcluded", "licenseDeclared", "copyrightText"):
                expect(f"{key} of {one['SPDXID']} is there", bool(one.get(key)), True)
            expect(f"{one['SPDXID']} has a version", bool(re.match(r"\d", one["versionInfo"])), True)

    def test_everything_pinned_is_there(self) -> None:
        with open(os.path.join(TOP, "WORKSPACE"), encoding="utf-8") as file:
            calls = re.findall(r'^\w+\(\n    name = "(\w+)",\n((?: .*\n)+)\)', file.read(), re.M)
        names = {name for name, words in calls if "sha256 =" in words}
        expect("repositories", len(names), 7)
        expect("missing", sorted(names - set(self.by_name)), [])

    def test_what_was_built_from(self) -> None:
        """Debian writes the version of RE2 in another way than WORKSPACE."""
        overridden = release.is_overridden(TOP, "com_googlesource_code_re2")
        found = self.by_name["com_googlesource_code_re2"]
        expect("version", found["versionInfo"], "20240702" if overridden else "2024-07-02")
        expect("patches of musl", self.by_name["musl"]["sourceInfo"].rsplit("; ", 1)[-1],
               "patched: toolchains/patches/musl_iconv_gb18030.patch, toolchains/patches/musl_qsort.patch")
        expect("the other is named", "2024-07-02" in found.get("comment", ""), overridden)

    def test_what_the_executables_consist_of(self) -> None:
        own = self.by_name["binfmtbox"]
        expect("licence", (own["licenseConcluded"], own["licenseDeclared"]), (LICENSE, LICENSE))
        expect("linked", self.related("STATIC_LINK", one="binfmtbox"), LINKED)
        expect("build tools", self.related("BUILD_TOOL_OF", to="binfmtbox"), BUILD_TOOLS)

    def test_what_the_containers_consist_of(self) -> None:
        emulators = ["qemu-user-amd64", "qemu-user-arm64", "qemu-user-riscv64", "qemu-user-static-armhf"]
        containers = ("binfmtbox-image", "binfmtbox-pantavisor")
        for one in containers:
            expect(f"contained in {one}", self.related("CONTAINS", one=one), ["binfmtbox", *emulators])
        parts = {re.sub(r"-[\d:][^-]*(-[^-]*)?$", "", name) for one in emulators
                 for name in self.related("STATIC_LINK", one=one)}
        expect("linked", sorted(parts), PARTS)
        names = ("licenseConcluded", "licenseDeclared")
        # The image's label says what its bill says.
        found = {licenses.containers(), *(self.by_name[one][name] for one in containers for name in names)}
        expect("licences", found, {
            "(LGPL-2.1-or-later OR MIT) AND Apache-2.0 AND Apache-2.0 WITH LLVM-exception AND BSD-2-Clause AND "
            "BSD-2-Clause-Patent AND BSD-3-Clause AND GPL-2.0-only AND GPL-2.0-or-later AND "
            "GPL-3.0-or-later WITH GCC-exception-3.1 AND LGPL-2.1-or-later AND MIT AND Zlib"})

    # What is pinned, and gone.

    def test_substitute_is_named_and_stops_a_release(self) -> None:
        top = os.path.join(self.folder, "top")
        built = os.path.join(top, "bazel-bin/packaging/image")
        os.makedirs(built)
        os.symlink(os.path.join(TOP, "packaging"), os.path.join(top, "packaging"))
        with open(os.path.join(HERE, "image/emulators.txt"), encoding="utf-8") as file:
            pinned = {line.split()[0]: line.split() for line in file if line.strip() and line[0] != "#"}
        for arch, words in pinned.items():
            with open(os.path.join(built, f"emulators_{arch}.txt"), "w", encoding="ascii") as file:
                file.write(" ".join(["emulators", *words]) + "\n")
        require = [sys.executable, "-c", f"import release; release.require_pinned({top!r})"]
        done = subprocess.run(require, check=False, cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              encoding="utf-8")
        expect("nothing is gone", (done.returncode, done.stdout), (0, ""))
        path = os.path.join(built, "emulators_arm64.txt")
        with open(path, "w", encoding="ascii") as file:
            file.write("emulators arm64 arm64 qemu-user 1:9.9 abc\n")
        done = subprocess.run(require, check=False, cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              encoding="utf-8")
        expect("one is gone", (done.returncode, done.stdout), (
            1, f"boot: note: qemu-user {pinned['arm64'][3]} for arm64 is gone, 1:9.9 stands in; write into "
               "packaging/image/emulators.txt: arm64 arm64 qemu-user 1:9.9 abc\n"
               "the image is not the one that this commit pins: write the lines above into the files that they name, "
               "commit, and make the release again; or say --any-emulators\n"))


if __name__ == "__main__":
    sys.exit(run_cases(Test()))
