#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The program's model of execve(2) against the kernel, on random rules.

In each world there are some entries of others; then rules are registered, many
near the headers of native programs, many whose interpreters lead on to scripts,
to other entries or to nothing. What register and clear --enable accept

 - breaks no native program and no entry that ran before;
 - is judged alike by status NAME, status --match FILE and the kernel.

BINFMTBOX_RULES sets how many rules, BINFMTBOX_SEED from where.
"""

import itertools
import os
import random
import struct

import namespace
from namespace import BOX, HOME, REGISTRY

RULES = int(os.environ.get("BINFMTBOX_RULES", 2500))
SEED = int(os.environ.get("BINFMTBOX_SEED", 1))
POOL = f"{HOME}/pool"
SAMPLES = f"{HOME}/samples"
WINDOW = 256  # bytes of a file that the kernel compares
EXEC = 2
DYN = 3
I386 = 3
I486 = 6
X86_64 = 62
AARCH64 = 183
FLAGS = ("", "", "F", "F", "P", "PF", "O", "C", "OF", "CF", "OC", "POCF")
EXTENSIONS = ("aaa", "bbb", "ccc", "ddd")
# How many disagreements are told in full.
MOST_TOLD = 20
LOADER = "/lib64/ld-linux-x86-64.so.2"
# What a static program of the pool ends with; no native program does.
FROM_POOL = 90


def elf(machine, status, *, kind=EXEC, brand=0, base=0x400000, loader=None, **fields):
    """A complete program that ends with this status at once."""
    wide = machine in (X86_64, AARCH64)
    header_size, entry_size = (64, 56) if wide else (52, 32)
    text = loader.encode() + b"\0" if loader else b""
    count = 2 if loader else 1
    text_at = header_size + count * entry_size
    # mov edi, STATUS; mov eax, 60; syscall, or mov ebx, mov eax, 1, int 0x80
    code = b"\xbf%s\xb8%s\x0f\x05" if wide else b"\xbb%s\xb8%s\xcd\x80"
    code %= (struct.pack("<I", status), struct.pack("<I", 60 if wide else 1))
    skip = fields.get("skip", 0)
    code_at = text_at + len(text) + skip
    size = code_at + len(code)
    ident = b"\x7fELF" + bytes([2 if wide else 1, 1, 1, brand])
    ident += fields.get("marks", bytes(8))
    header = struct.pack("<HHI", kind, machine, 1)
    addresses = (base + code_at, header_size, fields.get("sections", 0))
    header += struct.pack("<QQQ" if wide else "<III", *addresses)
    header += struct.pack("<IHHH", fields.get("flags", 0), header_size, entry_size, count)
    header += struct.pack("<HHH", *fields.get("ends", (0, 0, 0)))

    def segment(what, start, length, align):
        places = (start, base + start, base + start, length, length)
        if wide:
            return struct.pack("<IIQQQQQQ", what, 5, *places, align)
        return struct.pack("<IIIIIIII", what, *places, 5, align)

    table = segment(3, text_at, len(text), 1) if loader else b""
    table += segment(1, 0, size, 0x1000)
    return ident + header + table + text + bytes(skip) + code


def spawn(argv):
    """Runs a program without output; its exit status, or the errno's name."""
    null = [(os.POSIX_SPAWN_OPEN, fd, "/dev/null", os.O_RDWR, 0) for fd in (0, 1, 2)]
    try:
        pid = os.posix_spawn(argv[0], argv, {"PATH": "/usr/bin:/bin"}, file_actions=null)
    except OSError as error:
        return os.strerror(error.errno)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def runs(path):
    """Does the kernel start this file?"""
    return isinstance(spawn([path]), int)


def write(path, content, mode=0o755):
    with open(path, "wb") as file:
        file.write(content)
    os.chmod(path, mode)
    return path


class Rule:
    """A record; an extension has no offset and mask."""

    def __init__(self, magic, mask=b"", offset=0, *, is_extension=False):
        self.magic = magic
        self.mask = mask
        self.offset = offset
        self.is_extension = is_extension
        self.name = self.interpreter = self.flags = ""

    def text(self):
        if self.is_extension:
            fields = ["E", "", self.magic.decode(), ""]
        else:
            fields = ["M", str(self.offset)]
            for data in (self.magic, self.mask):
                fields.append("".join(f"\\x{byte:02x}" for byte in data))
        return ":".join(["", self.name, *fields, self.interpreter, self.flags])

    def takes(self, head, path):
        if self.is_extension:
            return "." in path and path.rpartition(".")[2].encode() == self.magic
        part = head[:WINDOW].ljust(WINDOW, b"\0")[self.offset :]
        mask = self.mask or b"\xff" * len(self.magic)
        return all((a ^ b) & c == 0 for a, b, c in zip(part, self.magic, mask))


class Native:
    """A program that runs without any entry, and how it ends."""

    def __init__(self, path):
        self.path = path
        with open(path, "rb") as file:
            self.head = file.read(WINDOW)
        self.result = spawn([path])
        # A script only has to stay as it is where a rule compares some of its
        # first bytes; 0: always.
        self.shebang = 0

    def may_be_taken_by(self, rule):
        if not self.shebang or rule.is_extension:
            return False
        mask = rule.mask or b"\xff" * len(rule.magic)
        return not any(mask[: max(0, self.shebang - rule.offset)])


class Entry:
    """A rule that is registered, with a file that it takes."""

    def __init__(self, rule):
        self.rule = rule
        self.sample = ""
        self.head = b""
        self.ran = False


class Files:
    """What rules are tried with: the same in each world."""

    def __init__(self, rng):
        self.rng = rng
        os.mkdir(POOL)
        os.mkdir(SAMPLES)
        self.pool = []  # what may be an interpreter or a file
        self.good = []  # interpreters that run
        self._make_programs()
        self._make_scripts()
        self._make_others()
        self.natives = [*self._make_native_programs(), *self._make_native_scripts()]
        self.natives += [Native("/bin/true"), Native("/bin/false")]

    def _add(self, name, content, mode=0o755):
        path = write(f"{POOL}/{name}", content, mode)
        self.pool.append(path)
        return path

    def _make_programs(self):
        for number in range(3):
            self.good.append(self._add(f"run{number}", elf(X86_64, FROM_POOL + number)))
        for extension in EXTENSIONS:
            self.good.append(self._add(f"run.{extension}", elf(X86_64, FROM_POOL)))
        with open("/bin/true", "rb") as file:
            dynamic = file.read()
        for name in ("dynamic", "dynamic.aaa"):
            self.good.append(self._add(name, dynamic))
        self.good += [BOX, "/bin/true"]
        self.pool += [BOX, "/bin/true"]
        for name, loader in (
            ("no-loader", f"{POOL}/none"),
            ("no-loader.bbb", f"{POOL}/none"),
            ("directory-loader", f"{POOL}/directory"),
            ("text-loader", f"{POOL}/text"),
            ("script-loader", f"{POOL}/script0"),
            ("closed-loader", f"{POOL}/closed"),
            ("empty-loader", f"{POOL}/empty"),
            ("arm64-loader", f"{POOL}/arm64"),
            ("with-loader", LOADER),
        ):
            self._add(name, elf(X86_64, FROM_POOL, loader=loader))
        self._add("i386", elf(I386, FROM_POOL))
        self._add("i386-no-loader", elf(I386, FROM_POOL, loader=f"{POOL}/none"))
        self._add("arm64", elf(AARCH64, FROM_POOL))
        self._add("arm64.ccc", elf(AARCH64, FROM_POOL))
        self._add("object", elf(X86_64, FROM_POOL, kind=1))
        self._add("marked", elf(X86_64, FROM_POOL, marks=b"AI\x02" + bytes(5)))
        self._add("other-system", elf(X86_64, FROM_POOL, brand=9))
        self._add("cut", elf(X86_64, FROM_POOL)[:40])

    def _make_scripts(self):
        for number, line in enumerate(
            (
                f"{POOL}/run0",
                f" {POOL}/run.aaa  argument",
                f"{POOL}/script0",
                f"\t{POOL}/script2\t",
                f"{POOL}/script3",
                f"{POOL}/script4",
                f"{POOL}/script5",
                f"{POOL}/none",
                f"{POOL}/text",
                f"{POOL}/directory",
                f"{POOL}/no-loader",
                f"{POOL}/script.aaa",
                f"{POOL}/script.bbb",
                f"{POOL}/script13",
                f"{POOL}/i386",
                f"{POOL}/arm64.ccc",
                f"{POOL}/magic",
                "  \t",
                "",
                "x" * 300,
            )
        ):
            self._add(f"script{number}", f"#!{line}\n".encode())
        self._add("script.aaa", f"#!{POOL}/run1".encode())
        self._add("script.bbb", f"#!{POOL}/script.aaa\n".encode())
        self._add("script.ccc", f"#!{POOL}/script.ccc\n".encode())
        self._add("script.ddd", f"#!{POOL}/none\n".encode())

    def _make_others(self):
        self._add("text", b"only text, and so much that a header would fit" * 3)
        self._add("text.aaa", b"only text")
        self._add("magic", b"ABAB")
        self._add("magic.ddd", b"BABA")
        self._add("empty", b"")
        self._add("closed", elf(X86_64, FROM_POOL), 0o644)
        os.mkdir(f"{POOL}/directory")
        os.mkfifo(f"{POOL}/fifo", 0o755)
        os.symlink("run0", f"{POOL}/link")
        os.symlink("run.aaa", f"{POOL}/link.bbb")
        os.symlink("none", f"{POOL}/dangling")
        os.symlink("loop", f"{POOL}/loop")
        names = ["none", "directory", "fifo", "link", "link.bbb"]
        names += ["dangling", "loop", "run0/below", "none.aaa"]
        self.pool += [f"{POOL}/{name}" for name in names]

    def _make_native_programs(self):
        """Programs as linkers make them; only what runs here is one."""
        rng = self.rng
        machines = [X86_64] * 48 + [I386] * 24 + [I486] * 8
        for number, machine in enumerate(machines):
            top = 0x7F00_0000_0000 if machine == X86_64 else 0xB000_0000
            base = rng.choice((0x400000, 0x08048000, rng.randrange(0x10000, top))) & ~0xFFF
            kind = rng.choice((EXEC, DYN))
            path = write(
                f"{POOL}/native{number}",
                elf(
                    machine,
                    number,
                    kind=kind,
                    base=0 if kind == DYN else base,
                    brand=rng.choice((0, 0, 3)),
                    flags=rng.choice((0, 0, rng.getrandbits(32))),
                    sections=rng.getrandbits(30),
                    ends=(rng.choice((0, 40, 64)), rng.getrandbits(6), rng.getrandbits(6)),
                    skip=rng.randrange(0x900),
                ),
            )
            native = Native(path)
            if native.result == number:
                yield native

    def _make_native_scripts(self):
        usual = ["/bin/sh", "/usr/bin/env true", "/bin/bash -eu", "/usr/bin/perl -w"]
        usual += ["/usr/bin/awk -f", "/bin/sed -f", "/usr/bin/python3 -ES", "/bin/dash"]
        usual += ["/usr/bin/make -f"]
        others = ["/bin/true", "/usr/bin/false", f"{POOL}/native0", f"{POOL}/native1 x"]
        blanks = ("", " ", "\t", "  ", "\t ")
        lines = itertools.product(usual + others, blanks, ("", " "))
        for number, (interpreter, blank, more) in enumerate(lines):
            content = f"#!{blank}{interpreter}{more}\n# {number} {'x' * WINDOW}\n"
            native = Native(write(f"{POOL}/native-script{number}", content.encode()))
            if not isinstance(native.result, int):
                continue
            # A rule that compares nothing of these bytes may be for something
            # else: "ftyp" at 4 fits a script, too, but no usual one.
            native.shebang = len(f"#!{blank}{interpreter.split()[0]}")
            if interpreter in others:
                native.shebang = len(f"#!{blank}/")
            yield native


class World:
    """A registry, and what is known of its entries; the newest first."""

    def __init__(self, rng, files):
        self.rng = rng
        self.files = files
        self.entries = []
        self.names = itertools.count()
        self.samples = itertools.count()
        self.victim = f"{POOL}/victim"
        self.texts = {}
        namespace.remove_all()
        for name in os.listdir(SAMPLES):
            os.unlink(f"{SAMPLES}/{name}")
        write(self.victim, elf(X86_64, FROM_POOL))

    # Rules.

    def bits(self, length):
        """A mask: each byte whole, one bit, some bits or none."""
        rng = self.rng
        kinds = [rng.choice(("whole", "none", "bit")) for _ in range(2)]
        choices = {
            "whole": lambda: 0xFF,
            "none": lambda: 0,
            "bit": lambda: 1 << rng.randrange(8),
            "some": lambda: rng.getrandbits(8),
        }
        kinds.append(rng.choice(list(choices)))
        return bytes(choices[rng.choice(kinds)]() for _ in range(length))

    def near_native(self):
        """A rule near the header of a native program or its cousin."""
        rng = self.rng
        head = bytearray(rng.choice(self.files.natives).head)
        if rng.random() < 0.2:
            head = bytearray(elf(AARCH64, 0, kind=rng.choice((EXEC, DYN))))
        head = head.ljust(WINDOW, b"\0")
        shape = rng.random()
        if shape < 0.6:
            offset, length = 0, rng.choice((4, 7, 18, 19, 20, 24, 32, rng.randrange(1, 65)))
        else:
            offset = rng.choice((1, 2, 3, 4, 16, 18, rng.randrange(64)))
            length = rng.randrange(1, 40)
        mask = b""
        how = rng.random()
        if how < 0.4:
            mask = self.bits(length)
        elif how < 0.7:
            # As QEMU's are: e_ident up to EI_VERSION, e_type but a bit, e_machine.
            whole = b"\xff" * 7 + bytes(9) + b"\xfe\xff\xff\xff" + self.bits(236)
            mask = whole[offset : offset + length]
            if rng.random() < 0.5:
                spot = rng.randrange(length)
                mask = mask[:spot] + self.bits(1) + mask[spot + 1 :]
        for _ in range(rng.choice((0, 0, 1, 1, 2))):
            spot = rng.randrange(length)
            if rng.random() < 0.5 and offset <= 18 < offset + length:
                spot = 18 - offset
            head[offset + spot] ^= 1 << rng.randrange(8)
        if rng.random() < 0.1 and offset <= 7 and offset + length >= 16:
            spot = rng.randrange(7, 16)
            head[spot] = rng.choice((1, 2, 3, 9, 0x41))
            spot -= offset
            mask = mask and mask[:spot] + b"\xff" + mask[spot + 1 :]
        return Rule(bytes(head[offset : offset + length]), mask, offset)

    def near_script(self):
        rng = self.rng
        head = rng.choice([native for native in self.files.natives if native.shebang]).head
        if rng.random() < 0.3:
            head = b"#!/" + bytes(rng.choice(b"bioprstu/ \n") for _ in range(12))
        offset = rng.choice((0, 1, 2, 2, 3, rng.randrange(10)))
        magic = bytearray(head[offset : offset + rng.randrange(1, 14)] or b"#")
        if rng.random() < 0.5:
            magic[rng.randrange(len(magic))] ^= 1 << rng.randrange(8)
        mask = self.bits(len(magic)) if rng.random() < 0.4 else b""
        return Rule(bytes(magic), mask, offset)

    def plain(self):
        rng = self.rng
        if rng.random() < 0.4:
            return Rule(rng.choice(EXTENSIONS).encode(), is_extension=True)
        magic = bytes(rng.choice(b"AB") for _ in range(rng.randrange(2, 5)))
        mask = rng.choice((b"", b"", b"\xff" * (len(magic) - 1) + b"\x7f"))
        return Rule(magic, mask, rng.choice((0, 0, 0, 1)))

    def rule(self):
        rng = self.rng
        shape = rng.random()
        if shape < 0.5:
            rule = self.plain()
        else:
            rule = self.near_native() if shape < 0.9 else self.near_script()
        if rule.mask and not any(rule.mask):
            rule.mask = b""
        known = [entry.rule.name for entry in self.entries]
        rule.name = f"r{next(self.names)}"
        if known and rng.random() < 0.05:
            rule.name = rng.choice(known)
        files = self.files
        rule.interpreter = rng.choice(rng.choice((files.good, files.pool, files.pool)))
        if rng.random() < 0.05:
            rule.interpreter = self.victim
        rule.flags = rng.choice(FLAGS)
        return rule

    # Entries.

    def taker(self, head, path):
        for entry in self.entries:
            if entry.rule.takes(head, path):
                return entry
        return None

    def find_sample(self, entry):
        """Makes a file that the kernel hands to this entry. Is there any?"""
        if entry.sample and self.taker(entry.head, entry.sample) is entry:
            return True
        rule = entry.rule
        path = f"{SAMPLES}/{next(self.samples)}"
        for attempt in range(8):
            if rule.is_extension:
                path += f".{rule.magic.decode()}"
                head = self.rng.choice((b"text", b"", elf(AARCH64, 0)))
            else:
                size = rule.offset + len(rule.magic)
                fill = self.rng.randbytes(size) if attempt % 2 else bytes(size)
                head = bytearray(fill)
                mask = rule.mask or b"\xff" * len(rule.magic)
                for i, (byte, bits) in enumerate(zip(rule.magic, mask), rule.offset):
                    head[i] = (byte & bits) | (fill[i] & ~bits)
                head = bytes(head)
            if self.taker(head, path) is entry:
                entry.sample = write(path, head)
                entry.head = head
                return True
        return False

    def read(self, rules):
        """Notes what the kernel has, in its order; returns what is new."""
        known = {entry.rule.name: entry for entry in self.entries}
        before = self.texts
        self.texts = namespace.entries()
        asked = {}
        for rule in rules:
            asked[rule.name] = [*asked.get(rule.name, []), rule]
        self.entries = []
        new = []
        for name in map(os.fsdecode, self.texts):
            entry = known.get(name)
            text = self.texts[os.fsencode(name)]
            if name in asked and before.get(os.fsencode(name)) != text:
                rule = next(rule for rule in asked[name] if self.is_of(rule, text))
                entry = Entry(rule)
                new.append(entry)
            self.entries.append(entry)
        return new

    @staticmethod
    def is_of(rule, text):
        lines = text.decode().splitlines()
        asked = rule.flags.replace("C", "OC")
        flags = "".join(flag for flag in "POCF" if flag in asked)
        if lines[1:3] != [f"interpreter {rule.interpreter}", f"flags: {flags}"]:
            return False
        if rule.is_extension:
            return lines[3] == f"extension .{rule.magic.decode()}"
        return lines[3:5] == [f"offset {rule.offset}", f"magic {rule.magic.hex()}"]


class ModelTest(namespace.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        print(f"seed {SEED}", flush=True)
        cls.rng = random.Random(SEED)
        cls.files = Files(cls.rng)
        # Tried always; others only where a rule takes them.
        cls.base = cls.files.natives[-2:]

    def setUp(self):
        super().setUp()
        self.told = []
        self.world = None
        self.accepted = self.compared = 0

    def tell(self, what, entry=None, *commands):
        """Notes a disagreement, with all that is needed to see it again."""
        lines = [what]
        for other in self.world.entries:
            mark = "*" if entry is other else " "
            lines.append(f"  {mark} {other.rule.text()}  sample {other.sample}")
        for command in commands:
            lines.append(f"  {' '.join(command[1:])}: {namespace.run(command)}")
        self.told.append("\n".join(lines))

    def broken_natives(self, entries):
        """The native programs that end otherwise than they did without entries."""
        natives = list(self.base)
        for native in self.files.natives:
            takers = [e.rule for e in entries if e.rule.takes(native.head, native.path)]
            if takers and not all(map(native.may_be_taken_by, takers)):
                natives.append(native)
        return [native for native in natives if spawn([native.path]) != native.result]

    def check_natives(self, entries):
        for native in self.broken_natives(entries):
            taker = self.world.taker(native.head, native.path)
            self.tell(f"{native.path} {native.head[:64]!r} is broken", taker)

    def check_agreement(self, entry):
        """Do status, --match and the kernel agree whether this entry runs files?"""
        if not self.world.find_sample(entry):
            return
        self.compared += 1
        entry.ran = runs(entry.sample)
        status = [BOX, "status", entry.rule.name]
        match = [BOX, "status", "--match", entry.sample]
        if (spawn(status) == 0, spawn(match) == 0) != (entry.ran, entry.ran):
            self.tell(f"kernel: {spawn([entry.sample])}", entry, status, match)

    def check_older(self, older):
        """Does what ran before run still?

        Where --replace took an entry out, as asked, what led on to it does not
        have to.
        """
        if any(entry not in self.world.entries for entry in older):
            for entry in self.world.entries:
                entry.ran = self.world.find_sample(entry) and runs(entry.sample)
            return
        for entry in older:
            if not entry.ran:
                continue
            if self.world.find_sample(entry) and not runs(entry.sample):
                self.tell(f"an older one runs no more: {spawn([entry.sample])}", entry)

    def write_others(self):
        """Entries that nobody has judged."""
        world = self.world
        rules = []
        for _ in range(self.rng.randrange(4)):
            rule = world.plain()
            rule.name = f"other{next(world.names)}"
            rule.interpreter = self.rng.choice(self.files.pool)
            rule.flags = self.rng.choice(("", "", "O", "C", "F", "P"))
            try:
                namespace.write_record(rule.text().encode())
                rules.append(rule)
            except OSError:
                pass
        for entry in world.read(rules):
            self.check_agreement(entry)

    def register(self, count):
        """Registers some rules in one call, and judges what was accepted."""
        world = self.world
        rules = [world.rule() for _ in range(count)]
        options = self.rng.choice(([], [], ["--override"], ["--replace"]))
        text = "".join(f"{rule.text()}\n" for rule in rules).encode()
        older = list(world.entries)
        command = [BOX, "register", *options, "--file", "-"]
        with open(write(f"{HOME}/records", text), "rb") as file:
            done = namespace.run(command, stdin=file)
        self.assertIn(done.status, (0, 1), done)
        new = world.read(rules)
        self.accepted += len(new)
        self.check_natives(new)
        self.check_older(older)
        for entry in new:
            self.check_agreement(entry)

    def enable_again(self):
        """An entry that is switched on is judged as a new one is."""
        world = self.world
        rule = world.rule()
        rule.name = f"off{next(world.names)}"
        older = list(world.entries)
        try:
            namespace.write_record(rule.text().encode())
        except OSError:
            return
        self.command(rule.name, b"0")
        enabled = spawn([BOX, "clear", "--enable", rule.name]) == 0
        new = world.read([rule])
        if enabled:
            self.check_natives(new)
            self.check_older(older)
            for entry in new:
                self.check_agreement(entry)
        else:
            self.command(rule.name, b"-1")
            world.read([])

    @staticmethod
    def command(name, text):
        fd = os.open(f"{REGISTRY}/{name}", os.O_WRONLY)
        try:
            os.write(fd, text)
        finally:
            os.close(fd)

    def check_files(self):
        """Do --match and the kernel agree on files of any kind?"""
        for path in self.rng.sample(self.files.pool, 3):
            match = [BOX, "status", "--match", path]
            if (spawn(match) == 0) != runs(path):
                self.tell(f"{path}, kernel: {spawn([path])}", None, match)

    def test_a_broken_program_is_seen(self):
        # Nobody judges what is written without the program.
        self.world = World(self.rng, self.files)
        native = self.files.natives[0]
        rule = Rule(native.head[:64])
        rule.name, rule.interpreter = "poison", f"{POOL}/run0"
        namespace.write_record(rule.text().encode())
        new = self.world.read([rule])
        self.assertEqual([native], self.broken_natives(new))
        self.command("poison", b"-1")
        self.assertEqual([], self.broken_natives(new))

    def test_random_rules(self):
        tried = 0
        while tried < RULES:
            self.world = World(self.rng, self.files)
            self.write_others()
            for count in (1, 1, 8, 2, 1, 8, 4):
                self.register(count)
                tried += count
            self.check_files()
            self.enable_again()
            os.unlink(self.world.victim)
            for entry in self.world.entries:
                self.check_agreement(entry)
            self.check_natives(self.world.entries)
        for text in self.told[:MOST_TOLD]:
            print(text, flush=True)
        print(f"{self.compared} verdicts on entries compared")
        found = f"accepted {self.accepted} disagreements {len(self.told)}"
        print(f"rules {tried} {found}", flush=True)
        self.assertEqual(len(self.told), 0)
        self.assertGreater(self.accepted, tried // 20)


if __name__ == "__main__":
    namespace.main()
