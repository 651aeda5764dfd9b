#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each limit of what is read, overflowed: what was not read is never OK."""

import os
import shutil
import subprocess

import namespace
from namespace import BOX, HOME, REGISTRY

PLACE = f"{HOME}/place"
LARGE = "File too large"
REGISTER = ["register", "-Q", HOME, "arm"]
ENTRY = b"enabled\ninterpreter /bin/cat\nflags: \noffset 0\nmagic 41424344\n"


class LimitsTest(namespace.TestCase):
    def setUp(self):
        super().setUp()
        os.mkdir(PLACE)
        self.addCleanup(shutil.rmtree, PLACE)

    def cover(self, path, content):
        """Lets PATH have this content until the test ends."""
        file = namespace.write_file("place/" + path.replace("/", "_"), content)
        subprocess.run(["mount", "--bind", file, path], check=True)
        self.addCleanup(subprocess.run, ["umount", path], check=True)

    def assert_refuses(self, status, why, *args, **options):
        before = namespace.entries()
        done = namespace.box(*args, **options)
        self.assertEqual((done.status, done.out), (status, b""), done)
        self.assertIn(why, done.err.decode())
        self.assertEqual(namespace.entries(), before)

    def test_kernel_command_line(self):
        # What is behind the limit may be another list.
        self.cover("/proc/cmdline", b"binfmt.targets=arm " + b"x" * 65536)
        why = f"cannot read /proc/cmdline: {LARGE}"
        self.assert_refuses(1, why, "register", "--cmdline", "-Q", HOME)

    def test_file_systems(self):
        # Not known is not missing: it is mounted, and nothing is said of a module.
        self.cover("/proc/filesystems", b"nodev\tx\n" * 65536)
        namespace.unmount()
        self.addCleanup(namespace.mount)
        done = namespace.box("status")
        self.assertEqual(done.status, 3, done)

    def test_state(self):
        self.cover(f"{REGISTRY}/status", b"enabled\n" * 9)
        why = f"cannot read {REGISTRY}/status: {LARGE}"
        self.assert_refuses(1, why, "status")
        self.assert_refuses(1, why, *REGISTER)

    def test_state_of_another_text(self):
        self.cover(f"{REGISTRY}/status", b"enabled\nenabled\n")
        self.assert_refuses(1, "binfmt_misc is disabled as a whole", *REGISTER)

    def test_entry(self):
        namespace.write_record(b":qemu-arm:M::ABCD::/bin/cat:")
        self.cover(f"{REGISTRY}/qemu-arm", ENTRY + b"x" * 65536)
        why = f"cannot read {REGISTRY}/qemu-arm: {LARGE}"
        for args in (["status"], ["status", "qemu-arm"], ["status", "--print", "record"]):
            self.assert_refuses(1, why, *args)
        self.assert_refuses(1, why, *REGISTER)
        self.assert_refuses(1, why, "clear", "--enable", "--all")

    def test_entry_of_a_copy(self):
        namespace.write_file("place/entry", ENTRY + b"x" * 65536)
        why = f"cannot read {PLACE}/entry: {LARGE}"
        self.assert_refuses(1, why, "status", "-D", PLACE, "--match", BOX)

    def test_record_file(self):
        record = b":x:M::ABCD::/bin/cat:\n"
        file = namespace.write_file("place/x.conf", record + b"#" * (1 << 20))
        for name in (file, PLACE):
            self.assert_refuses(1, f"cannot read {file}: {LARGE}", "register", "-f", name)
        with open(file, "rb") as stdin:
            self.assert_refuses(1, f"cannot read -: {LARGE}", "register", "-f", "-", stdin=stdin)
        os.truncate(file, 1 << 20)
        done = namespace.box("register", "-n", "-f", file)
        self.assertEqual((done.status, done.err), (0, b""), done)

    def test_names_of_record_files(self):
        for number in range(4097):
            namespace.write_file(f"place/{number}.conf", b":x:M::ABCD::/bin/cat:\n")
        self.assert_refuses(1, f"cannot list {PLACE}: {LARGE}", "register", "-f", PLACE)
        os.unlink(f"{PLACE}/0.conf")
        done = namespace.box("register", "-n", "-f", PLACE)
        self.assertEqual((done.status, done.err), (0, b""), done)

    def test_records(self):
        records = [b":x%05d:M::%08d::/bin/cat:\n" % (n, n) for n in range((1 << 14) + 1)]
        file = namespace.write_file("place/x.conf", b"".join(records))
        done = namespace.box("register", "-n", "-f", file)
        self.assertEqual(done.status, 1, done)
        why = f"binfmt-register: {file}:16385: more than 16384 records\n"
        self.assertEqual(done.err.decode(), why)
        namespace.write_file("place/x.conf", b"".join(records[:-1]))
        done = namespace.box("register", "-n", "-f", file)
        self.assertEqual((done.status, done.err), (0, b""), done)

    def test_start_of_pid_1(self):
        # Whether the instance is older than a container decides whether it lasts.
        stat = namespace.write_file("place/stat", b"1 (init) S " + b"0 " * 4096)
        for cover in (":", f"mount --bind {stat} /proc/1/stat"):
            script = f"mount -t binfmt_misc none {REGISTRY} && {cover} && "
            script += f"exec {BOX} register -Q {HOME} arm"
            command = ["unshare", "--user", "--map-root-user", "--mount", "--pid", "--fork"]
            done = namespace.run([*command, "--mount-proc", "sh", "-c", script])
            self.assertEqual(done.status, 6, (cover, done))

    def test_program_headers(self):
        # Behind the first page they may name a loader, which flag F does not hold.
        with open(BOX, "rb") as file:
            program = bytearray(file.read())
        count, size = program[56], 56
        table = program[64 : 64 + count * size]
        program += bytes(-len(program) % 4096)
        program[32:40] = len(program).to_bytes(8, "little")
        path = namespace.write_file("place/emulator", bytes(program) + table, 0o755)
        self.assert_refuses(1, "may be dynamic", "register", "-I", path, "arm")
        done = namespace.box("register", "-n", "-p", "no", "-I", path, "arm")
        self.assertEqual(done.status, 0, done)

    def test_mounts(self):
        # The list is a stream, so that the place in it does not matter.
        script = f"""
            for i in $(seq 1 3000); do mkdir -p {PLACE}/$i; mount -t tmpfs none {PLACE}/$i; done
            [ $(wc -c </proc/self/mountinfo) -gt 131072 ] || exit 99
            mkdir {PLACE}/own && mount -t binfmt_misc none {PLACE}/own || exit 98
            {BOX} status --json -D {PLACE}/own
        """
        done = namespace.run(
            ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script]
        )
        self.assertEqual(done.status, 0, done)
        self.assertIn(b'"user_namespace":"other"', done.out)

    def test_reply_of_a_child(self):
        # The error of a child that enters the host's mounts, behind a long name.
        name = "/" + "x/" * 2000
        done = namespace.box("mount", "--userns", "--host", "-D", name)
        self.assertNotEqual(done.status, 0, done)
        self.assertNotEqual(done.err, b"")


if __name__ == "__main__":
    namespace.main()
