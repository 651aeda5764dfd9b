#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does what docs/run.md says, as far as Debian has the tools.

run_test.py PRODUCT DOCUMENT FOREIGN: FOREIGN is a static program for arm64. It starts itself
again in a user namespace, as an ordinary user there. Needs make, cmake and qemu-user-static.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from typing import Dict, List

INSIDE = "BINFMTBOX_RUN_TEST"
BOX, DOCUMENT, FOREIGN = (os.path.abspath(path) for path in sys.argv[1:4])


def snippets() -> Dict[str, str]:
    """The indented blocks behind the marks "<!-- test: NAME -->"."""
    with open(DOCUMENT, encoding="utf-8") as file:
        found = re.findall(r"^<!-- test: (\w+) -->\n((?:    .*\n)+)", file.read(), re.M)
    return {name: re.sub(r"^    ", "", text, flags=re.M) for name, text in found}


class RunTest(unittest.TestCase):
    """Each in a directory of its own, with binfmtbox in PATH."""

    def setUp(self) -> None:
        self.dir = tempfile.mkdtemp(prefix="binfmtbox-run-")
        self.addCleanup(shutil.rmtree, self.dir)
        os.mkdir(f"{self.dir}/bin")
        shutil.copy(BOX, f"{self.dir}/bin/binfmtbox")
        shutil.copy(FOREIGN, f"{self.dir}/hello-arm64")

    def write(self, name: str, text: str) -> None:
        with open(f"{self.dir}/{name}", "w", encoding="utf-8") as file:
            file.write(text)

    def run_words(self, words: List[str]) -> str:
        environment = {"PATH": f"{self.dir}/bin:/usr/bin:/bin", "HOME": self.dir}
        done = subprocess.run(words, cwd=self.dir, env=environment, check=False, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, encoding="utf-8")
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout

    def test_make(self) -> None:
        self.write("Makefile", snippets()["make"])
        self.assertEqual(self.run_words(["make", "check"]), "binfmtbox run ./hello-arm64\nhello\n")

    def test_cmake(self) -> None:
        self.write("CMakeLists.txt", """
cmake_minimum_required(VERSION 3.18)
project(example NONE)
enable_testing()
set(hello ${CMAKE_SOURCE_DIR}/hello-arm64)
add_test(NAME direct COMMAND ${hello})
add_test(NAME child COMMAND sh -c "${hello} | grep -x hello")
add_test(NAME emulator COMMAND ${CMAKE_CROSSCOMPILING_EMULATOR} ${hello})
""")
        out = self.run_words(["sh", "-e", "-c", snippets()["cmake"]])
        self.assertIn("100% tests passed, 0 tests failed out of 3", out)


def main() -> None:
    if INSIDE in os.environ:
        unittest.main(argv=sys.argv[:1], verbosity=2)
    # An ordinary user, with no entries but its own: the machine's stay out of sight.
    map_self = ["unshare", "--user", "--map-root-user", "--mount", "--pid", "--fork", "--kill-child=KILL", "--mount-proc",
                "unshare", "--user", "--map-user=1000", "--map-group=1000"]
    os.execvpe(map_self[0], [*map_self, sys.executable, *sys.argv], {**os.environ, INSIDE: "1"})


if __name__ == "__main__":
    main()
