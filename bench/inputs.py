# SPDX-License-Identifier: Apache-2.0
"""What the commands of the bench read: the same entries in everybody's own form."""

import json
import os
import pathlib
import shutil
import struct
import subprocess

from measure import run

HERE = pathlib.Path(__file__).resolve().parent
REGISTRY = "/proc/sys/fs/binfmt_misc"
# The driver binds the folder "interpreters" here.
INTERPRETERS = "/mnt"
# What `register` reads of one file.
_MOST_BYTES_OF_A_FILE = 1 << 20


def compile_programs(work):
    """The floor, one executable for each job, and the driver."""
    flags = ["-Os", "-static", "-nostdlib", "-ffreestanding", "-fno-stack-protector",
             "-fno-asynchronous-unwind-tables", "-s", "-Wl,--build-id=none,-z,norelro,-z,noseparate-code"]
    for job in ("NOTHING", "REGISTER", "STATUS", "CLEAR", "FLUSH"):
        run(["gcc", *flags, f"-D{job}", HERE / "floor.c", "-o", work / f"floor-{job.lower()}"])
    run(["g++", "-O2", "-std=c++23", "-Wall", "-Wextra", HERE / "driver.cc", "-o", work / "driver"])
    run(["g++", "-O2", "-std=c++23", "-Wall", "-Wextra", HERE / "costs.cc", "-o", work / "costs"])


def make_interpreters(work, box):
    """A static program under the name of each target's emulator, but for MicroBlaze's: an earlier revision gives its
    entries other names, and all have to make the same."""
    folder, rules = work / "interpreters", work / "exported"
    folder.mkdir()
    rules.mkdir()
    run([box, "register", "-q", "--systemd", "ALL", "-Q", INTERPRETERS, "-e", rules])
    for rule in rules.iterdir():
        name = rule.read_text(encoding="utf-8").split(":")[6].removeprefix(INTERPRETERS + "/")
        if "microblaze" not in name and not (folder / name).exists():
            (folder / name).hardlink_to(work / "floor-nothing")


def entries_of_product(work, box):
    """What `register all` makes here, without flags: every peer gets the same."""
    script = f"""mount --bind {work}/interpreters {INTERPRETERS} && {box} mount --userns -q &&
        {box} register -q -Q {INTERPRETERS} -p no -g no -c no all && {box} status --json"""
    out = run(["unshare", "-Urmp", "--fork", "--mount-proc", "sh", "-c", script], stdout=subprocess.PIPE).stdout
    # The kernel's order is the newest first.
    return json.loads(out)["entries"][::-1]


def synthetic_entries(count):
    """COUNT entries of 20 bytes that differ in the middle, for /bin/cat."""
    return [{"name": f"g{number:05d}", "magic": f"7f454c4602010100{number:016x}0200f0f1",
             "mask": "ffffffffffffff00" + "ff" * 8 + "feffffff", "interpreter": "/bin/cat"}
            for number in range(count)]


# Entries that a search could be slow or greedy with.
CROWDS = ("of one rule", "of different masks", "for different interpreters")


def crowd(work, shape, count):
    """COUNT entries of SHAPE, one of CROWDS."""
    many = work / "many"
    many.mkdir(exist_ok=True)
    found = []
    for number in range(count):
        magic, mask, interpreter = "5a5a5a5a", "ffffffff", "/bin/cat"
        if shape == "of different masks":
            magic, mask = magic + "0000", f"{mask}{number:04x}"
        elif shape == "for different interpreters":
            magic, mask = f"{magic}{number:04x}", mask + "ffff"
            interpreter = str(many / str(number))
            if not os.path.exists(interpreter):
                os.link(work / "floor-nothing", interpreter)
        found.append({"name": f"g{number:05d}", "magic": magic, "mask": mask, "interpreter": interpreter})
    return found


def _escaped(digits):
    return "".join("\\x" + digits[i:i + 2] for i in range(0, len(digits), 2))


def _for_printf(record):
    # To printf(1) a backslash is two, and % is %%.
    return "'" + record.replace("\\", "\\\\").replace("%", "%%") + "'"


class Inputs:
    """Files in WORK for ENTRIES; the floor reads the one called records.bin."""

    def __init__(self, work, entries):
        self.work = work
        self.entries = entries
        records = [f":{entry['name']}:M::{_escaped(entry['magic'])}:{_escaped(entry['mask'])}:{entry['interpreter']}:"
                   for entry in entries]
        self.records = str(work / "records.bin")
        with open(self.records, "wb") as file:
            for record in records:
                file.write(struct.pack("<H", len(record)) + record.encode())
        self.confs = self._write_confs(records)
        self.admin = self._write_admin()
        self.printf = self._script("printf.sh", [f"exec 3>{REGISTRY}/register"] + [
            f"printf {_for_printf(record)} >&3" for record in records])
        self.printf_if_absent = self._script("printf-if-absent.sh", [f"cd {REGISTRY}", "exec 3>register"] + [
            f"[ -e {entry['name']} ] || printf {_for_printf(record)} >&3" for entry, record in zip(entries, records)])
        self.cat = self._script("cat.sh", [f"cd {REGISTRY}", "exec cat [!rs]*"])
        if any(entry["name"][0] in "rs" for entry in entries):
            raise ValueError("cat.sh would leave entries out")
        self.clear_each = self._script("clear-each.sh", [f"cd {REGISTRY}"] + [
            f"echo -1 >{entry['name']}" for entry in entries])
        self.flush = self._script("flush.sh", [f"echo -1 >{REGISTRY}/status"])
        self.steps = self._write_steps()

    def _script(self, name, lines):
        path = self.work / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return str(path)

    def _write_confs(self, records):
        """binfmt.d files, as few as can be."""
        at_once = _MOST_BYTES_OF_A_FILE // (max(map(len, records)) + 1)
        return [self._script(f"records{start}.conf", records[start:start + at_once])
                for start in range(0, len(records), at_once)]

    def _write_admin(self):
        folder = self.work / "admin"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for entry in self.entries:
            # The order of lines that update-binfmts itself writes.
            (folder / entry["name"]).write_text("\n".join([
                "bench", "magic", "0", _escaped(entry["magic"]), _escaped(entry["mask"]),
                entry["interpreter"], "", "", "", "", ""]) + "\n", encoding="utf-8")
        return str(folder)

    def _write_steps(self):
        lines = []
        names = []
        for entry in self.entries:
            cpu = entry["name"].removeprefix("qemu-").replace("-", "_")
            names.append(cpu)
            lines += [f"{cpu}_magic='{_escaped(entry['magic'])}'", f"{cpu}_mask='{_escaped(entry['mask'])}'",
                      f"{cpu}_family='{cpu}'", f"{cpu}_name='{entry['name']}'", f"{cpu}_path='{entry['interpreter']}'"]
        lines.append("cpus='" + " ".join(names) + "'")
        return self._script("steps.sh", lines + [(HERE / "steps.sh").read_text(encoding="utf-8")])
