# SPDX-License-Identifier: Apache-2.0
"""The private machine in which compare.py runs one command line, and the functions that prepare it.

enter() makes new user, mount and pid namespaces. In them
  - the machine's file systems are read-only, for root as well;
  - HOME and the HIDDEN directories are empty tmpfs, the only places that can be written to;
  - /dev/kmsg is the file KMSG and /proc/cmdline is the file CMDLINE;
  - binfmt_misc is not mounted, and a mount of it is a new registry (Linux 6.7).
"""

import ctypes
import os
import re
import resource
import signal
import stat
import struct
import time

REGISTRY = "/proc/sys/fs/binfmt_misc"
HOME = "/mnt"
BIN = f"{HOME}/bin"
BOX = f"{BIN}/binfmtbox"
ENTRY_POINT = f"{BIN}/binfmt"
HIDDEN = ("/etc", "/run", "/usr/share", "/usr/local", "/media")
KMSG = "/run/kmsg"
CMDLINE = "/run/cmdline"

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

CLONE_NEWNS = 0x20000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
MS_RDONLY = 1
MS_NOSUID = 2
MS_NODEV = 4
MS_NOEXEC = 8
MS_REMOUNT = 32
MS_BIND = 4096
MS_REC = 16384
MS_PRIVATE = 1 << 18
MNT_DETACH = 2

_PR_SET_PDEATHSIG = 1
_PR_CAPBSET_DROP = 24
_SYS_MOUNT_SETATTR = 442
_AT_FDCWD = -100
_AT_RECURSIVE = 0x8000
_MOUNT_ATTR_RDONLY = 1
_CLOCK_REALTIME_COARSE = 5

_LIBC = ctypes.CDLL(None, use_errno=True)

CAP_DAC_OVERRIDE = 1
CAP_DAC_READ_SEARCH = 2
CAP_SYS_CHROOT = 18
CAP_SYS_ADMIN = 21

# Of larger files only the size is compared.
_LARGE = 1 << 16


def _call(what, result):
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def unshare(flags):
    _call("unshare", _LIBC.unshare(flags))


def mount(source, target, kind=None, flags=0, data=None):
    arguments = (os.fsencode(text) if text else None for text in (source, target, kind))
    _call(f"mount {target}", _LIBC.mount(*arguments, ctypes.c_ulong(flags), os.fsencode(data or "")))


def unmount(target, flags=0):
    _call(f"umount {target}", _LIBC.umount2(os.fsencode(target), flags))


def bind(source, target, flags=0):
    """Makes a bind mount; flags such as MS_RDONLY are for this mount only."""
    mount(source, target, None, MS_BIND)
    if flags:
        mount(None, target, None, MS_BIND | MS_REMOUNT | flags)


# --- The namespaces ---


def _namespaces():
    return [os.readlink(f"/proc/self/ns/{kind}") for kind in ("user", "mnt")]


def _overwrite(path, text):
    with open(path, "w", encoding="ascii") as opened:
        opened.write(text)


def _die_with_parent():
    _call("prctl", _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0))


def _make_read_only():
    """Makes every mount private and read-only."""
    attributes = struct.pack("QQQQ", _MOUNT_ATTR_RDONLY, 0, MS_PRIVATE, 0)
    _call(
        "mount_setattr",
        _LIBC.syscall(
            ctypes.c_long(_SYS_MOUNT_SETATTR), _AT_FDCWD, b"/", _AT_RECURSIVE, attributes, len(attributes)
        ),
    )


def enter():
    """Makes the namespaces. Returns in a child, which is PID 1 there; the caller waits for it and exits."""
    before = _namespaces()
    uid, gid = os.geteuid(), os.getegid()
    _die_with_parent()
    unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID)
    if set(before) & set(_namespaces()):
        raise OSError("the namespaces are still those of the machine")
    _overwrite("/proc/self/setgroups", "deny")
    _overwrite("/proc/self/uid_map", f"0 {uid} 1")
    _overwrite("/proc/self/gid_map", f"0 {gid} 1")
    child = os.fork()
    if child != 0:
        os.waitpid(child, 0)
        os._exit(0)
    _die_with_parent()
    _make_read_only()
    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    for path in (HOME, *HIDDEN):
        if os.path.isdir(path):
            mount("tmpfs", path, "tmpfs", 0, "mode=755")
    os.umask(0o022)
    os.chdir("/")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    file(KMSG)
    if os.path.exists("/dev/kmsg"):
        bind(KMSG, "/dev/kmsg")
    file(CMDLINE, "root=/dev/vda quiet\n")
    bind(CMDLINE, "/proc/cmdline")
    directory(BIN)


# --- The state that is compared: registries, mounts, files ---


def _mounts():
    """Returns the device of each mount, its mount point, and a line without numbers that vary."""
    found = []
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as opened:
        for line in opened:
            left, _, right = line.rstrip("\n").partition(" - ")
            _, _, device, root, point, options = left.split(" ")[:6]
            point = re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), point)
            found.append((device, point, f"{point}: {right}, {root}, {options}"))
    return found


def _read(path):
    opened = os.open(path, os.O_RDONLY)
    try:
        text = b""
        while part := os.read(opened, _LARGE):
            text += part
        return text
    finally:
        os.close(opened)


def registry(path=REGISTRY):
    """Returns the kernel's text of the registry, entries in the order of the directory."""
    text = b"status: " + _read(f"{path}/status")
    for name in os.listdir(os.fsencode(path)):
        if name not in (b"register", b"status"):
            text += name + b":\n" + _read(os.path.join(os.fsencode(path), name))
    return text


def snapshot():
    """Returns the text of all mounted registries, and a line for each mount."""
    found = _mounts()
    text = b""
    points = {point: device for device, point, words in found if ": binfmt_misc " in words}
    for point, device in sorted(points.items()):
        facts = os.stat(point)
        text += b"= " + os.fsencode(point) + b"\n"
        if f"{os.major(facts.st_dev)}:{os.minor(facts.st_dev)}" == device:
            text += registry(point)
        else:
            text += b"something is mounted over it\n"
    return text or b"not mounted\n", sorted(words for _, _, words in found)


def _describe(path, facts, own):
    kind = stat.S_IFMT(facts.st_mode)
    mode = f"{stat.S_IMODE(facts.st_mode):04o}"
    if (facts.st_dev, facts.st_ino) in own:
        return f"{mode} the same file as {own[facts.st_dev, facts.st_ino]}".encode()
    if kind == stat.S_IFLNK:
        return b"link to " + os.readlink(path)
    if kind == stat.S_IFDIR:
        return f"{mode} directory".encode()
    if kind != stat.S_IFREG:
        return f"{mode} special file".encode()
    text = _read(path) if facts.st_size <= _LARGE else b"[large]"
    return f"{mode} {facts.st_size} bytes\n".encode() + text


def files():
    """Returns a description of each file in HOME and the HIDDEN directories, by path."""
    found = {}
    own = {}
    for path in (BOX, ENTRY_POINT):
        if os.path.exists(path):
            facts = os.stat(path)
            own[facts.st_dev, facts.st_ino] = path
    left = [os.fsencode(path) for path in (HOME, *HIDDEN) if os.path.isdir(path)]
    while left:
        folder = left.pop()
        device = os.lstat(folder).st_dev
        for entry in os.scandir(folder):
            facts = entry.stat(follow_symlinks=False)
            if facts.st_dev != device:
                continue  # something else is mounted there
            found[entry.path] = _describe(entry.path, facts, own)
            if entry.is_dir(follow_symlinks=False):
                left.append(entry.path)
    return found


# --- What scenes do ---


def directory(*paths, mode=0o755):
    for path in paths:
        os.mkdir(path)
        os.chmod(path, mode)


def file(path, text="", mode=0o644):
    """Makes a file with this text or these bytes; replaces an old one."""
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
    if os.path.lexists(path):
        os.unlink(path)
    with open(path, "wb") as opened:
        opened.write(data)
    os.chmod(path, mode)


def script(path, *lines):
    file(path, "\n".join(["#!/bin/sh", *lines, ""]), 0o755)


def native(*paths, status=0):
    """Makes static programs for this machine that exit with this status."""
    for path in paths:
        file(path, native_program(status), 0o755)


def emulators(folder, *names):
    """Makes a directory with programs of these names, which are hard links to one file."""
    if not os.path.isdir(folder):
        directory(folder)
    first = f"{folder}/{names[0]}"
    native(first)
    for name in names[1:]:
        os.link(first, f"{folder}/{name}")


def mounted(path=REGISTRY):
    """Mounts binfmt_misc."""
    mount("binfmt_misc", path, "binfmt_misc")


def write(name, text, path=REGISTRY):
    """Writes to a file of the registry with one write(2)."""
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
    opened = os.open(f"{path}/{name}", os.O_WRONLY)
    try:
        os.write(opened, data)
    finally:
        os.close(opened)


def record(*texts):
    """Registers records, in this order."""
    for text in texts:
        write("register", text)


def off(*names):
    """Disables entries."""
    for name in names:
        write(name, "0")


def tick():
    """Returns after the clock of file times has advanced."""
    start = time.clock_gettime(_CLOCK_REALTIME_COARSE)
    for _ in range(2):
        while time.clock_gettime(_CLOCK_REALTIME_COARSE) <= start:
            time.sleep(0.001)
        start = time.clock_gettime(_CLOCK_REALTIME_COARSE)


# --- What the program's process does before exec ---


def execute(path, words, environment):
    """Calls execve(2). Unlike os.execve() it takes an empty argv and an empty argv[0]."""

    def array(texts):
        return (ctypes.c_char_p * (len(texts) + 1))(*texts, None)

    variables = [key + b"=" + value for key, value in environment.items()]
    _LIBC.execve(path, array(words), array(variables))
    raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def named(name, function):
    """Returns the function with this name, which is printed."""
    function.__name__ = name
    return function


def in_root(path):
    """Changes the root directory."""

    def apply():
        os.chroot(path)
        os.chdir("/")

    return named(f"root {path}", apply)


def in_directory(path):
    return named(f"in {path}", lambda: os.chdir(path))


def in_removed_directory():
    os.mkdir("/mnt/gone")
    os.chdir("/mnt/gone")
    os.rmdir("/mnt/gone")


def with_umask(mask):
    return named(f"umask {mask:03o}", lambda: os.umask(mask))


def with_limit(name, value):
    """Sets a limit of setrlimit(2). A file that gets too large is an error, not a signal."""

    def apply():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(getattr(resource, name), (value, value))

    return named(f"{name} {value}", apply)


def with_blocked_signals():
    for number in (signal.SIGCHLD, signal.SIGPIPE, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))


def without(*capabilities):
    """Drops capabilities from the bounding set, so that exec does not give them back to root."""

    def apply():
        for capability in capabilities:
            _call("prctl", _LIBC.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0))

    return named(f"without capabilities {capabilities}", apply)


def as_nobody():
    """Runs the program as a user who is not root: one that a new user namespace does not map."""
    unshare(CLONE_NEWUSER)


def in_own_mounts():
    """Makes a mount namespace that ends with the program."""
    unshare(CLONE_NEWNS)
    mount(None, "/", None, MS_REC | MS_PRIVATE)


def as_pid_1():
    """Runs the program as PID 1 of a new pid namespace, in a new mount namespace."""
    in_own_mounts()
    unshare(CLONE_NEWPID)
    child = os.fork()
    if child != 0:
        os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


# --- ELF files ---

X86_64 = 62
I386 = 3
AARCH64 = 183


def elf(machine, *, bits=64, order="little", kind=2, flags=0, loader="", code=b""):
    """Returns a complete ELF file: header, a PT_LOAD of the whole file, and PT_INTERP if there is a loader."""
    end = "<" if order == "little" else ">"
    wide = bits == 64
    head_size, program_size = (64, 56) if wide else (52, 32)
    address = "Q" if wide else "I"
    count = 2 if loader else 1
    start = head_size + count * program_size
    tail = loader.encode() + b"\0" if loader else b""
    base = 0x400000

    def program(kind, offset, size):
        align = 0x10000 if kind == 1 else 1
        where = [offset, base + offset, base + offset, size, size]
        if wide:
            return struct.pack(end + "II6Q", kind, 5, *where, align)
        return struct.pack(end + "8I", kind, *where, 5, align)

    total = start + len(tail) + len(code)
    text = b"\x7fELF" + bytes([2 if wide else 1, 1 if order == "little" else 2, 1]) + bytes(9)
    text += struct.pack(end + "HHI", kind, machine, 1)
    text += struct.pack(end + 3 * address, base + start + len(tail), head_size, 0)
    text += struct.pack(end + "I6H", flags, head_size, program_size, count, 0, 0, 0)
    if loader:
        text += program(3, start, len(tail))
    return text + program(1, 0, total) + tail + code


def native_program(status=0):
    """Returns an ELF file for x86_64 that exits with this status."""
    # mov edi, STATUS; mov eax, 60; syscall
    return elf(X86_64, code=struct.pack("<BIBI", 0xBF, status, 0xB8, 60) + b"\x0f\x05")


class Target:
    """A row of arch_table/targets.txt."""

    def __init__(self, name, words):
        self.name = name
        self.bits = int(words["class"])
        self.order = words["order"]
        self.machine = int(words["machine"], 0)
        self.flags = int(words.get("flags", "0"), 0)
        self.match_flags = [int(word, 0) for word in words.get("match-flags", "0/0").split("/")]

    def program(self, **how):
        """Returns an ELF file for the target."""
        how.setdefault("flags", self.flags)
        return elf(self.machine, bits=self.bits, order=self.order, **how)

    def rule(self):
        """Returns magic and mask in the form of a record."""
        end = "<" if self.order == "little" else ">"
        head = b"\x7fELF" + bytes([self.bits // 32, 1 if self.order == "little" else 2, 1]) + bytes(9)
        magic = head + struct.pack(end + "HH", 2, self.machine)
        mask = b"\xff" * 7 + bytes(9) + struct.pack(end + "HH", 0xFFFE, 0xFFFF)
        bits, value = self.match_flags
        if bits:
            magic += bytes(16) + struct.pack(end + "I", value)
            mask += bytes(16) + struct.pack(end + "I", bits)
        return escaped(magic) + ":" + escaped(mask)


def escaped(data):
    """Returns bytes in the form of a record."""
    return "".join(f"\\x{byte:02x}" for byte in data)


def targets():
    """Returns the rows of the table, by name."""
    found = {}
    with open(f"{TOP}/arch_table/targets.txt", encoding="utf-8") as opened:
        for line in opened:
            words = line.split()
            if words[:1] == ["target"]:
                pairs = (word.partition("=") for word in words[2:])
                found[words[1]] = Target(words[1], {key: value for key, _, value in pairs})
    return found
