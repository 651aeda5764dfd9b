#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the program says of each errno of the kernel, compared whole.

CAUSES names the test of each errno of write(2) to the file "register", and of each
state in which binfmt_misc is not there. Those that a machine gives rarely are made
here, by strace(1).
"""

import os
import resource

import namespace
from namespace import BOX, HOME, REGISTRY

REFUSAL = "testing/program/refusal_test.cc"
SELF = "testing/faults/errno_test.py"
CAUSES = {
    # Writing a record.
    "EINVAL, flags of a newer kernel": (REFUSAL, "FlagsOfANewerKernel"),
    "EINVAL, grammar": ("binfmt/record/record_test.cc", "ParseOfDelimiterThatIsAFlag"),
    "EEXIST": (REFUSAL, "NameThatWasTakenMeanwhile"),
    "EEXIST, the kernel's own files": (REFUSAL, "NamesOfTheKernelsOwnFiles"),
    "ENAMETOOLONG": (REFUSAL, "NameThatIsTooLong"),
    "ENOENT": (REFUSAL, "InterpreterThatVanished"),
    "EACCES, no x": (REFUSAL, "InterpreterThatIsExecutableNoMore"),
    "EACCES, noexec": (REFUSAL, "MountWithNoexec"),
    "EACCES, directory": (REFUSAL, "DirectoryThatMayNotBeSearched"),
    "ENOTDIR, ELOOP": (REFUSAL, "PathThatBecameAFileOrALoop"),
    "ETXTBSY": (REFUSAL, "InterpreterThatWasOpenedForWriting"),
    "EMFILE, ENFILE, EINTR, EFAULT, ENOMEM, ENOSPC": (SELF, "test_write"),
    "EROFS": (REFUSAL, "ReadOnlyFileSystem"),
    "EACCES, register": (REFUSAL, "RegisterThatIsNotWritable"),
    "EPERM, not root": (REFUSAL, "NotRoot"),
    # Where it is not there.
    "not mounted": (REFUSAL, "NotMountedAtTheStandardPlace"),
    "no such directory": (REFUSAL, "NoSuchDirectory"),
    "another file system": (REFUSAL, "PlainDirectory"),
    "no module": (SELF, "test_mount_without_module"),
    "automount that nobody answers": (SELF, "test_dead_automount"),
    "loop of links": (REFUSAL, "TooManyLinks"),
    "no /proc": (REFUSAL, "ProcThatCanNotBeMounted"),
    "no capability": (REFUSAL, "MountWithoutTheCapability"),
    "too many open files": (SELF, "test_too_many_open_files"),
}
WRITES = {
    "ENOMEM": "the kernel has no memory for it (the memory cgroup's limit counts too)",
    "EFAULT": "Bad address",
    "EINTR": "Interrupted system call",
    "ENOSPC": "the user namespace's limit of interpreters held by flag F is reached "
    "(sysctl user.max_binfmt_misc_interpreters)",
    "EMFILE": "No file descriptors available",
    "ENFILE": "Too many open files in system",
}
OPENS = {
    "EMFILE": "No file descriptors available",
    "ENFILE": "Too many open files in system",
    "ENOMEM": "Out of memory",
    "EIO": "I/O error",
}
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
REGISTER = ["register", "-Q", HOME, "arm"]


def inject(what, *args, path=None):
    """Runs binfmtbox with a fault in a call, for PATH only where it is given."""
    only = ["-P", path] if path else []
    command = ["strace", "-f", "-qq", "-o", "/dev/null", *only, "-e", f"inject={what}"]
    return namespace.run([*command, "--", BOX, *args])


class ErrnoTest(namespace.TestCase):
    def assert_fails(self, done, status, why):
        self.assertEqual((done.status, done.out), (status, b""), done)
        self.assertEqual(done.err.decode(), f"{why}\n")
        self.assertEqual(namespace.entries(), {})

    def test_each_cause_has_its_test(self):
        for cause, (file, test) in CAUSES.items():
            with open(os.path.join(ROOT, file), encoding="utf-8") as source:
                self.assertRegex(source.read(), rf"(, |def ){test}\(?", cause)

    def test_write(self):
        for name, why in WRITES.items():
            done = inject(f"writev:error={name}", *REGISTER)
            why = f"binfmt-register: cannot register qemu-arm: {why}"
            self.assert_fails(done, 1, why)

    def test_open_of_the_registry(self):
        for name, why in OPENS.items():
            done = inject(f"openat:error={name}", *REGISTER, path=REGISTRY)
            self.assert_fails(done, 1, f"binfmt-register: cannot open {REGISTRY}: {why}")

    def test_mount_and_unmount(self):
        # What cannot be examined is not taken for not mounted.
        def mounts():
            with open("/proc/self/mounts", encoding="utf-8") as lines:
                return sum(f" {REGISTRY} binfmt_misc " in line for line in lines)

        before = mounts()
        for args in (["mount", "--userns"], ["clear", "--all", "--unmount"]):
            for call in ("openat", "fstatfs"):
                for name in ("EMFILE", "ENFILE", "ENOMEM", "EIO"):
                    done = inject(f"{call}:error={name}", *args, path=REGISTRY)
                    self.assertEqual((done.status, mounts()), (1, before), (args, call, name, done))

    def test_lock(self):
        # A write without the lock could come between another run's.
        log = f"{HOME}/log"
        namespace.run(["strace", "-o", log, "-e", "trace=openat", "--", BOX, *REGISTER])
        with open(log, encoding="utf-8") as calls:
            first = next(i for i, call in enumerate(calls, 1) if '"register"' in call)
        self.assertEqual(namespace.box("clear", "-q", "--all").status, 0)
        for name in ("EMFILE", "ENFILE", "ENOMEM"):
            done = inject(f"openat:error={name}:when={first}", *REGISTER)
            why = f"binfmt-register: cannot open {REGISTRY}/register: {OPENS[name]}"
            self.assert_fails(done, 1, why)

    def test_dead_automount(self):
        done = inject("openat:error=ELOOP", *REGISTER, path=REGISTRY)
        why = f"{REGISTRY} is an automount point that nobody answers: mount "
        why += "binfmt_misc somewhere else and name it with --dir"
        self.assert_fails(done, 3, f"binfmt-register: {why}")

    def test_mount_without_module(self):
        # Whatever modules this machine has.
        for folder in ("/lib/modules", "/usr/lib/modules"):
            if os.path.isdir(folder):
                done = namespace.run(["mount", "-t", "tmpfs", "none", folder])
                self.assertEqual(done.status, 0, done)
        os.mkdir(f"{HOME}/empty")
        args = ["mount", "--userns", "--dir", f"{HOME}/empty"]
        done = inject("mount:error=ENODEV", *args)
        why = "binfmt-mount: this kernel has no binfmt_misc, and there is no module "
        why += f"/lib/modules/{os.uname().release}/kernel/fs/binfmt_misc.ko (.xz, .zst, "
        why += ".gz): install this kernel's modules, or name the file with --module; in a "
        why += "container: load it on the host, or use --pid=host (a pod: hostPID: true)"
        self.assert_fails(done, 4, why)

    def test_a_passing_failure_takes_no_other_interpreter(self):
        first = f"{HOME}/qemu-arm-static"
        second = f"{HOME}/qemu-arm"
        os.link(BOX, second)
        for name, why in {
            "EMFILE": "No file descriptors available",
            "ENFILE": "Too many open files in system",
            "ENOMEM": "Out of memory",
            "EIO": "I/O error",
            "ETXTBSY": "Text file busy",
            "EINTR": "Interrupted system call",
            "ESTALE": "Stale file handle",
            "ENODEV": "No such device",
            "ETIMEDOUT": "Operation timed out",
            "EINVAL": "Invalid argument",
            "EAGAIN": "Resource temporarily unavailable",
        }.items():
            for call, what in (("openat2", "open the interpreter"), ("pread64", "read")):
                done = inject(f"{call}:error={name}", *REGISTER, path=first)
                begin = f"binfmt-register: qemu-arm: cannot {what} {first}: "
                self.assert_fails(done, 1, begin + why)
        # ... and is an error for "all", too, which registers the others.
        done = inject("openat2:error=EIO", "register", "-q", "-Q", HOME, "all", path=first)
        self.assertEqual((done.status, done.out), (1, b""), done)
        self.assertEqual(
            done.err.decode(),
            f"binfmt-register: qemu-arm: cannot open the interpreter {first}: I/O error\n",
        )
        self.assertEqual(sorted(namespace.entries()), [b"qemu-aarch64", b"qemu-s390x"])
        namespace.remove_all()
        # Its writer, and what else shows only when it is open.
        done = inject("fcntl:error=EAGAIN", *REGISTER, path=first)
        why = f"binfmt-register: qemu-arm: interpreter {first} is open for writing; "
        self.assert_fails(done, 1, why + "try again when its writer is done")
        os.unlink(first)
        self.addCleanup(os.rename, second, first)
        namespace.write_file("qemu-arm-static", b"\x7fELF")
        done = namespace.box(*REGISTER)
        self.assertEqual((done.status, namespace.entries()), (1, {}), done)
        self.assertIn(f"{first} is not executable".encode(), done.err)

    def test_a_mount_that_cannot_be_examined(self):
        # "noexec" cannot be told.
        first = f"{HOME}/qemu-arm-static"
        done = namespace.run(
            ["strace", "-qq", "-o", "/dev/null", "-P", first, "-e", "inject=faccessat2:error=EIO"]
            + ["-e", "inject=fstatfs:error=EIO", "--", BOX, *REGISTER]
        )
        self.assert_fails(done, 1, f"binfmt-register: qemu-arm: cannot examine {first}: I/O error")

    def test_interrupted_calls_of_the_search(self):
        first = f"{HOME}/qemu-arm-static"
        for call in ("openat2", "pread64"):
            done = inject(f"{call}:error=EINTR:when=1..20", *REGISTER, path=first)
            self.assertEqual(done.status, 0, done)
            self.assertIn(first.encode(), namespace.entries()[b"qemu-arm"])
            namespace.remove_all()

    def test_too_many_open_files(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))

        done = namespace.box(*REGISTER, preexec_fn=limit)
        why = f"binfmt-register: cannot open {REGISTRY}: No file descriptors available"
        self.assert_fails(done, 1, why)


if __name__ == "__main__":
    namespace.main()
