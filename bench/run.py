#!/usr/bin/env python3
"""Measures binfmtbox beside its peers on the same entries; see CONTRIBUTING.md.

usage: bench/run.py [--rounds N] PRODUCT...

PRODUCT is the executable of this machine, then those of other architectures
(their sizes are drawn). Writes results.md and the pictures beside this file.

Everything runs in one private user, mount and process namespace with a
binfmt_misc of its own, all commands in turn, round after round, so that a busy
neighbour strikes all alike and ratios hold.
"""

import argparse
import collections
import dataclasses
import datetime
import json
import os
import pathlib
import platform
import re
import shutil
import statistics
import struct
import subprocess
import sys

import picture

HERE = pathlib.Path(__file__).resolve().parent
CACHE = pathlib.Path(os.environ.get("BINFMTBOX_CACHE", pathlib.Path.home() / ".cache/binfmtbox"))
NAMESPACE = ["unshare", "-Urmp", "--fork", "--mount-proc"]
REGISTRY = "/proc/sys/fs/binfmt_misc"
GROWTH = (1, 10, 100, 1000, 10000)


@dataclasses.dataclass
class Command:
    """One row of the table."""
    name: str
    scene: str
    before: str  # what is registered before: "empty" or a file of records
    after: int  # how many entries there are afterwards
    words: list[str]
    needs: list[str] = dataclasses.field(default_factory=list)  # files at run time
    remark: str = ""
    forks: bool = False  # then callgrind would count a part only


@dataclasses.dataclass
class Figures:
    """What the driver and callgrind said of a command."""
    wall: list[float] = dataclasses.field(default_factory=list)
    cpu: list[float] = dataclasses.field(default_factory=list)
    faults: list[int] = dataclasses.field(default_factory=list)
    calls: int = 0
    processes: int = 0
    peak: int = 0  # KB
    instructions: int | None = None


def run(words, **options):
    return subprocess.run([str(word) for word in words], check=True, text=True, **options)


def records_file(path, records):
    """The records, each behind its length in two bytes: what floor and driver read."""
    with open(path, "wb") as file:
        for record in records:
            file.write(struct.pack("<H", len(record)) + record)


class Bench:
    def __init__(self, product, rounds):
        self.rounds = rounds
        self.work = CACHE / "bench" / "work"
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir(parents=True)
        # A name that tells what it is, and no path of the build.
        self.box = self.work / "binfmtbox"
        shutil.copy(product, self.box)
        self.box.chmod(0o755)
        self.compile()
        self.entries = self.entries_of_product()
        self.write_inputs()

    def compile(self):
        flags = ["-Os", "-static", "-nostdlib", "-ffreestanding", "-fno-stack-protector",
                 "-fno-asynchronous-unwind-tables", "-s", "-Wl,--build-id=none,-z,norelro,-z,noseparate-code"]
        for job in ("NOTHING", "REGISTER", "STATUS", "CLEAR"):
            run(["gcc", *flags, f"-D{job}", HERE / "floor.c", "-o", self.work / f"floor-{job.lower()}"])
        run(["g++", "-O2", "-std=c++17", "-Wall", "-Wextra", HERE / "driver.cc", "-o", self.work / "driver"])

    def entries_of_product(self):
        """What register all makes here, without flags: every peer gets the same."""
        script = (f"{self.box} mount --userns -q && {self.box} register -q -p no -g no -c no all && "
                  f"{self.box} status --json")
        out = run([*NAMESPACE, "sh", "-c", script], stdout=subprocess.PIPE).stdout
        # The kernel's order is the newest first.
        return json.loads(out)["entries"][::-1]

    def write_inputs(self):
        def escaped(digits):
            return "".join("\\x" + digits[i:i + 2] for i in range(0, len(digits), 2))

        self.records = {}
        for flags in ("", "F"):
            self.records[flags] = [
                ":{name}:M::{magic}:{mask}:{interpreter}:".format(
                    **{**entry, "magic": escaped(entry["magic"]), "mask": escaped(entry["mask"])}
                ).encode() + flags.encode() for entry in self.entries]
            records_file(self.work / f"records{flags}.bin", self.records[flags])
        plain = self.records[""]
        (self.work / "records.conf").write_bytes(b"\n".join(plain) + b"\n")
        confs = self.work / "confs"
        confs.mkdir()
        admin = self.work / "admin"
        admin.mkdir()
        for entry, record in zip(self.entries, plain):
            (confs / (entry["name"] + ".conf")).write_bytes(record + b"\n")
            # The order of lines that update-binfmts itself writes.
            (admin / entry["name"]).write_text("\n".join([
                "bench", "magic", "0", escaped(entry["magic"]), escaped(entry["mask"]),
                entry["interpreter"], "", "", "", "", ""]) + "\n")

        def quoted(record):
            # To printf(1) a backslash is two, and % is %%.
            return "'" + record.decode().replace("\\", "\\\\").replace("%", "%%") + "'"

        (self.work / "literal.sh").write_text(
            f"exec 3>{REGISTRY}/register\n" + "".join(f"printf {quoted(record)} >&3\n" for record in plain))
        (self.work / "literal-each.sh").write_text(
            "".join(f"printf {quoted(record)} >{REGISTRY}/register\n" for record in plain))
        (self.work / "clear-each.sh").write_text(
            "".join(f"echo -1 >{REGISTRY}/{entry['name']}\n" for entry in self.entries))
        (self.work / "cat.sh").write_text(f"cd {REGISTRY} && exec cat [!rs]*\n")
        variables = []
        for entry in self.entries:
            cpu = entry["name"].removeprefix("qemu-").replace("-", "_")
            variables.append((cpu, entry))
        with open(self.work / "steps.sh", "w", encoding="utf-8") as file:
            for cpu, entry in variables:
                file.write(f"{cpu}_magic='{escaped(entry['magic'])}'\n{cpu}_mask='{escaped(entry['mask'])}'\n"
                           f"{cpu}_family='{cpu}'\n{cpu}_name='{entry['name']}'\n{cpu}_path='{entry['interpreter']}'\n")
            file.write("cpus='" + " ".join(cpu for cpu, _ in variables) + "'\n")
            file.write((HERE / "steps.sh").read_text(encoding="utf-8"))

    def peers(self):
        """Programs that Debian has; fetched into the cache, not installed."""
        root = CACHE / "bench" / "root"
        if not (root / "usr/sbin/update-binfmts").exists():
            shutil.rmtree(root, ignore_errors=True)
            debs = CACHE / "bench" / "debs"
            debs.mkdir(parents=True, exist_ok=True)
            run(["apt-get", "-q", "download", "binfmt-support", "libpipeline1"], cwd=debs, stdout=sys.stderr)
            for deb in debs.glob("*.deb"):
                run(["dpkg-deb", "-x", deb, root])
        return root

    def commands(self):
        count = len(self.entries)
        work, box = self.work, str(self.box)
        root = self.peers()
        library = str(root / "usr/lib/x86_64-linux-gnu")
        update = ["/usr/bin/env", f"LD_LIBRARY_PATH={library}", str(root / "usr/sbin/update-binfmts"),
                  "--admindir", str(work / "admin"), "--importdir", str(work / "none")]
        update_needs = [str(root / "usr/sbin/update-binfmts"), library + "/libpipeline.so.1", str(work / "admin")]
        systemd = "/lib/systemd/systemd-binfmt"
        busybox = ["/bin/busybox", "sh"]
        confs = sorted(str(path) for path in (work / "confs").iterdir())
        full = str(work / "records.bin")
        result = []

        def add(*arguments, **options):
            result.append(Command(*arguments, **options))

        def shells(scene, name, script, before, after, **options):
            for shell, words, needs in (("busybox", busybox, ["/bin/busybox"]), ("dash", ["/bin/dash"], ["/bin/dash"])):
                add(f"{name}, {shell}", scene, before, after, [*words, str(script)], needs=[*needs, str(script)], **options)

        add("floor", "register", "empty", count, [str(work / "floor-register")],
            needs=[str(work / "floor-register"), full], remark="no libc, one open, no check")
        add("binfmtbox register all", "register", "empty", count, [box, "register", "-q", "-p", "no", "-g", "no", "all"],
            needs=[box], remark="finds and examines every interpreter, asks what the machine runs by itself, reads every entry back")
        add("binfmtbox register -f", "register", "empty", count, [box, "register", "-q", "-f", str(work / "records.conf")],
            needs=[box, str(work / "records.conf")], remark="the same checks for finished records")
        shells("register", "printf lines, one open", work / "literal.sh", "empty", count, remark="checks nothing")
        shells("register", "printf lines", work / "literal-each.sh", "empty", count, remark="checks nothing")
        add("systemd-binfmt", "register", "empty", count, [systemd, *confs], needs=[systemd, str(work / "confs")],
            remark="reads the files' names from its arguments; looks at nothing but write(2)'s answer")
        add("update-binfmts --enable", "register", "empty", count, [*update, "--enable"], needs=update_needs,
            remark="from its own database; checks that the interpreter is there")
        shells("register", "qemu-binfmt-conf.sh's steps", work / "steps.sh", "empty", count, forks=True,
               remark="family table, three evaluations a target, no check")

        add("floor", "register again", full, count, [str(work / "floor-status")],
            remark="reads every entry, as one must to know that it is there")
        add("binfmtbox register all", "register again", full, count, [box, "register", "-q", "-p", "no", "-g", "no", "all"],
            remark="every entry found unchanged")
        add("systemd-binfmt", "register again", full, count, [systemd, *confs], remark="removes each and writes it again")
        add("update-binfmts --enable", "register again", full, count, [*update, "--enable"], remark="removes each and writes it again")

        add("floor", "status", full, count, [str(work / "floor-status")], remark="the entries' texts as they are")
        add("binfmtbox status", "status", full, count, [box, "status"],
            remark="with target, shadows, and whether the interpreter is there")
        add("binfmtbox status --json", "status", full, count, [box, "status", "--json"], remark="the same, and every magic and mask")
        shells("status", "cat", work / "cat.sh", full, count, forks=True, remark="the entries' texts as they are")
        add("update-binfmts --display", "status", full, count, [*update, "--display"], remark="its database, and whether an entry is there")

        add("floor", "clear", full, 0, [str(work / "floor-clear")], remark="-1 to each entry")
        add("binfmtbox clear --all", "clear", full, 0, [box, "clear", "-q", "--all"], remark="names what it removed, and looks that it went")
        shells("clear", "echo -1", work / "clear-each.sh", full, 0, remark="the names are known before")
        add("systemd-binfmt --unregister", "clear", full, 0, [systemd, "--unregister"], remark="one write to status, whosever the entries are")

        add("floor", "usage", "empty", 0, [str(work / "floor-nothing")], remark="a process that only ends")
        add("binfmtbox --help", "usage", "empty", 0, [box, "--help"])
        return result

    def measure(self, commands, rounds, count_instructions=True):
        """Figures by (scene, name)."""
        def scene_file(name, commands, prefix, checked=True):
            path = self.work / name
            path.write_text("".join(
                "\t".join([f"{command.scene}|{command.name}", command.before,
                           str(command.after) if checked else "-", *prefix(command), *command.words]) + "\n"
                for command in commands), encoding="utf-8")
            return path

        figures = collections.defaultdict(Figures)
        out = run([*NAMESPACE, self.work / "driver", rounds, scene_file("scene.tsv", commands, lambda command: [])],
                  cwd=self.work, stdout=subprocess.PIPE).stdout
        for line in out.splitlines():
            fields = line.split("\t")
            figure = figures[tuple(fields[0].split("|"))]
            if fields[1] == "count":
                figure.calls, figure.processes, figure.peak = map(int, fields[2:])
            else:
                figure.wall.append(float(fields[1]))
                figure.cpu.append(float(fields[2]))
                figure.faults.append(int(fields[3]))
        if count_instructions:
            self.count_instructions(commands, figures, scene_file)
        return figures

    def count_instructions(self, commands, figures, scene_file):
        commands = [command for command in commands if not command.forks]
        logs = self.work / "callgrind"
        logs.mkdir()
        numbers = {id(command): number for number, command in enumerate(commands)}

        def valgrind(command):
            return ["/usr/bin/valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
                    f"--log-file={logs}/{numbers[id(command)]}.%p"]

        # Without a round. In valgrind nothing native is found by running it, so
        # that the number of entries may differ.
        run([*NAMESPACE, self.work / "driver", "-2", scene_file("counted.tsv", commands, valgrind, checked=False)], cwd=self.work, stdout=subprocess.DEVNULL)
        for command in commands:
            # The command's own process is the one that began first.
            counts = []
            for log in logs.glob(f"{numbers[id(command)]}.*"):
                match = re.search(r"Collected : (\d+)", log.read_text(encoding="utf-8", errors="replace"))
                counts.append((log.stat().st_ctime, int(match.group(1)) if match else 0))
            figures[command.scene, command.name].instructions = max((count for _, count in counts), default=None)


def disk_bytes(paths):
    """Bytes of files and folders and the shared libraries that they load."""
    files = set()
    for path in map(pathlib.Path, paths):
        files |= {file for file in path.rglob("*") if file.is_file()} if path.is_dir() else {path.resolve()}
    for file in list(files):
        listing = subprocess.run(["ldd", str(file)], capture_output=True, text=True, check=False).stdout
        files |= {pathlib.Path(match).resolve() for match in re.findall(r"(/\S+) \(0x", listing)}
    return sum(file.stat().st_size for file in files)


def version(words):
    out = subprocess.run(words, capture_output=True, text=True, check=False)
    return (out.stdout or out.stderr).splitlines()[0].strip() if (out.stdout or out.stderr) else "?"


def cpu_name():
    for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def table(commands, figures):
    lines = []
    for scene in dict.fromkeys(command.scene for command in commands):
        rows = [command for command in commands if command.scene == scene]
        floor = figures[scene, "floor"]
        lines += ["", f"### {scene}", "",
                  "| command | wall ÷ floor | cpu ÷ floor | wall, µs | system calls | processes | instructions | faults | peak KB | bytes on disk | |",
                  "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |"]
        for command in rows:
            figure = figures[scene, command.name]
            ratio = statistics.median(a / b for a, b in zip(figure.wall, floor.wall))
            cpu = statistics.median(a / max(b, 1) for a, b in zip(figure.cpu, floor.cpu))
            instructions = "" if figure.instructions is None else f"{figure.instructions:,}"
            disk = f"{disk_bytes(command.needs):,}" if command.needs else ""
            lines.append(f"| {command.name} | {ratio:.1f} | {cpu:.1f} | {statistics.median(figure.wall):,.0f} | {figure.calls:,} | "
                         f"{figure.processes} | {instructions} | {statistics.median(figure.faults):,.0f} | {figure.peak:,} | {disk} | {command.remark} |")
    return lines


def growth(bench, rounds):
    """A table: each applet with N entries."""
    lines = ["", "### Growth", "",
             "Entries of 20 bytes of magic and mask, interpreter /bin/cat; wall time in µs, medians; behind it the ratio to the floor.", "",
             "| entries | register -f | again | status | status --json | clear --all |",
             "| ---: | ---: | ---: | ---: | ---: | ---: |"]
    for count in GROWTH:
        records = [b":g%05d:M::\\x7fELF\\x02\\x01\\x01\\x00XYZW%04x\\x02\\x00\\xf0\\xf1:"
                   b"\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xfe\\xff\\xff\\xff:/bin/cat:"
                   % (i, i) for i in range(count)]
        records_file(bench.work / "records.bin", records)
        files = []
        for start in range(0, count, 4000):  # a file may have 1 MB
            files += ["-f", str(bench.work / f"growth{start}.conf")]
            pathlib.Path(files[-1]).write_bytes(b"\n".join(records[start:start + 4000]) + b"\n")
        full, box, work = str(bench.work / "records.bin"), str(bench.box), bench.work
        commands = [
            Command("floor", "register", "empty", count, [str(work / "floor-register")]),
            Command("box", "register", "empty", count, [box, "register", "-q", *files]),
            Command("box", "again", full, count, [box, "register", "-q", *files]),
            Command("floor", "status", full, count, [str(work / "floor-status")]),
            Command("box", "status", full, count, [box, "status"]),
            Command("json", "status", full, count, [box, "status", "--json"]),
            Command("floor", "clear", full, 0, [str(work / "floor-clear")]),
            Command("box", "clear", full, 0, [box, "clear", "-q", "--all"]),
        ]
        figures = bench.measure(commands, rounds if count <= 100 else max(3, rounds // 10), count_instructions=False)

        def cell(scene, name="box", floor=None):
            own, base = figures[scene, name], figures[floor or scene, "floor"]
            ratio = statistics.median(a / b for a, b in zip(own.wall, base.wall))
            return f"{statistics.median(own.wall):,.0f} ({ratio:.1f})"

        lines.append(f"| {count:,} | {cell('register')} | {cell('again', floor='status')} | {cell('status')} | "
                     f"{cell('status', 'json')} | {cell('clear')} |")
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("products", nargs="+", metavar="PRODUCT")
    options = parser.parse_args()
    bench = Bench(options.products[0], options.rounds)
    commands = bench.commands()
    print(f"== {len(commands)} commands, {options.rounds} rounds", flush=True)
    figures = bench.measure(commands, options.rounds)
    print("== growth", flush=True)
    grown = growth(bench, options.rounds)
    sizes = {pathlib.Path(product).name.removeprefix("binfmtbox_"): os.stat(product).st_size for product in options.products}
    text = [
        "# Measured", "",
        f"What `./dev bench` printed on {datetime.date.today()}: {cpu_name()}, {os.cpu_count()} processors, "
        f"Linux {platform.release()}; {version([str(bench.box), '--version'])}, "
        f"{version(['/lib/systemd/systemd-binfmt', '--version'])}, {version(['/bin/busybox'])}, "
        f"binfmt-support {next((CACHE / 'bench/debs').glob('binfmt-support_*')).name.split('_')[1]}.", "",
        f"The same {len(bench.entries)} entries (those of `binfmtbox register all`, without flags) for all, in one private "
        f"namespace, {options.rounds} rounds of all commands in turn. Ratios are medians of the ratios of each round; the floor is a "
        "program without a libc that makes only the system calls which the kernel needs. Absolute times are this machine's. "
        "Instructions are those of user space (callgrind). tonistiigi/binfmt is in no package of Debian and was not measured.", "",
        "Bytes of the executable, stripped, all targets and applets: " + ", ".join(f"{name} {size:,}" for name, size in sizes.items()) + ".",
        *table(commands, figures), *grown]
    (HERE / "results.md").write_text("\n".join(text) + "\n", encoding="utf-8")
    rows = [(command.name, statistics.median(figures["register", command.name].wall), disk_bytes(command.needs))
            for command in commands if command.scene == "register"]
    (HERE / "time.svg").write_text(picture.bars("Register all entries: wall time, µs", [(n, t) for n, t, _ in rows]), encoding="utf-8")
    (HERE / "size.svg").write_text(picture.bars("What it needs on the disk, bytes", [(n, s) for n, _, s in rows]), encoding="utf-8")
    print("\n".join(text))


if __name__ == "__main__":
    main()
