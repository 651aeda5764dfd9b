# SPDX-License-Identifier: Apache-2.0
"""Runs commands through the driver and callgrind, in namespaces of their own."""

import collections
import dataclasses
import os
import pathlib
import re
import shutil
import statistics
import subprocess

_NAMESPACE = ["unshare", "-Urmp", "--fork", "--mount-proc"]
_VALGRIND = "/usr/bin/valgrind"


@dataclasses.dataclass
class Command:
    """One row of a table."""
    name: str
    scene: str
    before: str  # what is registered before: "empty" or a file of records
    after: str  # what has to be there afterwards: the same, or "-"
    words: list[str]
    needs: list[str] = dataclasses.field(default_factory=list)  # files at run time
    remark: str = ""
    # Runs other programs, of which callgrind would count nothing.
    starts_others: bool = False

    @property
    def key(self):
        return f"{self.scene}|{self.name}"


@dataclasses.dataclass
class Figures:
    """What was measured of a command; lists have an item for each round."""
    wall: list[float] = dataclasses.field(default_factory=list)  # µs
    cpu: list[int] = dataclasses.field(default_factory=list)  # µs
    faults: list[int] = dataclasses.field(default_factory=list)
    calls: int | None = None
    processes: int | None = None
    peak: int | None = None  # KB
    instructions: int | None = None

    def ratio(self, floor, kind="wall"):
        """The median of the rounds' ratios to the floor."""
        own, base = getattr(self, kind), getattr(floor, kind)
        if len(own) != len(base):  # slow: run once
            return statistics.median(own) / statistics.median(base)
        return statistics.median(a / max(b, 1) for a, b in zip(own, base))


def run(words, **options):
    return subprocess.run([str(word) for word in words], check=True, text=True, **options)


def steady():
    """A prefix that keeps busy neighbours away, where this machine allows it: one
    processor, in the real-time class."""
    words = ["taskset", "-c", str(max(os.sched_getaffinity(0)))]
    if subprocess.run(["chrt", "-f", "1", "true"], capture_output=True, check=False).returncode == 0:
        words = ["chrt", "-f", "1", *words]
    return words


class Measurer:
    """Runs the driver in WORK, where it was compiled."""

    def __init__(self, work):
        self.work = pathlib.Path(work)
        self.prefix = steady()
        self.figures = collections.defaultdict(Figures)
        self.costs = [float(word) for word in run([*self.prefix, self.work / "costs"], stdout=subprocess.PIPE).stdout.split()]

    def of(self, command):
        return self.figures[command.key]

    def forget(self):
        self.figures.clear()

    def _scene(self, commands, prefix=lambda command: [], checked=True):
        path = self.work / "scene.tsv"
        path.write_text("".join(
            "\t".join([command.key, command.before, command.after if checked else "-",
                       *prefix(command), *command.words]) + "\n"
            for command in commands), encoding="utf-8")
        return path

    def _drive(self, *words):
        done = run([*self.prefix, *_NAMESPACE, self.work / "driver", *words], cwd=self.work, stdout=subprocess.PIPE,
                   env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
        for line in done.stdout.splitlines():
            key, *fields = line.split("\t")
            yield self.figures[key], fields

    def time(self, commands, rounds):
        for figures, (wall, cpu, faults) in self._drive("time", rounds, self._scene(commands)):
            figures.wall.append(float(wall))
            figures.cpu.append(int(cpu))
            figures.faults.append(int(faults))

    def count(self, commands):
        for figures, fields in self._drive("count", self._scene(commands)):
            figures.calls, figures.processes, figures.peak = map(int, fields)

    def count_instructions(self, commands):
        commands = [command for command in commands if not command.starts_others]
        logs = self.work / "callgrind"
        shutil.rmtree(logs, ignore_errors=True)
        logs.mkdir()
        numbers = {command.key: number for number, command in enumerate(commands)}

        def valgrind(command):
            return [_VALGRIND, "--tool=callgrind", "--callgrind-out-file=/dev/null",
                    f"--log-file={logs}/{numbers[command.key]}.%p"]

        # Not checked: under valgrind no program is found to run natively, so that
        # `register all` registers more.
        for _ in self._drive("run", self._scene(commands, valgrind, checked=False)):
            pass
        for command in commands:
            counts = [int(match[1]) for log in logs.glob(f"{numbers[command.key]}.*")
                      if (match := re.search(r"Collected : (\d+)", log.read_text(encoding="utf-8", errors="replace")))]
            # A child that only asks what the machine runs has a log, too.
            self.of(command).instructions = max(counts, default=None)
