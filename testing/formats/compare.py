#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares a product with systemd-binfmt and update-binfmts, which own the file formats.

    compare.py PRODUCT

Reading: each file of testdata/formats is loaded by its owner and by the product. Writing:
what the product exports is loaded by the owner, and the records are registered by the
product. The kernel's entry files have to be equal to the byte. Collections: directories
full of files, with names that are there twice and masks, are loaded by systemd-binfmt and
by the product; the match order has to be equal, too, also after a snapshot's return.

It all happens in user, mount and process namespaces of its own, in a root that holds
the programs, their libraries, and the product as every interpreter. update-binfmts comes
from Debian's archive and is only unpacked, since the package registers when it is
installed; systemd-binfmt is the machine's.
"""

import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
from typing import Dict, Iterator, List, NamedTuple

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(TOP, "boot"))

import fetch  # noqa: E402  pylint: disable=wrong-import-position

REGISTRY = "proc/sys/fs/binfmt_misc"
UPDATE_BINFMTS = "/usr/sbin/update-binfmts"
SYSTEMD_BINFMT = "/usr/lib/systemd/systemd-binfmt"
PRODUCT = "/usr/bin/binfmtbox"

# What Debian ships none of; the second is FEX's, for its emulator of x86_64.
MORE_DEBIAN = {
    "sparse": "package a\n\ninterpreter /usr/bin/a\nextension a b\n\n# no newline at the end\npreserve yes",
    "FEX-x86_64": (
        "package fex\ninterpreter /usr/bin/FEXInterpreter\n"
        "magic \\x7fELF\\x02\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\x15\\x00\n"
        "offset 0\n"
        "mask \\xff\\xff\\xff\\xff\\xff\\xfe\\xfe\\x00\\x00\\x00\\x00\\xff\\xff\\xff\\xff\\xff\\xfe\\xff\\xff\\xff\n"
        "credentials yes\nfix_binary yes\npreserve yes\nexpose_interpreter optional\n"),
    "offset": "package o\ninterpreter /usr/bin/o\nmask \\xf0\\xff\nmagic AB\noffset 2\nfix_binary no\n",
}
MORE_BINFMT_D = {
    "odd.conf": (
        "# comment\n; comment\n\n\t:blanks:M::ab cd::/usr/bin/a: \r\n|bar|E||b:c||/usr/bin/a b|P\n"
        ":plus:M:+2:\\x41B\\q:\\xff\\xdf\\xff\\xff:/usr/bin/a:CF\n:last:E::e::/usr/bin/a:"),
}
# Written by the product, and read by each owner that can.
RULES = [
    ":ext:E::jar::/usr/bin/jexec:P",
    ":offset:M:2:AB\\x00:\\xff\\x0f\\xff:/usr/bin/a:F",
    ":bytes:M::\\x00\\x01\\x3a#;\\x0a\\x5c\\xff::/usr/bin/a b:",
    ":all:M::ABCD::/usr/bin/a:POCF",
    ":open:M::EFGH::/usr/bin/a:O",
    "|a:b|M||IJKL||/usr/bin/a:b|",
    ":blank name:E::blank ext::/usr/bin/a b:",
    ":utf-8 \u00e4:M::MNOP:\\x00\\xff\\xff\\xff:/usr/bin/\u00e4:",
]
# Debian has files for emulators of the machine that it was built for, too.
NATIVE = re.compile(
    r"refused to register \S+: it takes (this program itself|some of this machine's own)|"
    r": this machine runs programs for \S+ natively")
PROJECTS = "testdata/formats/projects.txt"
# Links beside the projects' files: two masks, the second of which leads nowhere.
LINKS = {"/etc/binfmt.d/sbcl.conf": "/dev/null", "/run/binfmt.d/pypy3.9.conf": "nowhere"}
# What Debian's files have no word for.
NOT_DEBIAN = ("open", "a:b")


class Shipped(NamedTuple):
    suite: str
    package: str
    path: str
    text: str

    @property
    def name(self) -> str:
        # update-alternatives installs those of Java under this name.
        return "jar" if self.path.endswith("/jar.binfmt") else os.path.basename(self.path)

    @property
    def is_record(self) -> bool:
        return self.text.lstrip().startswith(":")


def blocks(archive: str) -> Iterator[Shipped]:
    """The files in ARCHIVE, each behind a line "== PACKAGE VERSION PATH"."""
    suite = os.path.basename(archive)[:-len(".txt")]
    with open(archive, encoding="utf-8", newline="") as file:
        for block in re.split(r"^== ", file.read(), flags=re.M)[1:]:
            head, _, text = block.partition("\n")
            package, _, path = head.partition(" ")[2].partition(" ")
            yield Shipped(suite, head.partition(" ")[0] + " " + package, path, text)


def shipped() -> Iterator[Shipped]:
    for archive in sorted(glob.glob(os.path.join(TOP, "testdata/formats/debian-*.txt"))):
        yield from blocks(archive)


def interpreters(text: str) -> Iterator[str]:
    """Those of the records in a file for systemd-binfmt."""
    for line in (line.strip() for line in text.splitlines()):
        if line and line[0] not in "#;":
            yield line.split(line[0])[6]


def run(*words: str, root: str = "") -> subprocess.CompletedProcess:
    return subprocess.run(
        words, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        encoding="utf-8", errors="replace", env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"},
        preexec_fn=(lambda: os.chroot(root)) if root else None, cwd="/")


def fetched_update_binfmts() -> str:
    """The folder of the unpacked package; in the cache, or fetched."""
    folder = os.path.join(os.path.dirname(fetch.cache()), "peers", "binfmt-support")
    if not os.path.exists(folder + UPDATE_BINFMTS):
        os.makedirs(os.path.dirname(folder), exist_ok=True)
        with tempfile.TemporaryDirectory(dir=os.path.dirname(folder)) as state:
            apt = fetch.Apt(state, "amd64")
            apt.update()
            found = [package for package in apt.packages("binfmt-support") if package.architecture == "amd64"]
            tree = os.path.join(state, "tree")
            # The suite of the machine comes first.
            if not any(apt.unpack(package, tree) for package in found):
                fetch.fail("binfmt-support could not be downloaded")
            fetch.install(tree, folder)
    return folder


def copy_program(root: str, path: str, source: str) -> None:
    os.makedirs(root + os.path.dirname(path), exist_ok=True)
    shutil.copy(source, root + path)
    done = run("ldd", source)
    if "not found" in done.stdout:
        sys.exit(f"compare.py: {source} lacks libraries:\n{done.stdout}")
    for library in re.findall(r"(/\S+) \(0x", done.stdout):
        os.makedirs(root + os.path.dirname(library), exist_ok=True)
        shutil.copy(library, root + library)


def make_root(root: str, product: str) -> None:
    package = fetched_update_binfmts()
    copy_program(root, UPDATE_BINFMTS, package + UPDATE_BINFMTS)
    machines = [path for path in (SYSTEMD_BINFMT, "/lib/systemd/systemd-binfmt") if os.path.exists(path)]
    if not machines:
        sys.exit("compare.py: there is no systemd-binfmt: install the package systemd")
    copy_program(root, SYSTEMD_BINFMT, machines[0])
    os.makedirs(root + "/usr/bin", exist_ok=True)
    shutil.copy(product, root + PRODUCT)
    for folder in ("proc", "var/lib/binfmts", "etc", "run", "tmp", "dev"):
        os.makedirs(os.path.join(root, folder), exist_ok=True)
    texts = [file.text for file in shipped()] + list(MORE_DEBIAN.values()) + list(MORE_BINFMT_D.values()) + RULES
    paths = {"/usr/lib/binfmt-support/run-detectors"}
    for text in texts:
        paths.update(re.findall(r"^interpreter (/.*?)\s*$", text, re.M))
        paths.update(re.findall(r"[:|](/usr/[^|\n]*?|/usr/[^:\n]*?)[:|][A-Z]*\s*$", text, re.M))
    for project in blocks(os.path.join(TOP, PROJECTS)):
        paths.update(interpreters(project.text))
    for path in paths:
        os.makedirs(root + os.path.dirname(path), exist_ok=True)
        if not os.path.exists(root + path):
            os.link(root + PRODUCT, root + path)


class Comparison:
    def __init__(self, root: str) -> None:
        self.root = root
        self.passed = 0
        self.failed = 0
        self.native: List[str] = []
        self.refused = False
        self.status = 0  # the product's last exit status

    def entries(self) -> Dict[str, str]:
        """The kernel's files, and then none."""
        folder = os.path.join(self.root, REGISTRY)
        found = {}
        for name in os.listdir(folder):
            if name not in ("register", "status"):
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    found[name] = file.read()
        with open(os.path.join(folder, "status"), "w", encoding="utf-8") as file:
            file.write("-1")
        return found

    def write(self, path: str, text: str) -> str:
        os.makedirs(os.path.dirname(self.root + path), exist_ok=True)
        with open(self.root + path, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        return path

    def systemd(self, *paths: str) -> Dict[str, str]:
        """What systemd-binfmt makes of PATHS, or of the system's directories."""
        done = run(SYSTEMD_BINFMT, *paths, root=self.root)
        if done.returncode != 0:
            print(f"systemd-binfmt {' '.join(paths)}: status {done.returncode}: {done.stdout}")
        return self.entries()

    def collections(self) -> None:
        """What other projects ship, file by file, and as directories."""
        paths: List[str] = []
        for project in blocks(os.path.join(TOP, PROJECTS)):
            path = self.write("/" + project.path, project.text)
            done = run(PRODUCT, "register", "--dry-run", "--file", path, root=self.root)
            if NATIVE.search(done.stdout):
                # systemd-binfmt would register it, and nothing would start.
                os.unlink(self.root + path)
                self.native.append(project.name)
            else:
                paths.append(path)
        for path, target in LINKS.items():
            os.symlink(target, self.root + path)
        if len(paths) < 40:
            print(f"FAILED: only {len(paths)} files of other projects can be compared")
            self.failed += 1
        for path in paths:
            self.expect_order(path, self.systemd(path), self.ours("--file", path))
        words = [word for path in paths for word in ("--file", path)]
        self.expect_order("files in an order of their own", self.systemd(*paths), self.ours(*words))
        theirs = self.systemd()
        self.expect_order("the system's directories", theirs, self.ours("--system"))
        run(SYSTEMD_BINFMT, root=self.root)
        snapshot = run(PRODUCT, "status", "--print", "record", root=self.root).stdout
        self.entries()
        # What the product leaves for the next start is there after it.
        for target in ("aarch64", "riscv64", "ppc64le"):
            leave = ["-q", "--replace", "-cyes", "-I", "/usr/bin/a", target]
            run(PRODUCT, "register", *leave, "--binfmt-d", "/run/binfmt.d", root=self.root)
            kept = self.entries()["qemu-" + target]
            entry = self.systemd()["qemu-" + target]
            self.expect(f"{target} in /run/binfmt.d", {target: entry}, {target: kept})
        self.expect_order("a snapshot", theirs, self.ours("--file", self.write("/tmp/snapshot", snapshot)))

    def expect_order(self, what: str, theirs: Dict[str, str], ours: Dict[str, str]) -> None:
        """As expect(), and the match order counts. No entry will do."""
        if list(theirs.items()) == list(ours.items()) and self.status == 0:
            self.passed += 1
            return
        self.failed += 1
        print(f"FAILED: {what}\n  owner: {theirs}\n  product: {ours}")

    def owner(self, path: str, is_record: bool) -> Dict[str, str]:
        if is_record:
            words = [SYSTEMD_BINFMT, path]
        else:
            shutil.rmtree(self.root + "/var/lib/binfmts")
            os.makedirs(self.root + "/var/lib/binfmts")
            folder, name = os.path.split(path)
            words = [UPDATE_BINFMTS, "--importdir", folder, "--import", name]
        done = run(*words, root=self.root)
        found = self.entries()
        if done.returncode != 0 or not found:
            print(f"{' '.join(words)}: status {done.returncode}: {done.stdout}")
        return found

    def ours(self, *words: str) -> Dict[str, str]:
        done = run(PRODUCT, "register", *words, root=self.root)
        self.status = done.returncode
        found = self.entries()
        if NATIVE.search(done.stdout):
            self.refused = True
        elif done.returncode != 0:
            print(f"register {' '.join(words)}: status {done.returncode}: {done.stdout}")
        return found

    def expect(self, what: str, theirs: Dict[str, str], ours: Dict[str, str]) -> None:
        if theirs == ours and ours:
            self.passed += 1
            return
        self.failed += 1
        print(f"FAILED: {what}\n  owner: {theirs}\n  product: {ours}")

    def read(self, what: str, name: str, text: str, is_record: bool) -> None:
        path = self.write("/tmp/files/" + name, text)
        theirs = self.owner(path, is_record)
        self.refused = False
        ours = self.ours("--file", path)
        if self.refused and not ours and name.startswith("qemu-"):
            self.native.append(name)
        else:
            self.expect(what, theirs, ours)

    def export(self, what: str, words: List[str], debian: bool) -> None:
        shutil.rmtree(self.root + "/tmp/export", ignore_errors=True)
        form = ["--print", "debian"] if debian else []
        done = run(PRODUCT, "register", *words, *form, "--exportdir", "/tmp/export", root=self.root)
        if done.returncode != 0:
            print(f"register {' '.join(words)} --exportdir: status {done.returncode}: {done.stdout}")
        direct = self.ours(*words)
        theirs: Dict[str, str] = {}
        for name in os.listdir(self.root + "/tmp/export"):
            theirs.update(self.owner("/tmp/export/" + name, not debian))
        self.expect(f"{what} as {'Debian format' if debian else 'binfmt.d'}", theirs, direct)

    def everything(self) -> None:
        for file in shipped():
            self.read(f"{file.suite} {file.package} {file.path}", file.name, file.text, file.is_record)
        for name, text in MORE_DEBIAN.items():
            self.read(name, name, text, False)
        for name, text in MORE_BINFMT_D.items():
            self.read(name, name, text, True)
        self.collections()
        targets = self.targets()
        for debian in (False, True):
            for target in targets:
                self.export(target, ["-I", "/usr/bin/a", target], debian)
                self.export(target + " with flags", ["-I", "/usr/bin/a", "-cyes", "-gyes", "-pno", target], debian)
            for rule in RULES:
                name = re.split("[:|]", rule[1:])[0] if rule[0] == ":" else rule[1:].split("|")[0]
                if not (debian and name in NOT_DEBIAN):
                    self.export(name, ["--rule", rule], debian)

    def targets(self) -> List[str]:
        """The targets of the table that this machine does not run natively."""
        with open(os.path.join(TOP, "arch_table/targets.txt"), encoding="utf-8") as file:
            names = re.findall(r"^target (\S+)", file.read(), re.M)
        foreign = []
        for name in names:
            done = run(PRODUCT, "register", "--dry-run", "-q", "-I", "/usr/bin/a", name, root=self.root)
            if done.returncode == 0:
                foreign.append(name)
        if len(foreign) < 30:
            print(f"FAILED: only {len(foreign)} of {len(names)} targets can be compared")
            self.failed += 1
        return foreign


def inside(root: str) -> int:
    # The mask's target.
    open(os.path.join(root, "dev/null"), "w", encoding="utf-8").close()
    subprocess.run(["mount", "--bind", "/dev/null", os.path.join(root, "dev/null")], check=True)
    for kind, folder in (("proc", "proc"), ("binfmt_misc", REGISTRY)):
        subprocess.run(["mount", "-t", kind, kind, os.path.join(root, folder)], check=True)
    comparison = Comparison(root)
    comparison.everything()
    if comparison.native:
        print(f"refused, as this machine runs such programs: {', '.join(comparison.native)}")
    print(f"{comparison.passed} of {comparison.passed + comparison.failed} comparisons equal")
    return 1 if comparison.failed else 0


def main(arguments: List[str]) -> int:
    if arguments[:1] == ["--inside"]:
        return inside(arguments[1])
    if len(arguments) != 1:
        sys.exit("usage: compare.py PRODUCT")
    with tempfile.TemporaryDirectory() as root:
        os.chmod(root, 0o755)
        make_root(root, arguments[0])
        return subprocess.run(
            ["unshare", "-Urmp", "--fork", "--mount-proc", sys.executable, os.path.abspath(__file__), "--inside", root],
            check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
