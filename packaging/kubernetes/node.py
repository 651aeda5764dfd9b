# SPDX-License-Identifier: Apache-2.0
"""A node of a fleet: a machine's first namespaces, played by private ones.

Node starts `unshare -Urmp --fork --mount-proc` with this file as PID 1, the agent,
which does what it is told over a pipe. Linux 6.7 and newer give the node a
binfmt_misc of its own. A pod's process lives in the node's pid namespace
(hostPID) and in a mount namespace of its own.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
from typing import Any, Dict, List, Optional

DIRECTORY = "/proc/sys/fs/binfmt_misc"
FIRST_USER_NAMESPACE = 0xEFFFFFFD


class NodeError(Exception):
    """What a node could not do."""


class Node:
    """Tells an agent what to do."""

    def __init__(self) -> None:
        self._agent = subprocess.Popen(
            ["unshare", "-Urmp", "--fork", "--mount-proc", "--kill-child", sys.executable, os.path.abspath(__file__)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")

    def _call(self, operation: str, *arguments: Any) -> Any:
        assert self._agent.stdin and self._agent.stdout
        self._agent.stdin.write(json.dumps([operation, *arguments]) + "\n")
        self._agent.stdin.flush()
        line = self._agent.stdout.readline()
        if not line:
            raise NodeError(f"{operation}: the node has ended")
        error, answer = json.loads(line)
        if error:
            raise NodeError(f"{operation}: {error}")
        return answer

    def start(self, words: List[str]) -> int:
        """Starts WORDS in a mount namespace of its own, as a pod has it; returns the pid."""
        return int(self._call("start", words))

    def output(self, pid: int) -> str:
        """What the pod's process has printed so far."""
        return str(self._call("output", pid))

    def end(self, pid: int, number: int = signal.SIGTERM) -> int:
        """Sends a signal and waits; returns the exit status, negative for a signal."""
        return int(self._call("end", pid, number))

    def has_ended(self, pid: int) -> bool:
        """Has the pod's process ended?"""
        return bool(self._call("has_ended", pid))

    def wait(self, pid: int) -> int:
        """Waits for its end; returns the exit status."""
        return int(self._call("wait", pid))

    def run(self, words: List[str], pod: Optional[int] = None) -> "Answer":
        """Runs WORDS to the end, in the pod's mount namespace (an exec probe) or in the node's."""
        return Answer(*self._call("run", words, pod))

    def entries(self) -> Optional[Dict[str, str]]:
        """The kernel's text of each entry; None where binfmt_misc is not mounted."""
        found: Optional[Dict[str, str]] = self._call("entries")
        return found

    def write(self, name: str, text: str) -> None:
        """Writes into a file of binfmt_misc, as somebody else on the node would."""
        self._call("write", name, text)

    def unmount(self, pod: Optional[int] = None) -> None:
        """Takes the mount of binfmt_misc off, in the node's namespace or in the pod's."""
        self._call("unmount", pod)

    def facts(self, pid: int) -> Dict[str, int]:
        """Memory in KB, descriptors, time on a processor and time waiting for one in ns, and turns, of a pod's process."""
        found: Dict[str, int] = self._call("facts", pid)
        return found

    def stop(self) -> None:
        """Ends the node and all that is in it."""
        assert self._agent.stdin and self._agent.stdout
        self._agent.stdin.close()
        self._agent.wait()
        self._agent.stdout.close()


class Answer:
    """How a command ended, and what it printed."""

    def __init__(self, status: int, text: str) -> None:
        self.status = status
        self.text = text


class Agent:
    """PID 1 of the node."""

    def __init__(self) -> None:
        self._pods: Dict[int, subprocess.Popen] = {}
        self._logs: Dict[int, str] = {}
        self._folder = tempfile.mkdtemp(prefix="binfmtbox-node-")

    def start(self, words: List[str]) -> int:
        log = os.path.join(self._folder, str(len(self._logs)))
        with open(log, "wb") as out:
            # unshare(1) becomes the command: its pid is the pod's.
            pod = subprocess.Popen(["unshare", "-m", "--propagation", "private", *words], stdin=subprocess.DEVNULL,
                                   stdout=out, stderr=subprocess.STDOUT)
        self._pods[pod.pid] = pod
        self._logs[pod.pid] = log
        return pod.pid

    def output(self, pid: int) -> str:
        with open(self._logs[pid], encoding="utf-8", errors="replace") as log:
            return log.read()

    def has_ended(self, pid: int) -> bool:
        return self._pods[pid].poll() is not None

    def wait(self, pid: int) -> int:
        return self._pods.pop(pid).wait()

    def end(self, pid: int, number: int) -> int:
        self._pods[pid].send_signal(number)
        return self.wait(pid)

    @staticmethod
    def run(words: List[str], pod: Optional[int]) -> List[Any]:
        enter = [] if pod is None else ["nsenter", f"--mount=/proc/{pod}/ns/mnt", "--"]
        done = subprocess.run(enter + words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False, encoding="utf-8", errors="replace")
        return [done.returncode, done.stdout]

    @staticmethod
    def entries() -> Optional[Dict[str, str]]:
        if not os.path.exists(DIRECTORY + "/status"):
            return None
        found = {}
        for name in os.listdir(DIRECTORY):
            if name in ("register", "status"):
                continue
            try:
                with open(os.path.join(DIRECTORY, name), encoding="latin-1") as entry:
                    found[name] = entry.read()
            except FileNotFoundError:
                pass  # it went meanwhile
        return found

    @staticmethod
    def write(name: str, text: str) -> None:
        fd = os.open(os.path.join(DIRECTORY, name), os.O_WRONLY)
        try:
            os.write(fd, text.encode("latin-1"))
        finally:
            os.close(fd)

    def unmount(self, pod: Optional[int]) -> None:
        # Lazily: the holder has the directory open.
        answer = self.run(["umount", "--lazy", DIRECTORY], pod)
        if answer[0] != 0:
            raise NodeError(answer[1])

    @staticmethod
    def facts(pid: int) -> Dict[str, int]:
        found = {"fds": len(os.listdir(f"/proc/{pid}/fd"))}
        with open(f"/proc/{pid}/status", encoding="ascii") as status:
            for line in status:
                key, _, value = line.partition(":")
                if key in ("VmRSS", "RssAnon", "VmData"):
                    found[key] = int(value.split()[0])
                elif key == "voluntary_ctxt_switches":
                    # It sleeps once between two turns.
                    found["turns"] = int(value)
        with open(f"/proc/{pid}/schedstat", encoding="ascii") as times:
            found["ns"], found["waited_ns"] = (int(word) for word in times.read().split()[:2])
        return found

    def serve(self) -> None:
        for line in sys.stdin:
            operation, *arguments = json.loads(line)
            error, answer = "", None
            try:
                answer = getattr(self, operation)(*arguments)
            except (OSError, NodeError, KeyError) as problem:
                error = f"{type(problem).__name__}: {problem}"
            print(json.dumps([error, answer]), flush=True)
        for pid in list(self._pods):
            self.end(pid, signal.SIGKILL)
        subprocess.run(["rm", "-rf", self._folder], check=False)


def main() -> None:
    """Refuses to be an agent anywhere but in a node."""
    if os.getpid() != 1 or os.stat("/proc/self/ns/user").st_ino == FIRST_USER_NAMESPACE:
        sys.exit("node.py: this is PID 1 of a private namespace only")
    Agent().serve()


if __name__ == "__main__":
    main()
