# SPDX-License-Identifier: Apache-2.0
"""A virtual machine that boots into a list of commands, and what they answered."""

import os
import re
import shlex
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from typing import List, Optional

from fetch import Kernel

# qemu64 without cx16: other models of QEMU 7.2 corrupt flags now and then under
# software emulation, and the kernel panics.
QEMU = {
    "x86_64": ["qemu-system-x86_64", "-M", "pc", "-cpu", "qemu64,-cx16"],
    "arm64": ["qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a57"],
    "armv7": ["qemu-system-arm", "-M", "virt", "-cpu", "cortex-a15"],
}
CONSOLE = {"x86_64": "ttyS0", "arm64": "ttyAMA0", "armv7": "ttyAMA0"}
# A word that no other machine has on its kernel command line.
OURS = "binfmtbox.boot_test"


@dataclass
class Answer:
    """How one command ended."""

    status: str
    output: str


@dataclass
class Boot:
    """What one boot left."""

    answers: List[Answer] = field(default_factory=list)
    console: str = ""
    seconds: float = 0.0
    trouble: Optional[str] = None  # It did not power off by itself.


def shell_init(commands: List[List[str]], first: int = 1, end: str = "poweroff -f; sleep 60") -> bytes:
    """init for busybox's shell, which does what init.cc does; FIRST is the number of the first command."""
    lines = ["#!/bin/busybox sh", "/bin/busybox --install -s /bin", "export PATH=/bin:/usr/bin"]
    for number, words in enumerate(commands, first):
        lines += [f"echo '@@ begin {number}'", shlex.join(words), f'status=$?; echo; echo "@@ end {number} $status"']
    lines += [end]
    return "\n".join(lines).encode() + b"\n"


def steps(commands: List[List[str]]) -> bytes:
    """The same for init.cc."""
    return b"".join("\t".join(words).encode() + b"\n" for words in commands)


def parse(console: str, count: int) -> List[Answer]:
    found = re.findall(r"@@ begin (\d+)\n(.*?)\n?@@ end \1 ([^\n]*)\n", console, re.DOTALL)
    return [Answer(status, output) for _, output, status in found[:count]]


def boot(kernel: Kernel, archive: bytes, count: int, limit: float, memory: int = 256, cpus: int = 1,
         parameters: str = "", disk: str = "") -> Boot:
    """Boots KERNEL with this initramfs, of COUNT commands, and waits for power-off."""
    result = Boot()
    with tempfile.TemporaryDirectory(prefix="binfmtbox-boot.") as folder:
        initrd = os.path.join(folder, "initrd")
        with open(initrd, "wb") as file:
            file.write(archive)
        command = [
            *QEMU[kernel.arch], "-accel", "tcg", "-m", str(memory), "-smp", str(cpus),
            "-nodefaults", "-no-user-config", "-display", "none", "-monitor", "none", "-no-reboot",
            "-serial", "stdio", "-kernel", kernel.vmlinuz, "-initrd", initrd,
            "-append", f"console={CONSOLE[kernel.arch]} panic=-1 quiet loglevel=1 {parameters} {OURS}",
        ]
        if disk:
            command += ["-drive", f"file={disk},format=raw,if=virtio,cache=unsafe"]
        start = time.monotonic()
        with subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as qemu:
            try:
                output, _ = qemu.communicate(timeout=limit)
                if qemu.returncode != 0:
                    result.trouble = f"{command[0]} ended with {qemu.returncode}"
            except subprocess.TimeoutExpired:
                os.killpg(qemu.pid, signal.SIGKILL)
                output, _ = qemu.communicate()
                result.trouble = f"no power-off within {limit:.0f} s"
        result.seconds = time.monotonic() - start
    result.console = output.decode("utf-8", "backslashreplace").replace("\r", "")
    result.answers = parse(result.console, count)
    if result.trouble is None and len(result.answers) < count:
        result.trouble = f"the machine ended after {len(result.answers)} of {count} commands"
    return result
