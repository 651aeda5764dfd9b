#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs pantavisor's hook as pantavisor does, in a private namespace.

pantavisor_test.py PRODUCT FOREIGN: the product for x86_64, and a program for arm64.

The hook's root has the product, an emulator, and a busybox whose applets are those that
pantavisor/applets.txt lists. Its kernel's log is a file. Needs Debian's packages
busybox, dash, qemu-user-static and strace, and Linux 6.7.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from typing import Dict, List, Optional, Tuple

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "../packaging"), os.path.join(HERE, "../packaging/kubernetes")]

from cases import Failure, expect, run_cases  # noqa: E402  # pylint: disable=wrong-import-position
from node import Answer, Node  # noqa: E402  # pylint: disable=wrong-import-position

HOOK = os.path.join(HERE, "pantavisor/50-binfmtbox")
APPLETS = os.path.join(HERE, "pantavisor/applets.txt")
SYSTEM_HOOK = "/usr/lib/pantavisor/pv/hooks/system.d/50-binfmtbox"
MOUNT_HOOK = "/usr/lib/pantavisor/pv/hooks_lxc-mount.d/50-binfmtbox"
EMULATOR = "/usr/bin/qemu-aarch64-static"
REGISTRY = "/proc/sys/fs/binfmt_misc"
# What pantavisor itself has, and gives every hook. None of these folders is there.
ENVIRONMENT = {
    "HOME": "/", "TERM": "linux", "PV_REV": "3", "PV_TRY": "", "PV_TRYBOOT": "false", "PV_STATUS": "DONE",
    "PV_OBJ_STORAGE": "/storage/objects", "PV_TRAILS_STORAGE": "/storage/trails/3",
}
START = {"PV_OP": "system-start"}
# Of a private user namespace, where the test has to be.
SETTINGS = 'BINFMTBOX_OPTIONS="--userns"\n'
NO_SUPPORT = "this kernel has no binfmt_misc"


def libraries(program: str) -> List[str]:
    """The shared libraries that PROGRAM loads, and what loads them."""
    text = subprocess.run(["ldd", program], check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout
    return re.findall(r"(/\S+) \(0x", text)


def applets() -> List[str]:
    with open(APPLETS, encoding="utf-8") as file:
        return [line.strip() for line in file if line.startswith("/")]


class Device:
    """A root in a namespace of its own, as full as SIZE says, with SHELL as its shell."""

    def __init__(self, base: str, folder: str, shell: str = "busybox", size: str = "64m") -> None:
        self.node = Node()
        self.log = os.path.join(folder, "kmsg")
        self.root = os.path.join(folder, "root")
        os.makedirs(self.root)
        with open(self.log, "wb"):
            pass
        self.sh(f"mount -t tmpfs -o size={size} tmpfs {folder}/root && mkdir {folder}/root/u {folder}/root/w "
                f"{folder}/root/r && mount -t overlay overlay {folder}/root/r "
                f"-o userxattr,lowerdir={base},upperdir={folder}/root/u,workdir={folder}/root/w")
        self.root += "/r"
        self.sh(f"mount -t proc proc {self.root}/proc")
        for path, place in ((self.log, "dev/kmsg"), ("/dev/null", "dev/null")):
            self.sh(f"mount --bind {path} {self.root}/{place}")
        if shell != "busybox":
            self.sh(f"ln -sf /usr/bin/{shell} {self.root}/bin/sh")
        self.write("/etc/binfmtbox.conf", SETTINGS)

    def sh(self, command: str) -> str:
        """Runs a command with the machine's own tools."""
        answer = self.node.run(["sh", "-euc", command])
        if answer.status != 0:
            raise Failure(f"{command}: {answer.text}")
        return answer.text

    def write(self, path: str, text: str) -> None:
        self.sh(f"cat >{self.root}{path} <<'TEXT'\n{text}TEXT\n")

    def hide(self, path: str, text: str) -> None:
        """Puts TEXT where PATH of the root is."""
        self.sh(f"cat >{self.root}/tmp/hidden <<'TEXT'\n{text}TEXT\n"
                f"mount --bind {self.root}/tmp/hidden {self.root}{path}")

    def run(self, *words: str, environment: Optional[Dict[str, str]] = None, around: Tuple[str, ...] = ()) -> Answer:
        given = [f"{name}={value}" for name, value in {**ENVIRONMENT, **(environment or {})}.items()]
        return self.node.run([*around, "env", "-i", *given, shutil.which("chroot") or "", self.root, *words])

    def boot(self, around: Tuple[str, ...] = (), **environment: str) -> Answer:
        """Calls the hook as at the start of the system."""
        return self.run(SYSTEM_HOOK, environment={**START, **environment}, around=around)

    def kernel_log(self) -> str:
        with open(self.log, encoding="utf-8") as file:
            return file.read()

    def expect_line(self, answer: Answer, pattern: str, status: int = 0) -> None:
        """One line, on stderr and in the kernel's log."""
        expect("status", answer.status, status)
        if not re.fullmatch(f"{pattern}\n", answer.text):
            raise Failure(f"the hook says {answer.text!r}, not {pattern!r}")
        expect("the kernel's log", self.kernel_log(), f"<4>{answer.text}")

    def names(self) -> List[str]:
        names = self.sh(f"ls {self.root}{REGISTRY}").split()
        return sorted(set(names) - {"register", "status"})


class Test:
    """The cases."""

    def __init__(self, product: str, foreign: str) -> None:
        self.folder = tempfile.mkdtemp(prefix="binfmtbox-pantavisor.")
        self.base = os.path.join(self.folder, "base")
        self._count = 0
        self._make_base(product)
        shutil.copy(foreign, self._path("/binfmtbox-arm64"))

    def _path(self, path: str) -> str:
        os.makedirs(os.path.dirname(self.base + path), exist_ok=True)
        return self.base + path

    def _make_base(self, product: str) -> None:
        for folder in ("proc", "dev", "etc", "tmp"):
            os.makedirs(self._path(f"/{folder}"))
        for path in ("/dev/kmsg", "/dev/null"):
            with open(self._path(path), "wb"):
                pass
        for program in ("busybox", "dash"):
            path = shutil.which(program)
            if not path:
                sys.exit(f"pantavisor_test.py: no {program}: apt install {program}")
            for library in libraries(path):
                shutil.copy(library, self._path(library))
            shutil.copy(path, self._path(f"/usr/bin/{program}"))
        for link in applets():
            os.symlink("/usr/bin/busybox", self._path(link))
        shutil.copy(product, self._path("/usr/bin/binfmtbox"))
        shutil.copy(EMULATOR, self._path(EMULATOR))
        for hook in (SYSTEM_HOOK, MOUNT_HOOK):
            shutil.copy(HOOK, self._path(hook))

    def device(self, **options: str) -> Device:
        self._count += 1
        return Device(self.base, os.path.join(self.folder, str(self._count)), **options)

    def test_the_shell_has_what_pantavisor_lists_and_no_more(self) -> None:
        device = self.device()
        answer = device.run("/bin/sh", "-c", "timeout 1 /bin/true; echo $?; sleep 0; echo $?")
        expect("timeout and sleep", re.sub(".*not found\n", "", answer.text), "127\n0\n")

    def _registers(self, shell: str) -> None:
        device = self.device(shell=shell)
        for _ in range(2):
            answer = device.boot()
            expect("answer", (answer.status, answer.text), (0, ""))
            expect("the kernel's log", device.kernel_log(), "")
            expect("entries", device.names(), ["qemu-aarch64"])
        expect("a foreign program", device.run("/binfmtbox-arm64", "--list").text, device.run("binfmtbox", "--list").text)

    def test_registers(self) -> None:
        self._registers("busybox")

    def test_registers_by_dash(self) -> None:
        self._registers("dash")

    def test_registers_what_the_kernel_command_line_names(self) -> None:
        device = self.device()
        device.hide("/proc/cmdline", "quiet binfmt.targets=linux/arm64\n")
        answer = device.boot()
        expect("answer", (answer.status, answer.text), (0, ""))
        expect("entries", device.names(), ["qemu-aarch64"])

    # With the program in another folder than usual, and LXC's arguments or its variables.
    def test_registers_before_a_container_starts(self) -> None:
        for arguments, variables in ((["myapp", "lxc", "mount"], {}), ([], {"LXC_HOOK_TYPE": "mount"})):
            device = self.device()
            device.sh(f"mkdir -p {device.root}/usr/sbin && mv {device.root}/usr/bin/binfmtbox {device.root}/usr/sbin")
            answer = device.run(MOUNT_HOOK, *arguments, environment={
                "LXC_NAME": "myapp", "LXC_ROOTFS_MOUNT": "/usr/lib/lxc/rootfs", **variables})
            expect("answer", (answer.status, answer.text), (0, ""))
            expect("entries", device.names(), ["qemu-aarch64"])

    def test_does_nothing_at_other_times(self) -> None:
        device = self.device()
        for variables, arguments in (
                ({"PV_OP": "system-done"}, []), ({"PV_OP": "system-boot-done"}, []), ({"PV_OP": "system-install-update"}, []),
                ({}, []), ({}, ["myapp", "lxc", "start-host"])):
            answer = device.run(SYSTEM_HOOK, *arguments, environment=variables)
            expect("answer", (answer.status, answer.text), (0, ""))
        expect("the kernel's log", device.kernel_log(), "")
        expect("entries", device.names(), [])

    def test_no_binfmt_misc(self) -> None:
        device = self.device()
        # As where the kernel does not know the file system.
        answer = device.boot(around=("strace", "-fqq", "-o", "/dev/null", "-e", "trace=mount", "-e", "inject=mount:error=ENODEV"))
        device.expect_line(answer, rf"binfmt-register: note: {NO_SUPPORT}, and there is no module /lib/modules/.*")

    def test_read_only_proc_sys(self) -> None:
        device = self.device()
        device.sh(f"mount --bind {device.root}/proc/sys {device.root}/proc/sys && "
                  f"mount -o remount,bind,ro {device.root}/proc/sys")
        answer = device.boot()
        expect("answer", (answer.status, answer.text), (0, ""))
        expect("entries", device.names(), ["qemu-aarch64"])

    def test_read_only_binfmt_misc(self) -> None:
        device = self.device()
        device.sh(f"mount -t binfmt_misc -o ro binfmt_misc {device.root}{REGISTRY}")
        device.expect_line(device.boot(), "binfmt-register: note: .*read-only.*")

    # The others are registered.
    def test_missing_emulator(self) -> None:
        device = self.device()
        device.write("/etc/binfmtbox.conf", SETTINGS + 'BINFMTBOX_TARGETS="riscv64 arm64"\n')
        device.expect_line(device.boot(), "binfmt-register: .*riscv64.*")
        expect("entries", device.names(), ["qemu-aarch64"])

    def test_unknown_target_on_the_kernel_command_line(self) -> None:
        device = self.device()
        device.hide("/proc/cmdline", "quiet binfmt.targets=aarch46,arm64\n")
        device.expect_line(device.boot(), "binfmt-register: .*aarch46.*")

    def test_full_overlay(self) -> None:
        device = self.device(size="1m")
        # The last byte as well.
        device.sh(f"cat /dev/zero >{device.root}/tmp/full 2>/dev/null || :")
        answer = device.boot()
        expect("answer", (answer.status, answer.text), (0, ""))
        expect("entries", device.names(), ["qemu-aarch64"])
        expect("room", device.run("/bin/sh", "-c", "echo more >/etc/more 2>/dev/null").status, 1)

    def test_no_proc(self) -> None:
        device = self.device()
        device.sh(f"umount {device.root}/proc")
        answer = device.boot()
        expect("answer", (answer.status, answer.text), (0, ""))
        expect("entries", device.names(), ["qemu-aarch64"])

    def test_no_program(self) -> None:
        device = self.device()
        device.sh(f"rm {device.root}/usr/bin/binfmtbox")
        device.expect_line(device.boot(), ".*binfmtbox: not found")

    def test_a_program_that_is_killed(self) -> None:
        device = self.device()
        device.write("/usr/bin/binfmtbox", "#!/bin/sh\nkill -9 $$\n")
        device.expect_line(device.boot(), "50-binfmtbox: Killed")

    def test_settings_that_are_no_shell(self) -> None:
        for shell in ("busybox", "dash"):
            device = self.device(shell=shell)
            device.write("/etc/binfmtbox.conf", 'BINFMTBOX_REQUIRED=yes\nBINFMTBOX_TARGETS="x86_64\n')
            device.expect_line(device.boot(PV_TRYBOOT="true"), ".*(unterminated quoted string|Unterminated quoted string).*")

    def test_a_log_line_is_not_too_long_for_the_kernel(self) -> None:
        device = self.device()
        line = "binfmt-register: " + "x" * 2000
        device.write("/usr/bin/binfmtbox", f"#!/bin/sh\necho '{line}' >&2\nexit 1\n")
        answer = device.boot()
        expect("answer", (answer.status, answer.text), (0, line + "\n"))
        expect("the kernel's log", device.kernel_log(), f"<4>{line[:900]}\n")

    # A committed revision has nothing to fall back to: it would reboot for ever.
    def test_required_fails_on_trial_only(self) -> None:
        device = self.device()
        device.write("/etc/binfmtbox.conf", SETTINGS + "BINFMTBOX_REQUIRED=yes\nBINFMTBOX_TARGETS=riscv64\n")
        for trial, status in (("true", 1), ("false", 0)):
            answer = device.boot(PV_TRYBOOT=trial)
            device.expect_line(answer, "binfmt-register: .*riscv64.*", status)
            device.sh(f": >{device.log}")
        expect("before a container", device.run(
            MOUNT_HOOK, "myapp", "lxc", "mount", environment={"PV_TRYBOOT": "true"}).status, 0)

    def test_required_takes_a_kernel_without_binfmt_misc_for_a_failure(self) -> None:
        device = self.device()
        device.write("/etc/binfmtbox.conf", SETTINGS + "BINFMTBOX_REQUIRED=yes\n")
        answer = device.boot(PV_TRYBOOT="true", around=(
            "strace", "-fqq", "-o", "/dev/null", "-e", "trace=mount", "-e", "inject=mount:error=ENODEV"))
        device.expect_line(answer, f"binfmt-register: {NO_SUPPORT}.*", 1)

    def test_required_and_done(self) -> None:
        device = self.device()
        device.write("/etc/binfmtbox.conf", SETTINGS + "BINFMTBOX_REQUIRED=yes\n")
        answer = device.boot(PV_TRYBOOT="true")
        expect("answer", (answer.status, answer.text), (0, ""))


if __name__ == "__main__":
    sys.exit(run_cases(Test(os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]))))
