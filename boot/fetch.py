#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Puts Debian's kernels, emulators and busybox for the boot tests into the cache.

Works on an apt state of its own inside the cache: the machine's package lists, its
architectures and its /boot stay as they are. What is kept:

  CACHE/kernels/ARCH/SERIES/{release,vmlinuz,MODULE.ko[.xz]}
  CACHE/programs/ARCH/{busybox,qemu-CPU-static}
"""

import functools
import glob
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from typing import Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

# Our names, Debian's architecture, and the flavour of its kernel.
DEBIAN = {
    "x86_64": ("amd64", "cloud-amd64"),
    "arm64": ("arm64", "cloud-arm64"),
    "armv7": ("armhf", "armmp"),
}
SERIES = {
    "x86_64": ("5.10", "6.1", "6.12", "7.3"),
    "arm64": ("5.10", "6.1", "6.12", "7.3"),
    "armv7": ("5.10", "6.1", "6.12"),
}
# The newest series moves with backports: where it is gone, a later one stands in.
MOVING = "7.3"

# ARM machines run containers, too.
MODULES = {
    "x86_64": ("binfmt_misc",),
    "arm64": ("binfmt_misc", "loop", "overlay", "squashfs"),
    "armv7": ("binfmt_misc", "loop", "overlay", "squashfs"),
}

# What each machine runs foreign programs with.
EMULATORS = {
    "x86_64": ("aarch64", "arm", "riscv64"),
    "arm64": ("x86_64", "arm", "riscv64"),
    "armv7": ("x86_64", "aarch64", "riscv64"),
}

# Suite, whether it belongs to the security archive.
SUITES = (
    ("bookworm", False),
    ("bookworm-backports", False),
    ("bookworm-security", True),
    ("bullseye", False),
    ("trixie-backports", False),
)
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


class Package(NamedTuple):
    name: str
    architecture: str
    version: str


class Kernel(NamedTuple):
    arch: str
    series: str
    release: str
    vmlinuz: str
    modules: Tuple[str, ...]  # As MODULES names them, and as Debian ships them: .ko or .ko.xz.


def cache() -> str:
    given = os.environ.get("BINFMTBOX_CACHE")
    if not given:
        home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
        given = os.path.join(home, "binfmtbox")
    return os.path.join(given, "boot")


def say(text: str) -> None:
    print(f"boot: {text}", flush=True)


def fail(text: str) -> None:
    sys.exit(f"boot: {text}")


def mirror() -> str:
    """The address of Debian's archive as this machine has it, without its last part."""
    files = ["/etc/apt/sources.list", *sorted(glob.glob("/etc/apt/sources.list.d/*"))]
    for path in files:
        if not os.path.isfile(path):
            continue
        with open(path, encoding="utf-8") as file:
            found = re.search(r"^(?:URIs:|deb\s)[^#\n]*?(https?://\S+)/debian/?(?:\s|$)", file.read(), re.M)
        if found:
            return found.group(1)
    fail("no source of Debian packages in /etc/apt (an address that ends with /debian)")
    raise AssertionError


class Apt:
    """apt-get with a state of its own, for one architecture.

    For one, because a single list that is out of step with its suite would take the
    suite's lists for the others with it.
    """

    def __init__(self, folder: str, architecture: str,
                 suites: Sequence[Tuple[str, bool]] = SUITES) -> None:
        self.folder = folder
        self.architecture = architecture
        self.suites = suites
        for name in ("lists/partial", "archives/partial"):
            os.makedirs(os.path.join(folder, name), exist_ok=True)
        open(os.path.join(folder, "status"), "w", encoding="utf-8").close()
        base = mirror()
        with open(os.path.join(folder, "sources.list"), "w", encoding="utf-8") as file:
            for suite, security in suites:
                archive = "debian-security" if security else "debian"
                file.write(f"deb [signed-by={KEYRING}] {base}/{archive} {suite} main\n")
        with open(os.path.join(folder, "apt.conf"), "w", encoding="utf-8") as file:
            file.write(
                f'Dir::State "{folder}";\n'
                f'Dir::State::lists "{folder}/lists";\n'
                f'Dir::State::status "{folder}/status";\n'
                f'Dir::Cache "{folder}";\n'
                f'Dir::Etc::sourcelist "{folder}/sources.list";\n'
                'Dir::Etc::sourceparts "/dev/null";\n'
                'Dir::Etc::preferencesparts "/dev/null";\n'
                f'APT::Architecture "{architecture}";\n'
                f'APT::Architectures {{ "{architecture}"; }};\n'
                'APT::Sandbox::User "root";\n'
                'APT::Cache-Start "200000000";\n'
                'Acquire::Languages "none";\n'
                'Acquire::Retries "3";\n'
            )
        self.environment = {**os.environ, "APT_CONFIG": f"{folder}/apt.conf", "LC_ALL": "C"}

    def run(self, *words: str, cwd: Optional[str] = None) -> subprocess.CompletedProcess:
        return subprocess.run(
            words, cwd=cwd, env=self.environment, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8")

    def update(self) -> None:
        names = ", ".join(suite for suite, _ in self.suites)
        say(f"Debian's package lists for {self.architecture}: {names}")
        # A suite that is gone is told below, by the package that is missing.
        done = self.run("apt-get", "-q", "update")
        for line in done.stdout.splitlines():
            if line.startswith(("E:", "W:")):
                say(f"note: {line[3:]}")

    def packages(self, pattern: str) -> Iterator[Package]:
        """All whose name matches."""
        wanted = re.compile(pattern)
        lists = self.run("apt-get", "indextargets", "--format", "$(FILENAME)", "Created-By: Packages")
        for path in lists.stdout.split():
            text = self.run("/usr/lib/apt/apt-helper", "cat-file", path).stdout
            for stanza in text.split("\n\n"):
                name = stanza.split("\n", 1)[0].partition("Package: ")[2]
                if wanted.fullmatch(name):
                    fields = dict(re.findall(r"^(Version|Architecture): (.*)$", stanza, re.M))
                    yield Package(name, fields["Architecture"], fields["Version"])

    def unpack(self, package: Package, folder: str) -> str:
        """Downloads and unpacks it into FOLDER; keeps no .deb. Returns the .deb's SHA-256;
        empty: it can't be had."""
        name = f"{package.name}:{package.architecture}={package.version}"
        with tempfile.TemporaryDirectory(dir=self.folder) as download:
            done = self.run("apt-get", "-q", "download", name, cwd=download)
            debs = glob.glob(os.path.join(download, "*.deb"))
            if done.returncode != 0 or len(debs) != 1:
                why = done.stdout.rstrip().rsplit("\n", 1)[-1]
                say(f"note: cannot download the Debian package {name}: {why}")
                return ""
            subprocess.run(["dpkg-deb", "-x", debs[0], folder], check=True)
            with open(debs[0], "rb") as file:
                return hashlib.sha256(file.read()).hexdigest()


def numbers(text: str) -> Tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text))


def is_older(left: Package, right: Package) -> int:
    newer = ["dpkg", "--compare-versions", left.version, "lt", right.version]
    return 1 if subprocess.run(newer, check=False).returncode == 0 else -1


def kernel_packages(found: List[Package], arch: str, series: str) -> Iterator[Tuple[str, List[Package]]]:
    """The releases of a series, newest first, with the packages of kernel and modules."""
    debian, flavour = DEBIAN[arch]
    # In newer kernels linux-image-… is empty, and these two have its content.
    kinds: Dict[str, Dict[str, Package]] = {"image": {}, "binary": {}, "modules": {}}
    for package in found:
        match = re.fullmatch(rf"linux-(image|binary|modules)-(\d.*-{flavour})", package.name)
        if match and package.architecture == debian and "rt-" not in match.group(2):
            kinds[match.group(1)][match.group(2)] = package
    releases = sorted({*kinds["image"], *kinds["binary"]}, key=numbers, reverse=True)
    candidates = [r for r in releases if r.startswith(series + ".")]
    if not candidates and series == MOVING:
        candidates = [r for r in releases if numbers(r)[:2] > numbers(series)]
    if not candidates:
        suites = ", ".join(suite for suite, _ in SUITES)
        fail(f"Debian's archive has no kernel {series} for {arch} (a package linux-image-{series}.*-{flavour} "
             f"in {suites}); it has: {', '.join(releases) or 'none'}")
    for release in candidates:
        if release in kinds["binary"] and release in kinds["modules"]:
            yield release, [kinds["binary"][release], kinds["modules"][release]]
        else:
            yield release, [kinds["image"][release]]


def one_file(folder: str, *patterns: str) -> str:
    for pattern in patterns:
        files = glob.glob(os.path.join(folder, pattern), recursive=True)
        if files:
            return files[0]
    fail(f"the package has no {' or '.join(patterns)}")
    raise AssertionError


def kernel_folder(arch: str, series: str) -> str:
    return os.path.join(cache(), "kernels", arch, series)


def program_folder(arch: str) -> str:
    return os.path.join(cache(), "programs", arch)


def install(partial: str, folder: str) -> None:
    os.makedirs(os.path.dirname(folder), exist_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    os.rename(partial, folder)


def package_tree(name: str, architecture: str, suites: Sequence[Tuple[str, bool]], folder: str) -> None:
    """Puts what is in the newest Debian package NAME of the first of SUITES that has it into
    FOLDER, unless that exists."""
    if os.path.isdir(folder):
        return
    os.makedirs(os.path.dirname(folder), exist_ok=True)
    with tempfile.TemporaryDirectory(dir=os.path.dirname(folder), prefix="apt.") as state:
        apt = Apt(state, architecture, suites)
        apt.update()
        for package in apt.packages(re.escape(name)):
            tree = os.path.join(state, "tree")
            if apt.unpack(package, tree):
                install(tree, folder)
                return
    fail(f"the Debian package {name} for {architecture} cannot be had")


def fetch_kernel(apt: Apt, found: List[Package], arch: str, series: str) -> None:
    # The lists may name what the archive no longer has.
    for release, packages in kernel_packages(found, arch, series):
        say(f"kernel {series} for {arch}: {release}")
        with tempfile.TemporaryDirectory(dir=apt.folder) as tree:
            if not all(apt.unpack(package, tree) for package in packages):
                continue
            partial = os.path.join(tree, "kept")
            os.mkdir(partial)
            vmlinuz = one_file(tree, f"boot/vmlinuz-{release}", f"usr/lib/modules/{release}/vmlinuz")
            shutil.copy(vmlinuz, os.path.join(partial, "vmlinuz"))
            for name in MODULES[arch]:
                inside = f"lib/modules/{release}/kernel/**/{name}.ko*"
                shutil.copy(one_file(tree, inside, "usr/" + inside), partial)
            with open(os.path.join(partial, "release"), "w", encoding="utf-8") as file:
                file.write(release + "\n")
            install(partial, kernel_folder(arch, series))
            return
    fail(f"no kernel {series} for {arch} could be downloaded")


def fetch_programs(apt: Apt, found: List[Package], arch: str) -> None:
    wanted = {"busybox": ("busybox-static", "bin/busybox")}
    for cpu in EMULATORS[arch]:
        wanted[f"qemu-{cpu}-static"] = ("qemu-user-static", f"usr/bin/qemu-{cpu}-static")
    with tempfile.TemporaryDirectory(dir=apt.folder) as tree:
        for name in sorted({name for name, _ in wanted.values()}):
            # Those of Debian 12, which is the host's: later ones are not tried.
            candidates = [p for p in found if p.name == name and "deb11" not in p.version and "deb13" not in p.version]
            for package in sorted(candidates, key=functools.cmp_to_key(is_older)):
                say(f"{name} {package.version} for {arch}")
                if apt.unpack(package, tree):
                    break
            else:
                fail(f"no package {name} for {arch} could be downloaded")
        partial = os.path.join(tree, "kept")
        os.mkdir(partial)
        for name, (_, path) in wanted.items():
            shutil.copy(one_file(tree, path, "usr/" + path), os.path.join(partial, name))
        install(partial, program_folder(arch))


def kernel(arch: str, series: str) -> Optional[Kernel]:
    """What the cache has."""
    folder = kernel_folder(arch, series)
    modules = tuple(path for name in MODULES[arch] for path in glob.glob(os.path.join(folder, f"{name}.ko*")))
    if len(modules) < len(MODULES[arch]):
        return None
    with open(os.path.join(folder, "release"), encoding="utf-8") as file:
        release = file.read().strip()
    return Kernel(arch, series, release, os.path.join(folder, "vmlinuz"), modules)


def fetch(kernels: List[Tuple[str, str]]) -> List[Kernel]:
    """Makes sure that the cache holds these, and the programs for their machines."""
    archs = list(dict.fromkeys(arch for arch, _ in kernels))
    missing = [(arch, series) for arch, series in kernels if kernel(arch, series) is None]
    poor = [
        arch for arch in archs
        if not all(os.path.exists(os.path.join(program_folder(arch), name))
                   for name in ["busybox", *(f"qemu-{cpu}-static" for cpu in EMULATORS[arch])])
    ]
    for arch in archs:
        if arch in poor or any(arch == one for one, _ in missing):
            os.makedirs(cache(), exist_ok=True)
            with tempfile.TemporaryDirectory(dir=cache(), prefix="apt.") as folder:
                apt = Apt(folder, DEBIAN[arch][0])
                apt.update()
                found = list(apt.packages(r"linux-(image|binary|modules)-\d.*|qemu-user-static|busybox-static"))
                for series in [series for one, series in missing if one == arch]:
                    fetch_kernel(apt, found, arch, series)
                if arch in poor:
                    fetch_programs(apt, found, arch)
    have = [kernel(arch, series) for arch, series in kernels]
    return [one for one in have if one is not None]


if __name__ == "__main__":
    for one in fetch([(arch, series) for arch, all_series in SERIES.items() for series in all_series]):
        print(one.arch, one.series, one.release, *map(os.path.basename, one.modules))
