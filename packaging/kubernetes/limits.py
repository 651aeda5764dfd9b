# SPDX-License-Identifier: Apache-2.0
"""Cgroups of this machine with the limits of a container; they take root."""

import os
import tempfile
import time
from typing import Any, Dict, List

ROOT = "/sys/fs/cgroup"
PERIOD = 100_000  # µs
# Moves itself into each of the files, then is the command behind them.
JOIN = 'while [ "$1" != -- ]; do echo $$ >"$1" || exit 99; shift; done; shift; exec "$@"'


def _cores(text: str) -> float:
    return int(text[:-1]) / 1000 if text.endswith("m") else float(text)


def _bytes(text: str) -> int:
    units = {"K": 10**3, "M": 10**6, "G": 10**9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
    digits = text.rstrip("KMGi")
    return int(digits) * units.get(text[len(digits):], 1)


class Limits:
    """A cgroup for a container whose resources.limits say cpu and memory. Raises OSError where
    this machine has none for us."""

    def __init__(self, limits: Dict[str, Any]) -> None:
        quota = round(_cores(str(limits["cpu"])) * PERIOD)
        memory = _bytes(str(limits["memory"]))
        self._folders: List[str] = []
        try:
            if os.path.exists(f"{ROOT}/cgroup.controllers"):
                folder = self._make(ROOT)
                self._write(folder, "cpu.max", f"{quota} {PERIOD}")
                self._write(folder, "memory.max", str(memory))
                self._members, self._events = "cgroup.procs", f"{folder}/memory.events"
                return
            folder = self._make(f"{ROOT}/cpu")
            self._write(folder, "cpu.cfs_period_us", str(PERIOD))
            self._write(folder, "cpu.cfs_quota_us", str(quota))
            folder = self._make(f"{ROOT}/memory")
            self._write(folder, "memory.limit_in_bytes", str(memory))
            self._members, self._events = "tasks", f"{folder}/memory.oom_control"
        except OSError:
            self.remove()
            raise

    def _make(self, parent: str) -> str:
        folder = tempfile.mkdtemp(prefix="binfmtbox-", dir=parent)
        self._folders.append(folder)
        return folder

    @staticmethod
    def _write(folder: str, name: str, text: str) -> None:
        with open(f"{folder}/{name}", "w", encoding="ascii") as file:
            file.write(text)

    def under(self, words: List[str]) -> List[str]:
        """WORDS as a command that runs under these limits."""
        files = [f"{folder}/{self._members}" for folder in self._folders]
        return ["sh", "-c", JOIN, "sh", *files, "--", *words]

    def killed(self) -> int:
        """How many processes the kernel ended since there was no memory."""
        with open(self._events, encoding="ascii") as file:
            return sum(int(value) for key, value in (line.split() for line in file) if key == "oom_kill")

    def remove(self) -> None:
        """When nothing that runs there goes on; what was killed may take a moment."""
        for tries in range(100, -1, -1):
            try:
                for folder in list(self._folders):
                    os.rmdir(folder)
                    self._folders.remove(folder)
                return
            except OSError:
                if tries == 0:
                    raise
                time.sleep(0.1)
