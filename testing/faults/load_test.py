#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Many runs at once, programs that start while their entry is replaced, and storms of interruptions.

With SOAK=1 the first two take a minute each.
"""

import os
import subprocess
import threading
import time

import namespace
from namespace import BOX, HOME, REGISTRY
from trace import trace

SOAK = os.environ.get("SOAK") == "1"
SECONDS = 60
RUNS = 50
ROUNDS = 3  # of each of the runs, without SOAK
REPLACEMENTS = 100
STARTERS = 4
# What a run says that did not get its turn.
BUSY = b"another run of binfmtbox has been changing"
# Which of the calls of one name fail, as strace(1) counts them.
STORMS = ("1+2", "2+2", "1+3", "2+3", "3+3", "1+4", "1..50", "1+1")
# The calls of the product that a signal can interrupt.
INTERRUPTIBLE = "?openat,?openat2,?read,?pread64,?write,?writev,?flock,?poll,?wait4"


def rounds(count):
    """COUNT times, or for a minute."""
    if not SOAK:
        yield from range(count)
        return
    end = time.monotonic() + SECONDS
    number = 0
    while time.monotonic() < end:
        yield number
        number += 1


class Owner(threading.Thread):
    """Registers, replaces and removes an entry of its own, and looks after each run."""

    def __init__(self, number):
        super().__init__()
        self.entry = f"owner{number:02}"
        self.path = os.path.join(REGISTRY, self.entry)
        self.files = [
            namespace.write_file(
                f"{self.entry}-{kind}",
                f":{self.entry}:M::OWNER{number:02}::{BOX}:{flags}\n".encode(),
            )
            for kind, flags in (("plain", ""), ("kept", "P"))
        ]
        self.runs = 0
        self.wrong = []

    def expect(self, args, holds):
        """Runs "binfmtbox ARGS"; HOLDS() has to be true where it says so."""
        done = namespace.box(*args)
        self.runs += 1
        if done.status == 1 and BUSY in done.err:
            return
        if done.status != 0 or not holds():
            self.wrong.append(f"{args}: {done}")

    def has_flags(self, flags):
        try:
            with open(self.path, encoding="utf-8") as file:
                return f"\nflags: {flags}\n" in file.read()
        except FileNotFoundError:
            return False

    def run(self):
        plain, kept = self.files
        for _ in rounds(ROUNDS):
            self.expect(["register", "-q", "-f", plain], lambda: self.has_flags(""))
            self.expect(["register", "-q", "--replace", "-f", kept], lambda: self.has_flags("P"))
            self.expect(["status", "-q", self.entry], lambda: self.has_flags("P"))
            self.expect(["clear", "-q", self.entry], lambda: not os.path.exists(self.path))


class LoadTest(namespace.TestCase):
    def test_fifty_runs_at_once(self):
        owners = [Owner(number) for number in range(RUNS)]
        for owner in owners:
            owner.start()
        for owner in owners:
            owner.join()
        wrong = [text for owner in owners for text in owner.wrong]
        runs = sum(owner.runs for owner in owners)
        print(f"\nparallel runs {runs} false OK {len(wrong)}", flush=True)
        self.assertEqual(wrong, [])
        # A run that did not get its turn may have left its own entry, but never a helper.
        self.assertEqual(namespace.helpers(namespace.entries()), {})

    def test_programs_start_while_their_entry_is_replaced(self):
        program = namespace.write_file("replaced", b"REPLACED", 0o755)
        rules = [f":replaced:M::REPLACED::/bin/true:{flags}" for flags in ("P", "O", "")]
        self.assertEqual(namespace.box("register", "-q", "--rule", rules[-1]).status, 0)
        ended = threading.Event()
        failures = []
        starts = [0] * STARTERS

        def start_again_and_again(number):
            while not ended.is_set():
                try:
                    status = subprocess.run([program], check=False).returncode
                except OSError as error:
                    status = str(error)
                starts[number] += 1
                if status != 0:
                    failures.append(status)

        starters = [
            threading.Thread(target=start_again_and_again, args=(number,))
            for number in range(STARTERS)
        ]
        for starter in starters:
            starter.start()
        try:
            replaced = 0
            for number in rounds(REPLACEMENTS):
                rule = rules[number % len(rules)]
                done = namespace.box("register", "-q", "--replace", "--rule", rule)
                self.assertEqual((done.status, done.err), (0, b""), done)
                replaced += 1
        finally:
            ended.set()
            for starter in starters:
                starter.join()
        print(f"\nstarts under {replaced} replacements {sum(starts)} failed {len(failures)}", flush=True)
        self.assertEqual(failures, [])

    def test_storms_of_interruptions(self):
        scenes = {
            "register": ([], ["register", "-q", "-Q", HOME, "arm", "arm64"]),
            "replace": (
                ["arm", "arm64"],
                ["register", "-q", "-Q", HOME, "--replace", "-p", "no", "arm"],
            ),
            "clear": (["arm", "arm64"], ["clear", "-q", "arm"]),
            "status": (["arm"], ["status", "-q", "arm"]),
        }
        tried = 0
        wrong = []
        for name, (before, args) in scenes.items():
            for storm in STORMS:
                namespace.remove_all()
                if before:
                    self.assertEqual(namespace.register("-q", *before).status, 0)
                start = namespace.entries()
                self.assertEqual(namespace.box(*args).status, 0)
                goal = namespace.entries()
                namespace.remove_all()
                if before:
                    self.assertEqual(namespace.register("-q", *before).status, 0)
                done = trace([BOX, *args], inject=f"{INTERRUPTIBLE}:error=EINTR:when={storm}").done
                now = namespace.entries()
                tried += 1
                if done.status == 0 and now != goal:
                    wrong.append(f"{name}, {storm}: false OK: {done}, {now}")
                if done.status != 0 and b"Interrupted system call" not in done.err and storm != "1+1":
                    wrong.append(f"{name}, {storm}: no reason: {done}")
                for entry in set(start) - set(now) - {b"qemu-arm"}:
                    wrong.append(f"{name}, {storm}: {entry} is lost: {done}")
                if name == "replace" and b"qemu-arm" not in now and not namespace.helpers(now):
                    wrong.append(f"{name}, {storm}: the handler is lost: {done}")
                again = namespace.box(*args)
                if again.status != 0 or namespace.entries() != goal:
                    wrong.append(f"{name}, {storm}: not healed: {again}, {namespace.entries()}")
        print(f"\nstorms of interruptions {tried} false OK or lost {len(wrong)}", flush=True)
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    namespace.main()
