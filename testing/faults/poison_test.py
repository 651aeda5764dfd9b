#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rules that would stop a machine: each is refused, with its reason."""

import os
import struct

import namespace
from namespace import BOX, HOME

EMULATOR = f"{HOME}/qemu-arm-static"
ADVICE = "so every start would fail with ELOOP"
ALL_STOP = "and nothing would start any more"
OWN = f"it takes this program itself (binfmtbox), {ALL_STOP}"
KIND = (
    "it takes some of this machine's own programs, and those would not start "
    "any more"
)
PID_1 = f"it takes PID 1, {ALL_STOP}"
SCRIPTS = "it takes scripts, and those would not start any more"
NO_MACHINE = (
    "it takes ELF files but does not compare e_machine (bytes 18 and 19), "
    "so it may take native ones"
)
ELF_64 = b"\x7fELF\x02\x01\x01"
ELF_32 = b"\x7fELF\x01\x01\x01"
EXECUTABLE = 2
SHARED = 3


def head_of(path, length):
    with open(path, "rb") as file:
        return file.read(length)


def own_machine():
    """e_machine of this machine's programs."""
    return struct.unpack_from("<H", head_of(BOX, 20), 18)[0]


def escape(data):
    return "".join(f"\\x{byte:02x}" for byte in data)


def rule(name, magic, mask=b"", *, offset="", interpreter=EMULATOR, flags=""):
    return f":{name}:M:{offset}:{escape(magic)}:{escape(mask)}:{interpreter}:{flags}"


def extension(name, text, interpreter, flags=""):
    return f":{name}:E::{text}::{interpreter}:{flags}"


def elf(kind, machine, brand=0, ident=ELF_64):
    return ident + bytes([brand]) + bytes(8) + struct.pack("<HH", kind, machine)


def elf_mask(kind=0xFFFE, machine=0xFFFF, brand=0):
    return b"\xff" * 7 + bytes([brand]) + bytes(8) + struct.pack("<HH", kind, machine)


def magic_rules():
    """Poison as records of type M: what it is, the record, why it is refused."""
    machine = own_machine()
    arm = 40
    head = head_of("/proc/1/exe", 32)
    # PID 1 is looked at before what is made up; Debian's python3 is of this kind.
    executables = PID_1 if head[16] == EXECUTABLE else KIND
    return [
        ("own machine, all", rule("own", elf(2, machine), elf_mask()), OWN),
        (
            "own machine, EXEC",
            rule("exec", elf(EXECUTABLE, machine), elf_mask(0xFFFF)),
            executables,
        ),
        ("own machine, DYN", rule("dyn", elf(SHARED, machine), elf_mask(0xFFFF)), OWN),
        (
            "own machine, Linux's brand",
            rule("brand", elf(EXECUTABLE, machine, 3), elf_mask(0xFFFF, brand=0xFF)),
            KIND,
        ),
        ("own machine, no mask", rule("nomask", elf(EXECUTABLE, machine)), executables),
        (
            "e_machine alone",
            rule("machine", struct.pack("<H", machine), offset="18"),
            OWN,
        ),
        ("every ELF file", rule("elf", b"\x7fELF"), OWN),
        ("first byte of ELF", rule("first", b"\x7f"), OWN),
        ("every 64-bit ELF file", rule("elf64", ELF_64), OWN),
        ("padding of any file", rule("padding", b"\0", offset="9"), OWN),
        ("PID 1's own bytes", rule("init", head), PID_1),
        ("#!", rule("script", b"#!"), SCRIPTS),
        ("first byte of #!", rule("hash", b"#"), SCRIPTS),
        ("#! with a space", rule("space", b"#! "), SCRIPTS),
        ("/bin/sh", rule("shell", b"/bin/sh\n", offset="2"), SCRIPTS),
        (
            "zero mask",
            rule("zero", b"MZ", b"\0\0"),
            "its mask has no bit, so it takes every file",
        ),
        ("magic too short", rule("short", ELF_32), NO_MACHINE),
        (
            "mask leaves e_machine out",
            rule("leaves", elf(EXECUTABLE, arm, ident=ELF_32), elf_mask(machine=0)),
            NO_MACHINE,
        ),
        (
            "mask leaves the half of e_machine out that differs",
            rule("half", elf(EXECUTABLE, arm, ident=ELF_32), elf_mask(machine=0xFF00)),
            NO_MACHINE,
        ),
        (
            "mask leaves a bit of e_machine out",
            rule("bit", elf(EXECUTABLE, arm, ident=ELF_32), elf_mask(machine=0xFFFE)),
            NO_MACHINE,
        ),
        ("e_type alone", rule("type", struct.pack("<H", 4), offset="16"), NO_MACHINE),
    ]


class PoisonTest(namespace.TestCase):
    refused = set()

    @classmethod
    def tearDownClass(cls):
        print(f"{len(cls.refused)} poison rules refused", flush=True)
        assert len(cls.refused) >= 15

    def setUp(self):
        super().setUp()
        # What is there has to stay there, as it is.
        namespace.write_record(f":foreign:M::FOREIGN::{EMULATOR}:F".encode())

    def assert_refused(self, what, args, complaints, *, stdin=None, present=()):
        """The call ends with 1, says these lines and changes nothing."""
        namespace.write_records(present)
        before = namespace.entries()
        options = {} if stdin is None else {"stdin": open(stdin, "rb")}
        with self.subTest(what, args=args):
            done = namespace.box("register", *args, **options)
            text = "".join(f"binfmt-register: {line}\n" for line in complaints)
            self.assertEqual(done.err.decode(), text)
            self.assertEqual(done.out, b"")
            self.assertEqual(done.status, 1)
            self.assertEqual(namespace.entries(), before)
            self.assertTrue(namespace.starts_native_program())
            self.refused.add(what)
        if stdin is not None:
            options["stdin"].close()
        for name in set(namespace.entries()) - {b"foreign"}:
            with open(os.path.join(namespace.REGISTRY.encode(), name), "wb") as file:
                file.write(b"-1")

    def assert_all_ways(self, what, record, why, present=()):
        """The record is refused as a rule, in a file and from stdin."""
        name = record.split(":")[1]
        line = f"refused to register {name}: {why}"
        self.assert_refused(what, ["--rule", record], [line], present=present)
        file = namespace.write_file("poison.conf", f"# poison\n\n{record}\n".encode())
        self.assert_refused(what, ["--file", file], [line], present=present)
        self.assert_refused(what, ["-f", "-"], [line], stdin=file, present=present)
        # Whatever allows more does not allow this.
        more = ["--ignore-family", "yes", "--replace", "--override", "--rule", record]
        self.assert_refused(what, more, [line], present=present)

    def test_magic_that_takes_native_files(self):
        for what, record, why in magic_rules():
            self.assert_all_ways(what, record, why)

    def test_own_machine_as_target(self):
        machine = os.uname().machine
        name = {"i686": "i386", "armv7l": "arm"}.get(machine, machine)
        for args in (["-I", EMULATOR], ["-I", EMULATOR, "--ignore-family", "yes"]):
            self.assert_refused(
                "own machine as target",
                [*args, name],
                [
                    f"qemu-{name}: this machine runs programs for {name} natively, "
                    "and none of them would start any more"
                ],
            )

    def test_good_rules_beside_poison_are_registered_and_poison_is_not(self):
        good = f":good:M::GOOD::{EMULATOR}:F"
        done = namespace.box("register", "--rule", good, "--rule", rule("elf", b"\x7fELF"))
        self.assertEqual(done.status, 1)
        self.assertEqual(list(namespace.entries()), [b"good", b"foreign"])

    def test_raw_nul_bytes(self):
        # The kernel would take what stands before the first NUL: every ELF file.
        record = b":nul:M::" + elf(EXECUTABLE, 40, ident=ELF_32) + b"::%s:" % EMULATOR.encode()
        file = namespace.write_file("nul.conf", record + b"\n")
        line = f"{file}:1: a NUL byte, which no file of records has"
        self.assert_refused("raw NUL bytes", ["-f", file], [line])

    def test_interpreter_that_its_own_rule_takes(self):
        script = namespace.write_file("own.script", b"#!/mnt/binfmtbox\n", 0o755)
        why = f"it takes its own interpreter {script}, {ADVICE}"
        self.assert_all_ways(
            "interpreter handled by its own rule",
            rule("selfish", b"#!/mnt/binfmtbox", interpreter=script),
            SCRIPTS,
        )
        self.assert_all_ways(
            "extension of its own interpreter", extension("ext", "script", script), why
        )

    def test_extension_of_a_program_that_has_to_start(self):
        name = os.path.basename(os.readlink("/proc/1/exe"))
        self.assertIn(".", name, "PID 1 is a python3 whose name has its version")
        self.assert_all_ways(
            "extension of PID 1",
            extension("version", name.rsplit(".", 1)[1], EMULATOR),
            PID_1,
        )

    def test_two_rules_that_feed_each_other(self):
        there = namespace.write_file("there.aaa", b"#!/mnt/binfmtbox\n", 0o755)
        back = namespace.write_file("back.bbb", b"#!/mnt/binfmtbox\n", 0o755)
        first = extension("first", "aaa", back)
        second = extension("second", "bbb", there)
        why = "leads back to it over other entries, " + ADVICE
        complaints = [
            f"refused to register first: its interpreter {back} {why}",
            f"refused to register second: its interpreter {there} {why}",
        ]
        file = namespace.write_file("two.conf", f"{first}\n{second}\n".encode())
        what = "two rules that feed each other"
        self.assert_refused(what, ["--file", file], complaints)
        self.assert_refused(what, ["--rule", first, "--rule", second], complaints)
        self.assert_refused(
            "rule and entry that feed each other",
            ["--rule", first],
            complaints[:1],
            present=[second.encode()],
        )
        self.assert_refused(
            "rule and entry that feed each other",
            ["--rule", second],
            complaints[1:],
            present=[first.encode()],
        )

    def test_script_as_interpreter_with_open_binary_or_credentials(self):
        script = namespace.write_file("wrap", b"#!/mnt/binfmtbox\n", 0o755)
        for flag in "OC":
            self.assert_refused(
                f"script with flag {flag}",
                ["--rule", rule("wrap", b"WRAP", interpreter=script, flags=flag)],
                [
                    f"wrap: interpreter {script} is a script, which flag O or C does not "
                    "allow; take an ELF program, or neither flag"
                ],
            )

    def test_interpreter_of_another_entry_with_open_binary_or_credentials(self):
        os.link(BOX, f"{HOME}/handled.ccc")
        other = extension("other", "ccc", EMULATOR).encode()
        for flag in "OC":
            self.assert_all_ways(
                f"handled interpreter with flag {flag}",
                rule("front", b"FRONT", interpreter=f"{HOME}/handled.ccc", flags=flag),
                f"with flag O or C its interpreter {HOME}/handled.ccc may not be "
                "handled by another entry (other)",
                present=[other],
            )

    def test_chain_of_more_than_five_hops(self):
        chain = []
        for hop in range(1, 6):
            path = namespace.write_file(f"hop.h{hop}", b"#!/mnt/binfmtbox\n", 0o755)
            following = f"{HOME}/hop.h{hop + 1}" if hop < 5 else EMULATOR
            chain.append(extension(f"hop{hop}", f"h{hop}", following).encode())
            self.assertTrue(path)
        self.assert_all_ways(
            "chain of six handlers",
            rule("chain", b"CHAIN", interpreter=f"{HOME}/hop.h1"),
            "its interpreter needs more handlers behind one another than the "
            "kernel's five",
            present=chain,
        )


if __name__ == "__main__":
    namespace.main()
