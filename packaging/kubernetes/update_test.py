#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A rolling update on one node: at no time does a foreign program fail.

Usage: update_test.py PRODUCT FOREIGN, the image's executable for this machine, and //:binfmtbox_arm64

maxSurge 1 means that the new pod starts beside the old one, and the old one ends when the new
one is ready. All the time FOREIGN runs in a loop. Afterwards the kernel must hold the emulator
of the new image, by its inode. Cases: a newer emulator; the same files, as an update of the
program alone brings them; the way back to an image that the node has had before; entries that are
wiped meanwhile; an image without an emulator, for which the old pod has to stay. Ends with "N passed, N failed". Needs what pod_test.py needs.
"""

import os
import shutil
import sys
import tempfile
import time
from typing import Callable, Sequence

from node import NodeError
from pod import Pod, make_image, node_for_pods, shipped

SHIPPED = shipped()
ENTRY = "qemu-aarch64"
EMULATOR = "usr/bin/qemu-aarch64-static"
# Runs FOREIGN again and again until it is ended, and prints each exit status.
LOOP = """
import subprocess, sys
while True:
    try:
        status = subprocess.run([sys.argv[1], "--version"], stdout=subprocess.DEVNULL).returncode
    except OSError as problem:
        status = problem.errno
    print(status)
"""
# Device and inode of the emulator that the kernel takes: FOREIGN waits for its standard input.
WHICH = """
import os, subprocess, sys
words = [sys.argv[1], "register", "--dry-run", "--file", "-"]
with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
    facts = os.stat(f"/proc/{child.pid}/exe")
    print(facts.st_dev, facts.st_ino)
"""
MOST = 60.0
# Runs of FOREIGN before and after each change.
RUNS = 100


class Failed(Exception):
    """A check that did not hold."""


def wait_until(what: str, holds: Callable[[], bool]) -> None:
    """Bounded: a minute."""
    end = time.monotonic() + MOST
    while not holds():
        if time.monotonic() > end:
            raise Failed(f"not within {MOST:.0f} s: {what}")
        time.sleep(0.05)


def require(what: str, is_so: bool) -> None:
    """Fails where it is not so."""
    if not is_so:
        raise Failed(what)


class Update:
    """One node on which foreign programs run."""

    def __init__(self, folder: str, product: str, foreign: str) -> None:
        self._folder = folder
        self._product = product
        self._foreign = foreign
        self._images = 0
        self.node = node_for_pods()
        self._loop = 0

    def image(self, tail: bytes, emulators: Sequence[str] = ("aarch64",)) -> str:
        """Unpacks an image, as the kubelet does when it pulls."""
        self._images += 1
        return make_image(os.path.join(self._folder, str(self._images)), self._product, list(emulators), tail)

    def start(self, image: str) -> Pod:
        """Starts a pod, and waits until it is ready and has said what it did."""
        pod = Pod(self.node, SHIPPED, image)
        pod.settle()
        wait_until("the pod is ready", lambda: pod.is_ready(SHIPPED))
        return pod

    def run_programs(self) -> None:
        """From now on they run."""
        self._loop = self.node.start([sys.executable, "-uc", LOOP, self._foreign])
        self.let_run()

    def let_run(self) -> None:
        """Waits until some more have run."""
        before = self._runs()
        wait_until("programs run", lambda: self._runs() >= before + RUNS)

    def _runs(self) -> int:
        return self.node.output(self._loop).count("\n")

    def failures(self) -> int:
        """How many of the programs failed so far."""
        results = self.node.output(self._loop).split()
        return len(results) - results.count("0")

    def end_programs(self) -> int:
        """None may have failed; returns how many ran."""
        self.node.end(self._loop)
        require(f"{self.failures()} of {self._runs()} programs failed", self.failures() == 0)
        return self._runs()

    def require_held(self, image: str) -> None:
        """The kernel must hold the emulator of IMAGE."""
        facts = os.stat(os.path.join(image, EMULATOR))
        answer = self.node.run([sys.executable, "-c", WHICH, self._foreign])
        require(f"the kernel holds another file than {image}: {answer.text}",
                answer.text.split() == [str(facts.st_dev), str(facts.st_ino)])

    def replace(self, old: Pod, image: str, word: str) -> Pod:
        """What a rolling update with maxSurge 1 does; the new pod has to say WORD of the entry."""
        new = self.start(image)
        require(f"it is not {word}: {new.output()}", f"{ENTRY}: {word}, " in new.output())
        self.let_run()
        require(f"the old pod minds: {old.output()}", "left alone" not in old.output())
        require("the old pod did not end with 0", old.end() == 0)
        self.let_run()
        return new


def newer_emulator(update: Update) -> str:
    """The image has another emulator: the entry is swapped."""
    first = update.image(b"")
    old = update.start(first)
    update.require_held(first)
    update.run_programs()
    second = update.image(b"newer")
    new = update.replace(old, second, "replaced")
    update.require_held(second)
    runs = update.end_programs()
    new.end()
    return f"replaced, {runs} programs ran, 0 failed"


def same_emulator(update: Update) -> str:
    """Both images share the layer with the emulators: nothing changes."""
    image = update.image(b"")
    old = update.start(image)
    update.run_programs()
    new = update.replace(old, image, "unchanged")
    update.require_held(image)
    runs = update.end_programs()
    new.end()
    return f"unchanged, {runs} programs ran, 0 failed"


def image_of_before(update: Update) -> str:
    """An image that was on the node before the entry was made: its emulator is another file all the same."""
    older, newer = update.image(b""), update.image(b"newer")
    old = update.start(newer)
    update.run_programs()
    new = update.replace(old, older, "replaced")
    update.require_held(older)
    runs = update.end_programs()
    new.end()
    return f"replaced, {runs} programs ran, 0 failed"


def wiped_in_between(update: Update) -> str:
    """While both pods are there somebody wipes all entries: they come back, and programs run again."""
    first = update.image(b"")
    old = update.start(first)
    new = update.start(update.image(b"newer"))
    update.node.write("status", "-1")
    wait_until("the entry is back", lambda: ENTRY in (update.node.entries() or {}))
    update.run_programs()
    update.end_programs()
    require("the old pod did not end with 0", old.end() == 0)
    require("the new pod did not end with 0", new.end() == 0)
    return "registered again"


def no_emulator(update: Update) -> str:
    """The new image has none. The node's handlers work, those of the old pod, so that only what the new pod
    has says that it is of no use: it never gets ready, and the old one stays."""
    first = update.image(b"")
    old = update.start(first)
    update.run_programs()
    new = Pod(update.node, SHIPPED, update.image(b"", ()))
    new.settle()
    # The kernel holds the old pod's emulator, so there is nothing to register.
    require(f"it does not say what it found: {new.output()}", "qemu-aarch64: unchanged" in new.output())
    update.let_run()
    require("the node's handlers do not work", new.probe(SHIPPED, "readinessProbe"))
    require("the new pod counts as started", not new.probe(SHIPPED, "startupProbe"))
    require("the new pod is ready", not new.is_ready(SHIPPED))
    require("the old pod is not ready", old.is_ready(SHIPPED))
    # What the kubelet does, again and again; and at last somebody takes the update back.
    require("the new pod did not end with 0", new.end() == 0)
    update.let_run()
    require("the old pod has ended", not old.has_ended())
    update.require_held(first)
    runs = update.end_programs()
    require("the old pod did not end with 0", old.end() == 0)
    return f"never ready, the old pod stayed, {runs} programs ran, 0 failed"


def gap(update: Update) -> str:
    """What the other cases look for is seen: programs fail while no entry is there."""
    pod = update.start(update.image(b""))
    update.run_programs()
    update.node.write(ENTRY, "-1")
    wait_until("a program fails", lambda: update.failures() > 0)
    wait_until("the entry is back", lambda: ENTRY in (update.node.entries() or {}))
    require("the pod did not end with 0", pod.end() == 0)
    return "seen"


CASES = (gap, newer_emulator, same_emulator, image_of_before, wiped_in_between, no_emulator)


def main() -> None:
    """Runs the cases, prints, and ends with 1 where one failed."""
    if len(sys.argv) != 3:
        sys.exit("usage: update_test.py PRODUCT FOREIGN")
    product, foreign = (os.path.abspath(path) for path in sys.argv[1:])
    passed = failed = 0
    for case in CASES:
        folder = tempfile.mkdtemp(prefix="binfmtbox-update-")
        update = Update(folder, product, foreign)
        title = case.__name__.replace("_", " ")
        try:
            print(f"{title}: {case(update)}", flush=True)
            passed += 1
        except (Failed, NodeError, OSError) as problem:
            print(f"FAILED {title}: {problem}", flush=True)
            failed += 1
        finally:
            update.node.stop()
            shutil.rmtree(folder)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
