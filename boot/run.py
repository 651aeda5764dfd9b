#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Boots Debian's kernels with binfmtbox in the initramfs: see --help."""

import argparse
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Dict, List, Optional, Tuple

import cpio
import debian_root
import machine
from cpio import File
from fetch import SERIES, Kernel, fetch, program_folder
from scenarios import SCENARIOS, Machine, Plan, Scenario

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.append(os.path.join(ROOT, "docs"))

import readme  # noqa: E402  # pylint: disable=wrong-import-position


@dataclass
class Result:
    scenario: str
    kernel: Kernel
    seconds: float
    why: Optional[str]  # None: ok
    details: str
    figures: List[str]


def initramfs(made: Machine, plan: Plan) -> bytes:
    commands = [step.words() for step in plan.steps]
    files: Dict[str, File] = dict(plan.files)
    links = dict(plan.links)
    if plan.last:
        files["/bin/busybox"] = File(os.path.join(program_folder(made.kernel.arch), "busybox"))
        links.update({"/init": "/bin/busybox", "/bin/sh": "busybox"})
        first = len(commands) - plan.last
        files["/steps"] = File(machine.shell_init(commands[:first], end="poweroff"))
        files["/last"] = File(machine.shell_init(commands[first:], first + 1, end=""))
    elif plan.switched:
        files["/bin/busybox"] = File(os.path.join(program_folder(made.kernel.arch), "busybox"))
        first = len(commands) - plan.switched
        files["/init"] = File(machine.shell_init(commands[:first], end="exec switch_root /new /after"))
        files["/after"] = File(machine.shell_init(commands[first:], first + 1))
    elif plan.shell:
        files["/bin/busybox"] = File(os.path.join(program_folder(made.kernel.arch), "busybox"))
        files["/init"] = File(machine.shell_init(commands))
    else:
        files["/init"] = made.built("init")
        files["/steps"] = File(machine.steps(commands), 0o644)
    made_here = cpio.archive(files, links, plan.folders)
    return append(made_here, plan.appended, made.kernel.arch) if plan.appended else made_here


def append(initrd: bytes, addition: bytes, arch: str) -> bytes:
    """By the command that README.md gives for it."""
    command = readme.install_command("cat").replace("x86_64", arch)
    with tempfile.TemporaryDirectory() as folder:
        for name, content in (("initrd.img", initrd), (command.split()[1], addition)):
            with open(os.path.join(folder, name), "wb") as file:
                file.write(content)
        subprocess.run(["sh", "-euc", command], cwd=folder, check=True)
        with open(os.path.join(folder, "initrd.img"), "rb") as file:
            return file.read()


def boot_root(made: Machine, plan: Plan, folder: str) -> machine.Boot:
    """Boots into a Debian root, with the kernel that it has."""
    assert plan.root
    commands = [step.words() for step in plan.steps]
    plan.root.files.update(debian_root.service(commands, machine.CONSOLE[made.kernel.arch]))
    debian_root.pack(plan.root, folder)
    with open(os.path.join(folder, "initrd"), "rb") as file:
        initrd = file.read()
    return machine.boot(made.kernel._replace(vmlinuz=os.path.join(folder, "vmlinuz")), initrd, len(commands),
                        plan.limit, plan.memory, plan.cpus, f"root=/dev/vda rw {plan.root.parameters}",
                        os.path.join(folder, "disk"))


def judge(plan: Plan, boot: machine.Boot) -> Tuple[Optional[str], str]:
    """None or what is wrong in a few words, and at length."""
    wrong: List[str] = []
    details: List[str] = []
    for number, (step, answer) in enumerate(zip(plan.steps, boot.answers), 1):
        try:
            why = step.judge(answer.status, answer.output)
        except (ValueError, KeyError, TypeError) as error:
            why = f"the output can't be understood: {error!r}"
        if why is not None:
            wrong.append(f"step {number}")
            details.append(f"step {number}: {step.command}\n{why}\nstatus {answer.status}, output\n{answer.output}")
    if boot.trouble is not None:
        wrong.append(boot.trouble)
        details.append(f"{boot.trouble}; the end of the console:\n{boot.console[-3000:]}")
    return ", ".join(wrong) or None, "\n".join(details)


def measured(plan: Plan, boot: machine.Boot) -> List[str]:
    """What the tracer printed, behind the command that it traced."""
    return [f"{step.command}: {line[3:]}" for step, answer in zip(plan.steps, boot.answers)
            for line in answer.output.split("\n") if line.startswith("@@ ") and "/trace" in step.command]


def run(scenario: Scenario, kernel: Kernel, binaries: str, verbose: bool) -> Result:
    made = Machine(kernel, binaries)
    plan = scenario.make(made)
    if plan.root:
        with tempfile.TemporaryDirectory(prefix="binfmtbox-root.") as folder:
            try:
                boot = boot_root(made, plan, folder)
            except (OSError, RuntimeError, subprocess.CalledProcessError) as error:
                boot = machine.Boot(trouble="no root to boot", console=str(error))
    else:
        boot = machine.boot(kernel, initramfs(made, plan), len(plan.steps), plan.limit, plan.memory, plan.cpus,
                            plan.parameters)
    why, details = judge(plan, boot)
    name = f"{kernel.arch} {kernel.release}: {scenario.name}"
    text = f"boot: {name}: {'ok' if why is None else 'FAILED'}, {boot.seconds:.1f} s"
    if details:
        text += "\n" + details
    if verbose:
        text += "\n" + boot.console
    print(text, flush=True)
    figures = [line for line in boot.console.split("\n") if "disagreements" in line]
    if scenario.name == "numbers":
        figures += measured(plan, boot)
    return Result(scenario.name, kernel, boot.seconds, why, details, figures)


def matrix(results: List[Result], names: List[str]) -> List[str]:
    kernels = list(dict.fromkeys(result.kernel for result in results))
    cells = {(result.kernel, result.scenario): result for result in results}
    rows = [["kernel", *names]]
    for kernel in kernels:
        row = [f"{kernel.arch} {kernel.release}"]
        for name in names:
            result = cells.get((kernel, name))
            row.append("-" if result is None else "ok" if result.why is None else f"FAILED: {result.why}")
        rows.append(row)
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the oldest and the newest kernel of each architecture")
    parser.add_argument("--kernel", action="append", default=[], metavar="ARCH[/SERIES]", help="only these")
    parser.add_argument("--scenario", action="append", default=[], metavar="NAME", help="only these")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="machines at a time")
    parser.add_argument("--verbose", action="store_true", help="print each whole console")
    parser.add_argument("--binaries", default=os.path.join(ROOT, "bazel-bin"), metavar="DIR")
    options = parser.parse_args()

    kernels = [(arch, series) for arch, every in SERIES.items() for series in every]
    if options.quick:
        wanted = {i for scenario in SCENARIOS for i in scenario.quick}
        kernels = [(arch, series) for arch, series in kernels if series in [SERIES[arch][i] for i in wanted]]
    if options.kernel:
        kernels = [(arch, series) for arch, series in kernels
                   if arch in options.kernel or f"{arch}/{series}" in options.kernel]
    chosen = [scenario for scenario in SCENARIOS if options.scenario in ([], [scenario.name])
              or scenario.name in options.scenario]
    if not kernels or not chosen:
        parser.error("nothing to boot: no such kernel or scenario")

    # The oldest and the newest as well: other kernels' modules are theirs.
    ends = [(arch, SERIES[arch][i]) for arch in dict.fromkeys(arch for arch, _ in kernels) for i in (0, -1)]
    fetch(ends)
    work = [
        (scenario, kernel)
        for kernel in fetch(kernels)
        for scenario in chosen
        if scenario.fits(kernel)
        and not (options.quick and kernel.series not in [SERIES[kernel.arch][i] for i in scenario.quick])
    ]
    with ThreadPoolExecutor(options.jobs) as pool:
        results = list(pool.map(lambda one: run(*one, options.binaries, options.verbose), work))

    for result in results:
        for figure in result.figures:
            print(f"{result.kernel.arch} {result.kernel.release}: {figure}")
    print("\n".join(matrix(results, [scenario.name for scenario in chosen])))
    failed = sum(result.why is not None for result in results)
    print(f"{len(results) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
