#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Surroundings that nobody would choose: the program stays bounded and true."""

import ctypes
import itertools
import json
import os
import resource
import signal
import subprocess
import threading

import namespace
from namespace import BOX, HOME, REGISTRY

EMULATOR = f"{HOME}/qemu-arm-static"
REGISTER = [BOX, "register", "-Q", HOME]
ARM = b"qemu-arm"
MANY = 10000
# MANY entries with all that is known of each, and their output as one text.
MOST_MEMORY = 64 << 20
NAMES = [
    b"new\nline",
    b"\x1b]0;title\x07\x1b[31mred",
    b"\xff\xfe\x80",
    b"c1 \xc2\x9b31m",
    b"tab\tcr\r",
    b'quote " back\\slash',
    "\u202eright to left".encode(),
    b"-q",
    b"--all",
    b"%s%n@",
    b" ",
]


def limit(**limits):
    """Something for preexec_fn that sets these resource limits."""

    def apply():
        for name, value in limits.items():
            resource.setrlimit(getattr(resource, name), (value, value))

    return apply


def without(*descriptors):
    """Something for preexec_fn that closes these descriptors."""

    def apply():
        for descriptor in descriptors:
            os.close(descriptor)

    return apply


def has_control_bytes(text):
    """Is there anything in it that a terminal would act on?"""
    decoded = text.decode("utf-8")
    return any(
        (char < " " and char != "\n") or "\x7f" <= char <= "\x9f" for char in decoded
    )


class HostileTest(namespace.TestCase):
    def assert_registers_arm(self, argv=None, **options):
        """The call registers arm, and all that belongs to it."""
        done = namespace.run(argv or [*REGISTER, "arm"], **options)
        self.assertEqual(done.status, 0, done)
        self.assertEqual(list(namespace.entries()), [ARM])
        done = namespace.run([BOX, "clear", "arm"], **options)
        self.assertEqual(done.status, 0, done)
        self.assertEqual(namespace.entries(), {})

    def test_empty_environment(self):
        self.assert_registers_arm(env={})
        done = namespace.box("status", env={})
        self.assertEqual((done.status, done.err), (0, b""))

    def test_hostile_environment(self):
        environment = {
            "PATH": f"{HOME}/evil:.:",
            "LC_ALL": "../../../../mnt/evil",
            "LANG": "%n%n%n",
            "LD_PRELOAD": f"{HOME}/evil.so",
            "LD_LIBRARY_PATH": HOME,
            "MALLOC_CHECK_": "3",
            "TMPDIR": "/nosuch",
            "HOME": "/nosuch",
            "TZ": ":/dev/zero",
            "X" * 1000: "y" * 100000,
        }
        namespace.write_file("evil.so", b"\x7fELF", 0o755)
        self.assert_registers_arm(env=environment)

    def test_target_list_of_the_environment_is_bounded_and_escaped(self):
        environment = {"QEMU_TARGET_LIST": "\x1b[2J" + "a" * 50000}
        done = namespace.register(env=environment)
        self.assertEqual(done.status, 2)
        self.assertFalse(has_control_bytes(done.err))
        self.assertEqual(namespace.entries(), {})

    def test_no_arguments_at_all(self):
        # Since 5.18 the kernel hands over an empty argv[0] instead.
        libc = ctypes.CDLL(None, use_errno=True)
        empty = (ctypes.c_char_p * 1)(None)
        read_end, write_end = os.pipe()
        child = os.fork()
        if child == 0:
            os.dup2(write_end, 1)
            libc.execve(BOX.encode(), empty, empty)
            os._exit(99)
        os.close(write_end)
        with open(read_end, "rb") as pipe:
            out = pipe.read()
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0)
        self.assertEqual(out, namespace.box("--help").out.replace(BOX.encode(), b"binfmtbox"))

    def test_many_arguments(self):
        done = namespace.box("clear", *["a" * 100] * 10000)
        self.assertEqual(done.status, 0)
        done = namespace.register(*["arm"] * 10000)
        self.assertEqual(done.status, 0)

    def test_closed_standard_descriptors(self):
        witness = os.path.join(HOME, "witness")
        for closed in itertools.chain.from_iterable(
            itertools.combinations((0, 1, 2), count) for count in range(1, 4)
        ):
            for quiet in (False, True):
                with self.subTest(closed=closed, quiet=quiet):
                    self.check_closed(closed, quiet, witness)

    def check_closed(self, closed, quiet, witness):
        # A message or a report that went into the registry would be a command.
        namespace.remove_all()
        foreign = b":foreign:M::FOREIGN::/bin/sh:F"
        namespace.write_record(foreign)
        before = namespace.entries()[b"foreign"]
        emulator = os.stat(EMULATOR)
        words = ["-q"] if quiet else []
        can_report = quiet or 1 not in closed
        for args in (["arm"], ["arm", "nosuchtarget"], ["arm"]):
            with open(witness, "wb") as file:
                done = namespace.run(
                    [*REGISTER, *words, *args],
                    stdout=file,
                    stderr=file,
                    preexec_fn=without(*closed),
                )
            expected = 2 if len(args) == 2 else 0 if can_report else 1
            self.assertEqual(done.status, expected, args)
        self.assertEqual(ARM in namespace.entries(), can_report)
        status = namespace.run([BOX, "status", *words], preexec_fn=without(*closed))
        self.assertEqual(status.status, 0 if can_report else 1)
        clear = namespace.run([BOX, "clear", *words, "arm"], preexec_fn=without(*closed))
        self.assertEqual(clear.status, 0 if can_report else 1)
        self.assertEqual(namespace.entries()[b"foreign"], before)
        self.assertEqual(ARM in namespace.entries(), False)
        self.assertEqual(os.stat(EMULATOR).st_mtime_ns, emulator.st_mtime_ns)

    def test_full_standard_output(self):
        with open("/dev/full", "wb") as full:
            done = namespace.register("arm", stdout=full)
        self.assertEqual(done.status, 1)
        self.assertEqual(
            done.err.splitlines()[-1],
            b"binfmt-register: cannot write to standard output: No space left on device",
        )

    def test_broken_pipe(self):
        read_end, write_end = os.pipe()
        os.close(read_end)
        with open(write_end, "wb") as pipe:
            done = namespace.register("arm", stdout=pipe)
        # Python ignores SIGPIPE, and so does what it starts.
        self.assertIn(done.status, (1, -signal.SIGPIPE))
        self.assertIn(list(namespace.entries()), ([], [ARM]))

    def test_deleted_working_directory(self):
        gone = os.path.join(HOME, "gone")

        def enter():
            os.mkdir(gone)
            os.chdir(gone)
            os.rmdir(gone)

        self.assert_registers_arm(preexec_fn=enter)

    def test_umask_of_nothing(self):
        self.assert_registers_arm(umask=0o777)
        namespace.box("--install", "-s", HOME, umask=0o777)
        self.assert_registers_arm([f"{HOME}/binfmt-register", "-Q", HOME, "arm"])

    def test_few_descriptors(self):
        done = namespace.register("all", preexec_fn=limit(RLIMIT_NOFILE=8))
        self.assertEqual(done.status, 0, done)
        self.assertEqual(len(namespace.entries()), len(namespace.EMULATORS))
        done = namespace.box("clear", "--ours", preexec_fn=limit(RLIMIT_NOFILE=8))
        self.assertEqual(done.status, 0, done)
        self.assertEqual(namespace.entries(), {})

    def test_no_descriptor_left(self):
        for most in range(3, 8):
            namespace.remove_all()
            done = namespace.register("arm", preexec_fn=limit(RLIMIT_NOFILE=most))
            # Where there is no descriptor left to take it back with, that is said.
            stays = b"cannot remove" in done.err
            self.assertEqual(done.status == 0 or stays, ARM in namespace.entries(), done)
            self.assertEqual(done.status == 0, done.err[:21] == b"binfmt-register: note", done)

    def test_little_memory_and_stack(self):
        self.assert_registers_arm(preexec_fn=limit(RLIMIT_AS=2 << 20, RLIMIT_STACK=1 << 17))

    def test_no_file_may_grow(self):
        # The registry's files are none that a limit of sizes means; the memfd is.
        done = namespace.register("arm", preexec_fn=limit(RLIMIT_FSIZE=0))
        self.assertEqual(done.status == 0, ARM in namespace.entries(), done)

    def test_signals_ignored_and_blocked(self):
        def block():
            for number in (signal.SIGCHLD, signal.SIGPIPE, signal.SIGINT):
                signal.signal(number, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))

        self.assert_registers_arm(preexec_fn=block)

    def test_killed_while_it_waits(self):
        command = [*REGISTER, "--hold", "arm"]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        with subprocess.Popen(command, **pipes) as holder:
            self.assertIn(b"registered", holder.stdout.readline())
            # It keeps nobody else from working.
            done = namespace.register("aarch64")
            self.assertEqual(done.status, 0, done)
            holder.terminate()
            self.assertEqual(holder.wait(namespace.TIMEOUT), 0)

    # The directory.

    def test_directory_that_is_a_link(self):
        os.symlink(REGISTRY, f"{HOME}/link")
        self.assert_registers_arm([*REGISTER, "--dir", f"{HOME}/link", "arm"])
        os.symlink("loop", f"{HOME}/loop")
        for path, why in (
            (f"{HOME}/loop", "Symbolic link loop"),
            ("/nosuch", "No such file or directory"),
            (BOX, "Not a directory"),
            ("/dev/null", "Not a directory"),
            (HOME, "binfmt_misc is not mounted on /mnt"),
            ("/proc/sys/fs", "binfmt_misc is not mounted on /proc/sys/fs"),
        ):
            for applet in (["register", "arm"], ["status"], ["clear", "arm"]):
                done = namespace.box(applet[0], "--dir", path, *applet[1:])
                self.assertEqual((done.status, done.out), (3, b""), done)
                self.assertIn(why, done.err.decode())

    def test_directory_that_pretends(self):
        # Files of the right names on another file system are not written to.
        fake = os.path.join(HOME, "fake")
        os.mkdir(fake)
        for name in ("register", "status", "qemu-arm"):
            namespace.write_file(f"fake/{name}", b"enabled\n")
        for applet in (["register", "arm"], ["clear", "--all"], ["status"]):
            done = namespace.box(applet[0], "--dir", fake, *applet[1:])
            self.assertEqual(done.status, 3, done)
        for name in os.listdir(fake):
            with open(os.path.join(fake, name), "rb") as file:
                self.assertEqual(file.read(), b"enabled\n")

    def test_directory_that_is_replaced_meanwhile(self):
        # Whatever is seen: no file of the impostor is written to, no crash.
        impostor = os.path.join(HOME, "impostor")
        path = os.path.join(HOME, "switch")
        os.mkdir(impostor)
        for name in ("register", "status", "qemu-arm"):
            namespace.write_file(f"impostor/{name}", b"enabled\n")
        stop = threading.Event()

        def switch():
            for target in itertools.cycle((REGISTRY, impostor)):
                if stop.is_set():
                    return
                os.symlink(target, path + ".new")
                os.rename(path + ".new", path)

        os.symlink(REGISTRY, path)
        thread = threading.Thread(target=switch)
        thread.start()
        try:
            for _ in range(50):
                done = namespace.register("--dir", path, "arm")
                self.assertIn(done.status, (0, 3), done)
                self.assertIn(list(namespace.entries()), ([], [ARM]))
                done = namespace.box("clear", "--dir", path, "--all")
                self.assertIn(done.status, (0, 3), done)
        finally:
            stop.set()
            thread.join()
        for name in os.listdir(impostor):
            with open(os.path.join(impostor, name), "rb") as file:
                self.assertEqual(file.read(), b"enabled\n")

    def test_directory_with_a_very_long_path(self):
        for applet in (["register", "arm"], ["status"], ["clear", "arm"], ["mount"]):
            done = namespace.box(*applet, "--dir", "/a" * 2500)
            self.assertIn(done.status, (1, 3, 5), applet)
            self.assertTrue(done.err)
        for options in (["-Q", "/a" * 2500], ["-I", "/a" * 2500]):
            done = namespace.box("register", *options, "arm")
            self.assertEqual(done.status, 1)
        self.assertEqual(namespace.entries(), {})

    # Names.

    def test_names_that_a_terminal_would_act_on(self):
        for number, name in enumerate(NAMES):
            path = f"{HOME}/i-".encode() + name
            namespace.write_record(b":%s:M::NAME%02d::%s:" % (name, number, path))
        for args in (
            ["status"],
            ["status", "--json"],
            ["status", "--", *NAMES],
            ["clear", "--disable", "--all"],
            ["clear", "--enable", "--json", "--all"],
            ["clear", "--dry-run", "--", *NAMES],
            ["clear", "--json", "--all"],
        ):
            done = namespace.box(*args)
            self.assertIn(done.status, (0, 1))
            for text in (done.out, done.err):
                self.assertFalse(has_control_bytes(text), (args, text))
            if "--json" in args:
                json.loads(done.out)
            else:
                lines = done.out.count(b"\n")
                # An entry that is asked for by name has a line about P, C and F, too.
                table = (len(NAMES) + 1, 4 * len(NAMES) + 1)
                expected = {"status": table, "clear": (len(NAMES),)}
                self.assertIn(lines, expected[args[0]], done)
        self.assertEqual(namespace.entries(), {})

    def test_arguments_that_a_terminal_would_act_on(self):
        for name in NAMES:
            for args in (
                ["register", "--", name],
                ["register", "--rule", b":" + name + b":M::x::" + name + b":"],
                ["register", "-I", name, "arm"],
                ["register", "-f", b"/nosuch/" + name],
                ["register", "-Q", b"/nosuch/" + name, "arm"],
                ["status", "--", name],
                ["status", "--dir", b"/nosuch/" + name],
                ["clear", "--", name],
                ["mount", "--dir", b"/nosuch/" + name],
                ["--" + "x", name],
                [name],
            ):
                done = namespace.box(*args)
                for text in (done.out, done.err):
                    self.assertFalse(has_control_bytes(text), (args, text))
        self.assertEqual(namespace.entries(), {})

    # Sizes.

    def assert_bounded(self, *args, status=0):
        """Runs the program; returns its result. It takes less than MOST_MEMORY."""
        out = os.path.join(HOME, "out")
        with open(out, "wb") as file:
            process = subprocess.Popen([BOX, *args], stdout=file, stderr=file)
            _, wait_status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(wait_status)
        self.assertLess(usage.ru_maxrss * 1024, MOST_MEMORY, args)
        with open(out, "rb") as file:
            text = file.read()
        self.assertEqual(process.returncode, status, (args, text[-500:]))
        return text

    def test_ten_thousand_entries(self):
        records = (
            b":n%05d:M::%05dMAGIC:%s:%s:F" % (i, i, b"\\xff" * 10, EMULATOR.encode())
            for i in range(MANY)
        )
        namespace.write_records(records)
        self.assertEqual(self.assert_bounded("status").count(b"\n"), MANY + 1)
        listed = json.loads(self.assert_bounded("status", "--json"))["entries"]
        self.assertEqual(listed[0]["name"], f"n{MANY - 1:05}")
        self.assertEqual(len(listed), MANY)
        self.assert_bounded("register", "-q", "-Q", HOME, "all")
        self.assertEqual(len(os.listdir(REGISTRY)), MANY + len(namespace.EMULATORS) + 2)
        self.assert_bounded("clear", "-q", "--ours")
        self.assertEqual(len(os.listdir(REGISTRY)), MANY + 2)
        self.assert_bounded("clear", "-q", "--all")
        self.assertEqual(namespace.entries(), {})

    def test_file_of_many_records(self):
        lines = b"".join(
            b":f%04d:M::%04dM::%s:\n" % (i, i, EMULATOR.encode()) for i in range(2000)
        )
        file = namespace.write_file("many.conf", lines)
        self.assert_bounded("register", "-q", "-f", file)
        self.assertEqual(len(namespace.entries()), 2000)

    def test_files_that_are_too_large_or_endless(self):
        large = namespace.write_file("large.conf", b"# comment\n" * 200000)
        for file in (large, "/dev/zero", "/dev/full", "/dev/urandom"):
            text = self.assert_bounded("register", "-f", file, status=1)
            self.assertIn(b"File too large", text)
        with open("/dev/zero", "rb") as endless:
            done = namespace.box("register", "-f", "-", stdin=endless)
        self.assertEqual(done.status, 1)
        self.assertEqual(namespace.entries(), {})

    def test_one_very_long_line(self):
        file = namespace.write_file("line.conf", b":a:M::" + b"x" * 1000000 + b"::/bin/sh:\n")
        text = self.assert_bounded("register", "-f", file, status=1)
        self.assertLess(len(text), 1000)

    def test_fifo_does_not_hang(self):
        fifo = os.path.join(HOME, "fifo")
        os.mkfifo(fifo, 0o755)
        done = namespace.box("register", "-I", fifo, "arm")
        self.assertEqual(done.status, 1)
        self.assertEqual(
            done.err.decode(),
            f"binfmt-register: qemu-arm: interpreter {fifo} is not a regular file\n",
        )
        done = namespace.box("register", "--file", fifo)
        self.assertEqual(done.status, 1, done)
        self.assertTrue(done.err)
        self.assertEqual(namespace.entries(), {})

    def test_file_from_a_pipe_that_is_slow(self):
        script = f"sleep 0.3; echo ':pipe:M::PIPE::{EMULATOR}:'"
        command = f"{BOX} register -f <({script})"
        done = namespace.run(["bash", "-c", command])
        self.assertEqual(done.status, 0, done)
        self.assertEqual(list(namespace.entries()), [b"pipe"])

    # Interpreters.

    def test_devices_and_directories_as_interpreters(self):
        for path in ("/dev/null", "/dev/zero", "/dev/tty", HOME, "/proc/self/mem"):
            done = namespace.box("register", "-I", path, "arm")
            self.assertEqual((done.status, done.out), (1, b""), done)
        self.assertEqual(namespace.entries(), {})

    def test_credentials_need_an_interpreter_that_only_root_can_change(self):
        place = os.path.join(HOME, "place")
        os.mkdir(place)
        path = os.path.join(place, "emulator")
        with open(BOX, "rb") as source, open(path, "wb") as copy:
            copy.write(source.read())
        os.chmod(path, 0o755)
        good = ["register", "-c", "yes", "-I", path, "arm"]
        for changed, mode, first in ((place, 0o777, place), (path, 0o757, path)):
            before = os.stat(changed).st_mode & 0o7777
            os.chmod(changed, mode)
            done = namespace.box(*good)
            self.assertEqual(done.status, 1, done)
            self.assertEqual(
                done.err.decode(),
                f"binfmt-register: qemu-arm: interpreter {path} may not run with other "
                "owners' rights (flag C): others than root may write to "
                f"{first}\n",
            )
            self.assertEqual(namespace.entries(), {})
            os.chmod(changed, before)
        done = namespace.box(*good)
        self.assertEqual(done.status, 0, done)

    def test_credentials_and_links(self):
        # The link is root's, what it leads to, and the way there, is not.
        place = os.path.join(HOME, "open")
        os.mkdir(place)
        os.chmod(place, 0o777)
        os.link(BOX, f"{place}/emulator")
        os.symlink(f"{place}/emulator", f"{HOME}/innocent")
        done = namespace.box("register", "-c", "yes", "-I", f"{HOME}/innocent", "arm")
        self.assertEqual(done.status, 1, done)
        self.assertIn(f"others than root may write to {place}\n", done.err.decode())
        # A link to the link, a relative one, and a way back out.
        os.symlink("innocent", f"{HOME}/again")
        os.symlink("loop2", f"{HOME}/loop1")
        os.symlink("loop1", f"{HOME}/loop2")
        for path in ("again", "open/../binfmtbox", "loop1"):
            done = namespace.box("register", "-c", "yes", "-I", f"{HOME}/{path}", "arm")
            self.assertEqual(done.status, 1, done)
        self.assertEqual(namespace.entries(), {})
        os.symlink("binfmtbox", f"{HOME}/good")
        done = namespace.box("register", "-c", "yes", "-I", f"{HOME}/good", "arm")
        self.assertEqual(done.status, 0, done)

    def test_credentials_and_a_bit_that_replaces_nothing(self):
        # A sticky directory keeps others from replacing root's file.
        place = os.path.join(HOME, "sticky")
        os.mkdir(place)
        os.chmod(place, 0o1777)
        os.link(BOX, f"{place}/emulator")
        done = namespace.box("register", "-c", "yes", "-I", f"{place}/emulator", "arm")
        self.assertEqual(done.status, 0, done)


if __name__ == "__main__":
    namespace.main()
