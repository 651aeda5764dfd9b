#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fills the recipes for a release made of this build's executables, and runs them as far as Debian has their tools.

recipes_test.py FOLDER: the one with binfmtbox_ARCH. Arch's and the RPM are built; the functions of Alpine's run in a
POSIX shell, as abuild would call them; Nix's is parsed and evaluated, and its install phase run. Debian's packages
makepkg, fakeroot, libarchive-tools, rpm, rpmlint and nix-bin have the tools.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from typing import Dict, List, Sequence

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.abspath(os.path.join(HERE, "../.."))
sys.path.insert(0, os.path.join(TOP, "packaging"))

from cases import Failure, expect, run_cases  # noqa: E402  # pylint: disable=wrong-import-position

ARCHITECTURES = ("x86_64", "arm64", "armv7", "riscv64")
URL = "https://example.org/binfmtbox"
APPLETS = ("clear", "mount", "register", "run", "status")

COMMON = [
    *(f"/usr/share/bash-completion/completions/{name}" for name in [*(f"binfmt-{one}" for one in APPLETS), "binfmtbox"]),
    "/usr/share/licenses/binfmtbox/LICENSE",
    "/usr/share/zsh/site-functions/_binfmtbox",
]
SYSTEMD = ["/etc/default/binfmtbox", "/usr/lib/systemd/system/binfmtbox.service"]
OPENRC = ["/etc/conf.d/binfmtbox", "/etc/init.d/binfmtbox"]
DRACUT = ["/usr/lib/dracut/modules.d/90binfmtbox/binfmtbox.sh", "/usr/lib/dracut/modules.d/90binfmtbox/module-setup.sh",
          "/usr/share/doc/binfmtbox/dracut/binfmtbox.conf"]
MKINITCPIO = ["/usr/lib/initcpio/hooks/binfmtbox", "/usr/lib/initcpio/install/binfmtbox",
              "/usr/share/doc/binfmtbox/mkinitcpio/binfmtbox.conf"]


def programs(sbin: str) -> List[str]:
    return [f"{sbin}/{name}" for name in [*(f"binfmt-{one}" for one in APPLETS), "binfmtbox"]]


def manual(suffix: str) -> List[str]:
    return [f"/usr/share/man/man8/{name}.8{suffix}" for name in [*(f"binfmt-{one}" for one in APPLETS), "binfmtbox"]]


def run(words: Sequence[str], cwd: str, **environment: str) -> str:
    done = subprocess.run(words, cwd=cwd, env={**os.environ, "LC_ALL": "C", **environment}, check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8")
    if done.returncode != 0:
        raise Failure(f"{' '.join(words)[:200]}: status {done.returncode}: {done.stdout[-3000:]}")
    return done.stdout


def files(root: str) -> List[str]:
    found = []
    for folder, _, names in os.walk(root):
        found += [os.path.join(folder, name)[len(root):] for name in names]
    return sorted(found)


def content(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


class Test:
    """Each method that begins with test_ is one case."""

    def __init__(self, built: str) -> None:
        # Others have to read it: makepkg refuses to run as root.
        self.folder = tempfile.mkdtemp(prefix="binfmtbox-recipes-")
        os.chmod(self.folder, 0o755)
        self.version = content(os.path.join(TOP, "VERSION")).decode().strip()
        self.release = self.path("release")
        os.mkdir(self.release)
        self.programs: Dict[str, bytes] = {}
        for arch in ARCHITECTURES:
            target = os.path.join(self.release, f"binfmtbox-{self.version}-{arch}")
            shutil.copyfile(os.path.join(built, f"binfmtbox_{arch}"), target)
            self.programs[arch] = content(target)
        self.tree = self.path(f"binfmtbox-{self.version}")
        # As git has the files, and those that are new.
        names = run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], TOP).splitlines()
        for name in names:
            if os.path.isfile(os.path.join(TOP, name)):
                os.makedirs(os.path.dirname(os.path.join(self.tree, name)), exist_ok=True)
                shutil.copy(os.path.join(TOP, name), os.path.join(self.tree, name))
        run(["tar", "-czf", f"{self.release}/binfmtbox-{self.version}.tar.gz", "-C", self.folder,
             os.path.basename(self.tree)], TOP)
        self.recipes = self.path("recipes")
        run([sys.executable, os.path.join(HERE, "fill.py"), "--url", URL, self.release, self.recipes], TOP)

    def path(self, name: str) -> str:
        return os.path.join(self.folder, name)

    def recipe(self, name: str) -> str:
        return content(os.path.join(self.recipes, name)).decode()

    def fresh(self, name: str) -> str:
        """A folder with the files of the release."""
        folder = self.path(name)
        shutil.copytree(self.release, folder)
        return folder

    def test_nothing_is_left_to_fill_in(self) -> None:
        for name in sorted(os.listdir(self.recipes)):
            expect(name, re.findall(r"@[A-Z][^@\n]*@", self.recipe(name)), [])

    def test_a_unit_names_the_program_where_it_is(self) -> None:
        root = self.path("unit")
        run(["sh", f"{self.tree}/packaging/recipes/install.sh", f"{self.release}/binfmtbox-{self.version}-x86_64",
             "/usr/bin", "systemd"], TOP, DESTDIR=root)
        unit = content(f"{root}/usr/lib/systemd/system/binfmtbox.service").decode()
        expect("commands", re.findall(r"^Exec\w+=(\S+)", unit, re.M), ["/usr/bin/binfmtbox"] * 2)
        expect("its own path", unit.splitlines()[1].split(":")[0], "# /usr/lib/systemd/system/binfmtbox.service")

    def test_alpine(self) -> None:
        for alpine, arch in (("x86_64", "x86_64"), ("aarch64", "arm64"), ("armv7", "armv7"), ("riscv64", "riscv64")):
            src, pkg = self.fresh(f"alpine-{alpine}"), self.path(f"alpine-{alpine}-root")
            script = """
                set -eu
                srcdir=$1 pkgdir=$2
                . "$3"
                cd "$srcdir"
                for file in $source; do echo "${file##*/}"; done
                echo "$sha512sums" | grep . | sha512sum -c --quiet
                tar -xzf "binfmtbox-$pkgver.tar.gz"
                cd "$builddir"
                package
            """
            said = run(["dash", "-c", script, "abuild", src, pkg, f"{self.recipes}/APKBUILD"], TOP, CARCH=alpine)
            expect("sources", said.split(), [f"binfmtbox-{self.version}.tar.gz", f"binfmtbox-{self.version}-{arch}"])
            expect("program", content(f"{pkg}/usr/sbin/binfmtbox") == self.programs[arch], True)
            expect("files", files(pkg), sorted([*COMMON, *OPENRC, *programs("/usr/sbin"), *manual("")]))

    def test_arch(self) -> None:
        for name, arch in (("x86_64", "x86_64"), ("aarch64", "arm64")):
            folder = self.fresh(f"arch-{name}")
            shutil.copy(f"{self.recipes}/PKGBUILD", folder)
            with open(f"{folder}/makepkg.conf", "w", encoding="ascii") as file:
                file.write(f". /etc/makepkg.conf\nCARCH={name}\nPKGEXT=.pkg.tar.xz\n")
            words = ["makepkg", "--nodeps", "--noconfirm", "--config", f"{folder}/makepkg.conf"]
            if os.getuid() == 0:
                for path, _, names in os.walk(folder):
                    for one in [path, *(os.path.join(path, each) for each in names)]:
                        os.chown(one, 65534, 65534)
                words = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *words]
            run(words, folder, HOME=folder, PACMAN="true")
            (package,) = [one for one in os.listdir(folder) if one.endswith(".pkg.tar.xz")]
            root = self.path(f"arch-{name}-root")
            os.mkdir(root)
            run(["tar", "-xf", os.path.join(folder, package), "-C", root, "--no-same-owner"], TOP)
            expect("architecture", re.findall(r"^arch = (.*)", content(f"{root}/.PKGINFO").decode(), re.M), [name])
            expect("program", content(f"{root}/usr/bin/binfmtbox") == self.programs[arch], True)
            listed = [one for one in files(root) if not one.startswith("/.")]
            expect("files", listed, sorted([*COMMON, *SYSTEMD, *DRACUT, *MKINITCPIO, *programs("/usr/bin"), *manual(".gz")]))

    def test_rpm(self) -> None:
        for name, arch in (("x86_64", "x86_64"), ("aarch64", "arm64")):
            folder = self.fresh(f"rpm-{name}")
            run(["rpmbuild", "-bb", f"--target={name}-linux", "--define", f"_topdir {folder}/top", "--define",
                 f"_sourcedir {folder}", "--define", f"_dbpath {folder}/db", f"{self.recipes}/binfmtbox.spec"], folder)
            package = f"{folder}/top/RPMS/{name}/binfmtbox-{self.version}-1.{name}.rpm"
            listed = run(["rpm", "--dbpath", f"{folder}/db", "-qlp", package], folder).split()
            wanted = [*COMMON, *SYSTEMD, *DRACUT, *programs("/usr/sbin"), *manual(".gz")]
            folders = ["/usr/lib/dracut/modules.d/90binfmtbox", "/usr/share/doc/binfmtbox", "/usr/share/doc/binfmtbox/dracut"]
            expect("files", sorted(listed), sorted([*wanted, *folders]))
            root = self.path(f"rpm-{name}-root")
            os.mkdir(root)
            with open(self.path("cpio"), "wb") as cpio:
                subprocess.run(["rpm2cpio", package], check=True, stdout=cpio)
            run(["bsdtar", "-xf", self.path("cpio"), "-C", root], TOP)
            expect("program", content(f"{root}/usr/sbin/binfmtbox") == self.programs[arch], True)

    def test_rpmlint(self) -> None:
        done = subprocess.run(["rpmlint", f"--rpmlintrc={HERE}/rpm/rpmlintrc", f"{self.recipes}/binfmtbox.spec"], check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8")
        expect("what rpmlint says", re.findall(r"^.*: [EW]: .*$", done.stdout, re.M), [])
        expect("it read the file", re.findall(r"0 packages and 1 specfiles checked; (\S+ errors, \S+ warnings)", done.stdout),
               ["0 errors, 0 warnings"])

    def test_nix(self) -> None:
        """Evaluated with stand-ins for what nixpkgs has."""
        run(["nix-instantiate", "--parse", f"{self.recipes}/default.nix"], self.folder)
        for system, arch in (("x86_64-linux", "x86_64"), ("aarch64-linux", "arm64"), ("armv7l-linux", "armv7"),
                             ("riscv64-linux", "riscv64")):
            expression = f"""
                let made = import {self.recipes}/default.nix {{
                  lib = {{ licenses.asl20 = "Apache-2.0"; sourceTypes.binaryNativeCode = "native"; }};
                  stdenvNoCC = {{ hostPlatform.system = "{system}"; mkDerivation = x: x; }};
                  fetchurl = x: {{ inherit (x) url sha256; }};
                }}; in made.src.url + " " + made.executable.url + "\\n" + made.installPhase
            """
            text = run(["nix-instantiate", "--eval", "--strict", "--json", "-E", expression], self.folder,
                       NIX_STORE_DIR=self.path("store"), NIX_STATE_DIR=self.path("state"), HOME=self.folder,
                       NIX_CONFIG="build-users-group =")
            addresses, phase = text.strip().strip('"').encode().decode("unicode_escape").split("\n", 1)
            files_url = f"{URL}/releases/download/v{self.version}/binfmtbox-{self.version}"
            expect("addresses", addresses, f"{files_url}.tar.gz {files_url}-{arch}")
            out = self.path(f"nix-{system}")
            executable = f"{self.release}/binfmtbox-{self.version}-{arch}"
            run(["bash", "-euc", "runHook() { :; }\n" + phase], self.tree, out=out, executable=executable)
            expect("program", content(f"{out}/bin/binfmtbox") == self.programs[arch], True)
            expect("files", files(out), sorted([path.replace("/usr/share/", "/share/") for path in
                                                [*COMMON, *manual(""), *programs("/bin")]]))


if __name__ == "__main__":
    sys.exit(run_cases(Test(sys.argv[1])))
