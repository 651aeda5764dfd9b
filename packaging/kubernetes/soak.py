#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Many nodes for some minutes, each with the DaemonSet's pod, while at random entries get lost.

Usage: soak.py [--nodes N] [--seconds N] [--seed N] PRODUCT

A node is a private namespace with a binfmt_misc of its own (node.py), in which somebody
else has an entry, too. Needs Linux 6.7 or newer, and the emulators of qemu-user-static.

Judged is
- that a node heals: all entries are back, as they were, and PID 1 has binfmt_misc mounted;
- that what the holder must not touch (disabled, or swapped by somebody) stays until the
  pod is restarted, which heals it;
- that nothing of anybody else's changes;
- memory and file descriptors of each holder, at its start and at its end: less than the pod's
  limit, and not more than at its start.

A holder looks every 5 seconds, and has 2 more for the work of its turn. On a busy machine nothing is in
time, neither the holder nor this test, so two things are not counted: how long the holder was ready to run and
had no processor, which the kernel tells, and the last pause between two looks of the test, in which
the node may have been whole already. Prints a table, and "N passed, N failed".
"""

import argparse
import collections
import os
import random
import signal
import sys
import threading
import time
from typing import Callable, Counter, Dict, List, Optional

from node import Node, NodeError
from pod import shipped

CONTAINER = shipped()["containers"][0]
# The node is a private namespace, where any mount needs that word.
ARGUMENTS = [word for given in CONTAINER["args"] for word in ([given, "--userns"] if given == "--mount" else [given])]
# The product is not called as in the image.
PROBE = CONTAINER["readinessProbe"]["exec"]["command"][1:]
VICTIM = "qemu-aarch64"
FOREIGN = {
    "soak.pyc": ":soak.pyc:E::soakpyc::/bin/true:",
    # As of a package: the same files, another interpreter.
    VICTIM: ":qemu-aarch64:M::\\x7fELF\\x02\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\xb7\\x00"
            ":\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xfe\\xff\\xff\\xff"
            ":/bin/true:",
}
INTERVAL, WORK = 5.0, 2.0
# A turn has one to three.
SLEEPS_OF_TWO_TURNS = 6
LIMIT = int(CONTAINER["resources"]["limits"]["memory"].removesuffix("M")) * 10**6
# What a holder may have more of at its end, in KB: pages of its file that a turn without loss never reads.
MORE_MEMORY = 256


class Failed(Exception):
    """A check that did not hold."""


class Holder:
    """The pod's process on one node, and its figures."""

    def __init__(self, node: Node, product: str) -> None:
        self._node = node
        self._product = product
        self.pid = node.start([product, *ARGUMENTS])
        self.first: Dict[str, int] = {}
        self.started = time.monotonic()

    def facts(self) -> Dict[str, int]:
        return self._node.facts(self.pid)

    def is_ready(self) -> bool:
        return self._node.run([self._product, *PROBE], self.pid).status == 0

    def wait_until(self, what: str, holds: Callable[[], bool], intervals: int = 1) -> float:
        """Waits until it HOLDS, which must be within so many intervals; returns the seconds."""
        bound = intervals * INTERVAL + WORK
        start = last = time.monotonic()
        waited = self.facts()["waited_ns"]
        while True:
            is_so = holds()
            now = time.monotonic()
            late = (self.facts()["waited_ns"] - waited) / 1e9 + now - last
            if now - start > bound + late:
                raise Failed(f"{what}: {'only' if is_so else 'not'} after {now - start:.1f} s, of which {late:.1f} s do not "
                             f"count, and {bound:.0f} s are allowed; the pod said: {self._node.output(self.pid)[-600:]}")
            if is_so:
                return now - start
            last = now
            time.sleep(0.1)


class Life:
    """What happens to one node: one thread."""

    def __init__(self, number: int, product: str, seed: int, deadline: float) -> None:
        self.number = number
        self.passed: Counter[str] = collections.Counter()
        self.failures: List[str] = []
        self.healing: List[float] = []
        self.holders: List[Dict[str, float]] = []
        self._product = product
        self._random = random.Random(seed * 1000 + number)
        self._deadline = deadline
        # A quarter of the holders live to the end.
        self._may_restart = number % 4 != 0
        self._node = Node()
        self._holder: Optional[Holder] = None
        # A pod that ends right after that may not have seen yet that all is well again.
        self._was_disabled = False
        self._expected: Dict[str, str] = {}

    # What happens.

    def _boot(self) -> None:
        self._start_pod()
        entries = self._entries()
        if VICTIM not in entries:
            raise Failed(f"{VICTIM} is not registered")
        self._node.write("register", FOREIGN["soak.pyc"])
        self._expected = self._entries()
        if set(self._expected) != set(entries) | {"soak.pyc"}:
            raise Failed("somebody else's entry could not be registered")

    def _start_pod(self) -> None:
        self._holder = Holder(self._node, self._product)
        self._holder.wait_until("the pod is ready", self._holder.is_ready)
        # It is ready as soon as one target is; the rest comes in the same turn.
        if self._expected:
            self._holder.wait_until("all is registered", self._is_whole)
        else:
            self._holder.wait_until("it holds", lambda: "xtensaeb: registered" in self._said())
        self._holder.first = self._pod.facts()

    def _end_pod(self, number: int) -> None:
        self._account()
        status = self._node.end(self._pod.pid, number)
        wanted = (-number,) if number != signal.SIGTERM else (0, 1) if self._was_disabled else (0,)
        self._was_disabled = False
        if status not in wanted:
            raise Failed(f"the pod ended with {status}, not {wanted}")

    def _wipe_all(self) -> None:
        self._node.write("status", "-1")
        foreign = FOREIGN["soak.pyc"]
        self._heal(without="soak.pyc")
        # Nobody but its owner brings that back.
        self._node.write("register", foreign)

    def _wipe_one(self) -> None:
        ours = sorted(set(self._expected) - {"soak.pyc"})
        self._node.write(self._random.choice(ours), "-1")
        self._heal()

    def _unmount(self) -> None:
        self._node.unmount()
        self._heal()

    def _unmount_both(self) -> None:
        self._node.unmount()
        self._node.unmount(self._pod.pid)
        self._heal()

    def _disable_one(self) -> None:
        self._was_disabled = True
        self._node.write(VICTIM, "0")
        self._stays(lambda entries: entries[VICTIM].startswith("disabled\n"))
        if self._pod.is_ready():
            raise Failed("the probe says ready though the entry is disabled")
        self._node.write(VICTIM, "1")
        if not self._pod.is_ready():
            raise Failed("the probe does not say ready")

    def _disable_all(self) -> None:
        self._was_disabled = True
        self._node.write("status", "0")
        if self._pod.is_ready():
            raise Failed("the probe says ready though binfmt_misc is disabled")
        self._node.write("status", "1")
        if not self._pod.is_ready():
            raise Failed("the probe does not say ready")

    def _disable_and_restart(self) -> None:
        self._node.write(VICTIM, "0")
        if self._pod.is_ready():
            raise Failed("the probe says ready though the entry is disabled")
        # What the kubelet does then.
        self._restart(signal.SIGKILL)

    def _swap_one(self) -> None:
        self._node.write(VICTIM, "-1")
        self._node.write("register", FOREIGN[VICTIM])
        self._stays(lambda entries: "interpreter /bin/true\n" in entries[VICTIM])
        # It does not hold what it was told to, and says so by its exit status.
        self._account()
        if self._node.end(self._pod.pid) != 1:
            raise Failed("the pod did not end with 1")
        self._start_pod()

    def _restart(self, number: int) -> None:
        self._end_pod(number)
        if self._entries().keys() != self._expected.keys():
            raise Failed("entries went with the pod, though PID 1 has binfmt_misc mounted")
        self._start_pod()

    def _restart_pod(self) -> None:
        self._restart(self._random.choice([signal.SIGTERM, signal.SIGKILL]))

    def _restart_node(self) -> None:
        self._account()
        self._was_disabled = False
        self._node.stop()
        self._node = Node()
        self._expected = {}
        self._boot()

    # What has to hold.

    @property
    def _pod(self) -> Holder:
        assert self._holder
        return self._holder

    def _said(self) -> str:
        return self._node.output(self._pod.pid)

    def _entries(self) -> Dict[str, str]:
        entries = self._node.entries()
        if entries is None:
            raise Failed("binfmt_misc is not mounted where PID 1 sees it")
        return entries

    def _is_whole(self, without: str = "") -> bool:
        return self._node.entries() == {name: text for name, text in self._expected.items() if name != without}

    def _heal(self, without: str = "") -> None:
        self.healing.append(self._pod.wait_until("the node is whole", lambda: self._is_whole(without)))

    def _stays(self, holds: Callable[[Dict[str, str]], bool]) -> None:
        """Whole turns later it still holds, and the pod has said so."""
        self._pod.wait_until("the pod says that it leaves it alone",
                             lambda: "left alone" in self._said().rpartition("was changed")[2])
        slept = self._pod.facts()["turns"]
        self._pod.wait_until("the pod has its turns",
                             lambda: self._pod.facts()["turns"] - slept >= SLEEPS_OF_TWO_TURNS,
                             intervals=SLEEPS_OF_TWO_TURNS)
        if not holds(self._entries()):
            raise Failed("the pod changed what is somebody else's")

    def _account(self) -> None:
        first, last = self._pod.first, self._pod.facts()
        # In a turn it has some more for a moment.
        for _ in range(50):
            if last["fds"] <= first["fds"]:
                break
            time.sleep(0.1)
            last = self._pod.facts()
        seconds = time.monotonic() - self._pod.started
        self.holders.append({
            "seconds": seconds, "rss": first["VmRSS"], "rss_end": last["VmRSS"], "data": first["VmData"],
            "data_end": last["VmData"], "fds": first["fds"], "fds_end": last["fds"],
            "ns": last["ns"] - first["ns"],
        })
        if last["fds"] > first["fds"]:
            raise Failed(f"the pod had {first['fds']} descriptors, and {last['fds']} at its end")
        if last["VmRSS"] * 1024 > LIMIT:
            raise Failed(f"the pod has more than its limit of {LIMIT} bytes: {last}")
        if last["VmRSS"] > first["VmRSS"] + MORE_MEMORY or last["VmData"] > first["VmData"] + MORE_MEMORY:
            raise Failed(f"the pod grew: {first}, at its end {last}")

    def _happenings(self) -> Dict[str, Callable[[], None]]:
        found = {
            "all entries wiped": self._wipe_all, "one entry wiped": self._wipe_one,
            "unmounted on the node": self._unmount, "unmounted everywhere": self._unmount_both,
            "one entry disabled": self._disable_one, "binfmt_misc disabled": self._disable_all,
        }
        if self._may_restart:
            found.update({
                "disabled, pod restarted": self._disable_and_restart, "swapped, pod restarted": self._swap_one,
                "pod restarted": self._restart_pod, "node restarted": self._restart_node,
            })
        return found

    def run(self) -> None:
        """Lives until the deadline; the last thing that happens may take longer."""
        what = "first boot"
        try:
            self._boot()
            self.passed[what] += 1
            happenings = self._happenings()
            while time.monotonic() < self._deadline:
                what = self._random.choice(list(happenings))
                time.sleep(self._random.random() * 3)
                happenings[what]()
                self.passed[what] += 1
            what = "last look"
            if not self._is_whole():
                raise Failed("the node is not whole at the end")
            self._account()
            self.passed[what] += 1
        except (Failed, NodeError, OSError) as problem:
            self.failures.append(f"node {self.number}, {what}: {problem}")
        finally:
            self._node.stop()


def spread(figures: List[float], form: str) -> str:
    """Least, median and most."""
    figures = sorted(figures)
    return " ".join(f"{value:>8{form}}" for value in (figures[0], figures[len(figures) // 2], figures[-1]))


def report(lives: List[Life]) -> None:
    """The tables."""
    passed: Counter[str] = collections.Counter()
    for life in lives:
        passed.update(life.passed)
    print(f"{'what happened':<28}{'times':>6}")
    for what, times in sorted(passed.items()):
        print(f"{what:<28}{times:>6}")
    healing = [seconds for life in lives for seconds in life.healing]
    holders = [holder for life in lives for holder in life.holders]
    print(f"\n{'figure':<42}{'least':>8} {'median':>8} {'most':>8}")
    if healing:
        print(f"{'seconds until a node was whole':<42}{spread(healing, '.1f')}")
    if not holders:
        return
    for title, key, form in (
            ("seconds that a pod lived", "seconds", ".0f"), ("memory at its start, VmRSS KB", "rss", ".0f"),
            ("memory at its end, VmRSS KB", "rss_end", ".0f"), ("data at its start, VmData KB", "data", ".0f"),
            ("data at its end, VmData KB", "data_end", ".0f"), ("file descriptors at its start", "fds", ".0f"),
            ("file descriptors at its end", "fds_end", ".0f")):
        print(f"{title:<42}{spread([holder[key] for holder in holders], form)}")
    spent = sum(holder["ns"] for holder in holders) / sum(holder["seconds"] for holder in holders)
    print(f"{'processor time of a pod, ms per minute':<42}{'':>9}{spent * 60 / 1e6:>8.1f}")
    print(f"pods: {len(holders)}")


def main() -> None:
    """Runs the nodes, prints, and ends with 1 where something failed."""
    parser = argparse.ArgumentParser(description="nodes that lose their handlers at random")
    parser.add_argument("--nodes", type=int, default=20)
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("product", help="the executable for this machine")
    options = parser.parse_args()
    product = os.path.abspath(options.product)
    # The program goes by its name.
    if not os.path.basename(product).startswith("binfmtbox"):
        sys.exit("soak.py: the file's name has to begin with binfmtbox")
    print(f"{options.nodes} nodes for {options.seconds} s, seed {options.seed}", flush=True)
    deadline = time.monotonic() + options.seconds
    lives = [Life(number, product, options.seed, deadline) for number in range(options.nodes)]
    threads = [threading.Thread(target=life.run) for life in lives]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report(lives)
    failures = [failure for life in lives for failure in life.failures]
    for failure in failures:
        print(f"FAILED {failure}")
    print(f"{sum(sum(life.passed.values()) for life in lives)} passed, {len(failures)} failed")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
