#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every system call of every applet, on one scene, against a list."""

import os
import re

import namespace
from namespace import BOX, HOME, REGISTRY
from trace import trace

# The kernel's start of the program, the C library's start, and the look at
# descriptors 0 to 2.
START = {"execve", "arch_prctl", "set_tid_address", "poll"}
# The heap.
MEMORY = {"mmap"}
# Opening and reading what is named.
READING = {"openat", "read", "close", "fstatfs"}
# The registry's list.
LISTING = {"fcntl", "fstat", "lseek", "getdents64"}
END = {"write", "exit_group"}
# One run at a time.
LOCK = {"flock"}
# May it be executed, and is it open for writing?
INTERPRETER = {"openat2", "faccessat2", "fcntl", "pread64", "rt_sigaction"}

HELP = START | MEMORY | END
STATUS = HELP | READING | LISTING | {"stat", "uname", "access"}
CLEAR = HELP | READING | LISTING | LOCK
MOUNT = HELP | {"openat", "fstatfs", "close", "stat", "getpid", "mount"}
GUARD = {"uname", "pread64"}
# Will the mount last?
LIFETIME = {"stat", "getpid"}
REGISTER = HELP | READING | LISTING | GUARD | LIFETIME | INTERPRETER | LOCK
REGISTER |= {"writev"}
# Who may write to what was registered?
OTHERS = {"lstat"}
REPLACE = REGISTER | OTHERS | {"getrandom"}
# What the kernel is asked of this machine's siblings.
SIBLING = {"memfd_create", "pwrite64", "execveat"}
if tuple(int(part) for part in re.findall(r"\d+", os.uname().release)[:2]) >= (7, 3):
    REPLACE |= {"membarrier", "nanosleep"}
    # In a child that shares the memory.
    SIBLING |= {"vfork", "wait4"}

OPENING = ("open", "openat", "openat2", "creat")


class SyscallsTest(namespace.TestCase):
    def assert_calls(self, allowed, *args, status=0):
        """Traces the program; nothing else is called, and all of it is."""
        traced = trace([BOX, *args])
        self.assertEqual(traced.done.status, status, traced.done)
        self.assertEqual({call.name for call in traced.calls}, allowed, args)
        for call in traced.named(*OPENING):
            self.assertIn("O_CLOEXEC", call.text, call)
            self.assertNotIn("O_CREAT", call.text, call)
        for call in traced.named("memfd_create"):
            self.assertIn("MFD_CLOEXEC", call.text, call)
        return traced

    def assert_writes(self, traced, expected):
        """What is written to the registry: its files, and how."""
        names = {}
        written = []
        for call in traced.main:
            opened = re.match(r'\d+, "([^"]*)", O_(?:WRONLY|RDWR).* = (\d+)$', call.text)
            if call.name == "openat" and opened:
                names[opened[2]] = opened[1]
            if call.name in ("write", "writev", "pwrite64"):
                descriptor = call.text.split(",")[0]
                if descriptor not in "12":
                    written.append((call.name, names[descriptor]))
        self.assertEqual(written, expected)

    def test_help_opens_nothing(self):
        for args in ([], ["--help"], ["--list"], ["--version"], ["status", "--help"]):
            self.assert_calls(HELP, *args)
        for applet in ("mount", "register", "clear"):
            self.assert_calls(HELP, applet, "--help")

    def test_misuse_opens_nothing(self):
        for args in (
            ["register", "--nosuchoption"],
            ["status", "--nosuchoption"],
            ["clear", "--enable", "--disable", "x"],
            ["mount", "operand"],
        ):
            traced = self.assert_calls(HELP, *args, status=2)
            self.assertEqual(traced.done.out, b"")
        self.assert_calls(HELP, "nosuchapplet", status=127)

    def test_mount(self):
        namespace.unmount()
        self.assert_calls(MOUNT, "mount", "--userns")
        self.assert_calls(MOUNT - {"mount", "clock_gettime"}, "mount", "--userns")

    def test_module_is_loaded_where_the_kernel_lacks_it(self):
        namespace.unmount()
        self.addCleanup(namespace.mount)
        module = namespace.write_file("binfmt_misc.ko", b"\x7fELF")
        args = ["mount", "--userns", "--module", module]
        # This kernel's answer is a refusal, in a user namespace.
        traced = trace([BOX, *args], inject="mount:error=ENODEV:when=1")
        self.assertIn(traced.done.status, (4, 5), traced.done)
        self.assertEqual(len(traced.named("finit_module")), 1)
        self.assertEqual(len(traced.named("mount")), 1)

    def test_status(self):
        namespace.register("all")
        # Is stdout a terminal?
        text = STATUS | {"ioctl"}
        self.assert_writes(self.assert_calls(text, "status"), [])
        self.assert_writes(self.assert_calls(STATUS, "status", "--json"), [])
        # Is the held interpreter older than the file, and would it start?
        looking = INTERPRETER | {"statx", "newfstatat"}
        named = (text | looking) - {"write"}
        self.assert_calls(named, "status", "-q", "arm", "s390x")

    def test_clear_never_writes_to_status(self):
        namespace.register("all")
        traced = self.assert_calls(CLEAR, "clear", "arm")
        self.assert_writes(traced, [("write", "qemu-arm")])
        traced = self.assert_calls(CLEAR, "clear", "--all")
        expected = [("write", "qemu-s390x"), ("write", "qemu-aarch64")]
        self.assertCountEqual(traced.done.out.split(b"\n"), [
            b"qemu-s390x: removed", b"qemu-aarch64: removed", b""
        ])
        names = re.findall(r'"(qemu-[a-z0-9]+)", O_WRONLY', repr(traced.calls))
        self.assertCountEqual(names, [name for _, name in expected])
        for call in traced.named("openat"):
            self.assertNotIn('"status"', call.text, "clear has no business with status")

    def test_only_unmount_unmounts(self):
        namespace.register("all")
        self.addCleanup(namespace.mount)
        self.assert_calls(CLEAR | {"umount2"}, "clear", "--all", "--unmount")
        looking = {"openat", "fstatfs", "close", "uname"}
        self.assert_calls(HELP | looking, "clear", "--unmount")

    def test_register_all_is_one_open_and_one_write(self):
        traced = self.assert_calls(REGISTER | {"lstat"}, "register", "-Q", HOME, "all")
        self.assert_writes(traced, [("writev", "register")])
        opens = [c for c in traced.named("openat") if '"register"' in c.text]
        self.assertEqual(len(opens), 1)
        records = traced.named("writev")[0].text
        self.assertEqual(records.count("iov_base"), len(namespace.EMULATORS))

    def test_register_what_is_there_writes_nothing(self):
        namespace.register("all")
        # Does flag F hold the file that is there now?
        allowed = (REGISTER | {"statx"}) - {"writev"}
        traced = self.assert_calls(
            allowed | {"lstat", "newfstatat"}, "register", "-Q", HOME, "all"
        )
        self.assert_writes(traced, [])

    def test_dry_run_writes_nothing(self):
        for args in (["arm"], ["--replace", "arm"]):
            allowed = (REGISTER | OTHERS) - {"writev", "flock"}
            traced = self.assert_calls(allowed, "register", "-Q", HOME, "-n", *args)
            self.assert_writes(traced, [])

    def test_siblings_are_asked_for_and_nothing_runs(self):
        emulator = os.path.join(HOME, "qemu-i386-static")
        os.link(BOX, emulator)
        self.addCleanup(os.unlink, emulator)
        allowed = (REGISTER | OTHERS | SIBLING) - {"writev", "flock"}
        args = ["register", "-Q", HOME, "-n", "-i", "yes", "i386"]
        traced = self.assert_calls(allowed, *args)
        # EIO: its own; ENOEXEC: not.
        answers = [call.text for call in traced.named("execveat")]
        self.assertEqual(len(answers), 1)
        self.assertRegex(answers[0], "= -1 (EIO|ENOEXEC) ")

    def test_replacement(self):
        namespace.register("arm")
        args = ["register", "-Q", HOME, "--replace", "--persistent", "no", "arm"]
        traced = self.assert_calls(REPLACE, *args)
        helper = re.search(r"qemu-arm\.binfmtbox-[0-9a-f]{8}", repr(traced.calls))[0]
        self.assert_writes(
            traced,
            [
                ("writev", "register"),
                ("write", "qemu-arm"),
                ("writev", "register"),
                ("write", helper),
            ],
        )

    def test_files_outside_the_registry_that_register_opens(self):
        traced = self.assert_calls(REGISTER | OTHERS, "register", "-Q", HOME, "arm")
        absolute = [
            match[1]
            for call in traced.named("openat", "openat2")
            if (match := re.match(r'AT_FDCWD, "([^"]*)"', call.text))
        ]
        self.assertEqual(
            sorted(set(absolute)),
            [
                f"{HOME}/qemu-arm-static",
                "/proc/1/exe",
                REGISTRY,
                "/sys/fs/selinux/enforce",
            ],
        )


if __name__ == "__main__":
    namespace.main()
