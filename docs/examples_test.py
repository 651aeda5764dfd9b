#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the examples of documents, and compares what they print with what stands there.

examples_test.py BINFMTBOX FOREIGN DOCUMENT...: FOREIGN is binfmtbox for arm64. An example is an
indented line that begins with "$ ", and the lines below it. Those of a document are run one after the
other, in namespaces of their own. Needs qemu-user-static.
"""

import os
import re
import shutil
import subprocess
import sys
import unittest
from typing import Iterator, List, Tuple

INSIDE = "BINFMTBOX_EXAMPLES_TEST"
BOX, FOREIGN = (os.path.abspath(path) for path in sys.argv[1:3])
DOCUMENTS = [os.path.abspath(path) for path in sys.argv[3:]]
UNSHARE = ["unshare", "-Urm", "--fork", "-p", "--kill-child=KILL", "--mount-proc"]
# What differs between machines and builds, with what takes its place.
VARYING = (
    (r"Linux [0-9][^ ,]*", "Linux VERSION"),
    (r"(qemu-\w+) version .*", r"\1 version VERSION"),
    (r"^revision .*", "revision REVISION"),
    (r"^table [0-9a-f]{8}", "table CHECKSUM"),
)


def examples(document: str) -> Iterator[Tuple[str, List[str]]]:
    """Commands, each with the lines that it prints."""
    command = ""
    answer: List[str] = []
    with open(document, encoding="utf-8") as file:
        for line in [*file, "\n"]:
            text = line.rstrip("\n")
            if command and (not text.startswith("    ") or text.startswith("    $ ")):
                yield command, answer
                command = ""
            if text.startswith("    $ "):
                command, answer = text[len("    $ "):], []
            elif command:
                answer.append(text[len("    "):])


def normal(lines: List[str]) -> List[str]:
    found = []
    for line in lines:
        for pattern, replacement in VARYING:
            line = re.sub(pattern, replacement, line)
        found.append(line)
    return found


def prepare() -> None:
    """The files that the documents speak of."""
    for directory in ("/mnt", "/opt"):
        subprocess.run(["mount", "-i", "-t", "tmpfs", "-o", "mode=755", "tmpfs", directory], check=True)
    shutil.copy(BOX, "/mnt/binfmtbox")
    shutil.copy(FOREIGN, "/mnt/binfmtbox-arm64")
    shutil.copy(FOREIGN, "/opt/emulator")
    shutil.copy("/usr/bin/qemu-aarch64-static", "/opt/qemu-aarch64-static")
    with open("/opt/run.sh", "w", encoding="utf-8") as file:
        file.write("#!/bin/sh\n")
    for name in ("/mnt/binfmtbox", "/mnt/binfmtbox-arm64", "/opt/emulator", "/opt/run.sh"):
        os.chmod(name, 0o755)
    os.chmod("/opt/qemu-aarch64-static", 0o777)


def unmount() -> None:
    """Nothing is registered afterwards."""
    subprocess.run(["umount", "--quiet", "/proc/sys/fs/binfmt_misc"], check=False)


class ExamplesTest(unittest.TestCase):
    maxDiff = None

    def test_examples(self) -> None:
        for document in DOCUMENTS:
            found = list(examples(document))
            self.assertTrue(found, document)
            environment = {"PATH": "/mnt:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
            unmount()
            if not any(" mount " in command for command, _ in found[:1]):
                subprocess.run(["/mnt/binfmtbox", "mount", "--userns", "--quiet"], check=True)
            status = 0
            for command, answer in found:
                # A mount namespace in which nothing is mounted yet.
                if command.startswith("unshare -m "):
                    unmount()
                with self.subTest(document=os.path.basename(document), command=command):
                    done = subprocess.run(
                        ["bash", "-c", f"(exit {status}); {command}"], cwd="/mnt", env=environment, check=False,
                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8")
                    status = done.returncode
                    self.assertEqual(normal(done.stdout.splitlines()), normal(answer))


if __name__ == "__main__":
    if INSIDE not in os.environ:
        os.environ[INSIDE] = "1"
        os.execvp(UNSHARE[0], [*UNSHARE, sys.executable, *sys.argv])
    prepare()
    unittest.main(argv=sys.argv[:1])
