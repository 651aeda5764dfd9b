#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An entry that another process puts in the place of one stays as it is.

Each run is stopped behind each of its system calls in turn. While it stands
still, the entry is exchanged for one of the same name.
"""

import glob
import os
import signal
import subprocess
import tempfile
import time

import namespace
import trace
from namespace import BOX, EMULATORS, HOME, REGISTRY

NAME = "qemu-arm"
ENTRY = f"{REGISTRY}/{NAME}"


def entry():
    """The text of the entry; None: there is none."""
    return namespace.entries().get(NAME.encode())


def write_command(text):
    fd = os.open(ENTRY, os.O_WRONLY)
    os.write(fd, text)
    os.close(fd)


def exchange(record, enabled):
    """Registers RECORD in the place of the entry; returns its text."""
    if entry() is not None:
        write_command(b"-1")
    namespace.write_record(record)
    if not enabled:
        write_command(b"0")
    return entry()


def stopped_child(parent):
    """The child of the process PARENT that a signal has stopped; None: there is none."""
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(path, encoding="utf-8") as file:
                state, ppid = file.read().rpartition(")")[2].split()[:2]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(ppid) == parent and state in "Tt":
            return int(path.split("/")[2])
    return None


class Stopped:
    """A run of ARGV that stands still behind its COUNT-th system call NAME."""

    def __init__(self, argv, name, count):
        with tempfile.NamedTemporaryFile(dir=HOME, prefix="exchange-") as log:
            command = ["strace", "-qq", "-o", log.name, "-e", f"trace={name}"]
            command += ["-e", f"inject={name}:signal=SIGSTOP:when={count}", "--", *argv]
            self._strace = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
            self.pid = None  # of the run; None: it ended before
            while self.pid is None and self._strace.poll() is None:
                time.sleep(0.001)
                log.seek(0)
                if b"--- stopped by SIGSTOP ---" in log.read():
                    self.pid = stopped_child(self._strace.pid)

    def go_on(self):
        """Lets it end; returns what it left."""
        if self.pid is not None:
            os.kill(self.pid, signal.SIGCONT)
        out, err = self._strace.communicate(timeout=namespace.TIMEOUT)
        return namespace.Finished(self._strace.returncode, out, err)


class ExchangeTest(namespace.TestCase):
    def setUp(self):
        super().setUp()
        done = namespace.register("--print", "record", "arm")
        record = done.out.strip()
        self.assertIn(os.fsencode(EMULATORS[0]), record)
        self.theirs = {
            "another rule": f":{NAME}:M:2:theirs::{BOX}:".encode(),
            "another interpreter": record.replace(os.fsencode(EMULATORS[0]), BOX.encode()),
        }

    def prepare(self, exists, enabled):
        namespace.remove_all()
        if not exists:
            return
        self.assertEqual(namespace.register("arm").status, 0)
        if not enabled:
            self.assertEqual(namespace.box("clear", "--disable", "arm").status, 0)

    def exchange_at_each_call(self, *args, exists=True, enabled=True):
        """Runs the program with ARGS, stopped behind each call in turn.

        What is exchanged after the run has read the entry, or where there was
        none, must stay.
        """
        self.prepare(exists, enabled)
        calls = trace.trace([BOX, *args]).main
        opened = [i for i, call in enumerate(calls) if f'"{NAME}", O_RDONLY' in call.text]
        # It opens the entry and reads it.
        first = opened[0] + 1 if exists else 0
        exchanges = 0
        for what, theirs in self.theirs.items():
            for call in calls[first:]:
                self.prepare(exists, enabled)
                run = Stopped([BOX, *args], call.name, call.number)
                if run.pid is None:
                    run.go_on()
                    continue
                try:
                    put = exchange(theirs, enabled)
                finally:
                    done = run.go_on()
                exchanges += 1
                with self.subTest(args=args, theirs=what, behind=call, done=done):
                    self.assertEqual(entry(), put)
                    self.assertEqual(namespace.helpers(namespace.entries()), {})
        # Some calls, such as the last, leave nobody to stop.
        self.assertGreater(exchanges, len(self.theirs) * len(calls[first:]) // 2)

    def test_clear_of_a_target(self):
        self.exchange_at_each_call("clear", "arm")

    def test_clear_of_a_name(self):
        self.exchange_at_each_call("clear", "name:" + NAME)

    def test_clear_of_ours(self):
        self.exchange_at_each_call("clear", "--ours")

    def test_disable(self):
        self.exchange_at_each_call("clear", "--disable", "arm")

    def test_enable(self):
        args = ("clear", "--enable", "arm")
        self.exchange_at_each_call(*args, enabled=False)

    def test_register(self):
        # The emulator is none, so that what was registered is taken back.
        args = ("register", "--verify", "--qemu-path", HOME, "arm")
        self.exchange_at_each_call(*args, exists=False)

    def test_replace(self):
        args = ("register", "--replace", "-I", EMULATORS[1], "arm")
        self.exchange_at_each_call(*args)

    def test_replace_of_what_does_not_run(self):
        args = ("register", "--replace", "--verify", "-I", EMULATORS[1], "arm")
        self.exchange_at_each_call(*args)


if __name__ == "__main__":
    namespace.main()
