# SPDX-License-Identifier: Apache-2.0
"""A machine of its own for a test of the built program.

main() starts the test again as PID 1 of new user, mount and pid namespaces, so
that nothing of this machine changes: the registry there is another one (Linux
6.7). Where that is impossible the test fails; it never skips.
"""

import os
import re
import shutil
import subprocess
import sys
import unittest

REGISTRY = "/proc/sys/fs/binfmt_misc"
# A tmpfs of the namespace's own, in which all is owned by its root.
HOME = "/mnt"
BOX = f"{HOME}/binfmtbox"
SYSTEM = ("register", "status")
# Interpreters; copies of the program itself are as good as emulators, as no
# foreign program is run.
EMULATORS = tuple(f"{HOME}/qemu-{name}-static" for name in ("arm", "aarch64", "s390x"))
HELPER_NAME = re.compile(rb"(.*)\.binfmtbox-[0-9a-f]{8}", re.DOTALL)
# Enough for any one run, also on a busy machine.
TIMEOUT = 60

_UNSHARE = ["unshare", "--user", "--map-root-user", "--mount", "--pid", "--fork"]
_UNSHARE += ["--kill-child=KILL", "--mount-proc"]
_INSIDE = "--inside-namespace"


class Finished:
    """What a process left: exit status (negative: the signal), output."""

    def __init__(self, status, out, err):
        self.status = status
        self.out = out
        self.err = err

    def __repr__(self):
        return f"status {self.status}, stdout {self.out!r}, stderr {self.err!r}"


def run(argv, *, stdin=subprocess.DEVNULL, timeout=TIMEOUT, **options):
    """Runs a command; one that does not end in time fails the test."""
    options.setdefault("stdout", subprocess.PIPE)
    options.setdefault("stderr", subprocess.PIPE)
    done = subprocess.run(argv, stdin=stdin, timeout=timeout, check=False, **options)
    return Finished(done.returncode, done.stdout, done.stderr)


def box(*args, **options):
    """Runs binfmtbox with these arguments."""
    return run([BOX, *args], **options)


def register(*args, **options):
    """Runs the applet "register", which finds interpreters in HOME."""
    return box("register", "--qemu-path", HOME, *args, **options)


def write_record(record):
    """Hands one record to the kernel as it is."""
    fd = os.open(f"{REGISTRY}/register", os.O_WRONLY)
    try:
        os.write(fd, record)
    finally:
        os.close(fd)


def write_records(records):
    """Hands many records to the kernel."""
    fd = os.open(f"{REGISTRY}/register", os.O_WRONLY)
    try:
        for record in records:
            os.write(fd, record)
    finally:
        os.close(fd)


def entries():
    """The registry: each entry's name and text, in match order."""
    found = {}
    for name in os.listdir(os.fsencode(REGISTRY)):
        if name.decode("utf-8", "replace") in SYSTEM:
            continue
        with open(os.path.join(os.fsencode(REGISTRY), name), "rb") as file:
            found[name] = file.read()
    return found


def helpers(registry):
    """The entries that a replacement needs for a moment."""
    return {name: text for name, text in registry.items() if HELPER_NAME.fullmatch(name)}


def remove_all():
    """Empties the registry without the program."""
    with open(f"{REGISTRY}/status", "wb", buffering=0) as status:
        status.write(b"-1")


def mount():
    """Mounts a new, empty registry."""
    argv = ["mount", "-i", "-t", "binfmt_misc", "binfmt_misc", REGISTRY]
    subprocess.run(argv, check=True, timeout=TIMEOUT)


def unmount():
    """Unmounts the registry; its entries go with it."""
    subprocess.run(["umount", REGISTRY], check=True, timeout=TIMEOUT)


def write_file(name, content, mode=0o644):
    """Makes a file in HOME; returns its path."""
    path = os.path.join(HOME, name)
    with open(path, "wb") as file:
        file.write(content)
    os.chmod(path, mode)
    return path


def starts_native_program():
    """Does a program of this machine's own kind start?"""
    return run(["/bin/true"]).status == 0 and run(["/bin/sh", "-c", "exit 7"]).status == 7


class TestCase(unittest.TestCase):
    """A test that begins with an empty registry and ends with one."""

    maxDiff = None

    def setUp(self):
        remove_all()
        self.addCleanup(remove_all)


def _prepare(binary):
    subprocess.run(["mount", "-i", "-t", "tmpfs", "tmpfs", HOME], check=True, timeout=TIMEOUT)
    os.chmod(HOME, 0o755)
    shutil.copyfile(binary, BOX)
    os.chmod(BOX, 0o755)
    for emulator in EMULATORS:
        os.link(BOX, emulator)
    mount()
    # Messages in English, and nothing else from outside.
    os.environ.clear()
    os.environ["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin"


def main():
    """Runs the tests of the calling script: SCRIPT BINFMTBOX [TEST]..."""
    if len(sys.argv) < 2:
        sys.exit(f"usage: {sys.argv[0]} BINFMTBOX [TEST]...")
    if sys.argv[1] != _INSIDE:
        binary = os.path.abspath(sys.argv[1])
        script = os.path.abspath(sys.argv[0])
        again = [sys.executable, script, _INSIDE, binary, *sys.argv[2:]]
        os.execvp(_UNSHARE[0], [*_UNSHARE, *again])
    if os.getpid() != 1:
        sys.exit("not PID 1 of a namespace of its own")
    _prepare(sys.argv[2])
    os.chdir("/")
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
