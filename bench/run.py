#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures binfmtbox beside its peers on the same entries; see CONTRIBUTING.md.

usage: bench/run.py [--rounds N] --batch FILE PRODUCT...

PRODUCT is the executable of this machine, then those of other architectures
(their sizes are drawn). Writes results.md, time.svg and size.svg beside this
file.

Everything runs in private user, mount and process namespaces with a binfmt_misc
of their own, all commands in turn, round after round, so that a busy neighbour
strikes all alike and ratios hold.
"""

import argparse
import os
import pathlib
import platform
import re
import shutil
import statistics
import subprocess
import sys
import time

import inputs
import picture
import report
from measure import Measurer
from peers import NOT_MEASURED, Peers

HERE = pathlib.Path(__file__).resolve().parent
CACHE = pathlib.Path(os.environ.get("BINFMTBOX_CACHE", pathlib.Path.home() / ".cache/binfmtbox"))
# How many entries, and how many rounds then.
GROWTH = {1: 30, 10: 30, 100: 20, 1000: 7, 10000: 3}
CROWD = 10_000
START = time.monotonic()


def say(text):
    print(f"== {time.monotonic() - START:4.0f} s: {text}", file=sys.stderr, flush=True)


def grow(peers, measurer, work):
    growth = report.Growth()
    for count, rounds in GROWTH.items():
        say(f"growth, {count:,} entries, {rounds} rounds")
        measurer.forget()
        commands = [command for command in peers.growing(inputs.Inputs(work, inputs.synthetic_entries(count)))
                    if not growth.is_slow(command)]
        measurer.time(commands, rounds)
        growth.add_times(count, commands, measurer)
        ours = [command for command in commands if command.name.startswith(("binfmtbox", "floor"))]
        measurer.count([command for command in ours if not growth.is_slow(command)])
        growth.add_counts(count, ours, measurer)
    return growth


def crowds(peers, measurer, work):
    shapes = {}
    for shape in inputs.CROWDS:
        say(f"{CROWD:,} entries {shape}")
        measurer.forget()
        commands = peers.crowd(inputs.Inputs(work, inputs.crowd(work, shape, CROWD)))
        measurer.time(commands, 3)
        measurer.count([command for command in commands if command.name.startswith("binfmtbox")])
        shapes[shape] = {command.key: measurer.of(command) for command in commands}
    return report.crowd_table(CROWD, shapes)


def draw(commands, measurer, sizes):
    panels = []
    for scene, rows, _ in report.scenes(commands):
        if scene != "usage":
            panels.append((scene, [(row.name, statistics.median(measurer.of(row).wall) / 1000) for row in rows]))
    (HERE / "time.svg").write_text(picture.bars("Wall time, ms", panels, "{:,.2f}"), encoding="utf-8")
    registering = [(row.name, report.disk_bytes(row.needs) / 1024) for row in commands if row.scene == "register"]
    products = [(f"binfmtbox for {name}", size / 1024) for name, size in sizes.items()]
    (HERE / "size.svg").write_text(picture.bars(
        "Disk space, KB", [("to register, with libraries, shell and records", registering), ("the executable", products)],
        "{:,.0f}"), encoding="utf-8")


def earlier_revisions(paths, work):
    """Their revisions, with copies of them."""
    for number, path in enumerate(paths):
        copy = work / f"binfmtbox-earlier{number}"
        shutil.copy(path, copy)
        copy.chmod(0o755)
        version = subprocess.run([copy, "--version"], capture_output=True, text=True, check=True).stdout
        yield re.search(r"^revision (\w{1,7})", version, re.M)[1], copy


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=60, help="of the main table")
    parser.add_argument("--batch", required=True, help="the executable of batch.cc")
    parser.add_argument("--earlier", action="append", default=[], metavar="PATH",
                        help="an executable of an earlier revision, to compare with")
    parser.add_argument("products", nargs="+", metavar="PRODUCT")
    options = parser.parse_args()
    if platform.machine() != "x86_64":
        sys.exit("run.py: the floor is written for x86_64")
    work = CACHE / "bench" / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    # A name that tells what it is, and no path of the build.
    box = work / "binfmtbox"
    shutil.copy(options.products[0], box)
    box.chmod(0o755)
    batch = work / "batch"
    shutil.copy(options.batch, batch)
    say("the floor, the driver, the same entries for all")
    inputs.compile_programs(work)
    inputs.make_interpreters(work, box)
    same = inputs.Inputs(work, inputs.entries_of_product(work, box))
    peers = Peers(work, box, batch, list(earlier_revisions(options.earlier, work)))
    commands = peers.all(same)
    measurer = Measurer(work)
    say(f"{len(commands)} commands on {len(same.entries)} entries, {options.rounds} rounds")
    measurer.time(commands, options.rounds)
    say("system calls, processes, memory")
    measurer.count(commands)
    say("instructions, with callgrind")
    measurer.count_instructions(commands)
    sizes = {pathlib.Path(product).name.removeprefix("binfmtbox_"): os.stat(product).st_size for product in options.products}
    draw(commands, measurer, sizes)
    tables = report.scene_tables(commands, measurer)
    tables += grow(peers, measurer, work).tables()
    tables += crowds(peers, measurer, work)
    text = "\n".join([
        "# Measured by `./dev bench`", "",
        *report.machine(measurer, box, peers.update_binfmts),
        "- Executables of binfmtbox, stripped, all targets and applets: " +
        ", ".join(f"{name} {size:,} bytes" for name, size in sizes.items()) + ".", "",
        f"All make, read or remove the same {len(same.entries)} entries, those of `binfmtbox register all` without flags, with a "
        "static program of a few hundred bytes for every emulator; after each run the registry is compared to the byte. "
        f"{options.rounds} rounds of all commands in turn, in one private namespace, with a warm cache. The floor is a program without a libc "
        "that makes only the system calls which the work needs.", "",
        "Ratios are medians of each round's ratio to the floor; times are medians, of this machine. System calls and "
        "processes are those of all processes; peak memory is the first process's. Instructions are those of user space "
        "(callgrind, under which binfmtbox finds no program that runs natively, so that `register all` may register a target "
        "more); — where a command starts others, of which it counts none. Bytes on disk are files of the command, "
        "its shell and other programs, its records, and all shared libraries.", "",
        NOT_MEASURED, *tables]) + "\n"
    (HERE / "results.md").write_text(text, encoding="utf-8")
    print(text)
    say(f"written: {HERE}/results.md, time.svg, size.svg")


if __name__ == "__main__":
    main()
