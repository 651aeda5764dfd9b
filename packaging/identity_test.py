#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds what is shipped with and without a filled identity.txt, and looks for addresses that nobody has.

identity_test.py, in a checkout. What bazel builds with the identity.txt that is there is looked at in
../boot/layers_test.py, image/image_test.py and release_test.py. Ends with "N passed, N failed".
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from typing import Any, Dict, List, Tuple

import identity
import licenses
import release
from cases import expect, run_cases

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(HERE)
SCRIPT = os.path.join(HERE, "identity.py")
FILLED = {
    "homepage": "https://box.test/about", "maintainer": "Ann Other <ann@box.test>", "source": "https://box.test/git/box",
    "registry": "registry.box.test/group",
}
PARTLY = {**dict.fromkeys(FILLED, ""), "source": FILLED["source"]}
IMAGE = "org.opencontainers.image."


def text_of(values: Dict[str, str]) -> str:
    return "# a comment\n\n" + "".join(f"{key} = {value}\n" for key, value in values.items())


class Test:
    """Each method that begins with test_ is one case."""

    def __init__(self) -> None:
        self.folder = tempfile.mkdtemp(prefix="binfmtbox-identity-")
        self.filled = self.write("filled", text_of(FILLED))
        self.empty = self.write("empty", text_of(dict.fromkeys(FILLED, "")))

    def write(self, name: str, text: str) -> str:
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    @staticmethod
    def run(*words: str) -> Tuple[int, str]:
        done = subprocess.run([sys.executable, *words], check=False, cwd=TOP, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, encoding="utf-8")
        return done.returncode, done.stdout

    # The file.

    def test_ours_can_be_read(self) -> None:
        expect("keys", list(identity.load(os.path.join(HERE, "identity.txt"))), list(FILLED))

    def test_bad_files(self) -> None:
        good = text_of(FILLED)
        for name, text, message in (
                ("unknown key", good + "phone = 1\n", ":7: not one of homepage, maintainer, source, registry, once"),
                ("twice", good + "homepage =\n", ":7: not one of "),
                ("no sign", good + "homepage\n", ":7: not one of "),
                ("missing", "homepage =\nsource =\n", ": no maintainer and no registry"),
                ("no address", good.replace("https://box.test/about", "box.test"), ":3: not a homepage: box.test"),
                ("no mail", good.replace("ann@box.test", "ann"), ":4: not a maintainer: Ann Other <ann>"),
                ("no source", good.replace("https://box.test/git/box", "box"), ":5: not a source: box"),
                ("a tag", good.replace("group", "group:"), ":6: not a registry: registry.box.test/group:")):
            path = self.write("bad", text)
            status, said = self.run(SCRIPT, "unfilled", path)
            expect(f"status with {name}", status, 1)
            expect(f"{name}: {said!r} has {message!r}", said.startswith(path + message) and said.count("\n") == 1, True)

    def test_a_release_says_what_is_not_filled_in(self) -> None:
        expect("nothing", self.run(SCRIPT, "unfilled", self.filled), (0, ""))
        status, said = self.run(SCRIPT, "unfilled", self.write("partly", text_of(PARTLY)))
        expect("status", status, 0)
        expect("keys", re.findall(r"(?m)^\S+/partly: (\w+) is not filled in: .+$", said), ["homepage", "maintainer", "registry"])
        expect("lines", said.count("\n"), 3)
        with open(os.path.join(HERE, "release.sh"), encoding="utf-8") as file:
            expect("./dev release asks", "identity.py unfilled packaging/identity.txt" in file.read(), True)

    def test_fill(self) -> None:
        text = "a\n\n  @HOMEPAGE@\n\nb @SOURCE@ @MAINTAINER@\nc @OTHER@\n"
        template = self.write("template", text)
        for name, path, wanted in (
                ("filled", self.filled, "a\n\n  https://box.test/about\n\nb https://box.test/git/box Ann Other <ann@box.test>\n"
                                        "c @OTHER@\n"),
                ("partly", self.write("partly", text_of(PARTLY)), "a\n\nb https://box.test/git/box "
                                                                  f"{identity.NO_MAINTAINER}\nc @OTHER@\n"),
                ("empty", self.empty, "a\n\nc @OTHER@\n")):
            out = os.path.join(self.folder, "out")
            expect(f"status, {name}", self.run(SCRIPT, "fill", path, template, out), (0, ""))
            with open(out, encoding="utf-8") as file:
                expect(name, file.read(), wanted)

    # What is made with it.

    def test_nobody_is_sent_to_an_address_that_is_no_one_s(self) -> None:
        done = subprocess.run(["git", "grep", "-InE", r"(@|//)[a-z0-9.-]*\.example\b"], check=False, cwd=TOP,
                              stdout=subprocess.PIPE, encoding="utf-8")
        # This very line.
        found = [line for line in done.stdout.splitlines() if not line.startswith("packaging/identity_test.py:")]
        expect("addresses", found, [])

    def test_debian_package(self) -> None:
        for path, wanted in ((self.filled, {"Maintainer": FILLED["maintainer"], "Homepage": FILLED["homepage"]}),
                             (self.empty, {"Maintainer": identity.NO_MAINTAINER, "Homepage": ""})):
            out = os.path.join(self.folder, "box.deb")
            expect("status", self.run("packaging/deb/build.py", "--architecture=amd64", "--program=/bin/true",
                                      f"--identity={path}", out), (0, ""))
            for field, value in wanted.items():
                found = subprocess.run(["dpkg-deb", "--field", out, field], check=True, stdout=subprocess.PIPE, encoding="utf-8")
                expect(field, found.stdout.rstrip("\n"), value)
            shown = subprocess.run(f"dpkg-deb --fsys-tarfile {out} | tar xO ./usr/share/doc/binfmtbox/changelog.gz | gzip -dc",
                                   shell=True, check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout
            expect("changelog", set(re.findall(r"(?m)^ -- (.*>)  ", shown)), {wanted["Maintainer"]})

    def labels(self, path: str, kind: str, status: str) -> Dict[str, str]:
        """Those of an image of one small layer; the index, the manifest and the configuration have the same."""
        layer, out = (os.path.join(self.folder, name) for name in ("layer", "layout"))
        build = ("packaging/image/build.py",)
        expect("layer", self.run(*build, "layer", "NEWS.md", layer, f"usr/bin/x={path}"), (0, ""))
        expect("layout", self.run(*build, "layout", "NEWS.md", "VERSION", self.write("status", status), path, kind, out,
                                  f"x86_64={layer}"), (0, ""))

        def blob(one: Dict[str, Any]) -> Dict[str, Any]:
            with open(f"{out}/blobs/sha256/{one['digest'][7:]}", encoding="utf-8") as file:
                found: Dict[str, Any] = json.load(file)
            return found

        with open(f"{out}/index.json", encoding="utf-8") as file:
            index = blob(json.load(file)["manifests"][0])
        manifest = blob(index["manifests"][0])
        config = blob(manifest["config"])
        labels: Dict[str, str] = config["config"]["Labels"]
        expect("annotations", (index["annotations"], manifest["annotations"]), (labels, labels))
        expect("created", {config["created"], config["history"][0]["created"]}, {labels[IMAGE + "created"]})
        return labels

    def test_image(self) -> None:
        version = release.version_of(TOP)
        common = {"title": "binfmtbox", "version": version,
                  "description": "Registers emulators, so that this machine runs programs built for other processors"}
        found = self.labels(self.filled, "full", "STABLE_REVISION 0123456789ab\nSTABLE_COMMIT_DATE 1700000000\n")
        expect("filled", found, {IMAGE + key: value for key, value in {
            **common, "created": "2023-11-14T22:13:20Z", "revision": "0123456789ab", "licenses": licenses.containers(),
            "url": FILLED["homepage"], "source": FILLED["source"], "authors": FILLED["maintainer"]}.items()})
        # Sources without git: the date is the release's.
        found = self.labels(self.empty, "bare", "STABLE_REVISION unknown\n")
        expect("unfilled", found, {IMAGE + key: value for key, value in {
            **common, "created": release.release_date(TOP).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "licenses": licenses.PRODUCT}.items()})

    def test_bill_of_materials(self) -> None:
        expect("with a homepage", release.document_namespace(FILLED["homepage"], "x-1"), "https://box.test/about/spdx/x-1")
        names = [release.document_namespace("", name) for name in ("x-1", "x-1", "x-2")]
        expect("form", [bool(re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", name)) for name in names], [True] * 3)
        expect("one for each release", (names[0] == names[1], names[0] == names[2]), (True, False))

    def test_manifests(self) -> None:
        with open(os.path.join(HERE, "kubernetes/base/kustomization.yaml"), encoding="utf-8") as file:
            text = file.read()
        expect("without a registry", release.with_registry(text, ""), text)
        lines: List[str] = release.with_registry(text, FILLED["registry"]).splitlines()
        at = lines.index("  - name: binfmtbox")
        expect("with one", lines[at + 1], "    newName: registry.box.test/group/binfmtbox")
        expect("the rest", lines[:at + 1] + lines[at + 2:], text.splitlines())


if __name__ == "__main__":
    sys.exit(run_cases(Test()))
