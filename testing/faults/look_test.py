#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What only looks starts nothing and writes nothing, and what it shows is text."""

import json
import os
import pty
import re
import subprocess
import unicodedata

import namespace
from namespace import BOX, HOME, REGISTRY
from trace import trace

STARTED = f"{HOME}/started"
# As far as the kernel takes them: no slash, not "." and "..".
NAMES = [
    b"$(touch started)",
    b"`touch started`",
    b"${HOME}",
    b"new\nline",
    b"a b",
    b"a enabled  x",
    b"*",
    b"?[a-z]",
    b"'",
    b'"',
    b"\\",
    b";touch started",
    b"|touch started",
    b"&",
    b">started",
    b"~",
    b"!!",
    b"#",
    b"\x1b]0;title\x07\x1b[31mred",
    b"\xff\xfe\x80",
    "\u202eright to left\u2028\u0085\ufeff".encode(),
    b"-q",
    b"--probe",
]
WRITES = ("write", "writev", "pwrite64", "pwritev", "sendto", "sendmsg")
CHANGES = (
    "mkdir mkdirat unlink unlinkat rename renameat renameat2 link linkat symlink symlinkat "
    "mknod mknodat truncate ftruncate chmod fchmod fchmodat chown fchown fchownat mount umount2 "
    "setxattr utimensat finit_module kill"
).split()
OPENS = ("open", "openat", "openat2", "creat")
MAGIC = {"arm": (1, 1, 40), "aarch64": (2, 1, 183), "s390x": (2, 2, 22)}
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
COMPLETIONS = os.path.join(ROOT, "completions")
# Calls the completion of bash for the words behind its directory.
COMPLETE = """
cd "$1"; source ./binfmtbox.bash; shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_binfmtbox "$1" "${!#}" "${COMP_WORDS[$# - 2]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""
INSIDE = ["unshare", "--user", "--map-root-user", "--mount", "--kill-child=KILL"]


def magic(target):
    """Magic and mask of a target's record."""
    wide, order, machine = MAGIC[target]
    number = machine.to_bytes(2, "little" if order == 1 else "big")
    kind = b"\\x02\\x00" if order == 1 else b"\\x00\\x02"
    kind_mask = b"\\xfe\\xff" if order == 1 else b"\\xff\\xfe"
    head = b"\\x7fELF\\x%02x\\x%02x\\x01" % (wide, order) + b"\\x00" * 9 + kind
    head += b"".join(b"\\x%02x" % byte for byte in number)
    return head + b":" + b"\\xff" * 7 + b"\\x00" * 9 + kind_mask + b"\\xff\\xff"


def hidden(text):
    """Characters that a terminal would act on, or that show nothing."""
    return {
        char
        for char in text.decode("utf-8")
        if char != "\n" and unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp", "Co", "Cs")
    }


def on_terminal(argv):
    """What a command that ends shows on a terminal."""
    ours, its = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "NO_COLOR": "1"}
    with subprocess.Popen(argv, stdin=its, stdout=its, stderr=its, env=environment):
        os.close(its)
        shown = b""
        try:
            while part := os.read(ours, 65536):
                shown += part
        except OSError:
            # The other end is closed.
            pass
    os.close(ours)
    return shown.replace(b"\r\n", b"\n")


class LookTest(namespace.TestCase):
    def setUp(self):
        super().setUp()
        script = f"#!/bin/sh\ntouch {STARTED}\nexit 42\n".encode()
        # Whoever it belongs to, everybody may write to it.
        self.emulator = namespace.write_file("qemu-s390x", script, 0o777)
        self.addCleanup(lambda: os.path.exists(STARTED) and os.unlink(STARTED))
        for number, name in enumerate(NAMES):
            record = b":%s:M::NAME%02d::%s:" % (name, number, self.emulator.encode())
            namespace.write_record(record)
        namespace.write_record(b":qemu-s390x:M::" + magic("s390x") + b":/mnt/qemu-s390x:F")
        namespace.write_record(b":qemu-arm:M::" + magic("arm") + b":/mnt/qemu-s390x:")
        self.foreign = namespace.write_file("foreign", b"NAME00 and more", 0o755)

    def assert_only_looks(self, argv, **options):
        """Nothing is started but ARGV itself, nothing is written but its output."""
        before = namespace.entries()
        traced = trace(argv, **options)
        for call in traced.named("execve", "execveat"):
            if call.number == 1 and call.pid == traced.calls[0].pid:
                continue
            # This machine's siblings are found by asking the kernel, which starts none.
            self.assertRegex(call.text, r'^\d+, "".*= -1 (EIO|ENOEXEC)', (argv, call))
        for call in traced.named(*WRITES):
            memfd = call.name == "pwrite64" and traced.named("memfd_create")
            if not memfd:
                self.assertRegex(call.text, r"^[12],", (argv, call))
        self.assertEqual(traced.named(*CHANGES), [], argv)
        for call in traced.named(*OPENS):
            self.assertNotRegex(call.text, r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC", (argv, call))
        self.assertFalse(os.path.exists(STARTED), argv)
        self.assertEqual(namespace.entries(), before, argv)
        # Records are printed as the kernel has them.
        if "--print" not in argv:
            self.assertEqual(hidden(traced.done.out + traced.done.err), set(), argv)
        return traced.done

    def test_status_in_every_form(self):
        operands = ([], ["s390x"], ["qemu-s390x", "arm"], ["--", *NAMES])
        forms = ([], ["-q"], ["--json"], ["--print", "record"], ["--print", "debian"])
        for form in (*forms, ["--platforms"], ["--if-possible", "-n"]):
            for words in operands:
                done = self.assert_only_looks([BOX, "status", *form, *words])
                self.assertIn(done.status, (0, 1), done)

    def test_nothing_raw_on_a_terminal(self):
        hostile = namespace.write_file("hostile.conf", b"".join(
            b"|%s|M||HOST%02d||/bin/cat|\n" % (name, number)
            for number, name in enumerate(NAMES)
            if b"\n" not in name and b"|" not in name
        ))
        for words in (
            ["status"],
            ["status", "--", *NAMES],
            ["status", "--json"],
            ["status", "--json", "--", *NAMES],
            ["status", "--platforms"],
            ["status", "--probe"],
            *(["status", "--print", form] for form in ("record", "binfmt.d", "debian")),
            ["status", "--match", self.foreign],
            *(["status", "--match", name] for name in NAMES[:-2]),
            ["register", "-n", "-f", hostile],
            *(["register", "--print", form, "-f", hostile] for form in ("record", "debian")),
            ["register", "-e", f"{HOME}/out", "-f", hostile],
            ["register", "-f", hostile],
            ["register", "--json", "--replace", "-f", hostile],
            *(["register", "--rule", name] for name in NAMES[:-2]),
            *(["register", "-n", "-F", name, "arm"] for name in NAMES),
            *(["register", "-n", "-I", b"/" + name, "arm"] for name in NAMES),
            *(["register", "-n", "--", name] for name in NAMES),
            *(["mount", "-D", name] for name in NAMES),
            *([name] for name in NAMES),
            *(["--install", name] for name in NAMES[:-2]),
            ["clear", "-n", "--", *NAMES],
            ["clear", "--disable", "--all"],
            ["clear", "--enable", "--", *NAMES],
            ["clear", "--json", "--all"],
        ):
            shown = on_terminal([BOX, *words])
            self.assertEqual(hidden(shown), set(), (words, shown))
        # What was left out is told.
        namespace.remove_all()
        namespace.write_record(b":\x1b[31mred:M::RED::/bin/cat:")
        namespace.write_record(b":plain:M::PLAIN::/bin/cat:")
        shown = on_terminal([BOX, "status", "--print", "record"])
        self.assertEqual(
            sorted(shown.decode().splitlines()),
            [
                ":plain:M:0:PLAIN::/bin/cat:",
                "binfmt-status: \\x1b[31mred: a terminal would act on its record; print it "
                "into a file or a pipe",
            ],
        )
        done = namespace.box("status", "--print", "record")
        self.assertEqual(
            (done.status, done.out, done.err),
            (0, b":\x1b[31mred:M:0:RED::/bin/cat:\n:plain:M:0:PLAIN::/bin/cat:\n", b""),
        )

    def test_completions(self):
        # Of programs only our own and the tools of the script, no file at all.
        os.mkdir(f"{HOME}/bin")
        os.link(BOX, f"{HOME}/bin/binfmtbox")
        namespace.run([BOX, "--install", f"{HOME}/bin"])
        evil = f"#!/bin/sh\ntouch {STARTED}\n".encode()
        os.mkdir(f"{HOME}/here")
        for name in ("binfmtbox", "binfmt-status", "sed", "compgen", "evil"):
            namespace.write_file(f"here/{name}", evil, 0o755)
        environment = {"PATH": f"{HOME}/bin:/usr/bin:/bin", "HOME": f"{HOME}/here", "TERM": "dumb"}
        lines = [
            [program, *words]
            for program in ("binfmtbox", "./binfmtbox", f"{HOME}/here/binfmtbox")
            for words in (
                [""],
                ["status", ""],
                ["clear", "a"],
                ["status", "-D", REGISTRY, ""],
                ["status", "--print", ""],
                ["register", "--emulator", ""],
                ["register", "-"],
                ["clear", "--", ""],
            )
        ] + [["binfmt-status", ""], ["binfmt-clear", ""], ["binfmtbox", "$(evil)", ""]]
        lines += [["binfmtbox", "status", name] for name in ("$(evil)", "`evil`", "'$(evil)")]
        for line in lines:
            argv = ["bash", "--norc", "-c", COMPLETE, "completion", COMPLETIONS, *line]
            self.assert_completes(argv, environment)
        # zsh reads hundreds of files first.
        for line in ("./binfmtbox ", "binfmtbox status ", "binfmt-clear '$(evil)", "binfmt-clear "):
            script = f"{COMPLETIONS}/zsh_hits_for_testing.zsh"
            self.assert_completes(["zsh", "-f", script, COMPLETIONS, line], environment)

    def assert_completes(self, argv, environment):
        before = namespace.entries()
        only = ("execve", "execveat", *OPENS, *CHANGES)
        traced = trace(argv, only=only, env=environment, cwd=f"{HOME}/here")
        self.assertEqual(traced.done.status, 0, (argv, traced.done))
        ours = [call for call in traced.named("execve", "execveat") if call.number > 1 or
                call.pid != traced.calls[0].pid]
        for call in ours:
            # The second shell is that of the test.
            self.assertRegex(
                call.text,
                rf'^"({HOME}/bin/binfmt[-a-z]+|(/usr)?/bin/(sed|zsh))", ',
                (argv, call),
            )
        self.assertEqual(traced.named(*set(CHANGES) - {"kill"}), [], argv)
        for call in traced.named(*OPENS):
            if re.search(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC", call.text):
                self.assertRegex(call.text, r'^AT_FDCWD, "/dev/(null|tty|ptmx|pts/\d+)"', argv)
        self.assertFalse(os.path.exists(STARTED), argv)
        self.assertEqual(namespace.entries(), before, argv)

    def test_match(self):
        for file in (self.foreign, BOX, self.emulator, "/nosuch", HOME, "/dev/null"):
            for form in ([], ["--json"]):
                self.assert_only_looks([BOX, "status", *form, "--match", file])

    def test_dry_runs(self):
        for words in (
            ["register", "-Q", HOME, "arm"],
            ["register", "-Q", HOME, "--replace", "all"],
            ["register", "-Q", HOME, "--replace", "--verify", "-i", "yes", "all"],
            ["register", "--rule", b":x:M::XX::/mnt/qemu-s390x:F"],
            ["register", "-e", f"{HOME}/new", "-Q", HOME, "arm"],
            ["clear", "--all"],
            ["clear", "--", *NAMES],
            ["clear", "--disable", "*"],
            ["mount", "--userns"],
        ):
            self.assert_only_looks([BOX, words[0], "-n", *words[1:]])

    def test_instance_of_another_user_namespace(self):
        # Root looks at an instance whose owner chose the interpreters.
        rule = b":qemu-aarch64:M::" + magic("aarch64") + b":/mnt/qemu-s390x:"
        inside = f"mount -t binfmt_misc none {REGISTRY} && cat >{REGISTRY}/register && echo && cat"
        with subprocess.Popen(
            [*INSIDE, "sh", "-c", inside.replace("cat >", "head -n1 >")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as process:
            process.stdin.write(rule + b"\n")
            process.stdin.flush()
            process.stdout.readline()
            directory = f"/proc/{process.pid}/root{REGISTRY}"
            self.assertIn("qemu-aarch64", os.listdir(directory))
            for form in ([], ["-q"], ["--json"], ["--platforms"], ["--print", "record"]):
                for words in ([], ["arm64"]):
                    self.assert_only_looks([BOX, "status", "-D", directory, *form, *words])
            status = json.loads(namespace.box("status", "--json", "-D", directory).out)
            self.assertEqual(status["user_namespace"], "unknown")
            why = f" {directory} may be another user namespace's; enter it with nsenter(1)\n"
            done = self.assert_only_looks([BOX, "status", "-D", directory, "--probe", "arm64"])
            self.assertEqual(
                (done.status, done.out, done.err), (1, b"", f"binfmt-status:{why}".encode())
            )
            before = os.listdir(directory)
            done = namespace.register("-D", directory, "--verify", "arm")
            self.assertEqual(
                (done.status, done.out, done.err), (1, b"", f"binfmt-register:{why}".encode())
            )
            self.assertEqual(os.listdir(directory), before)
            process.stdin.close()

    def test_own_instance_wherever_it_is_mounted(self):
        # This process's own instance is no other one.
        directory = f"{HOME}/elsewhere"
        os.mkdir(directory)
        subprocess.run(["mount", "-t", "binfmt_misc", "none", directory], check=True)
        self.addCleanup(os.rmdir, directory)
        self.addCleanup(subprocess.run, ["umount", directory], check=True)
        status = json.loads(namespace.box("status", "--json", "-D", directory).out)
        self.assertEqual(status["user_namespace"], "other")
        done = namespace.box("status", "-D", directory, "--probe", "x86_64")
        self.assertEqual(done.status, 0, done)

    def test_own_instance_beside_that_of_the_namespace_around(self):
        # Both are mounted here, and the one around is at the usual place.
        script = f"mkdir {HOME}/own && mount -t binfmt_misc none {HOME}/own || exit 9; "
        script += f"{BOX} status --json -D {HOME}/own; {BOX} status -q -D {HOME}/own --probe x86_64; "
        script += f"echo $?; {BOX} status -q --probe arm; echo $?; rmdir {HOME}/own 2>/dev/null; :"
        self.addCleanup(os.rmdir, f"{HOME}/own")
        done = namespace.run([*INSIDE, "sh", "-c", script])
        lines = done.out.decode().splitlines()
        self.assertEqual(json.loads(lines[0])["user_namespace"], "other", done)
        self.assertEqual(lines[1:], ["0", "1"], done)
        # Its own has no entry for arm.
        self.assertIn(b"arm: a program does not run: errno 8", done.err)
        self.assertFalse(os.path.exists(STARTED))

    def test_characters_that_show_nothing(self):
        # All of the kind.
        characters = [
            chr(code)
            for code in range(1, 0x110000)
            if unicodedata.category(chr(code)) in ("Cc", "Cf", "Zl", "Zp", "Co")
            and (code < 0xE100 or 0xF800 < code < 0xF0010 or code > 0x10FFF0)
        ]
        self.assertGreater(len(characters), 400)
        for form in (["status"], ["clear", "--json"]):
            done = namespace.box(*form, "--", *characters)
            self.assertEqual(hidden(done.out + done.err), set())
            self.assertTrue(done.out + done.err)

    def test_characters_that_show_themselves(self):
        shown = "äß€中𠀀😀é\u0301א\u200a"
        done = namespace.box("status", "--", shown)
        self.assertIn(shown.encode(), done.err)


if __name__ == "__main__":
    namespace.main()
