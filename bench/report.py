# SPDX-License-Identifier: Apache-2.0
"""The tables of results.md."""

import datetime
import os
import pathlib
import platform
import re
import statistics
import subprocess

_PACKAGES = ["systemd", "busybox-static", "dash", "coreutils", "valgrind", "gcc"]


def disk_bytes(paths):
    """Bytes of files and folders and the shared libraries that they load."""
    files = set()
    for path in map(pathlib.Path, paths):
        files |= {file for file in path.rglob("*") if file.is_file()} if path.is_dir() else {path.resolve()}
    for file in list(files):
        listing = subprocess.run(["ldd", str(file)], capture_output=True, text=True, check=False).stdout
        files |= {pathlib.Path(match).resolve() for match in re.findall(r"(/\S+) \(0x", listing)}
    return sum(file.stat().st_size for file in files)


def _cpu():
    for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def _versions(box, update_binfmts):
    def first_lines(words, count):
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        return ", ".join(done.stdout.splitlines()[:count])

    found = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Version}\\n", *_PACKAGES],
                           capture_output=True, text=True, check=False).stdout.split("\n")
    return ", ".join([first_lines([box, "--version"], 2), *filter(None, found),
                      first_lines([update_binfmts, "--version"], 1)])


def machine(measurer, box, update_binfmts):
    realtime = "in the real-time class on one processor" if "chrt" in measurer.prefix else "on one processor"
    # Whoever built it is of no interest.
    kernel = platform.release().split("-")[0]
    return [f"- {datetime.date.today()}, Linux {kernel} {platform.machine()}, {_cpu()}, "
            f"{os.cpu_count()} processors; all runs {realtime}.",
            f"- This machine takes {measurer.costs[0]:,.0f} ns for a system call that does nothing, and {measurer.costs[1]:,.0f} ns "
            "for the first write to a page: ratios to the floor move with them.",
            f"- {_versions(box, update_binfmts)}."]


def _number(value):
    return "—" if value is None else f"{value:,.0f}"


def _time(microseconds):
    return f"{microseconds / 1000:,.2f}" if microseconds < 100_000 else f"{microseconds / 1000:,.0f}"


def scenes(commands):
    """Commands by scene, each with its floor."""
    for scene in dict.fromkeys(command.scene for command in commands):
        rows = [command for command in commands if command.scene == scene]
        yield scene, rows, next(row for row in rows if row.name == "floor")


def scene_tables(commands, measurer):
    lines = []
    for scene, rows, floor in scenes(commands):
        lines += ["", f"## {scene[0].upper()}{scene[1:]}", "",
                  "| command | wall ÷ floor | CPU ÷ floor | wall, ms | CPU, ms | system calls | processes | instructions "
                  "| page faults | peak memory, KB | bytes on disk | what it does, less or more |",
                  "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |"]
        for row in rows:
            own, base = measurer.of(row), measurer.of(floor)
            lines.append("| " + " | ".join([
                f"**{row.name}**" if row.name.startswith("binfmtbox") else row.name,
                f"{own.ratio(base):.1f}", f"{own.ratio(base, 'cpu'):.1f}",
                _time(statistics.median(own.wall)), _time(statistics.median(own.cpu)), _number(own.calls),
                _number(own.processes), _number(own.instructions), _number(statistics.median(own.faults)),
                _number(own.peak), _number(disk_bytes(row.needs)), row.remark]) + " |")
    return lines


def crowd_table(count, shapes):
    """SHAPES: {name of the shape: {key of the command: its figures}}."""
    names = list(shapes)
    lines = ["", f"## {count:,} entries", "",
             "Entries " + ", ".join(names) + ". Wall time in ms, behind it peak memory in KB. Of one rule, all but the newest "
             "are shadowed; a mask that no other entry has makes each search look at each entry.", "",
             "| | " + " | ".join(names) + " |", "| --- |" + " ---: |" * len(names)]
    rows = {}
    for name, figures in shapes.items():
        for key, own in figures.items():
            scene, command = key.split("|")
            peak = "" if own.peak is None else f", {own.peak:,}"
            rows.setdefault((scene, command), {})[name] = f"{_time(statistics.median(own.wall))}{peak}"
    for (scene, command), cells in rows.items():
        label = f"**{scene}: {command}**" if command.startswith("binfmtbox") else f"{scene}: {command}"
        lines.append(f"| {label} | " + " | ".join(cells.get(name, "—") for name in names) + " |")
    return lines


class Growth:
    """Collects the figures of one number of entries after the other."""

    # After a run of this many µs no more entries are tried.
    SLOW = 5e6

    def __init__(self):
        self.counts = []
        self.wall = {}  # (scene, name): {count: µs}
        self.ratios = {}
        self.kernel = {}  # (scene, name): {count: (calls, KB)}

    def is_slow(self, command):
        return max(self.wall.get((command.scene, command.name), {0: 0}).values()) > self.SLOW

    def add_times(self, count, commands, measurer):
        self.counts.append(count)
        for scene, rows, floor in scenes(commands):
            for row in rows:
                own = measurer.of(row)
                self.wall.setdefault((scene, row.name), {})[count] = statistics.median(own.wall)
                self.ratios.setdefault((scene, row.name), {})[count] = own.ratio(measurer.of(floor))

    def add_counts(self, count, commands, measurer):
        for command in commands:
            own = measurer.of(command)
            if own.calls is not None:
                self.kernel.setdefault((command.scene, command.name), {})[count] = (own.calls, own.peak)

    def tables(self):
        heads = " | ".join(f"{count:,}" for count in self.counts)
        bars = " | ".join("---:" for _ in self.counts)
        lines = ["", "## Growth", "",
                 "N entries with 20 bytes of magic and mask, all for /bin/cat, from files of finished records. Wall time in "
                 "ms, behind it the ratio to the floor. A run that takes over 5 s is not repeated, nor tried with more "
                 "entries: —.", "",
                 f"| | N = {heads} | ms an entry, last step |", f"| --- | {bars} | ---: |"]
        for (scene, name), by_count in self.wall.items():
            cells = []
            for count in self.counts:
                cells.append(f"{_time(by_count[count])} ({self.ratios[scene, name][count]:.1f})" if count in by_count else "—")
            lines.append(f"| {self._label(scene, name)} | " + " | ".join(cells) + f" | {self._slope(by_count)} |")
        lines += ["", "System calls and peak memory in KB; the last column is what one entry more costs:", "",
                  f"| | N = {heads} | calls, bytes an entry |", f"| --- | {bars} | ---: |"]
        for (scene, name), by_count in self.kernel.items():
            cells = [f"{by_count[count][0]:,}, {by_count[count][1]:,}" if count in by_count else "—" for count in self.counts]
            low, high = sorted(by_count)[-2:]
            calls, kilobytes = (b - a for a, b in zip(by_count[low], by_count[high]))
            lines.append(f"| {self._label(scene, name)} | " + " | ".join(cells) +
                         f" | {calls / (high - low):.2f}, {kilobytes * 1024 / (high - low):.0f} |")
        return lines

    @staticmethod
    def _label(scene, name):
        label = f"{scene}: {name}"
        return f"**{label}**" if name.startswith("binfmtbox") else label

    @staticmethod
    def _slope(by_count):
        low, high = sorted(by_count)[-2:]
        return f"{(by_count[high] - by_count[low]) / (high - low) / 1000:.4f}"
