# SPDX-License-Identifier: Apache-2.0
"""A machine for the clients of binfmt_misc: private namespaces, with a Debian of their own as root.

Linux 6.7 and newer give it a binfmt_misc of its own. Its ids are none of those that the outside has
files of, so that nothing there reaches a file outside by its id, such as a container runtime's chown of /dev/null.
Root has to start it.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from typing import IO, Any, List, NamedTuple, Optional

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.join(HERE, "../..")
FIRST_ID = 1 << 30
# Enough for a range of 65,536 inside that has none of its first 100,000.
IDS = 200_000
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/", "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
# In seconds, for what ends by itself: longer than anything takes on a busy machine.
PATIENCE = 1500


class MachineError(Exception):
    """A namespace that could not be had."""


class Answer(NamedTuple):
    """How a client's script ended, what it wrote to descriptor 3, and all that was printed meanwhile."""

    status: int
    result: str
    log: str


def map_ids(process: subprocess.Popen) -> None:
    """As soon as it has a user namespace."""
    deadline = time.monotonic() + PATIENCE
    while os.readlink(f"/proc/{process.pid}/ns/user") == os.readlink("/proc/self/ns/user"):
        if process.poll() is not None or time.monotonic() > deadline:
            raise MachineError("unshare(1) made no user namespace")
        time.sleep(0.01)
    for name in ("uid_map", "gid_map"):
        with open(f"/proc/{process.pid}/{name}", "w", encoding="ascii") as file:
            file.write(f"0 {FIRST_ID} {IDS}")


def give(path: str) -> None:
    """To root of the machine."""
    os.chown(path, FIRST_ID, FIRST_ID)


def start(words: List[str], *, before: Optional[List[str]] = None, network: bool = True,
          data: Optional[IO[bytes]] = None, **options: Any) -> subprocess.Popen:
    """Starts WORDS as PID 1 and root of new namespaces, with DATA as input. BEFORE are words before unshare(1)."""
    process = subprocess.Popen(
        [*(before or []), "unshare", "--user", "--mount", "--propagation=private", "--pid", "--fork", "--kill-child=KILL",
         "--ipc", "--uts", "--cgroup", *([] if network else ["--net"]),
         # Nobody has an id here before ids are mapped.
         "--keep-caps", "sh", "-c", 'read -r _ && exec setpriv --reuid=0 --regid=0 --clear-groups --inh-caps=-all '
         '--ambient-caps=-all sh -c \'mount -t proc proc /proc && exec "$@"\' sh "$@"', "sh", *words],
        stdin=subprocess.PIPE, env=ENVIRONMENT, **options)
    assert process.stdin
    try:
        map_ids(process)
        process.stdin.write(b"\n")
        if data:
            shutil.copyfileobj(data, process.stdin, 1 << 20)
        process.stdin.close()
        process.stdin = None
    except BaseException:
        process.kill()
        process.wait()
        raise
    return process


def run(words: List[str], **options: Any) -> None:
    """Runs WORDS as root of new namespaces, in this machine's files."""
    status = start(words, **options).wait(PATIENCE)
    if status != 0:
        raise MachineError(f"{' '.join(words)}: status {status}")


class Cgroup:
    """A cgroup of version 2 that belongs to the machine; none where the outside has none."""

    def __init__(self) -> None:
        self.path = ""
        with open("/proc/self/mountinfo", encoding="utf-8") as file:
            found = re.search(r"^(?:\S+ ){4}(\S+) .* - cgroup2 ", file.read(), re.M)
        if found:
            self.path = tempfile.mkdtemp(prefix="binfmtbox-clients-", dir=found.group(1))
            os.chmod(self.path, 0o755)
            for name in ("", "cgroup.procs", "cgroup.subtree_control", "cgroup.threads"):
                give(os.path.join(self.path, name))

    def enter(self) -> List[str]:
        """Words before a command that runs in it."""
        return ["sh", "-c", 'echo 0 >"$0/cgroup.procs" && exec "$@"', self.path] if self.path else []

    def remove(self) -> None:
        """With what the clients left in it."""
        if not self.path:
            return
        deadline = time.monotonic() + PATIENCE
        # Until what was killed has ended.
        while self._is_populated() and time.monotonic() < deadline:
            time.sleep(0.01)
        for folder, _, _ in os.walk(self.path, topdown=False):
            os.rmdir(folder)

    def _is_populated(self) -> bool:
        with open(os.path.join(self.path, "cgroup.events"), encoding="ascii") as file:
            return "populated 1" in file.read()


class Machines:
    """A folder with the roots that machines begin with, and what they share."""

    def __init__(self, product: str) -> None:
        self.folder = tempfile.mkdtemp(prefix="binfmtbox-clients-")
        os.chmod(self.folder, 0o755)
        give(self.folder)
        self._count = 0
        self.add("share")
        shutil.copy(product, f"{self.folder}/share/binfmtbox")
        os.chmod(f"{self.folder}/share/binfmtbox", 0o755)
        for name in os.listdir(HERE):
            if name.endswith(".sh"):
                shutil.copy(os.path.join(HERE, name), f"{self.folder}/share")

    def add(self, name: str) -> str:
        """An empty folder, which belongs to the machines' root."""
        path = os.path.join(self.folder, name)
        os.mkdir(path)
        give(path)
        return path

    def unpack(self, name: str, tar: str) -> None:
        """Makes a root, NAME, of a tarball. Nobody can make devices there."""
        folder = self.add(name)
        with open(tar, "rb") as file:
            run(["tar", "-x", "-C", folder, "--exclude=./dev/*"], data=file)

    def run(self, client: str, user: str, targets: List[str], network: bool) -> Answer:
        """Runs CLIENT.sh as USER where the product has registered TARGETS."""
        self._count += 1
        name = str(self._count)
        place = self.add(name)
        cgroup = Cgroup()
        log = os.path.join(place, "log")
        try:
            with open(log, "wb") as out:
                process = start(["sh", f"{self.folder}/share/machine.sh", self.folder, name, client, user,
                                 *targets],
                                before=cgroup.enter(), network=network, stdout=subprocess.PIPE, stderr=out, cwd="/")
                try:
                    result = process.communicate(timeout=PATIENCE)[0]
                finally:
                    process.kill()
                    process.wait()
            with open(log, encoding="utf-8", errors="replace") as file:
                return Answer(process.returncode, result.decode(errors="replace"), file.read())
        finally:
            cgroup.remove()
            run(["rm", "-rf", place])

    def remove(self) -> None:
        run(["sh", "-c", 'rm -rf "$0"/*', self.folder])
        os.rmdir(self.folder)


if __name__ == "__main__":
    sys.exit("namespaces.py is no program: see test.sh")
