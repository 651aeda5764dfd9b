# SPDX-License-Identifier: Apache-2.0
"""Small roots in private namespaces, for the tests of boot scripts.

Each has the product, an emulator, dash, and a busybox whose applets are those that
pantavisor/applets.txt lists. Its kernel's log is a file. Needs Debian's packages dash
and qemu-user-static, and Linux 6.7.
"""

import functools
import os
import re
import shutil
import subprocess
import sys
import tempfile
from typing import Dict, List, Optional, Tuple

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "../packaging"), os.path.join(HERE, "../packaging/kubernetes")]

import fetch  # noqa: E402  # pylint: disable=wrong-import-position
from cases import Failure, expect  # noqa: E402  # pylint: disable=wrong-import-position
from node import Answer, Node  # noqa: E402  # pylint: disable=wrong-import-position

EMULATOR = "/usr/bin/qemu-aarch64-static"
REGISTRY = "/proc/sys/fs/binfmt_misc"
# What the product has to be told in a user namespace of its own.
PRIVATE = "--userns"


def libraries(program: str) -> List[str]:
    """The shared libraries that PROGRAM loads, and what loads them."""
    text = subprocess.run(["ldd", program], check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout
    return re.findall(r"(/\S+) \(0x", text)


def busybox() -> str:
    """Debian's busybox, in the cache. That of busybox-static, which boot tests and bench use, is of no use here: its
    shell has all applets, whatever is in PATH."""
    folder = os.path.join(os.path.dirname(fetch.cache()), "busybox")
    program = os.path.join(folder, "bin/busybox")
    if not os.path.exists(program):
        os.makedirs(os.path.dirname(folder), exist_ok=True)
        with tempfile.TemporaryDirectory(dir=os.path.dirname(folder), prefix="apt.") as state:
            apt = fetch.Apt(state, "amd64", (("bookworm", False), ("bookworm-security", True)))
            apt.update()
            newest = sorted(apt.packages("busybox"), key=functools.cmp_to_key(fetch.is_older))[0]
            partial = os.path.join(state, "busybox")
            if not apt.unpack(newest, partial):
                fetch.fail("cannot get Debian's package busybox")
            fetch.install(partial, folder)
    return program


def applets() -> List[str]:
    with open(os.path.join(HERE, "pantavisor/applets.txt"), encoding="utf-8") as file:
        return [line.strip() for line in file if line.startswith("/")]


class Device:
    """A root in a namespace of its own, as full as SIZE says, with SHELL as its shell."""

    def __init__(self, base: str, folder: str, shell: str = "busybox", size: str = "64m") -> None:
        self.node = Node()
        self.log = os.path.join(folder, "kmsg")
        self.root = os.path.join(folder, "root")
        os.makedirs(self.root)
        with open(self.log, "wb"):
            pass
        self.sh(f"mount -t tmpfs -o size={size} tmpfs {folder}/root && mkdir {folder}/root/u {folder}/root/w "
                f"{folder}/root/r && mount -t overlay overlay {folder}/root/r "
                f"-o userxattr,lowerdir={base},upperdir={folder}/root/u,workdir={folder}/root/w")
        self.root += "/r"
        self.sh(f"mount -t proc proc {self.root}/proc")
        for path, place in ((self.log, "dev/kmsg"), ("/dev/null", "dev/null")):
            self.sh(f"mount --bind {path} {self.root}/{place}")
        if shell != "busybox":
            self.sh(f"ln -sf /usr/bin/{shell} {self.root}/bin/sh")

    def sh(self, command: str) -> str:
        """Runs a command with the machine's own tools."""
        answer = self.node.run(["sh", "-euc", command])
        if answer.status != 0:
            raise Failure(f"{command}: {answer.text}")
        return answer.text

    def write(self, path: str, text: str) -> None:
        self.sh(f"mkdir -p {self.root}{os.path.dirname(path)}\ncat >{self.root}{path} <<'TEXT'\n{text}TEXT\n")

    def hide(self, path: str, text: str) -> None:
        """Puts TEXT where PATH of the root is."""
        self.sh(f"cat >{self.root}/tmp/hidden <<'TEXT'\n{text}TEXT\n"
                f"mount --bind {self.root}/tmp/hidden {self.root}{path}")

    def run(self, *words: str, environment: Optional[Dict[str, str]] = None, around: Tuple[str, ...] = ()) -> Answer:
        """Runs WORDS in the root, with this environment only, started by AROUND."""
        given = [f"{name}={value}" for name, value in (environment or {}).items()]
        return self.node.run([*around, "env", "-i", *given, shutil.which("chroot") or "", self.root, *words])

    def kernel_log(self) -> str:
        with open(self.log, encoding="utf-8") as file:
            return file.read()

    def expect_line(self, answer: Answer, pattern: str, status: int = 0) -> None:
        """One line, on stderr and in the kernel's log."""
        expect("status", answer.status, status)
        if not re.fullmatch(f"{pattern}\n", answer.text):
            raise Failure(f"the hook says {answer.text!r}, not {pattern!r}")
        expect("the kernel's log", self.kernel_log(), f"<4>{answer.text}")

    def names(self) -> List[str]:
        names = self.sh(f"ls {self.root}{REGISTRY}").split()
        return sorted(set(names) - {"register", "status"})


class Sandbox:
    """Makes devices; all that they have in common is in the folder BASE."""

    def __init__(self, product: str) -> None:
        self.folder = tempfile.mkdtemp(prefix="binfmtbox-boot-files.")
        self.base = os.path.join(self.folder, "base")
        self._count = 0
        for folder in ("proc", "dev", "etc", "tmp", "run"):
            os.makedirs(self.path(f"/{folder}"))
        for path in ("/dev/kmsg", "/dev/null"):
            with open(self.path(path), "wb"):
                pass
        for program, path in (("busybox", busybox()), ("dash", "/bin/dash")):
            for library in libraries(path):
                shutil.copy(library, self.path(library))
            shutil.copy(path, self.path(f"/usr/bin/{program}"))
        for link in applets():
            os.symlink("/usr/bin/busybox", self.path(link))
        shutil.copy(product, self.path("/usr/bin/binfmtbox"))
        shutil.copy(EMULATOR, self.path(EMULATOR))

    def path(self, path: str) -> str:
        """Where PATH of every device is in this machine; its folder is made."""
        os.makedirs(os.path.dirname(self.base + path), exist_ok=True)
        return self.base + path

    def device(self, **options: str) -> Device:
        self._count += 1
        return Device(self.base, os.path.join(self.folder, str(self._count)), **options)
