#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Files that the program makes: whole, its own, and nothing beside them."""

import itertools
import os
import shutil
import subprocess

import namespace
from namespace import BOX, HOME
from trace import trace

OUT = f"{HOME}/out"
TARGETS = ("arm", "aarch64", "s390x")
# How files are written, and what they are called.
FORMS = {
    "exportdir": (["-e", OUT], "qemu-{}.conf"),
    "print": (["--print", "binfmt.d", "-e", OUT], "qemu-{}.conf"),
    "systemd": (["-e", OUT, "-s"], "qemu-{}.conf"),
    "debian": (["-d", "-e", OUT], "qemu-{}"),
    "binfmt-d": (["--binfmt-d", OUT], "zz-binfmtbox-qemu-{}.conf"),
}
ROUNDS = 40


def command(form, target):
    return [BOX, "register", "-q", "-Q", HOME, *FORMS[form][0], target]


def path(form, target):
    return os.path.join(OUT, FORMS[form][1].format(target))


def read(name):
    with open(name, "rb") as file:
        return file.read()


class FilesTest(namespace.TestCase):
    def setUp(self):
        super().setUp()
        self.new_directory()
        self.addCleanup(shutil.rmtree, OUT, ignore_errors=True)

    def new_directory(self):
        shutil.rmtree(OUT, ignore_errors=True)
        os.mkdir(OUT)

    def contents(self, form):
        """What each target's file holds, written by one run after another."""
        found = {}
        for target in TARGETS:
            done = namespace.run(command(form, target))
            self.assertEqual((done.status, done.out), (0, b""), done)
            found[target] = read(path(form, target))
            self.assertIn(target.encode(), found[target])
        self.assertEqual(len(os.listdir(OUT)), len(TARGETS))
        return found

    def test_many_runs_at_once(self):
        for form in FORMS:
            expected = self.contents(form)
            for _ in range(ROUNDS):
                calls = [command(form, target) for target in TARGETS for _ in range(2)]
                running = [
                    # pylint: disable-next=consider-using-with
                    subprocess.Popen(call, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                    for call in calls
                ]
                while any(process.poll() is None for process in running):
                    for target in TARGETS:
                        self.assertEqual(read(path(form, target)), expected[target], form)
                self.assertEqual([process.returncode for process in running], [0] * len(calls))
            for target in TARGETS:
                self.assertEqual(read(path(form, target)), expected[target], form)
            self.assertEqual(len(os.listdir(OUT)), len(TARGETS), os.listdir(OUT))
            self.new_directory()
            namespace.remove_all()

    def test_links_of_others(self):
        victim = namespace.write_file("victim", b"mine\n")
        for form in FORMS:
            expected = self.contents(form)
            for make in (os.symlink, os.link):
                for target in TARGETS:
                    os.unlink(path(form, target))
                    make(victim, path(form, target))
                    # As before the name was random.
                    if not os.path.lexists(f"{OUT}/.binfmtbox.new"):
                        make(victim, f"{OUT}/.binfmtbox.new")
                    done = namespace.run(command(form, target))
                    self.assertEqual(done.status, 0, done)
                    self.assertFalse(os.path.islink(path(form, target)))
                    self.assertEqual(read(path(form, target)), expected[target], form)
                    self.assertEqual(os.stat(path(form, target)).st_mode & 0o7777, 0o644)
                os.unlink(f"{OUT}/.binfmtbox.new")
            self.assertEqual(read(victim), b"mine\n")
            self.assertEqual(os.stat(victim).st_nlink, 1)
            self.assertEqual(len(os.listdir(OUT)), len(TARGETS))
            self.new_directory()
            namespace.remove_all()

    def test_the_directory_is_exchanged_meanwhile(self):
        # All that comes after its opening is relative to what was opened.
        for form in FORMS:
            traced = trace(command(form, "arm"))
            self.assertEqual(traced.done.status, 0, traced.done)
            calls = traced.named(
                *("open openat openat2 creat rename renameat renameat2 unlink unlinkat link "
                  "linkat chmod fchmodat chown").split()
            )
            after = list(itertools.dropwhile(lambda call: f'"{OUT}"' not in call.text, calls))
            self.assertEqual([call.name for call in after], ["openat", "openat", "renameat"], form)
            self.assertIn("O_DIRECTORY", after[0].text)
            self.assertIn("O_EXCL", after[1].text)
            for call in after[1:]:
                self.assertNotIn("/", call.text, form)
            namespace.remove_all()

    def test_a_directory_is_in_the_way(self):
        for form in FORMS:
            os.mkdir(path(form, "arm"))
            done = namespace.run(command(form, "arm"))
            self.assertEqual(done.status, 1, done)
            self.assertIn(f"cannot write {path(form, 'arm')}: Is a directory".encode(), done.err)
            self.assertEqual(len(os.listdir(OUT)), 1, os.listdir(OUT))
            self.new_directory()
            namespace.remove_all()

    def test_each_failure(self):
        """The old file or the new one, and nothing beside it."""
        for form in FORMS:
            self.contents(form)
            name = path(form, "arm")
            for call, error in (
                ("openat", "EDQUOT"),
                ("write", "ENOSPC"),
                ("write", "EIO"),
                ("renameat", "EIO"),
                ("renameat", "EINTR"),
            ):
                os.unlink(name)
                namespace.write_file("out/" + os.path.basename(name), b"old\n")
                # The second openat(2) is for the file, the first write(2) what it holds.
                expression = {
                    "openat": f"openat:error={error}:when={self.number_of_open(form)}",
                    "write": f"write:error={error}:when=1",
                    "renameat": f"renameat:error={error}",
                }[call]
                done = trace(command(form, "arm"), inject=expression).done
                self.assertEqual(done.status, 1, (form, call, done))
                self.assertIn(f"cannot write {name}: ".encode(), done.err)
                self.assertEqual(read(name), b"old\n", (form, call))
                self.assertEqual(len(os.listdir(OUT)), len(TARGETS), (form, call, os.listdir(OUT)))
            self.new_directory()
            namespace.remove_all()

    def number_of_open(self, form):
        opens = trace(command(form, "arm")).named("openat")
        found = [call.number for call in opens if "O_EXCL" in call.text]
        self.assertEqual(len(found), 1)
        namespace.write_file("out/" + os.path.basename(path(form, "arm")), b"old\n")
        return found[0]

    def test_interrupted_calls_are_tried_again(self):
        for form in FORMS:
            expected = self.contents(form)
            for call in ("openat", "write"):
                inject = f"{call}:error=EINTR:when=1..20"
                done = trace(command(form, "arm"), inject=inject).done
                self.assertEqual((done.status, done.out), (0, b""), done)
                self.assertEqual(read(path(form, "arm")), expected["arm"])
            self.new_directory()
            namespace.remove_all()

    def test_links_to_a_file_without_a_name(self):
        def memfd(_):
            fd = os.memfd_create("box")
            os.write(fd, read(BOX))
            return fd

        def deleted(path):
            shutil.copy(BOX, path)
            fd = os.open(path, os.O_RDONLY)
            os.unlink(path)
            return fd

        def replaced(path):
            fd = deleted(path)
            shutil.copy("/bin/true", path)
            return fd

        def impersonated(path):
            fd = deleted(path)
            shutil.copy("/bin/true", f"{path} (deleted)")
            return fd

        os.mkdir(f"{OUT}/links")
        for make in (memfd, deleted, replaced, impersonated):
            for options in ([], ["-s"], ["--bare"], ["-s", "--bare"]):
                fd = make(f"{OUT}/program")
                argv = ["binfmtbox", "--install", *options, f"{OUT}/links"]
                done = namespace.run(argv, executable=f"/proc/self/fd/{fd}", pass_fds=[fd])
                os.close(fd)
                self.assertEqual((done.status, done.out), (1, b""), (make, done))
                self.assertRegex(
                    done.err,
                    rb"\Abinfmtbox: cannot make the link /mnt/out/links/(binfmt-)?mount: this "
                    rb"program was started from .* \(deleted\), and its file is not there now; "
                    rb"start it from a file\n\Z",
                )
                self.assertEqual(os.listdir(f"{OUT}/links"), [])

    def test_modes_do_not_follow_the_umask(self):
        done = namespace.run(command("exportdir", "arm"), preexec_fn=lambda: os.umask(0o777))
        self.assertEqual(done.status, 0, done)
        self.assertEqual(os.stat(path("exportdir", "arm")).st_mode & 0o7777, 0o644)


if __name__ == "__main__":
    namespace.main()
