#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the same command lines with two executables and compares everything that can be seen from outside.

usage: compare.py [OPTION]... OLD NEW

  OLD, NEW                 two builds of binfmtbox for x86_64
  --entry-point OLD NEW    two builds of the container image's executable (//cmd:binfmt); without
                           them its command lines are left out
  --only REGEX             only the command lines that the expression finds, in "SCENE: COMMAND LINE"
  --list                   print the command lines and run none
  --verbose                print what each command line did with NEW
  --jobs N                 run N at a time (default: twice the processors)

Each command line of command_lines.py runs twice, with OLD and with NEW, each time in new user,
mount and pid namespaces that were prepared in the same way (see scene.py). The executable is
/mnt/bin/binfmtbox both times, and the image's is /mnt/bin/binfmt. Nothing of the machine changes.
These are compared byte for byte:

  - the exit status, or the signal;
  - standard output and standard error, or the output on a terminal;
  - each mounted registry before and after: the text of every entry in the order of the directory,
    and the file "status"; or the fact that none is mounted;
  - mounts that were added or removed, and files that were made, changed or removed: name, mode,
    content, link target, and whether a file is a hard link to the executable. A file takes the
    place of the kernel's log.

Only two things are rewritten before the comparison: what NORMALISED lists below, and the content of
the executable, which is shown as "the same file as /mnt/bin/binfmtbox" wherever it is linked.

Each difference is printed, old lines with -, new ones with +. The last line is "N passed, N failed";
the exit status is 0 if none failed. Example, with an executable of another revision in OLD:

  bazel build //:binfmtbox_x86_64
  testing/outside/compare.py OLD bazel-bin/binfmtbox_x86_64

Needs Linux 6.7, user namespaces, and Debian's packages qemu-user-static and strace.
"""

import argparse
import difflib
import fcntl
import gc
import os
import pickle
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
import traceback

import command_lines
import scene
from line import KEPT, to_bytes

# What differs between any two builds or runs. Everything else is compared as it is.
NORMALISED = (
    # binfmtbox --version: the commit that an executable was built from.
    (re.compile(rb"^revision (?:[0-9a-f]{12}(?:-dirty)?|unknown)$", re.M), b"revision REVISION"),
    # During a replacement a helper entry is registered, whose name ends in eight random digits.
    # Helper entries made by a scene end in 00c0ffee.
    (re.compile(rb"\.binfmtbox-(?!00c0ffee)[0-9a-f]{8}(?![0-9a-f])"), b".binfmtbox-RANDOM"),
)

# A command line that takes longer fails.
SECONDS = 120
# A program that sleeps this long without a break is idle.
IDLE_SECONDS = 0.05

# What is shown of a difference: lines, characters of a line, and characters that are equal before
# those that differ.
MOST_LINES = 20
MOST_CHARACTERS = 300
CONTEXT = 40

REQUIRED = ("/usr/bin/qemu-s390x-static", "/usr/bin/strace", "/usr/bin/setpriv")


def normalise(text):
    for pattern, replacement in NORMALISED:
        text = pattern.sub(replacement, text)
    return text


class Process:
    """The running program. A command line's during() gets it and changes something meanwhile."""

    def __init__(self, pid):
        self.pid = pid

    def has_ended(self):
        """Returns whether it has ended, without taking its exit status."""
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def wait_until(self, condition):
        """Returns once condition() holds, or the program has ended."""
        while not condition() and not self.has_ended():
            time.sleep(0.002)

    def wait_until_idle(self):
        """Returns once it waits for input or for a signal: it has slept for some time."""
        seen = [None, 0.0]

        def is_idle():
            state = self._state()
            if state != seen[0] or not state.startswith("S"):
                seen[:] = [state, time.monotonic()]
            return time.monotonic() - seen[1] > IDLE_SECONDS

        self.wait_until(is_idle)

    def _state(self):
        with open(f"/proc/{self.pid}/status", encoding="utf-8") as opened:
            text = opened.read()
        return " ".join(re.findall(r"^(?:State|\w*ctxt_switches):\s*(\w+)", text, re.M))

    def signal(self, number):
        os.kill(self.pid, number)


def open_terminal(columns):
    """Returns both ends of a terminal of that width, which passes output on unchanged."""
    master, slave = pty.openpty()
    settings = termios.tcgetattr(slave)
    settings[1] &= ~termios.OPOST
    termios.tcsetattr(slave, termios.TCSANOW, settings)
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    return master, slave


def read_terminal(master):
    """Returns what was written to the terminal."""
    text = b""
    while select.select([master], [], [], 0)[0]:
        text += os.read(master, 65536)
    return text


def start(line, descriptors):
    """Starts the program with these descriptors as 0, 1 and 2, None for a closed one; returns its pid."""
    words = [to_bytes(word) for word in line.words]
    environment = {to_bytes(key): to_bytes(value) for key, value in line.environment.items()}
    as_usual = (signal.SIGPIPE, signal.SIGXFSZ)  # Python ignores them.
    if not line.before and words and words[0]:
        actions = [
            (os.POSIX_SPAWN_CLOSE, target) if descriptor is None else (os.POSIX_SPAWN_DUP2, descriptor, target)
            for target, descriptor in enumerate(descriptors)
        ]
        return os.posix_spawn(line.path, words, environment, file_actions=actions, setsigdef=as_usual)
    child = os.fork()
    if child != 0:
        return child
    try:
        for number in as_usual:
            signal.signal(number, signal.SIG_DFL)
        for apply in line.before:
            apply()
        for target, descriptor in enumerate(descriptors):
            if descriptor is None:
                os.close(target)
            else:
                os.dup2(descriptor, target)
        scene.execute(to_bytes(line.path), words, environment)
    except BaseException as failure:  # Whatever it is, this process must not go on.
        if descriptors[2] is not None:
            os.write(descriptors[2], f"[not started: {failure}]".encode())
    os._exit(126)


def time_is_up(*_):
    raise TimeoutError(f"the program did not end within {SECONDS} seconds")


def run(line):
    """Runs the program in the prepared machine; returns exit status and output."""
    terminal = None
    output, error = os.memfd_create("stdout"), os.memfd_create("stderr")
    descriptors = [None, output, error]
    writer = None
    if line.waits_for_input:
        descriptors[0], writer = os.pipe()
    elif isinstance(line.stdin, bytes):
        descriptors[0] = os.memfd_create("stdin")
        os.write(descriptors[0], line.stdin)
        os.lseek(descriptors[0], 0, os.SEEK_SET)
    elif line.stdin is not None:
        descriptors[0] = os.open(line.stdin, os.O_RDONLY)
    if line.columns is not None:
        terminal, descriptors[1] = open_terminal(line.columns)
    for target, path in ((1, line.stdout), (2, line.stderr)):
        if path != KEPT:
            descriptors[target] = None if path is None else os.open(path, os.O_WRONLY)
    signal.signal(signal.SIGALRM, time_is_up)
    signal.alarm(SECONDS)
    child = start(line, descriptors)
    if line.waits_for_input:
        os.close(descriptors[0])
    if line.during is not None:
        line.during(Process(child))
    if writer is not None:
        os.close(writer)
    # PID 1 also gets the children of processes that have ended.
    while True:
        pid, status = os.wait()
        if pid == child:
            break
    code = os.waitstatus_to_exitcode(status)
    return {
        "exit status": str(code if code >= 0 else signal.Signals(-code).name).encode(),
        "terminal" if terminal is not None else "stdout": (
            os.pread(output, 1 << 24, 0) if terminal is None else read_terminal(terminal)
        ),
        "stderr": os.pread(error, 1 << 24, 0),
    }


def changes(before, after):
    """Returns a line for each key that was added, removed or changed."""
    lines = []
    for name in sorted(before.keys() | after.keys()):
        if name not in after:
            lines.append(b"removed: " + name)
        elif before.get(name) != after[name]:
            word = b"changed: " if name in before else b"made: "
            lines.append(word + name + b": " + after[name])
    return b"".join(line + b"\n" for line in lines)


def count(lines):
    """Returns each distinct line with the number of times that it occurs."""
    found = {}
    for line in lines:
        key = to_bytes(line)
        found[key] = found.get(key, 0) + 1
    return {key: str(number).encode() for key, number in found.items()}


def observe(line, executables):
    """Prepares the scene, runs the line, and returns everything that is compared. Runs as PID 1."""
    for path, data in executables.items():
        scene.file(path, data, 0o755)
    line.scene()
    registry, mounts = scene.snapshot()
    files = scene.files()
    seen = run(line)
    seen["registry before"] = registry
    seen["registry after"], mounts_after = scene.snapshot()
    seen["mounts"] = changes(count(mounts), count(mounts_after))
    seen["files"] = changes(files, scene.files())
    return {key: normalise(text) for key, text in seen.items()}


class Job:
    """A run of a command line with one of the two executables, in a child process."""

    def __init__(self, index, side, line, executables):
        self.index = index
        self.side = side
        self.result = os.memfd_create("result")
        self.pid = os.fork()
        if self.pid == 0:
            self._run(line, executables)

    def _run(self, line, executables):
        try:
            scene.enter()
            seen = observe(line, executables)
        except BaseException:  # Reported by the process that waits.
            seen = {"failure of the comparison": traceback.format_exc().encode()}
        with open(self.result, "wb", closefd=False) as opened:
            pickle.dump(seen, opened)
        os._exit(0)

    def finish(self):
        """Returns the result, once the process has ended."""
        with open(self.result, "rb") as opened:
            opened.seek(0)
            data = opened.read()
        return pickle.loads(data) if data else {"failure of the comparison": b"killed"}


def run_all(lines, sides, most):
    """Runs each line with both sides, at most that many at a time and those that sleep. Yields the
    index of a line and its two results as they become available."""
    # Slow lines start first.
    order = sorted(range(len(lines)), key=lambda index: not lines[index].is_slow)
    waiting = [(index, side) for index in order for side in (0, 1)]
    waiting.reverse()
    running = {}
    results = {}
    while waiting or running:
        while waiting and len(running) < most + sum(lines[job.index].is_slow for job in running.values()):
            index, side = waiting.pop()
            job = Job(index, side, lines[index], sides[side])
            running[job.pid] = job
        pid, _ = os.wait()
        job = running.pop(pid)
        results.setdefault(job.index, [None, None])[job.side] = job.finish()
        if None not in results[job.index]:
            yield job.index, results.pop(job.index)


def readable(text):
    """Returns bytes as lines that a terminal may show."""
    lines = text.decode("utf-8", "backslashreplace").split("\n")
    if lines[-1] == "":
        lines.pop()
    else:
        lines[-1] += "[no newline]"
    return ["".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in line) for line in lines]


def cut(line, start=0):
    """Returns the part of a line that is shown, from start on."""
    end = start + MOST_CHARACTERS
    return ("..." if start else "") + line[start:end] + ("..." if end < len(line) else "")


def compact(old, new):
    """Returns the lines that differ, with - and +; of long ones the part where they begin to differ."""
    lines = []
    for tag, *ends in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        removed, added = old[ends[0] : ends[1]], new[ends[2] : ends[3]]
        starts = [max(len(os.path.commonprefix(pair)) - CONTEXT, 0) for pair in zip(removed, added)]
        starts += [0] * (len(removed) + len(added))
        lines += ["-" + cut(line, start) for line, start in zip(removed, starts)]
        lines += ["+" + cut(line, start) for line, start in zip(added, starts)]
    if len(lines) > MOST_LINES:
        lines[MOST_LINES:] = [f"... and {len(lines) - MOST_LINES} lines more"]
    return lines


def difference(old, new):
    """Returns what is different of two results, as lines."""
    lines = []
    for key in [*old, *(key for key in new if key not in old)]:
        if old.get(key) != new.get(key):
            lines.append(f"  {key}")
            lines += [f"    {line}" for line in compact(readable(old.get(key, b"")), readable(new.get(key, b"")))]
    return lines


def read_executable(path):
    with open(path, "rb") as opened:
        data = opened.read()
    if data[:4] != b"\x7fELF" or struct.unpack_from("<H", data, 18)[0] != scene.X86_64:
        sys.exit(f"compare.py: {path} is not an executable for x86_64")
    return data


def parse(arguments):
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].split("\n")[0], add_help=False)
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("--entry-point", nargs=2)
    parser.add_argument("--only", default="", type=re.compile)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--jobs", type=int, default=2 * (os.cpu_count() or 1))
    parser.add_argument("--help", action="version", version=__doc__)
    return parser.parse_args(arguments)


def main():
    options = parse(sys.argv[1:])
    sides = [{scene.BOX: read_executable(path)} for path in (options.old, options.new)]
    if options.entry_point:
        for side, path in zip(sides, options.entry_point):
            side[scene.ENTRY_POINT] = read_executable(path)
    lines = [line for line in command_lines.LINES if re.search(options.only, line.title())]
    if options.list:
        print("\n".join(line.title() for line in lines))
        return 0
    missing = [path for path in REQUIRED if not os.path.exists(path)]
    if missing:
        sys.exit(f"compare.py: install qemu-user-static and strace: there is no {', '.join(missing)}")
    if not options.entry_point:
        selected = [line for line in lines if line.path != scene.ENTRY_POINT]
        if len(selected) < len(lines):
            print(f"{len(lines) - len(selected)} command lines of the image's executable left out: --entry-point")
        lines = selected
    failed = 0
    # The children share this memory as long as nobody writes to it.
    gc.freeze()
    gc.disable()
    for index, (old, new) in run_all(lines, sides, options.jobs):
        found = difference(old, new)
        broken = "failure of the comparison" in {**old, **new}
        if options.verbose:
            print(lines[index].title())
            for key, text in new.items():
                if text:
                    print("\n    ".join([f"  {key}", *(cut(part) for part in readable(text))]))
        if broken or found:
            failed += 1
            print("\n".join([f"FAILED {lines[index].title()}", *(found or difference({}, new))]))
    print(f"{len(lines) - failed} passed, {failed} failed")
    return 1 if failed or not lines else 0


if __name__ == "__main__":
    sys.exit(main())
