#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the steps of action.yml as GitHub's runner does, on a machine that is a private namespace.

action_test.py PRODUCT. The release's files come from a server on the loopback. Needs Linux 6.7, curl,
python3-yaml and qemu-user-static. Ends with "N passed, N failed".
"""

import functools
import hashlib
import http.server
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from typing import Any, Dict

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.join(HERE, "../..")
sys.path.insert(0, os.path.join(HERE, ".."))

from cases import expect, run_cases  # noqa: E402  # pylint: disable=wrong-import-position

# The machine: its handlers before, then the step, then its handlers.
MACHINE = """
mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
for name in ${PRESENT-}; do
  printf ':%s:E::%s::/bin/true:' "$name" "${name#qemu-}" >/proc/sys/fs/binfmt_misc/register
done
status=0
bash -e "$STEP" || status=$?
ls /proc/sys/fs/binfmt_misc >"$ENTRIES"
exit "$status"
"""


@dataclass
class Done:
    """What a run of the action left."""

    status: int
    said: str
    platforms: str
    entries: str


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves a folder, and logs nothing."""

    def log_message(self, *_: Any) -> None:  # pylint: disable=arguments-differ
        pass


class Test:
    """Each method that begins with test_ is one case."""

    def __init__(self, product: str) -> None:
        self.product = product
        self.folder = tempfile.mkdtemp(prefix="binfmtbox-action-")
        with open(os.path.join(TOP, "action.yml"), encoding="utf-8") as file:
            self.action: Dict[str, Any] = yaml.safe_load(file)
        with open(os.path.join(TOP, "VERSION"), encoding="utf-8") as file:
            self.version = file.read().strip()
        self.release = os.path.join(self.folder, "releases", f"v{self.version}")
        os.makedirs(self.release)
        self.name = f"binfmtbox-{self.version}-x86_64"
        shutil.copy(product, os.path.join(self.release, self.name))
        with open(product, "rb") as content:
            self.write_sums(hashlib.sha256(content.read()).hexdigest())
        handler = functools.partial(Quiet, directory=os.path.join(self.folder, "releases"))
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{server.server_address[1]}"

    def write_sums(self, digest: str) -> None:
        with open(os.path.join(self.release, "SHA256SUMS"), "w", encoding="ascii") as file:
            file.write(f"{digest}  {self.name}\n")

    def run_action(self, present: str = "", **inputs: str) -> Done:
        values = {name: one.get("default", "") for name, one in self.action["inputs"].items()}
        values.update(inputs)
        (step,) = self.action["runs"]["steps"]
        expect("shell", step["shell"], "bash")
        environment = {}
        for name, value in step["env"].items():
            environment[name] = re.sub(r"\$\{\{ inputs\.(\w+) \}\}", lambda found: values[found.group(1)], value)
        expect("releases", environment["RELEASES"],
               "${{ github.server_url }}/${{ github.action_repository }}/releases/download")
        outputs, entries, script = (os.path.join(self.folder, name) for name in ("outputs", "entries", "step"))
        open(outputs, "w", encoding="ascii").close()
        with open(script, "w", encoding="utf-8") as file:
            file.write(step["run"])
        environment.update(RELEASES=self.address, GITHUB_ACTION_PATH=TOP, GITHUB_OUTPUT=outputs, PRESENT=present,
                           STEP=script, ENTRIES=entries, PATH=os.environ["PATH"], HOME=self.folder)
        done = subprocess.run(["unshare", "-Urm", "--fork", "-p", "--mount-proc", "--kill-child", "bash", "-c", MACHINE],
                              check=False, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8")
        with open(outputs, encoding="utf-8") as file:
            platforms = file.read()
        with open(entries, encoding="utf-8") as file:
            return Done(done.returncode, done.stdout, platforms, " ".join(file.read().split()))

    def test_platforms(self) -> None:
        done = self.run_action(platforms="linux/arm64, riscv64")
        expect(f"status of {done.said}", done.status, 0)
        expect("entries", done.entries, "qemu-aarch64 qemu-riscv64 register status")
        found = done.platforms.strip().removeprefix("platforms=").split(",")
        for platform in ("linux/amd64", "linux/arm64", "linux/riscv64"):
            expect(f"{platform} in {found}", platform in found, True)
        expect("linux/s390x", "linux/s390x" in found, False)

    def test_platforms_on_lines(self) -> None:
        done = self.run_action(platforms="\nlinux/arm64\nlinux/riscv64\n")
        expect(f"status of {done.said}", done.status, 0)
        expect("entries", done.entries, "qemu-aarch64 qemu-riscv64 register status")
        none = self.run_action(platforms=" ,\n")
        expect("none", (none.status, none.entries), (1, "register status"))

    def test_all(self) -> None:
        done = self.run_action()
        expect(f"status of {done.said}", done.status, 0)
        expect("s390x", "qemu-s390x" in done.entries, True)

    def test_reset(self) -> None:
        present = "qemu-old jar"
        kept = self.run_action(present=present, platforms="arm64")
        expect("without it", kept.entries, "jar qemu-aarch64 qemu-old register status")
        reset = self.run_action(present=present, platforms="arm64", reset="true")
        expect("with it", reset.entries, "jar qemu-aarch64 register status")

    def test_what_is_wrong_fails(self) -> None:
        done = self.run_action(platforms="linux/arm46")
        expect(f"status of {done.said}", done.status, 2)
        expect("it is named", 'unknown target "linux/arm46"' in done.said, True)
        expect("output", done.platforms, "")
        done = self.run_action(platforms="--rule")
        expect("an option is no platform", (done.status, 'unknown target "--rule"' in done.said), (2, True))
        done = self.run_action(version="9.9")
        expect("a version that is not there", (done.status, done.entries), (1, "register status"))
        expect("it is named", "cannot fetch binfmtbox-9.9-x86_64 of version 9.9" in done.said, True)
        done = self.run_action(version="$(id)")
        expect("a version that is none", (done.status, 'version: "$(id)" is none' in done.said), (1, True))

    def test_wrong_checksum(self) -> None:
        with open(os.path.join(self.release, "SHA256SUMS"), encoding="ascii") as file:
            right = file.read().split()[0]
        self.write_sums("0" * 64)
        done = self.run_action(platforms="arm64")
        self.write_sums(right)
        expect("status, entries", (done.status, done.entries), (1, "register status"))
        expect(f"it is said: {done.said}", "is not the file that SHA256SUMS" in done.said, True)


if __name__ == "__main__":
    sys.exit(run_cases(Test(os.path.abspath(sys.argv[1]))))
