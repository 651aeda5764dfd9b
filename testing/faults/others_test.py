#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who else may write to what root starts: modes, owners and ACLs."""

import os
import shutil
import struct
import subprocess
import sys
import tempfile

import namespace
from namespace import BOX, HOME

# Where the tree with lists lies in the namespace. They are made outside, since
# they name users whom the namespace does not know.
TREE = f"{HOME}/tree"
VARIABLE = "BINFMTBOX_TREE"
OUTSIDE = os.environ.get(VARIABLE)

USER_OBJ, USER, GROUP_OBJ, GROUP, MASK, OTHER = 1, 2, 4, 8, 16, 32
NOBODY_NAMED = 0xFFFFFFFF
ROOT, STRANGER = os.getuid(), os.getuid() + 1000
# Name: tag, permissions and id of what the list names, its mask, and whether
# somebody else may write.
LISTS = {
    "user": (USER, 7, STRANGER, 7, True),
    "user-w": (USER, 2, STRANGER, 2, True),
    "user-rx": (USER, 5, STRANGER, 7, False),
    "user-masked": (USER, 7, STRANGER, 5, False),
    "user-root": (USER, 7, ROOT, 7, False),
    "group": (GROUP, 7, STRANGER, 7, True),
    "group-rx": (GROUP, 5, STRANGER, 7, False),
    "group-masked": (GROUP, 7, STRANGER, 5, False),
}


def make_tree(top):
    for name, (tag, permissions, number, mask, _) in LISTS.items():
        entries = [(USER_OBJ, 7, NOBODY_NAMED), (GROUP_OBJ, 5, NOBODY_NAMED)]
        entries += [(tag, permissions, number)]
        entries += [(MASK, mask, NOBODY_NAMED), (OTHER, 5, NOBODY_NAMED)]
        text = struct.pack("<I", 2)
        text += b"".join(struct.pack("<HHI", *entry) for entry in sorted(entries))
        for place in ("file", "directory"):
            directory = os.path.join(top, name, place)
            os.makedirs(directory)
            file = os.path.join(directory, "emulator")
            with open(file, "wb") as script:
                script.write(b"#!/bin/sh\nexit 42\n")
            shutil.copyfile(sys.argv[1], file + "-elf")
            os.chmod(file, 0o755)
            os.chmod(file + "-elf", 0o755)
            listed = [directory] if place == "directory" else [file, file + "-elf"]
            for path in listed:
                try:
                    os.setxattr(path, "system.posix_acl_access", text)
                except OSError as error:
                    sys.exit(f"FAILED: no access control list can be set on {path}: {error}")


class OthersTest(namespace.TestCase):
    def setUp(self):
        super().setUp()
        self.made = f"{HOME}/made"
        shutil.rmtree(self.made, ignore_errors=True)
        os.mkdir(self.made)
        self.emulator = f"{self.made}/emulator"
        shutil.copyfile(BOX, self.emulator)
        os.chmod(self.emulator, 0o755)

    def refusal(self, *args):
        """Where others may write, in the error of register -c yes; None: it is accepted."""
        done = namespace.box("register", "-n", "-c", "yes", *args, "arm")
        if done.status == 0:
            return None
        self.assertEqual(done.status, 1, done)
        before, _, place = done.err.decode().partition("others than root may write to ")
        self.assertIn("may not run with other owners' rights (flag C)", before)
        return place.rstrip("\n")

    def note(self, *args, name="qemu-arm"):
        """Where others may write, in the note of register; None: there is none."""
        done = namespace.box("register", *args)
        self.assertEqual(done.status, 0, done)
        self.assertEqual(namespace.box("clear", "--all").status, 0)
        begin = "binfmt-register: note: others than root may write to "
        end = f", and so decide what {name} starts, for root too"
        lines = [line for line in done.err.decode().splitlines() if line.startswith(begin)]
        for line in lines:
            self.assertTrue(line.endswith(end), line)
        self.assertLessEqual(len(lines), 1, done)
        return lines[0][len(begin) : -len(end)] if lines else None

    def test_lists(self):
        for name, (*_, others_write) in LISTS.items():
            for kind in ("file", "directory"):
                directory = f"{TREE}/{name}/{kind}"
                emulator = f"{directory}/emulator"
                place = {"file": emulator, "directory": directory}[kind]
                elf = {"file": emulator + "-elf", "directory": directory}[kind]
                with self.subTest(list=name, kind=kind):
                    namespace.remove_all()
                    self.assertEqual(
                        self.refusal("-I", emulator + "-elf"), elf if others_write else None
                    )
                    self.assertEqual(
                        self.note("-I", emulator, "arm"), place if others_write else None
                    )
                    self.assert_probe(emulator, others_write)

    def assert_probe(self, emulator, others_write):
        # Nobody has no id here, so what others may write to is not started.
        done = namespace.box("register", "-q", "-I", emulator, "arm")
        self.assertEqual(done.status, 0, done)
        done = namespace.box("status", "--probe", "arm")
        if others_write:
            self.assertEqual(done.status, 1, done)
            self.assertIn(b"arm: a program does not run: errno ", done.err)
        else:
            self.assertEqual(done.status, 0, done)
        namespace.remove_all()

    def test_modes(self):
        self.assertIsNone(self.refusal("-I", self.emulator))
        self.assertIsNone(self.note("-I", self.emulator, "arm"))
        for path in (self.emulator, self.made):
            os.chmod(path, 0o757)
            self.assertEqual(self.refusal("-I", self.emulator), path)
            self.assertEqual(self.note("-I", self.emulator, "arm"), path)
            self.assertEqual(self.note("-q", "-I", self.emulator, "arm"), None)
            os.chmod(path, 0o755)

    def test_each_way_to_register(self):
        os.chmod(self.emulator, 0o757)
        rule = f":x:M::XXXX::{self.emulator}:"
        self.assertEqual(self.note("--rule", rule, name="x"), self.emulator)
        file = namespace.write_file("made/x.conf", rule.encode() + b"\n")
        self.assertEqual(self.note("-f", file, name="x"), self.emulator)
        for name in ("arm", "aarch64", "s390x"):
            os.link(self.emulator, f"{self.made}/qemu-{name}")
        self.assertEqual(self.note("-Q", self.made, "-F", "", "arm"), f"{self.made}/qemu-arm")
        # One place for many is said once.
        os.chmod(self.emulator, 0o755)
        os.chmod(self.made, 0o777)
        self.assertEqual(
            self.note("-Q", self.made, "-F", "", "arm", "aarch64", "s390x"), self.made
        )

    def test_what_the_interpreter_starts(self):
        script = namespace.write_file("script", f"#!{self.emulator}\n".encode(), 0o755)
        self.assertIsNone(self.note("-I", script, "arm"))
        os.chmod(self.emulator, 0o757)
        self.assertEqual(self.note("-I", script, "arm"), self.emulator)
        self.assertEqual(self.note("--rule", f":x:M::XX::{script}:", name="x"), self.emulator)

    def test_the_loader(self):
        with open("/bin/true", "rb") as source:
            content = source.read()
        loader = b"/lib64/ld-linux-x86-64.so.2"
        self.assertIn(loader, content)
        own = self.emulator.encode()
        content = content.replace(loader, own + b"\0" * (len(loader) - len(own)), 1)
        dynamic = namespace.write_file("dynamic", content, 0o755)
        args = ("-p", "no", "-I", dynamic)
        self.assertIsNone(self.refusal(*args))
        self.assertIsNone(self.note(*args, "arm"))
        os.chmod(self.emulator, 0o757)
        self.assertEqual(self.refusal(*args), self.emulator)
        self.assertEqual(self.note(*args, "arm"), self.emulator)

    def test_extensions_of_scripts_and_loaders(self):
        for extension in ("sh", "2", "36", "py"):
            done = namespace.box("register", "--rule", f":x:E::{extension}::/bin/true:")
            self.assertEqual(
                (done.status, done.err.decode().splitlines()[-1]),
                (
                    0,
                    "binfmt-register: note: x takes scripts, loaders and programs, too, whose "
                    f"names end in .{extension}",
                ),
            )
            namespace.remove_all()
        for extension in ("exe", "jar", "pyc"):
            done = namespace.box("register", "--rule", f":x:E::{extension}::/bin/true:")
            self.assertNotIn(b"names end in", done.err)
            self.assertEqual(done.status, 0, done)
            namespace.remove_all()

    def test_what_is_there_already_is_not_noted_again(self):
        os.chmod(self.emulator, 0o757)
        args = ("register", "-I", self.emulator, "arm")
        self.assertIn(b"others than root may write", namespace.box(*args).err)
        self.assertEqual(namespace.box(*args).err, b"")


def main():
    if OUTSIDE is None and len(sys.argv) > 1:
        top = tempfile.mkdtemp(prefix="others_test-")
        try:
            make_tree(top)
            done = subprocess.run(
                [sys.executable, *sys.argv], env={**os.environ, VARIABLE: top}, check=False
            )
        finally:
            shutil.rmtree(top)
        sys.exit(done.returncode)
    if os.getpid() == 1:
        # Before the directory of this name is hidden.
        fd = os.open(OUTSIDE, os.O_PATH)
        prepare = namespace._prepare  # pylint: disable=protected-access

        def prepare_with_tree(binary):
            prepare(binary)
            os.mkdir(TREE)
            subprocess.run(
                ["mount", "--bind", f"/proc/self/fd/{fd}", TREE], check=True, pass_fds=[fd]
            )

        namespace._prepare = prepare_with_tree  # pylint: disable=protected-access
    namespace.main()


if __name__ == "__main__":
    main()
