#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Installs, upgrades, removes and purges the Debian packages.

install_test.py PRODUCT DEB...: PRODUCT is that for x86_64, of which a package of an older
version is made; the packages are those of all architectures.

Each case has a Debian 12 of its own, in which systemd, binfmt-support and qemu-user-static
are installed, and a private binfmt_misc with their entries and one of somebody else. It is
a chroot on a node that is a private namespace (see ../kubernetes/node.py). Needs Debian's
packages lintian and mmdebstrap, and Linux 6.7.
"""

import glob
import os
import re
import subprocess
import sys
import tempfile
import time
from typing import Callable, Dict, List

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.join(HERE, "../..")
sys.path[:0] = [os.path.join(TOP, folder) for folder in ("packaging", "packaging/kubernetes", "docs", "boot")]

import debian_root  # noqa: E402  # pylint: disable=wrong-import-position
import fetch  # noqa: E402  # pylint: disable=wrong-import-position
import readme  # noqa: E402  # pylint: disable=wrong-import-position
from cases import Failure, expect, run_cases  # noqa: E402  # pylint: disable=wrong-import-position
from node import Answer, Node  # noqa: E402  # pylint: disable=wrong-import-position

# e_machine of each architecture.
MACHINES = {"amd64": 62, "arm64": 183, "armhf": 40, "riscv64": 243}
BESIDE = ("binfmt-support", "libpipeline1", "qemu-user-static")
OTHERS = ":python3.11:E::pyc::/usr/bin/python3.11:"
UNIT = "/usr/lib/systemd/system/binfmtbox.service"
# Mode, path and link of all but folders, in each of the packages.
CONTENT = """\
-rw-r--r-- ./etc/default/binfmtbox
-rwxr-xr-x ./usr/lib/dracut/modules.d/90binfmtbox/binfmtbox.sh
-rwxr-xr-x ./usr/lib/dracut/modules.d/90binfmtbox/module-setup.sh
-rw-r--r-- ./usr/lib/systemd/system/binfmtbox.service
lrwxrwxrwx ./usr/sbin/binfmt-clear -> binfmtbox
lrwxrwxrwx ./usr/sbin/binfmt-mount -> binfmtbox
lrwxrwxrwx ./usr/sbin/binfmt-register -> binfmtbox
lrwxrwxrwx ./usr/sbin/binfmt-run -> binfmtbox
lrwxrwxrwx ./usr/sbin/binfmt-status -> binfmtbox
-rwxr-xr-x ./usr/sbin/binfmtbox
lrwxrwxrwx ./usr/share/bash-completion/completions/binfmt-clear -> binfmtbox
lrwxrwxrwx ./usr/share/bash-completion/completions/binfmt-mount -> binfmtbox
lrwxrwxrwx ./usr/share/bash-completion/completions/binfmt-register -> binfmtbox
lrwxrwxrwx ./usr/share/bash-completion/completions/binfmt-run -> binfmtbox
lrwxrwxrwx ./usr/share/bash-completion/completions/binfmt-status -> binfmtbox
-rw-r--r-- ./usr/share/bash-completion/completions/binfmtbox
-rw-r--r-- ./usr/share/binfmtbox/initramfs-tools/binfmtbox.conf
-rwxr-xr-x ./usr/share/binfmtbox/initramfs-tools/hook
-rwxr-xr-x ./usr/share/binfmtbox/initramfs-tools/script
-rw-r--r-- ./usr/share/doc/binfmtbox/README.Debian
-rw-r--r-- ./usr/share/doc/binfmtbox/changelog.gz
-rw-r--r-- ./usr/share/doc/binfmtbox/copyright
-rw-r--r-- ./usr/share/doc/binfmtbox/examples/busybox/inittab
-rwxr-xr-x ./usr/share/doc/binfmtbox/examples/busybox/rcS
-rw-r--r-- ./usr/share/doc/binfmtbox/examples/dracut/binfmtbox.conf
-rw-r--r-- ./usr/share/doc/binfmtbox/examples/mkinitcpio/binfmtbox.conf
-rwxr-xr-x ./usr/share/doc/binfmtbox/examples/mkinitcpio/hooks/binfmtbox
-rwxr-xr-x ./usr/share/doc/binfmtbox/examples/mkinitcpio/install/binfmtbox
-rwxr-xr-x ./usr/share/doc/binfmtbox/examples/openrc/binfmtbox
-rw-r--r-- ./usr/share/doc/binfmtbox/examples/openrc/binfmtbox.conf
-rwxr-xr-x ./usr/share/doc/binfmtbox/examples/pantavisor/50-binfmtbox
-rwxr-xr-x ./usr/share/doc/binfmtbox/examples/sysv/S15binfmtbox
-rw-r--r-- ./usr/share/lintian/overrides/binfmtbox
lrwxrwxrwx ./usr/share/man/man8/binfmt-clear.8.gz -> binfmtbox.8.gz
lrwxrwxrwx ./usr/share/man/man8/binfmt-mount.8.gz -> binfmtbox.8.gz
lrwxrwxrwx ./usr/share/man/man8/binfmt-register.8.gz -> binfmtbox.8.gz
lrwxrwxrwx ./usr/share/man/man8/binfmt-run.8.gz -> binfmtbox.8.gz
lrwxrwxrwx ./usr/share/man/man8/binfmt-status.8.gz -> binfmtbox.8.gz
-rw-r--r-- ./usr/share/man/man8/binfmtbox.8.gz
-rw-r--r-- ./usr/share/zsh/vendor-completions/_binfmtbox
"""
# What dpkg, apt and the linker's cache write for any package.
WRITTEN_ANYHOW = ("/var/lib/dpkg/", "/var/lib/apt/", "/var/cache/", "/var/log/", "/tmp/", "/run/", "/proc/", "/dev/")


def output(*words: str) -> str:
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout


def packages_beside() -> str:
    """The folder in the cache with the packages that are installed beside ours."""
    folder = os.path.join(os.path.dirname(fetch.cache()), "debs")
    if os.path.isdir(folder):
        return folder
    os.makedirs(os.path.dirname(folder), exist_ok=True)
    with tempfile.TemporaryDirectory(dir=os.path.dirname(folder), prefix="apt.") as state:
        apt = fetch.Apt(state, "amd64", (("bookworm", False), ("bookworm-security", True)))
        apt.update()
        partial = os.path.join(state, "debs")
        os.mkdir(partial)
        done = apt.run("apt-get", "-q", "download", *BESIDE, cwd=partial)
        if done.returncode != 0:
            fetch.fail(f"cannot download {', '.join(BESIDE)}: {done.stdout}")
        fetch.install(partial, folder)
    return folder


class Machine:
    """A Debian on a node. LOWER are the folders that it begins with, the uppermost first."""

    def __init__(self, folder: str, lower: List[str], proc: str = "rw") -> None:
        self.node = Node()
        self.root = os.path.join(folder, "root")
        self.upper = os.path.join(folder, "upper")
        for name in (self.root, self.upper, os.path.join(folder, "work")):
            os.makedirs(name)
        self._do(["mount", "-t", "overlay", "overlay", "-o", f"userxattr,lowerdir={':'.join(lower)},"
                  f"upperdir={self.upper},workdir={folder}/work", self.root])
        self._do(["mount", "--rbind", "/dev", f"{self.root}/dev"])
        for name in ("tmp", "run"):
            self._do(["mount", "-t", "tmpfs", "tmpfs", f"{self.root}/{name}"])
        # The node's own is the same instance: so it is looked at, whatever the chroot has.
        self._do(["mount", "-t", "binfmt_misc", "binfmt_misc", "/proc/sys/fs/binfmt_misc"])
        if proc:
            self._do(["mount", "-t", "proc", "proc", f"{self.root}/proc"])
            self._do(["mount", "-t", "binfmt_misc", "binfmt_misc", f"{self.root}/proc/sys/fs/binfmt_misc"])
        if proc == "ro":
            self._do(["mount", "-o", "remount,bind,ro", f"{self.root}/proc"])

    def _do(self, words: List[str]) -> None:
        answer = self.node.run(words)
        if answer.status != 0:
            raise Failure(f"{' '.join(words)}: {answer.text}")

    def run(self, command: str) -> Answer:
        """Runs a shell command in the chroot."""
        return self.node.run(self.words(command))

    def words(self, command: str) -> List[str]:
        return ["env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C",
                "chroot", self.root, "sh", "-euc", command]

    def do(self, command: str) -> str:
        """The same, and it has to succeed."""
        answer = self.run(command)
        if answer.status != 0:
            raise Failure(f"{command}: status {answer.status}: {answer.text}")
        return answer.text

    def give(self, path: str, name: str = "") -> None:
        """Puts a file of the machine into the chroot's root."""
        # The root is mounted on the node only.
        self._do(["cp", path, os.path.join(self.root, name or os.path.basename(path))])

    def files(self) -> List[str]:
        return sorted(line for line in self.do("find / -xdev -print").splitlines()
                      if not (line + "/").startswith(WRITTEN_ANYHOW) and not line.startswith("/binfmtbox_"))

    def entries(self) -> Dict[str, str]:
        return self.node.entries() or {}

    def stop(self) -> None:
        self.node.stop()


class Test:
    """Each method that begins with test_ is one case."""

    def __init__(self, product: str, debs: List[str]) -> None:
        self.product = product
        self.debs = {output("dpkg-deb", "-f", deb, "Architecture").strip(): deb for deb in debs}
        self.folder = tempfile.mkdtemp(prefix="binfmtbox-deb-")
        with open(os.path.join(TOP, "VERSION"), encoding="ascii") as file:
            self.version = file.read().strip()
        self.base = os.path.join(self.folder, "base")
        os.mkdir(self.base)
        subprocess.run(["tar", "-xf", debian_root.make(), "-C", self.base, "--no-same-owner", "--exclude=./dev/*"],
                       check=True)
        # The boot tests want no manuals in it.
        for path in glob.glob(f"{self.base}/etc/dpkg/dpkg.cfg.d/99mmdebstrap"):
            os.remove(path)
        # There is one user only, so apt can't change to its own.
        with open(f"{self.base}/etc/apt/apt.conf.d/sandbox", "w", encoding="ascii") as file:
            file.write('APT::Sandbox::User "root";\n')
        self.lower: List[str] = [self.base]
        self.count = 0
        machine = self.machine()
        for deb in glob.glob(os.path.join(packages_beside(), "*.deb")):
            machine.give(deb)
        machine.do("dpkg -i /*.deb && rm /*.deb")
        machine.stop()
        self.lower = [machine.upper, self.base]
        self.old = os.path.join(self.folder, "binfmtbox_0.0.9_amd64.deb")
        subprocess.run(["python3", "packaging/deb/build.py", "--architecture=amd64", f"--program={product}",
                        "--version=0.0.9", self.old], cwd=TOP, check=True)

    def machine(self, proc: str = "rw") -> Machine:
        self.count += 1
        return Machine(os.path.join(self.folder, str(self.count)), self.lower, proc)

    def machine_with_entries(self) -> Machine:
        """Entries of Debian's own packages, and of somebody else."""
        machine = self.machine()
        machine.do("update-binfmts --enable")
        machine.node.write("register", OTHERS)
        if "qemu-aarch64" not in machine.entries():
            raise Failure("update-binfmts registered nothing")
        return machine

    def package(self, machine: Machine) -> str:
        """The package of this version; its name in the chroot."""
        name = f"binfmtbox_{self.version}_amd64.deb"
        machine.give(self.debs["amd64"], name)
        return f"/{name}"

    @staticmethod
    def expect_sane(machine: Machine) -> None:
        expect("dpkg --audit", machine.do("dpkg --audit"), "")

    # The packages.

    def test_lintian(self) -> None:
        # An override that is for sid's lintian alone is unused here (toolchains/other_debian.sh has that one's say). sid's
        # no longer knows the other tag, so an override of it would be an error there: the unit needs no init script, since
        # nothing runs unless the administrator asks for it.
        tags = "unused-override,package-supports-alternative-init-but-no-init.d-script"
        done = subprocess.run(["lintian", "--allow-root", "--pedantic", "--fail-on=error,warning,info,pedantic",
                               f"--suppress-tags={tags}", *self.debs.values()], check=False, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, encoding="utf-8")
        expect("what lintian says", (done.returncode, done.stdout), (0, ""))

    def test_the_same_in_all_architectures(self) -> None:
        expect("architectures", sorted(self.debs), sorted(MACHINES))
        listings = {}
        for architecture, deb in self.debs.items():
            expect("version", output("dpkg-deb", "-f", deb, "Version").strip(), self.version)
            lines = output("dpkg-deb", "-c", deb).splitlines()
            # Mode, owner, path and link; the program's size differs.
            listings[architecture] = [re.sub(r"^(\S+ \S+) +\d+ (\S+ \S+) ", r"\1 ", line) for line in lines]
            expect("owners", {line.split()[1] for line in lines}, {"root/root"})
            tree = tempfile.mkdtemp(dir=self.folder)
            subprocess.run(["dpkg-deb", "-x", deb, tree], check=True)
            with open(os.path.join(tree, "usr/sbin/binfmtbox"), "rb") as file:
                expect(f"e_machine for {architecture}", int.from_bytes(file.read(20)[18:], "little"),
                       MACHINES[architecture])
        for architecture in MACHINES:
            expect(f"files for {architecture}", listings[architecture], listings["amd64"])
        # The owner is compared above.
        content = [re.sub(r"^(\S+) \S+ ", r"\1 ", line) for line in listings["amd64"]]
        expect("content", "".join(line + "\n" for line in sorted(content, key=lambda line: line.split()[1])
                                  if not line.startswith("d")), CONTENT)
        expect("modes of folders", {line.split()[0] for line in content if line.startswith("d")}, {"drwxr-xr-x"})

    # Installing.

    def test_apt_install_remove_purge_and_again(self) -> None:
        machine = self.machine_with_entries()
        entries, files = machine.entries(), machine.files()
        self.package(machine)
        machine.do(f"cd / && {readme.install_command('apt-get')}")
        self.expect_sane(machine)
        expect("entries after installing", machine.entries(), entries)
        expect("version", machine.do("binfmtbox --version").splitlines()[0], f"binfmtbox {self.version}")
        expect("applet", machine.run("binfmt-status qemu-aarch64").status, 0)
        expect("the unit is enabled", machine.run("systemctl --root=/ is-enabled binfmtbox.service").text, "disabled\n")
        machine.do("apt-get remove -y binfmtbox")
        self.expect_sane(machine)
        expect("files after removal", sorted(set(machine.files()) - set(files)),
               ["/etc/default/binfmtbox",
                # Whether the unit was enabled, for another installation.
                "/var/lib/systemd/deb-systemd-helper-enabled/binfmtbox.service.dsh-also"])
        expect("entries after removal", machine.entries(), entries)
        machine.do("dpkg --purge binfmtbox")
        expect("files after purging", machine.files(), files)
        machine.do(f"dpkg -i {self.package(machine)}")
        expect("version", machine.do("binfmtbox --version").splitlines()[0], f"binfmtbox {self.version}")
        machine.do("dpkg --purge binfmtbox")
        expect("files after purging again", machine.files(), files)
        expect("entries after all", machine.entries(), entries)
        machine.stop()

    def test_upgrade_keeps_settings_and_what_is_enabled(self) -> None:
        machine = self.machine_with_entries()
        entries = machine.entries()
        machine.give(self.old)
        machine.do("dpkg -i /binfmtbox_0.0.9_amd64.deb")
        machine.do("echo BINFMTBOX_TARGETS=arm64 >/etc/default/binfmtbox")
        machine.do("systemctl --root=/ enable binfmtbox.service")
        machine.do(f"dpkg -i {self.package(machine)}")
        self.expect_sane(machine)
        expect("version", machine.do("dpkg-query -Wf '${Version}' binfmtbox"), self.version)
        expect("settings", machine.do("cat /etc/default/binfmtbox"), "BINFMTBOX_TARGETS=arm64\n")
        expect("enabled", machine.run("systemctl --root=/ is-enabled binfmtbox.service").text, "enabled\n")
        expect("entries", machine.entries(), entries)
        # It is still enabled.
        links = "find /etc/systemd -name 'binfmtbox*'"
        expect("links before purging", machine.do(links), "/etc/systemd/system/sysinit.target.wants/binfmtbox.service\n")
        machine.do("dpkg --purge binfmtbox")
        expect("links of the unit", machine.do(links), "")
        machine.stop()

    def test_upgrade_while_one_holds(self) -> None:
        machine = self.machine_with_entries()
        machine.give(self.old)
        machine.do("dpkg -i /binfmtbox_0.0.9_amd64.deb")
        pid = machine.node.start(machine.words("exec binfmtbox register --hold --rule ':held:E::held::/usr/bin/qemu-arm-static:F'"))
        self.wait_for(lambda: "held" in machine.entries())
        entries = machine.entries()
        machine.do(f"dpkg -i {self.package(machine)}")
        self.expect_sane(machine)
        expect("entries", machine.entries(), entries)
        expect("the holder has ended", machine.node.has_ended(pid), False)
        machine.node.write("held", "-1")
        self.wait_for(lambda: "held" in machine.entries())
        machine.do("dpkg --purge binfmtbox")
        expect("entries after purging", machine.entries(), entries)
        expect("the holder's end", machine.node.end(pid), 0)
        machine.stop()

    @staticmethod
    def wait_for(condition: Callable[[], bool]) -> None:
        for _ in range(600):
            if condition():
                return
            time.sleep(0.1)
        raise Failure("nothing came of it within a minute")

    def test_unit_is_one_that_systemd_understands(self) -> None:
        machine = self.machine()
        machine.do(f"dpkg -i {self.package(machine)}")
        answer = machine.run(f"systemd-analyze verify --man=no {UNIT}")
        expect("what systemd says of it", [line for line in answer.text.splitlines() if "binfmtbox" in line], [])
        machine.stop()

    def test_chroots_without_proc_or_with_a_read_only_one(self) -> None:
        for proc in ("", "ro"):
            machine = self.machine(proc)
            files = machine.files()
            for command in (f"dpkg -i {self.package(machine)}", f"dpkg -i {self.package(machine)}", "dpkg --remove binfmtbox",
                            "dpkg --purge binfmtbox"):
                machine.do(command)
            self.expect_sane(machine)
            expect("files", machine.files(), files)
            expect("entries", machine.entries(), {})
            machine.stop()

    def test_container_in_which_systemd_does_not_answer(self) -> None:
        machine = self.machine_with_entries()
        entries = machine.entries()
        machine.do("mkdir -p /run/systemd/system")
        for command in (f"dpkg -i {self.package(machine)}", f"dpkg -i {self.package(machine)}", "dpkg --purge binfmtbox"):
            machine.do(command)
        expect("entries", machine.entries(), entries)
        machine.stop()


def main(arguments: List[str]) -> int:
    return run_cases(Test(os.path.abspath(arguments[0]), [os.path.abspath(path) for path in arguments[1:]]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
