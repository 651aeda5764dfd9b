# SPDX-License-Identifier: Apache-2.0
"""What is booted, and what each command has to answer."""

import json
import lzma
import os
import re
import shlex
import tarfile
from dataclasses import dataclass, field
from typing import Callable, Dict, List, Optional, Tuple, Union

import debian_tree
import fetch
from cpio import FOLDER, PANTAVISOR_HOOKS, File
from debian_root import Root, installed
from fetch import SERIES, Kernel, program_folder

REGISTRY = "/proc/sys/fs/binfmt_misc"
# Each machine's foreign program: its target, and the product's name of it.
FOREIGN = {"x86_64": ("aarch64", "arm64"), "arm64": ("x86_64", "x86_64"), "armv7": ("x86_64", "x86_64")}
NO_BINFMT_MISC = "this kernel has no binfmt_misc; load its module, if there is one, with: binfmtbox mount"
HINT = "binfmt-register: note: sudo and other setuid programs need --credential yes\n"

NO_GAP = "InstallTest.ReplacementHasNoGap"
# Tests of binfmt/ against the running kernel, with fewer rounds than elsewhere:
# emulated machines are slow.
KERNEL_TESTS = {
    "record_differential_test": "BINFMTBOX_RECORDS=5000",
    "match_differential_test": "BINFMTBOX_FILES=400",
    "guard_test": "",
    "install_test": f"GTEST_FILTER=-{NO_GAP}",
    "registry_test": "",
}

# None: all is well; else what is wrong.
Check = Callable[[str], Optional[str]]


@dataclass(frozen=True)
class Step:
    """A command, its words as a shell would take them, and what it has to answer."""

    command: str
    status: str = "0"
    output: Union[None, str, Check] = None

    def words(self) -> List[str]:
        return shlex.split(self.command)

    def judge(self, status: str, output: str) -> Optional[str]:
        """None, or what is wrong."""
        if not re.fullmatch(self.status, status):
            return f"status {status} instead of {self.status}"
        if self.output is None:
            return None
        if callable(self.output):
            return self.output(output)
        if output.rstrip("\n") != self.output.rstrip("\n"):
            return f"the output is not\n{self.output}"
        return None


@dataclass
class Plan:
    """One boot."""

    steps: List[Step]
    files: Dict[str, File]
    folders: List[str] = field(default_factory=list)
    links: Dict[str, str] = field(default_factory=dict)
    shell: bool = False  # busybox's sh is init and every tool, instead of init.cc
    limit: float = 300
    memory: int = 256
    cpus: int = 1
    parameters: str = ""  # further words of the kernel command line
    appended: bytes = b""  # behind the initramfs
    last: int = 0  # so many of the steps are run by busybox's init at shutdown
    switched: int = 0  # so many of the steps come after switch_root to /new, as its /after
    root: Optional[Root] = None  # boots into it; the steps are a unit's there


@dataclass(frozen=True)
class Scenario:
    name: str
    make: Callable[["Machine"], Plan]
    # Which kernels it is for.
    fits: Callable[[Kernel], bool] = lambda kernel: True
    # With which of an architecture's kernels --quick runs it: the oldest, the newest.
    quick: Tuple[int, ...] = (0, -1)


def escaped(data: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in data)


def starts_with(text: str) -> Check:
    return lambda output: None if output.startswith(text) else f"the output does not start with\n{text}"


class Machine:
    """What a scenario is made from: a kernel, and the programs for it."""

    def __init__(self, kernel: Kernel, binaries: str) -> None:
        self.kernel = kernel
        self.binaries = binaries
        self.target, self.foreign = FOREIGN[kernel.arch]
        self.emulator = f"/usr/bin/qemu-{self.target}-static"

    def is_before(self, major: int, minor: int) -> bool:
        found = re.match(r"(\d+)\.(\d+)", self.kernel.release)
        assert found
        return (int(found[1]), int(found[2])) < (major, minor)

    def built(self, name: str, arch: str = "") -> File:
        folder = {"binfmtbox": "", "binfmt": "packaging/image"}.get(name, "boot")
        suffix = {"initramfs": ".cpio.gz", "addon-binfmtbox": ".cpio.xz4"}.get(name, "")
        return File(os.path.join(self.binaries, folder, f"{name}_{arch or self.kernel.arch}{suffix}"))

    def packed_module(self, name: str = "binfmt_misc") -> str:
        """A module's path, as Debian has it."""
        return self.kernel.modules[fetch.MODULES[self.kernel.arch].index(name)]

    def module(self, name: str = "binfmt_misc") -> File:
        """The module, unpacked."""
        path = self.packed_module(name)
        with open(path, "rb") as file:
            data = file.read()
        return File(lzma.decompress(data) if path.endswith(".xz") else data, 0o644)

    def other_module(self) -> File:
        """One that another kernel for this architecture has."""
        series = SERIES[self.kernel.arch]
        other = fetch.kernel(self.kernel.arch, series[0] if self.kernel.series == series[-1] else series[-1])
        assert other
        return Machine(other, self.binaries).module()

    def module_path(self, suffix: str = "") -> str:
        return f"/lib/modules/{self.kernel.release}/kernel/fs/binfmt_misc.ko{suffix}"

    def pvrexport(self) -> Tuple[Dict, Dict[str, bytes]]:
        """Of pantavisor's archive: the part of a device's state, and the objects by their checksums."""
        with tarfile.open(os.path.join(self.binaries, "packaging/pantavisor", f"{self.kernel.arch}.pvrexport.tgz")) as tar:
            found = {member.name: file.read() for member in tar if (file := tar.extractfile(member))}
        prefix = "objects/"
        objects = {name[len(prefix):]: content for name, content in found.items() if name.startswith(prefix)}
        return json.loads(found["json"]), objects

    def product(self, emulator: bool = True) -> Dict[str, File]:
        """The product, a static emulator, and a foreign program in a folder of its own."""
        files = {"/binfmtbox": self.built("binfmtbox")}
        if emulator:
            files[self.emulator] = File(os.path.join(program_folder(self.kernel.arch), os.path.basename(self.emulator)))
            files["/chroot/hello"] = self.built("hello", self.foreign)
        return files

    def bring_up(self) -> Tuple[List[Step], Dict[str, File]]:
        """Mounts binfmt_misc, module and all, where there is not even /proc."""
        return [self.mounts(self.module_path())], {self.module_path(): self.module()}

    def mounts(self, module: str = "", options: str = "", command: str = "/binfmtbox mount") -> Step:
        """Mounts it with the module at this path, or with one that is loaded."""
        loaded = f"loaded the module {module}\n" if module else ""
        return Step(f"{command} {options}", "0", f"{loaded}mounted binfmt_misc on {REGISTRY}")

    def flags(self) -> str:
        # The kernel tells the emulator of flag P since 5.12.
        return "F" if self.is_before(5, 12) else "PF"

    def has_entry(self, output: str, release: str = "") -> Optional[str]:
        """Judges status --json after register. RELEASE: how the kernel's begins, if it is another one."""
        report = json.loads(output)
        if release and report["kernel"].startswith(release):
            report["kernel"] = self.kernel.release
        if wrong := self.is_sound(report):
            return wrong
        (entry,) = report["entries"]
        wanted = {
            "name": f"qemu-{self.target}", "enabled": True, "target": self.target,
            "flags": self.flags(), "interpreter": self.emulator,
        }
        found = {key: entry.get(key) for key in wanted}
        return None if found == wanted else f"entry {found} instead of {wanted}"

    def has_none(self, output: str) -> Optional[str]:
        """Judges status --json where nothing is registered."""
        report = json.loads(output)
        return self.is_sound(report) or (f"entries {report['entries']}" if report["entries"] else None)

    def is_sound(self, report: Dict) -> Optional[str]:
        wanted = {
            "dir": REGISTRY, "enabled": True, "read_only": False,
            "user_namespace": "first", "kernel": self.kernel.release,
        }
        found = {key: report.get(key) for key in wanted}
        return None if found == wanted else f"status {found} instead of {wanted}"


def use(machine: Machine, shell: bool = False) -> Plan:
    """From nothing to a foreign program, in a chroot without the emulator, and back."""
    up, files = machine.bring_up()
    name = f"qemu-{machine.target}"
    registered = f"{name}: registered, {machine.emulator}, flags {machine.flags()}"
    # The shell takes what the kernel refuses for a script.
    not_run = r"[1-9]\d*" if shell else "Exec format error"
    steps = [
        Step("/chroot/hello", not_run),
        *up,
        Step("/binfmtbox mount", "0", f"binfmt_misc is mounted on {REGISTRY} already"),
        Step("/binfmtbox status --json", "0", machine.has_none),
        Step(f"/binfmtbox register {machine.target}", "0", HINT + registered),
        Step("/binfmtbox status --json", "0", machine.has_entry),
        Step(f"/binfmtbox status {machine.target}"),
        Step("/chroot/hello a b", "42", f"hello from {machine.target}, user 0: /chroot/hello a b"),
        Step("chroot /chroot /hello in chroot", "42", f"hello from {machine.target}, user 0: /hello in chroot"),
        Step("/binfmtbox clear --ours", "0", f"{name}: removed"),
        Step("/binfmtbox status --json", "0", machine.has_none),
        Step("/chroot/hello", not_run),
    ]
    plan = Plan(steps, {**machine.product(), **files}, shell=shell)
    # The tools have to do without /proc; a folder for it is all that there is.
    plan.folders = ["proc"] if shell else []
    return plan


def no_module(machine: Machine) -> Plan:
    """The kernel's module is nowhere to be found: status 4, but for --if-possible."""
    mount = (f"this kernel has no binfmt_misc, and there is no module {machine.module_path()} (.xz, .zst, .gz): "
             "install this kernel's modules, or name the file with --module")
    note = "binfmt-{}: note: " + mount
    return Plan([
        Step("/binfmtbox mount", "4", f"binfmt-mount: {mount}"),
        Step("/binfmtbox mount --if-possible", "0", note.format("mount")),
        Step(f"/binfmtbox register {machine.target}", "4", f"binfmt-register: {NO_BINFMT_MISC}"),
        Step(f"/binfmtbox register --mount {machine.target}", "4", f"binfmt-register: {mount}"),
        Step(f"/binfmtbox register --mount --if-possible {machine.target}", "0", note.format("register")),
        Step("/binfmtbox status", "4", f"binfmt-status: {NO_BINFMT_MISC}"),
        Step("/binfmtbox clear --ours", "4", f"binfmt-clear: {NO_BINFMT_MISC}"),
    ], machine.product())


def module_file(machine: Machine) -> Plan:
    """The product loads a module that is named; of one that it can't load it says why."""
    module = machine.module().read()
    broken = (f"binfmt-mount: cannot load the module {{}}: it is damaged, no module, or built for another kernel or "
              f"machine than this ({machine.kernel.release}); see dmesg")
    files = {
        **machine.product(),
        "/good.ko": File(module, 0o644),
        "/short.ko": File(module[: len(module) // 2], 0o644),
        "/other.ko": machine.other_module(),
        "/text.ko": File(b"none\n", 0o644),
        "/empty.ko": File(b"", 0o644),
    }
    return Plan([
        Step("/binfmtbox mount --module /missing.ko", "4",
             "binfmt-mount: cannot open the module /missing.ko: No such file or directory"),
        *(Step(f"/binfmtbox mount --module /{name}.ko", "4", broken.format(f"/{name}.ko"))
          for name in ("short", "other", "text", "empty")),
        Step(f"/binfmtbox register --mount --module /other.ko --if-possible {machine.target}", "0",
             broken.format("/other.ko").replace("binfmt-mount:", "binfmt-register: note:")),
        machine.mounts("/good.ko", "--module /good.ko"),
        Step("/binfmtbox mount --module /good.ko", "0", f"binfmt_misc is mounted on {REGISTRY} already"),
    ], files)


def compressed_module(machine: Machine) -> Plan:
    """The product has the kernel unpack the module, where it can: Debian's from 6.12 on."""
    path = machine.module_path(".xz")
    packed = lzma.compress(machine.module().read(), check=lzma.CHECK_CRC32)
    files = {**machine.product(), path: File(packed, 0o644)}
    if machine.packed_module().endswith(".xz"):
        files[path] = File(machine.packed_module(), 0o644)
        files["/damaged.ko.xz"] = File(packed[: len(packed) // 2], 0o644)
        damaged = (f"binfmt-mount: cannot load the module /damaged.ko.xz: it is damaged, or this kernel "
                   f"({machine.kernel.release}) cannot unpack it; see dmesg")
        return Plan([
            Step("/binfmtbox mount --module /damaged.ko.xz", "4", damaged),
            machine.mounts(path),
        ], files)
    refused = (f"cannot load the module {path}: this kernel ({machine.kernel.release}) cannot unpack it; unpack it "
               "(xz -d, zstd -d, gzip -d), and name the result with --module")
    return Plan([
        Step("/binfmtbox mount", "4", f"binfmt-mount: {refused}"),
        Step(f"/binfmtbox register --mount --if-possible {machine.target}", "0", f"binfmt-register: note: {refused}"),
    ], files)


def lifetime(machine: Machine) -> Plan:
    """What lasts, and for how long: the first user namespace, other mount namespaces."""
    up, files = machine.bring_up()
    refused = (f"{{}}: binfmt_misc on {REGISTRY} is held by this process's mount namespace only, and all "
               "entries would go with it: mount it on the host first, or use --host (in a container: with "
               "--pid=host, a pod: hostPID: true), or stay with --hold")
    there = f"binfmt_misc is mounted on {REGISTRY} already"
    name = f"qemu-{machine.target}"
    # Debian's 6.1.176 drops them, too, though that came with 6.7.
    outlive = machine.is_before(6, 1)
    steps = [
        Step("mount -t proc proc /proc"),
        *up[:-1],
        # In a mount namespace that ends with its process.
        Step("unshare -m /binfmtbox mount", "6", refused.format("binfmt-mount")),
        Step("/binfmtbox status", "3"),
        Step(f"unshare -m /binfmtbox register --mount {machine.target}", "6", refused.format("binfmt-register")),
        Step("unshare -m /binfmtbox mount --host", "0", f"mounted binfmt_misc on {REGISTRY}"),
        Step("/binfmtbox status --json", "0", machine.has_none),
        # What PID 1's mount namespace holds lasts.
        Step("unshare -m /binfmtbox mount", "0", there),
        Step(f"unshare -m /binfmtbox register {machine.target}", "0"),
        Step("/binfmtbox status --json", "0", machine.has_entry),
        Step("chroot /chroot /hello", "42"),
        # Another user namespace sees the machine's entries.
        # The console is a terminal, and the line may be too long for it.
        Step("unshare -Urm /binfmtbox status", "0", starts_with(
            f"binfmt_misc: enabled on {REGISTRY}, user namespace: other, Linux")),
        Step("unshare -Urm /binfmtbox mount", "0", there),
        # The last mount goes.
        Step(f"umount {REGISTRY}"),
        Step("chroot /chroot /hello", "42" if outlive else r"[1-9]\d*"),
        Step("/binfmtbox mount"),
        Step("/binfmtbox status --json", "0", machine.has_entry if outlive else machine.has_none),
        Step(f"/binfmtbox register {machine.target}"),
        Step("/binfmtbox status --json", "0", machine.has_entry),
    ]
    return Plan(steps, {**machine.product(), **files}, folders=["proc"], shell=True)


def run(machine: Machine) -> Plan:
    """A foreign program without a handler on the machine, or why that can't be."""
    up, files = machine.bring_up()
    hello = f"hello from {machine.target}, user 0: /chroot/hello a"
    direct = "/binfmtbox run --or-direct /chroot/hello a"
    why = "before Linux 6.7 there is one binfmt_misc for all, so a command can't have handlers of its own"
    if machine.is_before(6, 7):
        steps = [
            Step("/binfmtbox run /chroot/hello a", "125",
                 f"binfmt-run: {why}; {machine.emulator} /chroot/hello starts it without (--or-direct)"),
            Step(direct, "42", f"binfmt-run: note: {why}; foreign programs that /chroot/hello starts have no handler\n"
                               f"{hello}"),
        ]
    else:
        steps = [
            Step("/binfmtbox run /chroot/hello a", "42", hello),
            Step("/binfmtbox run sh -c '/chroot/hello a'", "42", hello),
            Step(direct, "42", hello),
        ]
    return Plan([
        *up,
        *steps,
        # The machine's own binfmt_misc is as it was.
        Step("/binfmtbox status --json", "0", machine.has_none),
        Step("/chroot/hello", r"[1-9]\d*"),
        Step(f"/binfmtbox register --quiet {machine.target}"),
        # What runs is only started.
        Step("/binfmtbox run /chroot/hello a", "42", hello),
        Step("/binfmtbox run /chroot/nosuch", "127", "binfmt-run: /chroot/nosuch does not exist"),
    ], {**machine.product(), **files}, shell=True, folders=["proc"])


def cmdline(machine: Machine) -> Plan:
    """What the boot loader says; lines longer than a kernel takes stand in for /proc/cmdline."""
    up, files = machine.bring_up()
    name = f"qemu-{machine.target}"
    flags = "POCF" if machine.flags() == "PF" else "OCF"
    files["/long"] = File(b"x=" + b"y" * 6000 + f" binfmt.targets={machine.target}\n".encode(), 0o644)
    files["/too_long"] = File(b"x=" + b"y" * 70000 + b"\n", 0o644)
    files["/unknown"] = File(b'binfmt.targets="arm marvin"\n', 0o644)
    files["/flags"] = File(f"binfmt.targets={machine.target} binfmt.flags=CX\n".encode(), 0o644)
    registered = f"{name}: registered, {machine.emulator}, flags {{}}"

    def instead(path: str, words: str = "") -> str:
        return f"sh -c 'mount --bind {path} /proc/cmdline && /binfmtbox register --cmdline {words}; s=$?; " \
               "umount /proc/cmdline; exit $s'"

    steps = [
        Step("/binfmtbox register --mount --cmdline", "0", registered.format(flags)),
        Step("chroot /chroot /hello", "42"),
        Step("/binfmtbox clear --ours", "0", f"{name}: removed"),
        Step(instead("/long", "--dry-run"), "0", f"{name}: would be registered, {machine.emulator}, "
                                                 f"flags {machine.flags()}"),
        Step(instead("/too_long"), "1", "binfmt-register: cannot read /proc/cmdline: File too large"),
        Step(instead("/unknown"), "2"),
        Step(instead("/flags"), "2", 'binfmt-register: unknown flag "X" in binfmt.flags= of the kernel command line, '
                                     'which takes C, F and P; see "/binfmtbox register --help"'),
        Step("/binfmtbox status --json", "0", machine.has_none),
        Step(instead("/long"), "0", HINT + registered.format(machine.flags())),
    ]
    return Plan(steps, {**machine.product(), **files}, shell=True,
                parameters=f'other.targets=arm "binfmt.targets={machine.target}" binfmt.flags=C -- binfmt.targets=m68k')


def bad_machine(machine: Machine) -> Plan:
    """What stands read-only, emulators that are none: the reason, its status, and the boot goes on."""
    up, files = machine.bring_up()
    register = f"/binfmtbox register {machine.target}"
    name = f"qemu-{machine.target}"
    own = machine.built("binfmtbox").read()
    # A machine that none of these runs; e_machine is little-endian on all.
    files[f"/machine/{name}-static"] = File(own[:18] + b"\xf3\0" + own[20:])
    files[f"/target/{name}-static"] = machine.built("hello", machine.foreign)
    files[f"/empty/{name}-static"] = File(b"")
    files[f"/short/{name}-static"] = File(own[:40])
    files[f"/data/{name}-static"] = File(own, 0o644)
    files["/none/README"] = File(b"", 0o644)
    riscv = "riscv32" if machine.kernel.arch == "armv7" else "riscv64"
    # Newer packages have nothing for 64-bit targets there.
    too_new = " older than QEMU 10, which runs no 64-bit programs on a 32-bit system" * (machine.kernel.arch == "armv7")
    told = {
        "machine": f"{name}: interpreter /machine/{name}-static is built for {riscv}, which this machine does not run",
        "target": f"{name}: interpreter /target/{name}-static is built for {machine.target}, which this machine does "
                  "not run",
        "empty": f"{name}: interpreter /empty/{name}-static is neither an ELF file nor a script",
        "short": f"{name}: interpreter /short/{name}-static is neither an ELF file nor a script",
        "data": f"{name}: interpreter /data/{name}-static is not executable; make it so with: chmod +x "
                f"/data/{name}-static",
        "none": f"{name}: there is no {name}-static, {name} or {machine.target}-binfmt-P in /none; install "
                f"qemu-user-static{too_new}, or name one with --interpreter",
    }
    read_only = f"{REGISTRY} is mounted read-only; make it writable with: mount -o remount,rw {REGISTRY}"
    steps = [
        Step("mount -t proc -o ro proc /proc"),
        *up,
        Step(register, "0", starts_with(f"{HINT}{name}: registered, ")),
        Step("/binfmtbox clear --ours", "0"),
        Step(f"mount -o remount,ro {REGISTRY}"),
        Step(register, "5", f"binfmt-register: {read_only}"),
        Step(f"{register} --mount --if-possible", "0", f"binfmt-register: note: {read_only}"),
        Step(f"mount -o remount,rw {REGISTRY}"),
        # That is no matter of the kernel, so --if-possible changes nothing.
        *(Step(f"{register} --qemu-path /{folder} --if-possible", "1", f"binfmt-register: {text}")
          for folder, text in told.items()),
        Step("/binfmtbox register --qemu-path /none all", "1",
             "binfmt-register: there is no interpreter for any target in /none; install qemu-user-static, or name a "
             "directory with --qemu-path"),
        Step("/binfmtbox status --dir /none", "3"),
        Step(register, "0"),
        Step("chroot /chroot /hello", "42"),
    ]
    return Plan(steps, {**machine.product(), **files}, shell=True, folders=["proc"])


def shutdown(machine: Machine) -> Plan:
    """What flag F holds is released, and what holds /proc: both can be unmounted then, and not before."""
    up, files = machine.bring_up()
    name = f"qemu-{machine.target}"
    busy = "[1-9][0-9]*"
    note = ("binfmt-clear: note: before Linux 6.7, entries may stay in force without a mount\n"
            if machine.is_before(6, 7) else "")
    steps = [
        *up,
        Step("mount -t tmpfs -o size=32m tmpfs /root"),
        Step(f"cp {machine.emulator} /root/"),
        Step(f"/binfmtbox register --qemu-path /root {machine.target}", "0",
             f"{HINT}{name}: registered, /root/{name}-static, flags {machine.flags()}"),
        Step("chroot /chroot /hello", "42"),
        Step("umount /root", busy),
        Step("umount /proc", busy),
        Step("/binfmtbox clear --unmount --dry-run", "0",
             note + f"binfmt_misc on {REGISTRY}: would be unmounted"),
        Step("/binfmtbox clear --ours --unmount", "0",
             note + f"{name}: removed\nbinfmt_misc on {REGISTRY}: unmounted"),
        Step("umount /root"),
        Step("/binfmtbox clear --ours --unmount", "0", note + f"binfmt_misc on {REGISTRY}: not mounted"),
        Step("umount /proc"),
    ]
    return Plan(steps, {**machine.product(), **files}, shell=True, folders=["proc", "root"])


def poison(machine: Machine) -> Plan:
    """Rules that would stop the machine, on a machine that could be stopped."""
    up, files = machine.bring_up()
    with open(machine.built("binfmtbox").content, "rb") as file:
        own = file.read(20)
    machine_bytes = escaped(own[18:20])
    rules = {
        "own": f"M:0:{escaped(own)}:",
        "mask": f"M:0:{escaped(own)}:{escaped(bytes([255] * 7 + [0] * 9 + [254, 255, 255, 255]))}",
        "machine": f"M:18:{machine_bytes}:",
        "elf": r"M:0:\x7fELF:",
        "first": r"M:0:\x7f:",
        "padding": r"M:9:\x00:",
        "script": "M:0:#!:",
        "hash": "M:0:#:",
        "zero": r"M:0:MZ:\x00\x00",
    }
    steps = list(up)
    for name, rule in rules.items():
        # Each further step shows that a native program still starts.
        record = f":{name}:{rule}:{machine.emulator}:F"
        steps.append(Step(f"/binfmtbox register --ignore-family yes --replace --rule '{record}'", "1",
                          starts_with(f"binfmt-register: refused to register {name}: it")))
    steps.append(Step("/binfmtbox status --json", "0", machine.has_none))
    return Plan(steps, {**machine.product(), **files})


def linux_7_3(machine: Machine) -> Plan:
    """What the kernel took up in 7.3: flags, removal by unlink(2), a limit."""
    up, files = machine.bring_up()
    flags = {"t": ("T", "OT"), "l": ("L", "L"), "lf": ("LF", "FL"), "d": ("D", "D")}
    excluded = {"tp": "TP", "lo": "LO", "lp": "LP", "lc": "LC", "lt": "LT", "all": "POCFTLD"}

    def rule(name: str, letters: str) -> str:
        return f"/binfmtbox register --rule ':{name}:M::ABCD{name}.::{machine.emulator}:{letters}'"

    def has_flags(output: str) -> Optional[str]:
        found = {entry["name"]: (entry["flags"], entry["enabled"]) for entry in json.loads(output)["entries"]}
        # The kernel does not show D.
        wanted = {name: (shown.replace("D", ""), "D" not in shown) for name, (_, shown) in flags.items()}
        return None if found == wanted else f"entries {found} instead of {wanted}"

    limit = "/proc/sys/user/max_binfmt_misc_interpreters"
    full = (f"binfmt-register: cannot register qemu-{machine.target}: the user namespace's limit of interpreters held "
            "by flag F is reached (sysctl user.max_binfmt_misc_interpreters)")
    steps = [
        Step("mount -t proc proc /proc"),
        *up,
        *(Step(rule(name, letters), "0", f"{name}: registered, {machine.emulator}, flags {shown}")
          for name, (letters, shown) in flags.items()),
        *(Step(rule(name, letters), "1") for name, letters in excluded.items()),
        Step("/binfmtbox register --rule ':b:B::handler::x:'", "1"),
        Step("/binfmtbox status --json", "0", has_flags),
        Step(f"rm {REGISTRY}/t"),
        Step("/binfmtbox clear --all", "0", "d: removed\nlf: removed\nl: removed"),
        Step(f"sh -c 'echo 0 > {limit}'"),
        Step(f"/binfmtbox register {machine.target}", "1", full),
        Step(f"/binfmtbox register --persistent no {machine.target}"),
        Step("chroot /chroot /hello", r"[1-9]\d*"),
        Step("/chroot/hello", "42"),
    ]
    return Plan(steps, {**machine.product(), **files}, folders=["proc"], shell=True)


def kernel_tests(machine: Machine) -> Plan:
    """The tests that ask the kernel, in the machine's own, first namespaces."""
    up, files = machine.bring_up()
    files["/binfmtbox"] = machine.built("binfmtbox")
    steps = list(up)
    for name, settings in KERNEL_TESTS.items():
        files[f"/{name}"] = machine.built(name)
        steps.append(Step(f"BINFMTBOX_BOOT_TEST=1 {settings} /{name} --gtest_brief=1"))
    return Plan(steps, files, folders=["tmp"])


def no_gap(machine: Machine) -> Plan:
    """A thousand replacements while programs start, where the kernel takes no lock to find their entry."""
    up, files = machine.bring_up()
    files["/binfmtbox"] = machine.built("binfmtbox")
    files["/install_test"] = machine.built("install_test")
    steps = [*up, Step(f"BINFMTBOX_BOOT_TEST=1 GTEST_FILTER={NO_GAP} /install_test --gtest_brief=1")]
    return Plan(steps, files, folders=["tmp"], cpus=2)


BOX = "/usr/local/sbin/binfmtbox"
# Modules that find the disk, and nothing else: a smaller initramfs, made sooner.
INITRAMFS_TOOLS = """
printf 'MODULES=list\\nCOMPRESS=gzip\\n' >/etc/initramfs-tools/conf.d/test
printf 'virtio_pci\\nvirtio_blk\\next4\\n' >/etc/initramfs-tools/modules
systemctl -q mask serial-getty@ttyS0.service
systemctl -q enable boot_test {units}
mkinitramfs -o /initrd "$release"
"""
DRACUT = """
systemctl -q mask serial-getty@ttyS0.service
systemctl -q enable boot_test
dracut --quiet --no-hostonly --gzip --modules 'dash kernel-modules rootfs-block udev-rules base fs-lib binfmtbox' \\
  --drivers 'virtio_pci virtio_blk ext4' --add-drivers binfmt_misc /initrd "$release"
"""


def settings(machine: Machine) -> File:
    return File(f'BINFMTBOX_EMULATORS="{machine.emulator}"\n'.encode(), 0o644)


def root_plan(machine: Machine, make_initramfs: str, files: Dict[str, File], steps: List[Step]) -> Plan:
    product = machine.product(emulator=True)
    everything = {BOX: product["/binfmtbox"], "/chroot/hello": product["/chroot/hello"], **files}
    root = Root(everything, make_initramfs, f"systemd.show_status=0 binfmt.targets={machine.target}")
    return Plan(steps, {}, memory=512, root=root)


def survives(machine: Machine, systemd_binfmt: str) -> List[Step]:
    """Entry and mount have come over from the initramfs, and nothing failed."""
    return [
        Step(f"{BOX} status --json", "0", lambda output: machine.has_entry(output, "6.1.")),
        Step("chroot /chroot /hello", "42", f"hello from {machine.target}, user 0: /hello"),
        Step("systemctl is-active systemd-binfmt.service", ".*", systemd_binfmt),
        Step("systemctl --failed --no-legend --plain", "0", ""),
        Step("sh -c 'grep -c binfmt_misc /proc/mounts'", "0", "1"),
    ]


def initramfs_tools(machine: Machine) -> Plan:
    """Entries of the initramfs survive, though the emulator is nowhere in the root any more."""
    files = installed("initramfs-tools", {
        "/etc/initramfs-tools/hooks/binfmtbox": "hook",
        "/etc/initramfs-tools/scripts/init-bottom/binfmtbox": "script",
    })
    files["/etc/initramfs-tools/conf.d/binfmtbox"] = settings(machine)
    files[machine.emulator] = machine.product()[machine.emulator]
    make = INITRAMFS_TOOLS.format(units="") + f"rm {machine.emulator}\n"
    return root_plan(machine, make, files, survives(machine, "inactive"))


def flush(machine: Machine) -> Plan:
    """systemd-binfmt takes all entries out and brings ours back, beside another package's."""
    plan = initramfs_tools(machine)
    assert plan.root
    plan.root.make_initramfs = INITRAMFS_TOOLS.format(units="")
    plan.root.files["/usr/lib/binfmt.d/other.conf"] = File(b":other:E::other::/bin/true:\n", 0o644)
    steps = survives(machine, "active")
    steps[0] = Step(f"{BOX} status {machine.target} other")
    plan.steps = [
        *steps,
        Step("systemctl restart systemd-binfmt.service"),
        Step(f"{BOX} status {machine.target} other"),
        Step("chroot /chroot /hello", "42"),
    ]
    return plan


def dracut(machine: Machine) -> Plan:
    """The same hand-over by dracut."""
    files = installed("dracut", {
        "/usr/lib/dracut/modules.d/90binfmtbox/module-setup.sh": "90binfmtbox/module-setup.sh",
        "/usr/lib/dracut/modules.d/90binfmtbox/binfmtbox.sh": "90binfmtbox/binfmtbox.sh",
    })
    files["/etc/binfmtbox.conf"] = settings(machine)
    files[machine.emulator] = machine.product()[machine.emulator]
    return root_plan(machine, DRACUT + f"rm {machine.emulator}\n", files, survives(machine, "inactive"))


def systemd(machine: Machine) -> Plan:
    """The unit, where the initramfs knows nothing of us: after systemd-binfmt, and again with it."""
    files = installed("systemd", {
        "/etc/systemd/system/binfmtbox.service": "binfmtbox.service",
        "/etc/default/binfmtbox": "binfmtbox.default",
    })
    files[machine.emulator] = machine.product()[machine.emulator]
    files["/etc/default/binfmtbox"] = File(
        files["/etc/default/binfmtbox"].read().replace(b'TARGETS=""', b'TARGETS="all"'), 0o644)
    files["/usr/lib/binfmt.d/other.conf"] = File(b":other:E::other::/bin/true:\n", 0o644)
    # As Debian has it, for the old e_machine.
    taken = rb":\x7fELF\x01\x02\x01" + rb"\x00" * 10 + rb"\x02\xba\xab:" + rb"\xff" * 17 + rb"\xfe\xff\xff:"
    files["/usr/lib/binfmt.d/qemu-microblaze.conf"] = File(b":qemu-microblaze:M:" + taken + b"/bin/true:POF\n", 0o644)
    theirs = Step(f"sh -c 'grep -c baab {REGISTRY}/qemu-microblaze'", "0", "1")
    steps = survives(machine, "active")
    steps[0] = Step(f"{BOX} status {machine.target} other")
    # An automount point, and what is mounted there.
    steps[-1] = Step("sh -c 'grep -c binfmt_misc /proc/mounts'", "0", "2")
    return root_plan(machine, INITRAMFS_TOOLS.format(units="binfmtbox"), files, [
        *steps,
        theirs,
        Step("systemctl restart systemd-binfmt.service"),
        # Waits for the start that the restart has brought about.
        Step("systemctl start binfmtbox.service"),
        Step(f"{BOX} status {machine.target} other"),
        Step("systemctl stop binfmtbox.service"),
        Step(f"{BOX} status {machine.target}", "1"),
        Step(f"{BOX} status other"),
        theirs,
        Step("systemctl --failed --no-legend --plain", "0", ""),
    ])


def addition(machine: Machine) -> Plan:
    """//boot:initramfs behind another initrd: its links, each an applet."""
    files = machine.product()
    del files["/binfmtbox"]
    files[machine.module_path()] = machine.module()
    name = f"qemu-{machine.target}"
    return Plan([
        machine.mounts(machine.module_path(), command=f"{FOLDER}/binfmt-mount"),
        Step(f"{FOLDER}/binfmt-register {machine.target}", "0",
             f"{HINT}{name}: registered, {machine.emulator}, flags {machine.flags()}"),
        Step(f"{FOLDER}/binfmt-status {machine.target}"),
        Step("chroot /chroot /hello", "42"),
        Step(f"{FOLDER}/binfmt-clear --all", "0", f"{name}: removed"),
        Step(f"{FOLDER}/binfmtbox --list", "0", "mount\nregister\nstatus\nclear\nrun"),
    ], files, appended=machine.built("initramfs").read())


def container_image(machine: Machine) -> Plan:
    """The container image's program, where it is not in a user namespace of its own."""
    name = f"qemu-{machine.target}"
    words = {"aarch64": "linux/arm64", "arm64": "linux/arm64", "armv7": "linux/arm/v7", "x86_64": "linux/amd64"}
    platform, own = words[machine.target], words[machine.kernel.arch]
    files = {**machine.product(), "/binfmt": machine.built("binfmt"), "/module": machine.module()}
    # As if the container's image had no modules; the host has, but not loaded.
    away = machine.module_path()
    none = f"there is no module {away}"

    def state(emulators: List[str]) -> Check:
        def judge(output: str) -> Optional[str]:
            found = json.loads(output)
            if found["emulators"] != emulators or (platform in found["supported"]) != bool(emulators) or (
                    own not in found["supported"]):
                return f"state {found}"
            return None
        return judge

    def has(words: str) -> Check:
        return lambda output: None if words in output else f"the output lacks {words}"

    return Plan([
        Step("mount -t proc proc /proc"),
        # Every container has it. Where TOMOYO is on (Debian's 5.10), execveat(2) of a memfd looks its name up there.
        Step("sh -c 'mkdir -p /dev && ln -s /proc/self/fd /dev/fd'"),
        Step("/binfmt", "4", has(none)),
        Step(f"/binfmt --install {machine.target}", "4", has(none)),
        Step(f"unshare -mpf --mount-proc /binfmt --install {machine.target}", "4",
             starts_with(
                 f"binfmt-register: this kernel has no binfmt_misc, and {none} (.xz, .zst, .gz): install this kernel's "
                 "modules, or name the file with --module; in a container: load it on the host, or use "
                 "--pid=host (a pod: hostPID: true)")),
        Step(f"sh -c 'mkdir -p {os.path.dirname(away)} && ln -s /module {away}'"),
        # docker run --privileged: a PID 1 of its own, and the host has not mounted binfmt_misc.
        Step(f"unshare -mpf --mount-proc /binfmt --install {machine.target}", "6", has("--pid=host")),
        Step(f"unshare -mpf --mount-proc /binfmt register --mount --host {machine.target}", "5",
             "binfmt-register: PID 1 is this container's own, not the host's, so --host can't work: start the "
             "container with --pid=host (a pod: hostPID: true)"),
        Step("/binfmtbox status", "3"),
        # docker run --privileged --pid=host
        Step(f"unshare -m /binfmt --install {machine.target}", "0", state([name])),
        Step("chroot /chroot /hello", "42"),
        Step("unshare -m /binfmt --install all", "0", state([name])),
        Step("unshare -m /binfmt", "0", state([name])),
        Step("unshare -m /binfmt --uninstall 'qemu-*'", "0", state([])),
        Step("chroot /chroot /hello", r"[1-9]\d*"),
    ], files, folders=["proc"], shell=True)


# PID 1 where OpenRC is no more than what it starts.
OPENRC_INIT = b"""#!/bin/sh
PATH=/usr/sbin:/usr/bin:/sbin:/bin
mountpoint -q /proc || mount -t proc proc /proc
mountpoint -q /run || mount -t tmpfs tmpfs /run
mkdir -p /run/openrc
touch /run/openrc/softlevel
openrc default </dev/null
exec /boot_test
"""


def openrc(machine: Machine) -> Plan:
    """The service, started with its runlevel."""
    files = installed("openrc", {"/etc/init.d/binfmtbox": "binfmtbox"})
    files["/etc/conf.d/binfmtbox"] = File(f'BINFMTBOX_TARGETS="{machine.target}"\n'.encode(), 0o644)
    files["/openrc_init"] = File(OPENRC_INIT)
    files[machine.emulator] = machine.product()[machine.emulator]
    make = INITRAMFS_TOOLS.format(units="") + "rc-update add binfmtbox default\n"
    plan = root_plan(machine, make, files, [
        Step("rc-service binfmtbox status"),
        Step("chroot /chroot /hello", "42"),
        Step("rc-service binfmtbox restart"),
        Step("rc-service binfmtbox status"),
        Step("rc-service binfmtbox stop"),
        Step("rc-service binfmtbox status", "[1-9][0-9]*"),
        Step(f"{BOX} status {machine.target}", "1"),
        Step("chroot /chroot /hello", "[1-9][0-9]*"),
    ])
    assert plan.root
    plan.root.parameters = "init=/openrc_init"
    return plan


def busybox_init(machine: Machine) -> Plan:
    """Plain busybox as init: a line of rcS, a line of inittab."""
    files = machine.product()
    files["/sbin/binfmtbox"] = files.pop("/binfmtbox")
    files.update(installed("busybox", {"/etc/init.d/rcS": "rcS"}))
    files["/etc/inittab"] = File(installed("busybox", {"/": "inittab"})["/"].read()
                                 + b"::once:/steps\n::shutdown:/last\n", 0o644)
    files[machine.module_path()] = machine.module()
    return Plan([
        Step("/sbin/binfmtbox status --json", "0", machine.has_entry),
        Step("chroot /chroot /hello", "42"),
        # Nobody sees anything but the kernel's log so early.
        Step("mount -t devtmpfs dev /dev"),
        Step("/sbin/binfmtbox register --kmsg --qemu-path /none all", "1", ""),
        Step("sh -c 'dmesg | grep -o binfmt-register:.*'", "0",
             "binfmt-register: there is no interpreter for any target in /none; install qemu-user-static, or name a "
             "directory with --qemu-path"),
        # After the line of inittab.
        Step("umount /proc"),
        Step("chroot /chroot /hello", r"[1-9]\d*"),
    ], files, last=2)


def pantavisor(machine: Machine) -> Plan:
    """pantavisor as far as its hooks: PID 1 in the initramfs, containers without user namespaces."""
    hooks = "/usr/lib/pantavisor/pv"
    start, mount = f"{hooks}/hooks/system.d/50-binfmtbox", f"{hooks}/hooks_lxc-mount.d/50-binfmtbox"
    files = machine.product()
    files["/usr/bin/binfmtbox"] = files.pop("/binfmtbox")
    files.update(installed("pantavisor", {start: "50-binfmtbox", mount: "50-binfmtbox"}))
    files["/modules.squashfs/binfmt_misc.ko"] = machine.module()
    files["/other/hello"] = files["/chroot/hello"]
    files["/required"] = File(b"BINFMTBOX_REQUIRED=yes\nBINFMTBOX_OPTIONS='--qemu-path /none'\n", 0o644)
    hello = f"hello from {machine.target}, user 0: /hello"
    module = machine.module_path()
    none = f"binfmt-register: note: this kernel has no binfmt_misc, and there is no module {module} " \
           "(.xz, .zst, .gz): install this kernel's modules, or name the file with --module"
    missing = "binfmt-register: there is no interpreter for any target in /none; install qemu-user-static, or name a " \
              "directory with --qemu-path"
    return Plan([
        Step("mount -t proc -o nosuid,nodev,noexec proc /proc"),
        Step("mount -t devtmpfs dev /dev"),
        # At system-start the modules are not there yet.
        Step(f"env PV_OP=system-start {start}", "0", none),
        Step("sh -c 'dmesg | grep -o binfmt-register:.*'", "0", none),
        Step("/usr/bin/binfmtbox status", "4"),
        Step(f"sh -c 'mkdir -p {os.path.dirname(module)} && ln -s /modules.squashfs/binfmt_misc.ko {module}'"),
        # LXC's mount hook: the container's mount and pid namespaces, and the host's /proc.
        Step(f"unshare -mpf {mount} myapp lxc mount", "0", ""),
        Step("/usr/bin/binfmtbox status --json", "0", machine.has_entry),
        Step("sh -c 'grep -c binfmt_misc /proc/mounts'", "0", "1"),
        Step(f"unshare -mpf {mount} another lxc mount", "0", ""),
        Step(f"env PV_OP=system-start {start}", "0", ""),
        Step("/usr/bin/binfmtbox status --json", "0", machine.has_entry),
        # Containers: roots of their own without an emulator, mount namespaces of their own.
        Step("unshare -m chroot /chroot /hello", "42", hello),
        Step("unshare -m -p -f chroot /other /hello", "42", hello),
        # What fails is a reason to stop only where that is said, and a revision on trial.
        Step("cp /required /etc/binfmtbox.conf"),
        Step(f"env PV_OP=system-start PV_TRYBOOT=true {start}", "1", missing),
        Step(f"env PV_OP=system-start PV_TRYBOOT=false {start}", "0", missing),
        Step(f"env PV_TRYBOOT=true unshare -mpf {mount} myapp lxc mount", "0", missing),
        Step("sed -i s/yes/no/ /etc/binfmtbox.conf"),
        Step(f"env PV_OP=system-start PV_TRYBOOT=true {start}", "0", missing),
        Step(f"env PV_OP=system-done {start}", "0", ""),
    ], files, folders=["proc", "etc"], shell=True)


def pantavisor_addon(machine: Machine) -> Plan:
    """The addon of pantavisor's initramfs, as the kernel unpacks it: program, hooks and emulators."""
    start, mount = (f"{folder}/50-binfmtbox" for folder in PANTAVISOR_HOOKS)
    files = {"/chroot/hello": machine.built("hello", machine.foreign), machine.module_path(): machine.module()}
    hello = Step("unshare -m chroot /chroot /hello", "42", f"hello from {machine.target}, user 0: /hello")
    return Plan([
        Step("mount -t proc -o nosuid,nodev,noexec proc /proc"),
        Step("mount -t devtmpfs dev /dev"),
        Step(f"env PV_OP=system-start {start}", "0", ""),
        hello,
        Step("binfmtbox clear --all --quiet", "0", ""),
        Step(f"unshare -mpf {mount} myapp lxc mount", "0", ""),
        hello,
    ], files, folders=["proc"], shell=True, appended=machine.built("addon-binfmtbox").read())


def overlay(machine: Machine) -> Plan:
    """An emulator on overlayfs, as in containers, whose old kernels refuse to read what was leased."""
    up, files = machine.bring_up()
    name = f"qemu-{machine.target}"
    files["/overlay.ko"] = machine.module("overlay")
    return Plan([
        *up,
        Step("insmod /overlay.ko"),
        Step("sh -c 'mount -t tmpfs tmpfs /upper && mkdir /upper/files /upper/work'"),
        Step("mount -t overlay -o lowerdir=/usr/bin,upperdir=/upper/files,workdir=/upper/work overlay /merged"),
        Step(f"/binfmtbox register --qemu-path /merged {machine.target}", "0",
             f"{HINT}{name}: registered, /merged/{name}-static, flags {machine.flags()}"),
        Step("chroot /chroot /hello", "42"),
        # The kernel has nothing to complain of.
        Step("sh -c 'dmesg | grep -c WARNING'", "1", "0"),
    ], {**machine.product(), **files}, folders=["proc", "upper", "merged"], shell=True)


# What pvr makes of a Docker image, in short.
FOREIGN_CONF = b"""\
lxc.rootfs.path = overlayfs:/volumes/foreign/root.squashfs:/volumes/foreign/lxc-overlay/upper
lxc.init.cmd = /app
lxc.namespace.keep = user net ipc
lxc.console.path = none
lxc.mount.auto = proc sys:rw
"""
# An app for x86_64 whose programs need their loader and their libraries, one of them those of i386.
FOREIGN_APP = b"""#!/bin/sh
exec >/out 2>&1
dpkg --version
perl -e 'print 6 * 7, "\\n"'
printf 'b\\na\\n' | sort | tail -n 1
hello
"""
FOREIGN_OUT = r"Debian 'dpkg' package management program version \S+ \(amd64\)\.\n(?s:.*)\n42\nb\nHello, world!\n*"


def matches(pattern: str) -> Check:
    return lambda output: None if re.fullmatch(pattern, output) else f"the output does not match\n{pattern}"


def lxc(machine: Machine) -> Plan:
    """The container of pantavisor's archive, run by LXC as pantavisor does, beside one of an x86_64 Debian."""
    arch = machine.kernel.arch
    release = machine.kernel.release
    root = "/volumes/foreign/root.squashfs"
    files: Dict[str, File] = {"/binfmtbox": machine.built("binfmtbox")}
    links: Dict[str, str] = {f"{root}/bin/sh": "dash"}
    for name, architecture, place in (("lxc", fetch.DEBIAN[arch][0], ""), ("root", "amd64", root), ("hello", "i386", root)):
        more_files, more_links = debian_tree.contents(name, architecture, place)
        files.update(more_files)
        links.update(more_links)
    files[f"{root}/app"] = File(FOREIGN_APP)
    files["/foreign.conf"] = File(FOREIGN_CONF, 0o644)
    state, objects = machine.pvrexport()
    files["/binfmt.conf"] = File(objects[state["binfmt/lxc.container.conf"]], 0o644)
    files["/root.squashfs"] = File(objects[state["binfmt/root.squashfs"]], 0o644)
    # Without it, LXC's own is SIGPWR.
    halt = b"lxc.signal.halt = SIGTERM\n"
    files["/sigpwr.conf"] = File(objects[state["binfmt/lxc.container.conf"]].replace(halt, b""), 0o644)
    for name in ("loop", "overlay", "squashfs"):
        files[f"/{name}.ko"] = machine.module(name)
    files[machine.module_path()] = machine.module()

    mount_point = "-s lxc.rootfs.mount=/rootfs"
    start = f"lxc-start -n binfmt {mount_point} -f"
    # pantavisor adds that where the device has modules.
    modules = f"-s 'lxc.mount.entry=/lib/modules/{release} lib/modules/{release} none bind,ro,create=dir 0 0'"
    note = "binfmt-register: note: "
    no_module = (f"{note}this kernel has no binfmt_misc, and there is no module {machine.module_path()} (.xz, .zst, .gz): "
                 "install this kernel's modules, or name the file with --module; in a container: load it on the host, or "
                 "use --pid=host (a pod: hostPID: true)")
    denied = (f"{note}cannot mount binfmt_misc on {REGISTRY}: Operation not permitted; it takes CAP_SYS_ADMIN in this "
              "user namespace: run it as root, in a container with --privileged (a pod: privileged: true)")
    registered = HINT + "\n".join(
        f"binfmt-register: qemu-{name}: registered, /usr/bin/qemu-{name}-static, flags {machine.flags()}"
        for name in ("x86_64", "i386"))
    # Before Linux 6.1 entries outlive the container. What they hold is of an overlay that is gone, and of such
    # files the kernel can't be asked.
    kept = ("binfmt-register: note: entries that hold, or may hold, another file than the one that is now at the "
            "interpreter's path: 2; --replace swaps them\n")
    again = (kept + registered[len(HINT):].replace("registered", "unchanged") if machine.is_before(6, 1) else registered)

    def log(text: str) -> Step:
        """The kernel's log since the last such step; waits for the last line of TEXT."""
        last = text.rstrip("\n").rsplit("\n", 1)[-1]
        quoted = shlex.quote(last[:60])
        return Step("sh -c " + shlex.quote(f"until dmesg | grep -qF {quoted}; do sleep 1; done; "
                                           "dmesg -c | grep -o 'binfmt-register: .*'"), "0", text)

    # It ends before LXC would kill it, which --nokill forbids.
    stop = [Step("lxc-info -n binfmt -sH", "0", "RUNNING"), Step("lxc-stop -n binfmt --nokill"),
            Step("lxc-info -n binfmt", "1", "binfmt doesn't exist")]
    foreign = f"lxc-start -F -n foreign {mount_point} -f /foreign.conf"
    not_run = Step(foreign, "1", lambda output: None if 'Exec format error - Failed to exec "/app"' in output else
                   "it does not tell why")
    shell, hello = (f"chroot {{}} {words}" for words in ("sh -c 'echo foreign'", "hello"))
    steps = [
        Step("sh -c 'mount -t proc proc /proc && mount -t sysfs sysfs /sys && mount -t devtmpfs dev /dev && "
             "mount -t tmpfs run /run && mount -t cgroup2 cgroup /sys/fs/cgroup'"),
        Step("sh -c 'for name in loop squashfs overlay; do insmod /$name.ko || exit; done'"),
        Step("sh -c 'for name in binfmt foreign; do mount -t tmpfs tmpfs /volumes/$name/lxc-overlay && "
             "mkdir /volumes/$name/lxc-overlay/upper || exit; done'"),
        Step("mount -t squashfs -o loop,ro /root.squashfs /volumes/binfmt/root.squashfs"),
        # Nothing is there to register with: the container stays, the foreign one can't start.
        not_run,
        Step(f"/binfmtbox status --match {root}/bin/dash", "4", f"binfmt-status: {NO_BINFMT_MISC}"),
        Step(f"{start} /binfmt.conf"),
        log(no_module),
        not_run,
        *stop,
        # As pantavisor has it: a module that nobody loaded.
        Step(f"{start} /binfmt.conf {modules}"),
        log(registered),
        Step(foreign),
        Step("cat /volumes/foreign/lxc-overlay/upper/out", "0", matches(FOREIGN_OUT)),
        *stop,
        # As if it were built into the kernel.
        Step(f"{start} /sigpwr.conf"),
        log(again),
        Step(hello.format(root), "0", "Hello, world!"),
        *stop,
        Step(f"{start} /binfmt.conf -s lxc.cap.drop=sys_admin"),
        log(denied),
        *stop,
        # The same emulators from an initramfs, one of them without flag F.
        Step("sh -c 'cp /volumes/binfmt/root.squashfs/usr/bin/qemu-* /usr/bin/'"),
        Step("/binfmtbox register --mount --replace --quiet x86_64"),
        Step("/binfmtbox register --replace --quiet --persistent no i386"),
        Step(shell.format(root), "0", "foreign"),
        Step(hello.format(root), "127"),
        Step("sh -c 'mount -t tmpfs new /new && mkdir /new/bin /new/proc && cp /bin/busybox /new/bin/ && "
             f"cp /binfmtbox /after /new/ && cp -a {root} /new/foreign && mount --move /proc /new/proc'"),
        # After switch_root, which removes what was in the initramfs.
        Step("ls -1 /", "0", "after\nbin\nbinfmtbox\nforeign\nproc"),
        Step(shell.format("/foreign"), "0", "foreign"),
        Step(hello.format("/foreign"), "127"),
    ]
    folders = ["proc", "sys", "dev", "run", "new", "rootfs", "var/lib/lxc", "volumes/binfmt/root.squashfs",
               "volumes/binfmt/lxc-overlay", "volumes/foreign/lxc-overlay"]
    folders += [f"{root}/{name}" for name in ("dev", "proc", "sys", "tmp", "run")]
    # LXC wants a profile of AppArmor where that is on.
    return Plan(steps, files, folders, links, shell=True, limit=480, memory=768, parameters="apparmor=0", switched=3)


# The steps that a shell needs for the same, with magic, interpreter and family of each
# target in variables. The records are those of binfmtbox, so that both do the same work.
SHELL_REGISTERS = b"""#!/bin/sh
set -e
. /records
grep -q " REGISTRY binfmt_misc " /proc/mounts || mount -t binfmt_misc binfmt_misc REGISTRY
host=$(uname -m)
for name in $names; do
  record=$(eval "printf %s \\"\\$record_$name\\"")
  interpreter=$(eval "printf %s \\"\\$interpreter_$name\\"")
  family=$(eval "printf %s \\"\\$family_$name\\"")
  [ "$family" != "$host" ] || continue
  [ -x "$interpreter" ] || continue
  printf '%s' "$record" >REGISTRY/register
done
"""
# Makes these variables of what --binfmt-d left.
SHELL_RECORDS = """sh -c '
for conf in /run/records/*.conf; do
  name=$(basename $conf .conf | sed s/.*box-// | tr - _)
  names="$names $name"
  echo "record_$name=\\"$(cat $conf)\\" interpreter_$name=$(cut -d: -f7 $conf) family_$name=$name"
done >/records
echo "names=\\"$names\\"" >>/records
cat /records | wc -l'"""


def numbers(machine: Machine) -> Plan:
    """From exec to all targets registered: system calls, and time as the machine sees it."""
    up, files = machine.bring_up()
    files["/trace"] = machine.built("trace")
    files["/shell"] = File(SHELL_REGISTERS.replace(b"REGISTRY", REGISTRY.encode()))
    # One emulator under every target's name.
    emulator = os.path.join(program_folder(machine.kernel.arch), os.path.basename(machine.emulator))
    files["/emulators/emulator"] = File(emulator)
    links = {f"/emulators/qemu-{name}-static": "emulator" for name in table_targets()}
    register = "/binfmtbox register --quiet --qemu-path /emulators all"
    clear = Step("/binfmtbox clear --all --quiet")
    steps = [*up, Step("mkdir -p /run"), Step(f"{register} --binfmt-d /run/records"), Step(SHELL_RECORDS), clear]
    # On both sides as many: all but those that the machine runs itself.
    count = Step(f"sh -c 'ls {REGISTRY} | grep -c qemu'", "0", lambda found: None if int(found) > 30 else "too few")
    for words in ("/trace", "/trace -t", "/trace -t", "/trace -t"):
        steps += [Step(f"{words} {register}"), count, clear, Step(f"{words} /bin/sh /shell"), count, clear]
    return Plan(steps, {"/binfmtbox": machine.built("binfmtbox"), **files}, shell=True, links=links)


def table_targets() -> List[str]:
    """What the emulators of the table of architectures are for."""
    path = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "arch_table", "targets.txt")
    with open(path, encoding="utf-8") as file:
        rows = re.findall(r"^target (\S+)(.*)$", file.read(), re.M)
    named = [(name, re.search(r"\binterpreter=(\S+)", facts)) for name, facts in rows]
    return sorted({found[1] if found else name for name, found in named})


def boots_root(kernel: Kernel) -> bool:
    """The root has one kernel of its own, and is for one architecture."""
    return (kernel.arch, kernel.series) == ("x86_64", "6.1")


SCENARIOS = (
    Scenario("alone", use),
    Scenario("busybox", lambda machine: use(machine, shell=True)),
    Scenario("no module", no_module),
    Scenario("module file", module_file),
    Scenario("compressed module", compressed_module),
    Scenario("lifetime", lifetime),
    Scenario("run", run),
    Scenario("kernel command line", cmdline),
    Scenario("bad machine", bad_machine),
    Scenario("shutdown", shutdown),
    Scenario("poison", poison),
    Scenario("Linux 7.3", linux_7_3, lambda kernel: kernel.series == "7.3"),
    Scenario("appended", addition, quick=(-1,)),
    Scenario("container image", container_image, quick=(-1,)),
    Scenario("busybox init", busybox_init, quick=(-1,)),
    Scenario("pantavisor", pantavisor, quick=(-1,)),
    Scenario("pantavisor addon", pantavisor_addon, quick=(-1,)),
    Scenario("overlay", overlay, lambda kernel: kernel.arch != "x86_64", quick=(0,)),
    Scenario("LXC", lxc, lambda kernel: kernel.arch != "x86_64", quick=(-1,)),
    Scenario("initramfs-tools", initramfs_tools, boots_root, quick=(1,)),
    Scenario("dracut", dracut, boots_root, quick=(1,)),
    Scenario("systemd-binfmt", flush, boots_root, quick=(1,)),
    Scenario("systemd unit", systemd, boots_root, quick=(1,)),
    Scenario("OpenRC", openrc, boots_root, quick=(1,)),
    Scenario("numbers", numbers, lambda kernel: kernel.arch != "x86_64", quick=(-1,)),
    Scenario("kernel tests", kernel_tests, quick=(-1,)),
    Scenario("no gap", no_gap, lambda kernel: kernel.series == "7.3", quick=()),
)
