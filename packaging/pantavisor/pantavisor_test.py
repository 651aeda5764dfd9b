#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Looks at pantavisor's archives, and runs the one for x86_64 as a container.

pantavisor_test.py PRODUCTS ARCHIVES FOREIGN: the folders with binfmtbox_ARCH and with ARCH.pvrexport.tgz, and
a static arm64 program, such as binfmtbox_arm64, whose --version is asked for. Needs squashfs-tools and
Linux 6.7. ../../boot runs the archives of arm64 and armv7 by LXC. Ends with "N passed, N failed".
"""

import hashlib
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import time
from typing import Any, Dict, List

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "../kubernetes"), os.path.join(HERE, "../image"), os.path.join(HERE, "..")]

from cases import Failure, expect, run_cases  # noqa: E402  # pylint: disable=wrong-import-position
from image_test import ARCHITECTURES, LICENSES, SOURCES, is_static  # noqa: E402  # pylint: disable=wrong-import-position
from node import Node  # noqa: E402  # pylint: disable=wrong-import-position
import pvrexport  # noqa: E402  # pylint: disable=wrong-import-position

TARGETS = {
    "x86_64": ["aarch64", "arm"],
    "arm64": ["x86_64", "i386"],
    "armv7": ["x86_64", "i386"],
    "riscv64": ["x86_64", "i386", "aarch64"],
}
COMMAND = "/usr/bin/binfmtbox register --mount --hold --if-possible --kmsg "
CONF = """\
lxc.rootfs.path = overlayfs:/volumes/binfmt/root.squashfs:/volumes/binfmt/lxc-overlay/upper
lxc.init.cmd = {}
lxc.signal.halt = SIGTERM
lxc.namespace.keep = user net ipc
lxc.console.path = none
lxc.tty.max = 8
lxc.pty.max = 1024
lxc.mount.auto = proc sys:ro
lxc.mount.entry = /dev/kmsg dev/kmsg none bind,optional,create=file 0 0
"""
FOLDERS = ["dev", "etc", "lib", "lib/firmware", "lib/modules", "proc", "run", "sys", "tmp", "usr", "usr/bin", "usr/share",
           "usr/share/common-licenses", "usr/share/doc"]
# Makes a container of a root as LXC does, as far as /proc.
CONTAINER = """
root=$1
shift
mount -t proc proc "$root/proc"
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,bind,ro "$root/proc/sys"
exec chroot "$root" "$@"
"""


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def run(*words: str) -> str:
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout


class Archive:
    """Unpacked, and its root as well."""

    def __init__(self, path: str, folder: str) -> None:
        with tarfile.open(path) as tar:
            self.members = tar.getmembers()
            tar.extractall(folder)
        self.state: Dict[str, Any] = json.loads(read(os.path.join(folder, "json")))
        self.conf = os.path.join(folder, "objects", self.state["binfmt/lxc.container.conf"])
        self.squashfs = os.path.join(folder, "objects", self.state["binfmt/root.squashfs"])
        self.root = os.path.join(folder, "root")
        run("unsquashfs", "-no-progress", "-quiet", "-dest", self.root, self.squashfs)


class Test:
    """Each method that begins with test_ is one case."""

    def __init__(self, products: str, archives: str, foreign: str) -> None:
        self.products, self.foreign = products, foreign
        self.folder = tempfile.mkdtemp(prefix="binfmtbox-pantavisor-")
        self.date = pvrexport.release_date(os.path.join(HERE, "../../NEWS.md"))
        self.archives = {arch: Archive(os.path.join(archives, f"{arch}.pvrexport.tgz"), os.path.join(self.folder, arch))
                         for arch in ARCHITECTURES}

    # The archives.

    def test_members(self) -> None:
        for arch, archive in self.archives.items():
            names = ["json", *(f"objects/{digest}" for digest in (
                archive.state["binfmt/lxc.container.conf"], archive.state["binfmt/root.squashfs"]))]
            expect(f"members for {arch}", [member.name for member in archive.members], names)
            expect("their like", {(member.isreg(), member.mode, member.uid, member.gid, member.mtime)
                                  for member in archive.members}, {(True, 0o644, 0, 0, self.date)})

    def test_objects_have_the_names_of_their_checksums(self) -> None:
        for archive in self.archives.values():
            for path in (archive.conf, archive.squashfs):
                expect("checksum", sha256(read(path)), os.path.basename(path))

    def test_state(self) -> None:
        for arch, archive in self.archives.items():
            state = dict(archive.state)
            for name in ("lxc.container.conf", "root.squashfs"):
                expect(name, bool(re.fullmatch("[0-9a-f]{64}", state.pop(f"binfmt/{name}"))), True)
            expect(f"rest of the state for {arch}", state, {
                "#spec": "pantavisor-service-system@1",
                "binfmt/run.json": {
                    "#spec": "service-manifest-run@1", "name": "binfmt", "type": "lxc", "group": "platform",
                    "config": "lxc.container.conf", "root-volume": "root.squashfs", "volumes": [],
                    "roles": ["nobody"], "storage": {"lxc-overlay": {"persistence": "boot"}},
                },
                "binfmt/src.json": {
                    "#spec": "service-manifest-src@1", "template": "builtin-lxc-docker",
                    "args": {"PV_GROUP": "platform", "PV_ROLES": ["nobody"]}, "config": {}, "persistence": {"lxc-overlay": "boot"},
                    "docker_config": {"Entrypoint": (COMMAND + " ".join(TARGETS[arch])).split()},
                },
            })

    def test_conf(self) -> None:
        for arch, archive in self.archives.items():
            expect(f"lxc.container.conf for {arch}", read(archive.conf).decode(),
                   CONF.format(COMMAND + " ".join(TARGETS[arch])))

    # The roots.

    def test_files(self) -> None:
        for arch, archive in self.archives.items():
            files = [f"usr/bin/qemu-{name}-static" for name in TARGETS[arch]] + ["usr/bin/binfmtbox"]
            texts = ["usr/share/doc/binfmtbox/LICENSE"]
            texts += [f"usr/share/doc/{name}/copyright" for name in ("binfmtbox", "qemu-user-static", *SOURCES[arch])]
            texts += [f"usr/share/common-licenses/{name}" for name in LICENSES]
            folders = {*FOLDERS, *(os.path.dirname(text) for text in texts)}
            wanted = {**{name: "-rwxr-xr-x" for name in files}, **{name: "-rw-r--r--" for name in texts},
                      **{name: "drwxr-xr-x" for name in folders}, "": "drwxr-xr-x"}
            found, likes = {}, set()
            for line in run("unsquashfs", "-lln", archive.squashfs).splitlines():
                match = re.fullmatch(r"([-a-z]{10}) (\d+/\d+) +\d+ (\S+ \S+) squashfs-root/?(.*)", line)
                if match:
                    found[match[4]] = match[1]
                    likes.add((match[2], match[3]))
            expect(f"files for {arch}", found, wanted)
            # unsquashfs tells the time of this machine's zone.
            expect("owner and date", likes, {("0/0", time.strftime("%Y-%m-%d %H:%M", time.localtime(self.date)))})

    def test_programs_are_static_and_for_the_device(self) -> None:
        for arch, archive in self.archives.items():
            for name in os.listdir(os.path.join(archive.root, "usr/bin")):
                path = os.path.join(archive.root, "usr/bin", name)
                expect(f"{name} for {arch}", is_static(path, ARCHITECTURES[arch][2]), True)
            expect(f"binfmtbox for {arch}", sha256(read(os.path.join(archive.root, "usr/bin/binfmtbox"))),
                   sha256(read(os.path.join(self.products, f"binfmtbox_{arch}"))))

    def test_kernels_can_read_it(self) -> None:
        """pantavisor's kernels have SQUASHFS_XZ; its own parts are packed so as well."""
        for archive in self.archives.values():
            facts = run("unsquashfs", "-stat", archive.squashfs)
            expect("compression", re.findall(r"^Compression (.*)$", facts, re.M), ["xz"])
            expect("extended attributes", re.findall(r"^Xattrs are (.*)$", facts, re.M), ["not stored"])

    def test_product_knows_the_targets(self) -> None:
        # HOST_ARCH holds under the script's name only.
        script = os.path.join(self.folder, "qemu-binfmt-conf.sh")
        os.symlink(os.path.abspath(os.path.join(self.products, "binfmtbox_x86_64")), script)
        for archive in self.archives.values():
            targets = archive.state["binfmt/src.json"]["docker_config"]["Entrypoint"][6:]
            printed = run("env", "HOST_ARCH=ppc", script, "--print", "record", "--qemu-path",
                          os.path.join(archive.root, "usr/bin"), *targets)
            expect("records", [line.split(":")[1] for line in printed.splitlines()], [f"qemu-{name}" for name in targets])

    def test_container(self) -> None:
        """LXC's part is played by unshare(1), on a node that is a user namespace, where --userns has to be said."""
        archive = self.archives["x86_64"]
        node = Node()
        command = [*(COMMAND + " ".join(TARGETS["x86_64"])).split(), "--userns"]
        container = node.start(["unshare", "-pf", "--kill-child", "sh", "-euc", CONTAINER, "sh", archive.root, *command])
        deadline = time.monotonic() + 60
        while "qemu-arm: registered" not in node.output(container):
            if node.has_ended(container) or time.monotonic() > deadline:
                raise Failure(f"it did not register: {node.output(container)}")
            time.sleep(0.1)
        # Everybody else has the entries, and no mount.
        expect("mount of the node", node.entries(), None)
        answer = node.run([self.foreign, "--version"])
        expect("an arm64 program", (answer.status, answer.text.splitlines()[-1]), (0, "built for aarch64-linux-musl"))
        (first,) = node.run(["cat", f"/proc/{container}/task/{container}/children"]).text.split()
        expect("SIGPWR", node.run(["kill", "-PWR", first]).status, 0)
        expect("its end", node.wait(container), 0)
        node.stop()

    # pvrexport.py.

    def make(self, name: str, table: str = "x86_64 arm\n", **environment: str) -> "subprocess.CompletedProcess[str]":
        """Builds an archive of small files, which it makes anew, in an order that NAME tells."""
        folder = os.path.join(self.folder, name)
        os.makedirs(folder)
        files = {"usr/bin/binfmtbox": b"\x7fELF box", "usr/bin/qemu-arm-static": b"\x7fELF arm",
                 "usr/bin/qemu-mips-static": b"\x7fELF mips", "usr/share/doc/x/copyright": b"text" * 1000}
        places = sorted(files, key=lambda place: sha256((name + place).encode()))
        for place in places:
            path = os.path.join(folder, os.path.basename(place))
            with open(path, "wb") as file:
                file.write(files[place])
            os.chmod(path, 0o600 if "S" in name else 0o777)
        with open(os.path.join(folder, "table"), "w", encoding="ascii") as text:
            text.write("# a comment\n\n" + table)
        words = [sys.executable, os.path.join(HERE, "pvrexport.py"), "x86_64", os.path.join(HERE, "../../NEWS.md"),
                 os.path.join(folder, "table"), os.path.join(HERE, "lxc.container.conf"), os.path.join(folder, "out"),
                 *(f"{place}={os.path.join(folder, os.path.basename(place))}" for place in places)]
        umask = environment.pop("umask", "022")
        return subprocess.run(["sh", "-c", 'umask "$1"; shift; exec "$@"', "sh", umask, *words], check=False,
                              env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              encoding="utf-8")

    def test_same_files_give_the_same_bytes(self) -> None:
        ways: List[Dict[str, str]] = [
            {"name": "first"}, {"name": "Second", "umask": "077", "TZ": "Pacific/Kiritimati"},
            {"name": "Third", "SOURCE_DATE_EPOCH": "1", "TMPDIR": "/dev/shm", "LC_ALL": "C.UTF-8"}]
        found = set()
        for way in ways:
            name = way.pop("name")
            done = self.make(name, **way)
            expect(f"status of {name}: {done.stdout}", done.returncode, 0)
            found.add(sha256(read(os.path.join(self.folder, name, "out"))))
        expect("archives", len(found), 1)

    def test_bad_lists_of_emulators(self) -> None:
        for name, table, message in (
                ("none", "arm64 x86_64\n", "no targets for x86_64"), ("empty", "x86_64\n", "no targets for x86_64"),
                ("unknown", "x86_64 arm hexagon sparc\n",
                 "there is no usr/bin/qemu-hexagon-static usr/bin/qemu-sparc-static")):
            done = self.make(name, table)
            expect(f"status of {name}", done.returncode, 1)
            expect("message", done.stdout, f"{os.path.join(self.folder, name, 'table')}: {message}\n")
            expect("archive", os.path.exists(os.path.join(self.folder, name, "out")), False)

    def test_without_mksquashfs(self) -> None:
        tools = os.path.join(self.folder, "tools")
        os.makedirs(tools)
        os.symlink("/bin/sh", os.path.join(tools, "sh"))
        done = self.make("tools_missing", PATH=tools)
        expect("its end", (done.returncode, done.stdout), (1, "there is no mksquashfs: install squashfs-tools\n"))


if __name__ == "__main__":
    sys.exit(run_cases(Test(*(os.path.abspath(path) for path in sys.argv[1:]))))
