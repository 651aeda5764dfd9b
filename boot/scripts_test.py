#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs boot scripts in private namespaces, each by busybox's shell and by dash.

scripts_test.py PRODUCT: the product for x86_64.

See sandbox.py for what they find there. OpenRC, mkinitcpio, dracut and initramfs-framework are not there: each
script is sourced as they do it, with what they define.
"""

import os
import shutil
import sys
from typing import Iterator, List

from sandbox import EMULATOR, HERE, PRIVATE, REGISTRY, Answer, Device, Sandbox, expect, libraries
from cases import run_cases

SHELLS = ("busybox", "dash")
# Scripts that initramfs source, and the settings' file of each: the file, what it has to be called with, and
# where the root file system is.
SOURCED = {
    "mkinitcpio": ("mkinitcpio/hooks/binfmtbox", "run_latehook", "/new_root"),
    "dracut": ("dracut/90binfmtbox/binfmtbox.sh", ":", "/sysroot"),
    "initramfs-framework": ("yocto/initramfs-module", "binfmtbox_enabled && binfmtbox_run", "/rootfs"),
}
SETTINGS = f'BINFMTBOX_EMULATORS="{EMULATOR}"\nBINFMTBOX_OPTIONS="{PRIVATE}"\n'
BINFMT_D = "/run/binfmt.d/zz-binfmtbox-qemu-aarch64.conf"
# What openrc-run gives a script.
OPENRC = """
ebegin() { printf '%s: ' "$*"; }
eend() { echo "status $1"; return "$1"; }
einfo() { echo "$*"; }
after() { echo "after $*"; }
keyword() { echo "keyword $*"; }
. /scripts/openrc/binfmtbox
"$1"
"""
# What mkinitcpio gives an install script: each call is printed.
MKINITCPIO = """
for name in add_binary add_module add_file add_runscript error; do
    eval "$name() { echo $name \\"\\$@\\"; }"
done
cd /
. "$1"
build
"""


class Test(Sandbox):
    """The cases."""

    def __init__(self, product: str) -> None:
        super().__init__(product)
        for folder in ("busybox", "dracut", "mkinitcpio", "openrc", "sysv", "yocto"):
            shutil.copytree(os.path.join(HERE, folder), self.path(f"/scripts/{folder}"))
        for _, _, root in SOURCED.values():
            os.makedirs(self.path(root))

    def devices(self, settings: str = "") -> Iterator[Device]:
        """One for each shell."""
        for shell in SHELLS:
            device = self.device(shell=shell)
            if settings:
                device.write("/etc/default/binfmtbox", settings)
            yield device

    @staticmethod
    def _expect(answer: Answer, status: int, text: str) -> None:
        expect("answer", (answer.status, answer.text), (status, text))

    def test_sysv(self) -> None:
        for device in self.devices(f'BINFMTBOX_OPTIONS="{PRIVATE}"\n'):
            def call(word: str, device: Device = device) -> Answer:
                return device.run("/scripts/sysv/S15binfmtbox", word, environment={"PATH": "/sbin:/bin"})
            self._expect(call("status"), 3, "binfmtbox: nothing is registered\n")
            for word in ("start", "start", "reload"):
                answer = call(word)
                expect(word, (answer.status, answer.text.splitlines()[-1]), (0, "Registering emulators: OK"))
                expect("entries", device.names(), ["qemu-aarch64"])
            expect("status", call("status").status, 0)
            self._expect(call("stop"), 0, "Taking emulators out: OK\n")
            expect("entries", device.names(), [])
            self._expect(call("status"), 3, "binfmtbox: nothing is registered\n")
            expect("usage", call("begin").status, 2)

    # With the machine's entries, but not its /proc/sys to write to.
    def test_sysv_in_a_container(self) -> None:
        for device in self.devices(f'BINFMTBOX_OPTIONS="{PRIVATE}"\n'):
            script = "/scripts/sysv/S15binfmtbox"
            expect("start", device.run(script, "start").status, 0)
            device.sh(f"mount --rbind {device.root}/proc/sys {device.root}/proc/sys && "
                      f"mount -o remount,bind,ro {device.root}/proc/sys")
            for word in ("start", "stop", "restart"):
                self._expect(device.run(script, word), 0, "")
            expect("entries", device.names(), ["qemu-aarch64"])

    def test_sysv_with_targets(self) -> None:
        for device in self.devices(f'BINFMTBOX_OPTIONS="{PRIVATE}"\nBINFMTBOX_TARGETS="arm64 riscv64"\n'):
            answer = device.run("/scripts/sysv/S15binfmtbox", "start")
            expect("status", answer.status, 1)
            expect("the emulator that is missing", "qemu-riscv64" in answer.text, True)
            expect("the end", answer.text.endswith("FAIL\n"), True)
            # The others are registered.
            expect("entries", device.names(), ["qemu-aarch64"])
            expect("status", device.run("/scripts/sysv/S15binfmtbox", "status").status, 3)
            device.write("/etc/default/binfmtbox", 'BINFMTBOX_TARGETS="arm64"\n')
            expect("status", device.run("/scripts/sysv/S15binfmtbox", "status").status, 0)

    # As busybox's init calls them: its PATH has /usr/sbin, whatever rcS is called with.
    def test_busybox_lines(self) -> None:
        for device in self.devices():
            device.sh(f"sed -i 's/ all$/ {PRIVATE} all/' {device.root}/scripts/busybox/rcS")
            self._expect(device.run("/scripts/busybox/rcS"), 0, "")
            expect("entries", device.names(), ["qemu-aarch64"])
            (line,) = [line for line in device.sh(f"cat {device.root}/scripts/busybox/inittab").splitlines()
                       if line.startswith("::shutdown:")]
            words = line[len("::shutdown:"):].split()
            self._expect(device.run(*words, environment={"PATH": "/sbin:/usr/sbin:/bin:/usr/bin"}), 0, "")
            expect("mounts", device.sh(f"ls {device.root}{REGISTRY}"), "")

    def _openrc(self, device: Device, word: str) -> Answer:
        return device.run("/bin/sh", "-c", OPENRC, "openrc-run", word, environment={
            "PATH": "/bin", "BINFMTBOX_OPTIONS": PRIVATE, "BINFMTBOX_TARGETS": ""})

    def test_openrc(self) -> None:
        for device in self.devices():
            self._expect(self._openrc(device, "depend"), 0,
                         "after binfmt qemu-binfmt procfs localmount modules\nkeyword -docker -lxc -openvz -podman -rkt -systemd-nspawn -vserver\n")
            self._expect(self._openrc(device, "status"), 3, "nothing is registered\n")
            for _ in range(2):
                self._expect(self._openrc(device, "start"), 0, "Registering emulators: status 0\n")
                expect("entries", device.names(), ["qemu-aarch64"])
            expect("status", self._openrc(device, "status").status, 0)
            self._expect(self._openrc(device, "stop"), 0, "Taking emulators out: status 0\n")
            expect("entries", device.names(), [])
            self._expect(self._openrc(device, "status"), 3, "nothing is registered\n")

    # What Alpine's qemu-binfmt has registered is left alone.
    def test_openrc_beside_another_service(self) -> None:
        device = self.device()
        self._expect(device.run("binfmtbox", "register", "--mount", PRIVATE, "--quiet", "-pno", "arm64"), 0, "")
        before = device.sh(f"cat {device.root}{REGISTRY}/qemu-aarch64")
        self._expect(self._openrc(device, "start"), 0, "Registering emulators: status 0\n")
        expect("the entry", device.sh(f"cat {device.root}{REGISTRY}/qemu-aarch64"), before)

    def _source(self, device: Device, system: str) -> Answer:
        """Sources a script as init does, which goes on."""
        script, call, root = SOURCED[system]
        return device.run("/bin/sh", "-c", f". /scripts/{script}; {call}; echo 'init goes on'",
                          environment={"NEWROOT": root, "PATH": "/usr/bin:/bin"})

    def test_initramfs(self) -> None:
        for system in SOURCED:
            for device in self.devices():
                device.write("/etc/binfmtbox.conf", SETTINGS)
                self._expect(self._source(device, system), 0, "init goes on\n")
                expect("the kernel's log", device.kernel_log(), "")
                expect(f"entries by {system}", device.names(), ["qemu-aarch64"])

    # systemd-binfmt takes out all entries, and brings back what has an emulator in the root.
    def test_initramfs_leaves_binfmt_d_where_the_root_has_the_emulators(self) -> None:
        for system in ("mkinitcpio", "dracut"):
            for has in (True, False):
                device = self.device()
                device.write("/etc/binfmtbox.conf", SETTINGS)
                if has:
                    device.sh(f"install -D /bin/true {device.root}{SOURCED[system][2]}{EMULATOR}")
                self._source(device, system)
                left = device.sh(f"[ ! -e {device.root}{BINFMT_D} ] || cat {device.root}{BINFMT_D}")
                expect("binfmt.d", left.startswith(":qemu-aarch64:M:"), has)
                expect("systemd's automount", "ConditionPathIsMountPoint=!/proc/sys/fs/binfmt_misc" in device.sh(
                    f"cat {device.root}/run/systemd/system/proc-sys-fs-binfmt_misc.automount.d/binfmtbox.conf"), True)

    # init is PID 1: where its shell ends, the kernel panics.
    def test_initramfs_with_settings_that_are_no_shell(self) -> None:
        for system in SOURCED:
            for device in self.devices():
                device.write("/etc/binfmtbox.conf", 'BINFMTBOX_TARGETS="arm64\n')
                answer = self._source(device, system)
                expect("status", answer.status, 0)
                expect(f"the last line by {system}", answer.text.splitlines()[-1], "init goes on")

    def test_initramfs_without_the_program(self) -> None:
        for system in SOURCED:
            for device in self.devices():
                device.sh(f"rm {device.root}/usr/bin/binfmtbox")
                answer = self._source(device, system)
                expect("status", answer.status, 0)
                expect(f"the last line by {system}", answer.text.splitlines()[-1], "init goes on")

    def test_initramfs_with_an_emulator_that_is_missing(self) -> None:
        for system in SOURCED:
            device = self.device()
            device.write("/etc/binfmtbox.conf", SETTINGS + "BINFMTBOX_TARGETS=riscv64\n")
            self._expect(self._source(device, system), 0, "init goes on\n")
            expect("lines of the kernel's log", device.kernel_log().count("\n"), 1)
            expect("the kernel's log", device.kernel_log().startswith("<3>binfmt-register: qemu-riscv64: "), True)

    def _mkinitcpio(self, device: Device) -> List[str]:
        """What the install script adds."""
        done = device.run("/tmp/bash", "-c", MKINITCPIO, "mkinitcpio", "/scripts/mkinitcpio/install/binfmtbox")
        return [f"status {done.status}", *done.text.splitlines()]

    def _with_bash(self) -> Device:
        device = self.device()
        for library in libraries("/bin/bash"):
            device.sh(f"mkdir -p {device.root}{os.path.dirname(library)} && cp {library} {device.root}{library}")
        device.sh(f"cp /bin/bash {device.root}/tmp/bash")
        return device

    def test_mkinitcpio_copies(self) -> None:
        device = self._with_bash()
        device.write("/etc/binfmtbox.conf", f'BINFMTBOX_EMULATORS="{EMULATOR} /usr/bin/qemu-arm-static"\n')
        expect("what is added", self._mkinitcpio(device), [
            "status 0", "add_binary /usr/bin/binfmtbox /usr/bin/binfmtbox", "add_module binfmt_misc?",
            "add_file /etc/binfmtbox.conf", f"add_binary {EMULATOR}",
            "error binfmtbox: no emulator /usr/bin/qemu-arm-static: see /etc/binfmtbox.conf", "add_runscript"])

    def test_mkinitcpio_without_settings(self) -> None:
        expect("what is added", self._mkinitcpio(self._with_bash()), [
            "status 0", "add_binary /usr/bin/binfmtbox /usr/bin/binfmtbox", "add_module binfmt_misc?", "add_runscript"])

    def test_mkinitcpio_without_the_program(self) -> None:
        device = self._with_bash()
        device.sh(f"rm {device.root}/usr/bin/binfmtbox")
        expect("what is added", self._mkinitcpio(device), [
            "status 1", "error binfmtbox: not installed in /usr/local/sbin, /usr/local/bin or /usr/bin"])


if __name__ == "__main__":
    sys.exit(run_cases(Test(os.path.abspath(sys.argv[1]))))
