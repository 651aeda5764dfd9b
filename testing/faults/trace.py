# SPDX-License-Identifier: Apache-2.0
"""System calls of a program, as strace(1) sees them."""

import re
import tempfile

import namespace

_CALL = re.compile(r"(\d+) +(\w+)\((.*)$")
_UNFINISHED = re.compile(r" <unfinished \.\.\.>$")
_RESUMED = re.compile(r"(\d+) +<\.\.\. (\w+) resumed>(.*)$")


class Call:
    """One system call: the process, its name and what strace prints of it."""

    def __init__(self, pid, name, text, number):
        self.pid = pid
        self.name = name
        # Arguments, and the result where there is one.
        self.text = text
        # The how many-th call of that name it is in its process, from 1.
        self.number = number

    def __repr__(self):
        return f"{self.name}({self.text}"


class Trace:
    """What a traced program left, and its system calls in order."""

    def __init__(self, done, calls):
        self.done = done
        self.calls = calls

    @property
    def main(self):
        """The calls of the first process."""
        return [call for call in self.calls if call.pid == self.calls[0].pid]

    def named(self, *names):
        return [call for call in self.calls if call.name in names]


def _parse(lines):
    calls = []
    pending = {}
    counts = {}
    for line in lines:
        resumed = _RESUMED.match(line)
        if resumed:
            pending.pop((resumed[1], resumed[2])).text += resumed[3]
            continue
        begun = _CALL.match(line)
        if not begun:
            continue
        key = (begun[1], begun[2])
        counts[key] = counts.get(key, 0) + 1
        call = Call(begun[1], begun[2], _UNFINISHED.sub("", begun[3]), counts[key])
        if _UNFINISHED.search(begun[3]):
            pending[key] = call
        calls.append(call)
    return calls


def trace(argv, *, inject=None, only=(), **options):
    """Runs a command under strace; INJECT is one of its expressions. ONLY: these calls.

    Each process counts its own calls, so that the third close(2) fails in the
    child as well as in the parent.
    """
    with tempfile.NamedTemporaryFile(dir=namespace.HOME, prefix="trace-") as log:
        command = ["strace", "-f", "-qq", "-s", "256", "-o", log.name]
        if only:
            command += ["--seccomp-bpf", "-e", "trace=" + ",".join(only)]
        if inject:
            command += ["-e", f"inject={inject}"]
        done = namespace.run([*command, "--", *argv], **options)
        with open(log.name, encoding="utf-8", errors="surrogateescape") as file:
            return Trace(done, _parse(file))
