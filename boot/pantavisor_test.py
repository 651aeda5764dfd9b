#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs pantavisor's hook as pantavisor does, in a private namespace.

pantavisor_test.py PRODUCT FOREIGN: the product for x86_64, and a program for arm64.

See sandbox.py for what the hook finds there. Needs Debian's package strace as well.
"""

import os
import re
import shlex
import shutil
import sys
from typing import Callable, List, Tuple

from sandbox import EMULATOR, HERE, PRIVATE, REGISTRY, Answer, Device, Failure, Sandbox, expect
from cases import run_cases

PAGE = os.path.join(HERE, "../docs/pantavisor.md")
HOOK = os.path.join(HERE, "pantavisor/50-binfmtbox")
SYSTEM_HOOK = "/usr/lib/pantavisor/pv/hooks/system.d/50-binfmtbox"
MOUNT_HOOK = "/usr/lib/pantavisor/pv/hooks_lxc-mount.d/50-binfmtbox"
# What pantavisor itself has, and gives every hook. None of these folders is there.
ENVIRONMENT = {
    "HOME": "/", "TERM": "linux", "PV_REV": "3", "PV_TRY": "", "PV_TRYBOOT": "false", "PV_STATUS": "DONE",
    "PV_OBJ_STORAGE": "/storage/objects", "PV_TRAILS_STORAGE": "/storage/trails/3",
}
SETTINGS = f'BINFMTBOX_OPTIONS="{PRIVATE}"\n'
NO_SUPPORT = "this kernel has no binfmt_misc"
# As where the kernel does not know the file system.
NO_MOUNT = ("strace", "-fqq", "-o", "/dev/null", "-e", "trace=mount", "-e", "inject=mount:error=ENODEV")


def boot(device: Device, around: Tuple[str, ...] = (), **environment: str) -> Answer:
    """Calls the hook as at the start of the system."""
    return device.run(SYSTEM_HOOK, environment={**ENVIRONMENT, "PV_OP": "system-start", **environment}, around=around)


def expect_line(device: Device, answer: Answer, pattern: str, status: int = 0) -> None:
    """One line, on stderr and in the kernel's log."""
    expect("status", answer.status, status)
    if not re.fullmatch(f"{pattern}\n", answer.text):
        raise Failure(f"the hook says {answer.text!r}, not {pattern!r}")
    expect("the kernel's log", device.kernel_log(), f"<4>{answer.text}")


def expect_registered(device: Device, answer: Answer) -> None:
    expect("answer", (answer.status, answer.text), (0, ""))
    expect("entries", device.names(), ["qemu-aarch64"])


class Test(Sandbox):
    """The cases."""

    def __init__(self, product: str, foreign: str) -> None:
        super().__init__(product)
        shutil.copy(foreign, self.path("/binfmtbox-arm64"))
        for hook in (SYSTEM_HOOK, MOUNT_HOOK):
            shutil.copy(HOOK, self.path(hook))

    def device(self, **options: str) -> Device:
        device = super().device(**options)
        device.write("/etc/binfmtbox.conf", SETTINGS)
        return device

    def test_the_shell_has_what_pantavisor_lists_and_no_more(self) -> None:
        device = self.device()
        answer = device.run("/bin/sh", "-c", "timeout 1 /bin/true; echo $?; sleep 0; echo $?")
        expect("timeout and sleep", re.sub(".*not found\n", "", answer.text), "127\n0\n")

    def _registers(self, shell: str) -> None:
        device = self.device(shell=shell)
        for _ in range(2):
            answer = boot(device)
            expect_registered(device, answer)
            expect("the kernel's log", device.kernel_log(), "")
        applets = device.run("binfmtbox", "--list").text
        expect("a foreign program", device.run("/binfmtbox-arm64", "--list").text, applets)

    def test_registers(self) -> None:
        self._registers("busybox")

    def test_registers_by_dash(self) -> None:
        self._registers("dash")

    def test_registers_what_the_kernel_command_line_names(self) -> None:
        device = self.device()
        device.hide("/proc/cmdline", "quiet binfmt.targets=linux/arm64\n")
        answer = boot(device)
        expect_registered(device, answer)

    # With the program in another folder than usual, and LXC's arguments or its variables.
    def test_registers_before_a_container_starts(self) -> None:
        for arguments, variables in ((["myapp", "lxc", "mount"], {}), ([], {"LXC_HOOK_TYPE": "mount"})):
            device = self.device()
            device.sh(f"mkdir -p {device.root}/usr/sbin && mv {device.root}/usr/bin/binfmtbox {device.root}/usr/sbin")
            answer = device.run(MOUNT_HOOK, *arguments, environment={
                **ENVIRONMENT, "LXC_NAME": "myapp", "LXC_ROOTFS_MOUNT": "/usr/lib/lxc/rootfs", **variables})
            expect_registered(device, answer)

    def test_does_nothing_at_other_times(self) -> None:
        device = self.device()
        for variables, arguments in (
                ({"PV_OP": "system-done"}, []), ({"PV_OP": "system-boot-done"}, []),
                ({"PV_OP": "system-install-update"}, []), ({}, []), ({}, ["myapp", "lxc", "start-host"])):
            answer = device.run(SYSTEM_HOOK, *arguments, environment={**ENVIRONMENT, **variables})
            expect("answer", (answer.status, answer.text), (0, ""))
        expect("the kernel's log", device.kernel_log(), "")
        expect("entries", device.names(), [])

    def test_no_binfmt_misc(self) -> None:
        device = self.device()
        answer = boot(device, around=NO_MOUNT)
        expect_line(device, answer, rf"binfmt-register: note: {NO_SUPPORT}, and there is no module /lib/modules/.*")

    def test_read_only_proc_sys(self) -> None:
        device = self.device()
        device.sh(f"mount --bind {device.root}/proc/sys {device.root}/proc/sys && "
                  f"mount -o remount,bind,ro {device.root}/proc/sys")
        answer = boot(device)
        expect_registered(device, answer)

    def test_read_only_binfmt_misc(self) -> None:
        device = self.device()
        device.sh(f"mount -t binfmt_misc -o ro binfmt_misc {device.root}{REGISTRY}")
        expect_line(device, boot(device), "binfmt-register: note: .*read-only.*")

    # The others are registered.
    def test_missing_emulator(self) -> None:
        device = self.device()
        device.write("/etc/binfmtbox.conf", SETTINGS + 'BINFMTBOX_TARGETS="riscv64 arm64"\n')
        expect_line(device, boot(device), "binfmt-register: .*riscv64.*")
        expect("entries", device.names(), ["qemu-aarch64"])

    def test_unknown_target_on_the_kernel_command_line(self) -> None:
        device = self.device()
        device.hide("/proc/cmdline", "quiet binfmt.targets=aarch46,arm64\n")
        expect_line(device, boot(device), "binfmt-register: .*aarch46.*")

    def test_full_overlay(self) -> None:
        device = self.device(size="1m")
        # The last byte as well.
        device.sh(f"cat /dev/zero >{device.root}/tmp/full 2>/dev/null || :")
        answer = boot(device)
        expect_registered(device, answer)
        expect("room", device.run("/bin/sh", "-c", "echo more >/etc/more 2>/dev/null").status, 1)

    def test_no_proc(self) -> None:
        device = self.device()
        device.sh(f"umount {device.root}/proc")
        answer = boot(device)
        expect_registered(device, answer)

    def test_no_program(self) -> None:
        device = self.device()
        device.sh(f"rm {device.root}/usr/bin/binfmtbox")
        expect_line(device, boot(device), ".*binfmtbox: not found")

    def test_a_program_that_is_killed(self) -> None:
        device = self.device()
        device.write("/usr/bin/binfmtbox", "#!/bin/sh\nkill -9 $$\n")
        expect_line(device, boot(device), "50-binfmtbox: Killed")

    def test_settings_that_are_no_shell(self) -> None:
        for shell in ("busybox", "dash"):
            device = self.device(shell=shell)
            device.write("/etc/binfmtbox.conf", 'BINFMTBOX_REQUIRED=yes\nBINFMTBOX_TARGETS="x86_64\n')
            expect_line(device, boot(device, PV_TRYBOOT="true"), ".*[Uu]nterminated quoted string.*")

    def test_a_log_line_is_not_too_long_for_the_kernel(self) -> None:
        device = self.device()
        line = "binfmt-register: " + "x" * 2000
        device.write("/usr/bin/binfmtbox", f"#!/bin/sh\necho '{line}' >&2\nexit 1\n")
        answer = boot(device)
        expect("answer", (answer.status, answer.text), (0, line + "\n"))
        expect("the kernel's log", device.kernel_log(), f"<4>{line[:900]}\n")

    # A committed revision has nothing to fall back to: it would reboot for ever.
    def test_required_fails_on_trial_only(self) -> None:
        device = self.device()
        device.write("/etc/binfmtbox.conf", SETTINGS + "BINFMTBOX_REQUIRED=yes\nBINFMTBOX_TARGETS=riscv64\n")
        for trial, status in (("true", 1), ("false", 0)):
            answer = boot(device, PV_TRYBOOT=trial)
            expect_line(device, answer, "binfmt-register: .*riscv64.*", status)
            device.sh(f": >{device.log}")
        expect("before a container", device.run(
            MOUNT_HOOK, "myapp", "lxc", "mount", environment={**ENVIRONMENT, "PV_TRYBOOT": "true"}).status, 0)

    def test_required_takes_a_kernel_without_binfmt_misc_for_a_failure(self) -> None:
        device = self.device()
        device.write("/etc/binfmtbox.conf", SETTINGS + "BINFMTBOX_REQUIRED=yes\n")
        answer = boot(device, PV_TRYBOOT="true", around=NO_MOUNT)
        expect_line(device, answer, f"binfmt-register: {NO_SUPPORT}.*", 1)

    def test_required_and_done(self) -> None:
        device = self.device()
        device.write("/etc/binfmtbox.conf", SETTINGS + "BINFMTBOX_REQUIRED=yes\n")
        answer = boot(device, PV_TRYBOOT="true")
        expect("answer", (answer.status, answer.text), (0, ""))

    # docs/pantavisor.md quotes what the container of packaging/pantavisor writes into the kernel's log, on a device
    # that has an emulator of x86_64. Here that is one of arm64, and the machine's own release.
    def _logged(self, *words: str, around: Tuple[str, ...] = (),
                before: Callable[[Device], object] = lambda device: None) -> List[str]:
        device = self.device()
        before(device)
        device.run("binfmtbox", "register", "--mount", "--if-possible", "--kmsg", PRIVATE, *words, around=around)
        lines = re.sub("(?m)^<[0-7]>", "", device.kernel_log())
        for found, quoted in (("aarch64", "x86_64"), ("aarch46", "x86_46"), (os.uname().release, "RELEASE")):
            lines = lines.replace(found, quoted)
        return lines.splitlines()

    def test_page_quotes_what_is_printed(self) -> None:
        printed = [
            *self._logged("arm64"),
            *self._logged("arm64", around=NO_MOUNT),
            *self._logged("arm64", before=lambda device: device.run(
                "binfmtbox", "register", "--mount", PRIVATE, "-pno", "arm64")),
            *self._logged("aarch46"),
            *self._logged("riscv64"),
            *self._logged("arm64", before=lambda device: device.sh(
                f"mount -t binfmt_misc -o ro binfmt_misc {device.root}{REGISTRY}")),
        ]
        with open(PAGE, encoding="utf-8") as file:
            quoted = [line.strip() for line in file if line.startswith("    binfmt")]
        expect("what the page quotes", quoted, printed)

    def test_page_has_a_list_that_works(self) -> None:
        with open(PAGE, encoding="utf-8") as file:
            link, call = re.findall(r"^    (ln -s .*|qemu_target_list=.*)$", file.read(), re.M)
        device = self.device()
        variable, *words = shlex.split(call)
        expect("the list", variable, "qemu_target_list=i386 x86_64")
        # As root of the machine, where the program mounts by itself.
        device.run("binfmtbox", "mount", PRIVATE)
        expect("the link", device.run(*shlex.split(link)).status, 0)
        answer = device.run(*words, environment={"PATH": "/usr/bin", "qemu_target_list": "aarch64"})
        expect("answer", (answer.status, answer.text), (0, f"qemu-aarch64: registered, {EMULATOR}, flags F\n"))

    def test_page_names_the_settings_that_the_hook_reads(self) -> None:
        with open(PAGE, encoding="utf-8") as file:
            (setting,) = re.findall(r"^    (BINFMTBOX_TARGETS=.*)$", file.read(), re.M)
        device = self.device()
        device.write("/etc/binfmtbox.conf", SETTINGS + setting.replace("x86_64 i386", "arm64") + "\n")
        expect_registered(device, boot(device))


if __name__ == "__main__":
    sys.exit(run_cases(Test(os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]))))
