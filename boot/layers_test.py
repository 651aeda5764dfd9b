#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Looks at the tree for Buildroot, the layer for OpenEmbedded, and pantavisor's addon, as those would.

layers_test.py BUILDROOT.tar.gz LAYER.tar.gz ADDON.cpio.xz4 PRODUCT: the last two are those for x86_64. The package's
makefile and the recipe's do_install are run; Buildroot and bitbake themselves are not there. Needs make.
"""

import fnmatch
import hashlib
import lzma
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from typing import Dict, List, Optional, Sequence, Set, Tuple

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../packaging"))

import identity  # noqa: E402  # pylint: disable=wrong-import-position
from cases import expect, run_cases  # noqa: E402  # pylint: disable=wrong-import-position

# The releases of OpenEmbedded that have to take the layer.
SERIES = (
    "kirkstone", "langdale", "mickledore", "nanbield", "scarthgap", "styhead", "walnascar", "whinlatter", "wrynose")
# Symbols that Buildroot sets, and which executable that takes. Several CPUs stand for each kind.
BUILDROOT_MACHINES = {
    "x86_64": ("BR2_x86_64",),
    "arm64": ("BR2_aarch64", "BR2_ARM_CPU_ARMV8A", "BR2_ARM_CPU_HAS_VFPV3"),
    "armv7": ("BR2_arm", "BR2_ARM_CPU_ARMV7A", "BR2_ARM_CPU_HAS_VFPV3"),
    # An ARMv8 CPU in 32 bits.
    "armv7 ": ("BR2_arm", "BR2_ARM_CPU_ARMV8A", "BR2_ARM_CPU_HAS_VFPV3"),
    "riscv64": ("BR2_RISCV_64", "BR2_USE_MMU", "BR2_RISCV_ISA_RVD", "BR2_RISCV_ISA_RVC"),
}
BUILDROOT_OTHERS = (
    ("BR2_i386",), ("BR2_mips64el",), ("BR2_aarch64_be", "BR2_ARM_CPU_ARMV8A", "BR2_ARM_CPU_HAS_VFPV3"),
    ("BR2_armeb", "BR2_ARM_CPU_ARMV7A", "BR2_ARM_CPU_HAS_VFPV3"),
    ("BR2_arm", "BR2_ARM_CPU_ARMV5"), ("BR2_arm", "BR2_ARM_CPU_ARMV6"), ("BR2_arm", "BR2_ARM_CPU_ARMV7M"),
    ("BR2_arm", "BR2_ARM_CPU_ARMV7A"),
    ("BR2_RISCV_64", "BR2_RISCV_ISA_RVD", "BR2_RISCV_ISA_RVC"), ("BR2_RISCV_64", "BR2_USE_MMU", "BR2_RISCV_ISA_RVC"),
)
# Overrides that OpenEmbedded sets, the strongest last, HOST_SYS, and which executable that takes, if any.
OE_MACHINES: Tuple[Tuple[str, str, Optional[str]], ...] = (
    ("linux:x86-64:qemux86-64", "x86_64-poky-linux", "x86_64"),
    ("linux:aarch64:armv8a:qemuarm64", "aarch64-oe-linux", "arm64"),
    ("linux-gnueabi:arm:armv7a:beaglebone", "arm-poky-linux-gnueabi", "armv7"),
    ("linux-musleabi:arm:armv7ve:qemuarm", "arm-oe-linux-musleabi", "armv7"),
    ("linux-gnueabi:arm:armv8a:cortexa32", "arm-oe-linux-gnueabi", "armv7"),
    ("linux:riscv64:qemuriscv64", "riscv64-oe-linux", "riscv64"),
    ("linux-gnueabi:arm:armv6:raspberrypi0", "arm-poky-linux-gnueabi", None),
    ("linux-gnueabi:arm:armv5e:qemuarmv5", "arm-oe-linux-gnueabi", None),
    ("linux-gnueabi:armeb:armv7a:board", "armeb-oe-linux-gnueabi", None),
    ("linux:aarch64-be:armv8a:board", "aarch64_be-oe-linux", None),
    ("linux:i686:qemux86", "i686-oe-linux", None),
    ("linux:riscv32:qemuriscv32", "riscv32-oe-linux", None),
)
# What Buildroot gives a package, as far as this one uses it: package/pkg-utils.mk, pkg-generic.mk.
MAKEFILE = """
BR2_EXTERNAL_BINFMTBOX_PATH := {tree}
TARGET_DIR := {target}
INSTALL := install
SED := sed -i -e
qstrip = $(strip $(subst ",,$(1)))
KCONFIG_ENABLE_OPT = echo $(1)=y
pkgdir = $(dir $(lastword $(MAKEFILE_LIST)))
pkgname = $(notdir $(patsubst %/,%,$(pkgdir)))
inner-generic-package = $(eval PACKAGES += $(1))
generic-package = $(call inner-generic-package,$(pkgname))
{settings}
include {tree}/external.mk
names:
	@echo $(PACKAGES)
variables:
	@echo '$(BINFMTBOX_LICENSE)|$(BINFMTBOX_LICENSE_FILES)|$(BINFMTBOX_SITE_METHOD)|$(BINFMTBOX_SITE)'
kernel:
	@$(BINFMTBOX_LINUX_CONFIG_FIXUPS)
{build}/install:
	$(foreach hook,$(BINFMTBOX_POST_RSYNC_HOOKS),$($(hook)))
	$(BINFMTBOX_INSTALL_TARGET_CMDS)
	$(BINFMTBOX_INSTALL_INIT_{init})
"""
PROGRAM_LINKS = {f"usr/sbin/binfmt-{applet}" for applet in ("mount", "register", "status", "clear", "run")}


def files_below(folder: str) -> List[str]:
    return sorted(os.path.relpath(os.path.join(path, name), folder)
                  for path, _, names in os.walk(folder) for name in names)


def read(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


def digest(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def holds(expression: str, symbols: Set[str]) -> bool:
    """Kconfig's expression of symbols."""
    words = re.findall(r"&&|\|\||[!()]|\w+", expression)
    python = {"&&": " and ", "||": " or ", "!": " not ", "(": "(", ")": ")"}
    return bool(eval("".join(python.get(word, str(word in symbols)) for word in words)))  # pylint: disable=eval-used


class Recipe:
    """A recipe of OpenEmbedded: assignments and functions; no classes. LAYER is where required files are."""

    def __init__(self, path: str, layer: str) -> None:
        text = re.sub(r"(?m)^require (\S+)\n", lambda found: read(os.path.join(
            layer if "/" in found[1] else os.path.dirname(path), found[1])), read(path))
        text = re.sub(r"(?m)^#.*\n", "", text).replace("\\\n", " ")
        self.functions = dict(re.findall(r"(?ms)^(\w+)\(\) \{\n(.*?)^\}$", text))
        self.values: Dict[str, str] = {}
        for name, _, value in re.findall(r'(?m)^([\w:${}\[\]-]+)\s*(\?=|:=|=)\s*"(.*)"$', text):
            self.values[name] = value

    def get(self, name: str, overrides: Sequence[str] = ()) -> Optional[str]:
        """The strongest of NAME and NAME:OVERRIDE..., the last override being the strongest."""
        best, strength = self.values.get(name), -1
        for key, value in self.values.items():
            base, *wanted = key.split(":")
            if base == name and wanted and all(word in overrides for word in wanted):
                rank = max(overrides.index(word) for word in wanted)
                if rank > strength:
                    best, strength = value, rank
        return best

    def expand(self, text: str, values: Dict[str, str]) -> str:
        """TEXT with all variables, and what Python it has where BINFMTBOX_EMULATORS is set or not."""
        emulators = bool(values.get("BINFMTBOX_EMULATORS"))
        text = re.sub(r"\$\{@'((?:[^'$]|\$\{\w+\})*)' if d\.getVar\('BINFMTBOX_(EMULATORS|ARCH)'\) else '(\w*)'\}",
                      lambda found: found[1] if (emulators if found[2] == "EMULATORS" else values.get("BINFMTBOX_ARCH"))
                      else found[3], text)
        return re.sub(r"\$\{(\w+)\}", lambda found: values[found[1]], text)


class Test:
    """The cases."""

    def __init__(self, buildroot: str, layer: str, addon: str, product: str) -> None:
        self.folder = tempfile.mkdtemp(prefix="binfmtbox-layers.")
        for archive in (buildroot, layer):
            with tarfile.open(archive) as tar:
                tar.extractall(self.folder)
        self.buildroot = os.path.join(self.folder, "binfmtbox-buildroot")
        self.layer = os.path.join(self.folder, "meta-binfmtbox")
        self.package = os.path.join(self.buildroot, "package/binfmtbox")
        (recipe,) = [name for name in os.listdir(f"{self.layer}/recipes-support/binfmtbox") if name.endswith(".bb")]
        self.recipe_path = f"{self.layer}/recipes-support/binfmtbox/{recipe}"
        self.recipe = Recipe(self.recipe_path, self.layer)
        self.files = f"{self.layer}/recipes-support/binfmtbox/files"
        self.addon = addon
        self.product = product
        self.values: Dict[str, str] = {}
        self._count = 0

    def _emulators(self, place: str, arch: str) -> None:
        """An archive of emulators, as packaging/image makes it."""
        root = os.path.join(self.folder, "emulators")
        for path in ("usr/bin/qemu-x86_64-static", "usr/bin/qemu-i386-static", "usr/bin/qemu-arm-static",
                     "usr/share/doc/qemu-user-static/copyright"):
            os.makedirs(os.path.dirname(f"{root}/{path}"), exist_ok=True)
            with open(f"{root}/{path}", "w", encoding="utf-8") as file:
                file.write(path)
        with tarfile.open(f"{place}/emulators_layer_{arch}.tar.gz", "w:gz") as tar:
            tar.add(f"{root}/usr", "usr")

    def _make(self, goal: str, init: str = "SYSV", settings: str = "") -> Tuple[str, str]:
        """What the goal prints, and what it installs into."""
        self._count += 1
        build, target = (os.path.join(self.folder, f"{kind}{self._count}") for kind in ("build", "target"))
        os.makedirs(target)
        subprocess.run(["cp", "-r", f"{self.package}/files", build], check=True)
        makefile = MAKEFILE.format(tree=self.buildroot, target=target, build=build, init=init, settings=settings)
        done = subprocess.run(["make", "-s", "-f", "-", goal.format(build=build)], input=makefile, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8")
        expect("make's status", (done.returncode, done.stdout if done.returncode else ""), (0, ""))
        return done.stdout.strip(), target

    @staticmethod
    def _unit_programs(target: str) -> List[str]:
        return re.findall(r"(?m)^Exec\w+=(\S+)", read(f"{target}/usr/lib/systemd/system/binfmtbox.service"))

    def test_buildroot_finds_the_package(self) -> None:
        expect("the tree's name", read(f"{self.buildroot}/external.desc").splitlines()[0], "name: BINFMTBOX")
        # Its name is that of the folder: all variables have to begin with it.
        expect("packages", self._make("names")[0], "binfmtbox")
        sourced = re.findall(r'source "\$BR2_EXTERNAL_BINFMTBOX_PATH/(.*)"', read(f"{self.buildroot}/Config.in"))
        expect("Config.in", sourced, ["package/binfmtbox/Config.in"])
        for path in sourced:
            read(os.path.join(self.buildroot, path))

    def test_homepage_is_filled_in_or_left_out(self) -> None:
        homepage = identity.load(os.path.join(HERE, "../packaging/identity.txt"))["homepage"]
        expect("the recipe's", self.recipe.get("HOMEPAGE"), homepage or None)
        for path in (f"{self.package}/Config.in", self.recipe_path):
            expect(f"marks in {path}", re.findall(r"@[A-Z]+@", read(path)), [])
            expect(f"in {path}", homepage in read(path), True)

    def test_buildroot_takes_the_right_executable(self) -> None:
        text = read(f"{self.package}/Config.in").replace("\\\n", " ")
        defaults = re.findall(r'^\tdefault "(\w+)" if (.*)$', text.split("config BR2_PACKAGE_BINFMTBOX\n")[0], re.M)
        for arch, symbols in BUILDROOT_MACHINES.items():
            found = [name for name, condition in defaults if holds(condition, set(symbols))]
            expect(f"{symbols}", found, [arch.strip()])
            read_bytes = os.path.getsize(f"{self.package}/files/binfmtbox_{arch.strip()}")
            expect("an executable", read_bytes > 0, True)
        for symbols in BUILDROOT_OTHERS:
            expect(f"{symbols}", [name for name, condition in defaults if holds(condition, set(symbols))], [])
        expect("what is built for none", 'depends on BR2_PACKAGE_BINFMTBOX_ARCH != ""' in text, True)

    # utils/check-package: type, default, depends on, select, help; tabs; short lines.
    def test_buildroot_style(self) -> None:
        order = ("bool", "string", "default", "depends on", "select", "help")
        expect("empty lines in a row", "\n\n\n" in read(f"{self.package}/Config.in"), False)
        for block in re.split(r"(?m)^(?=config )", read(f"{self.package}/Config.in"))[1:]:
            found = [words for line in block.splitlines() for words in order if line.startswith(f"\t{words}")]
            ranks = [order.index(words) for words in found]
            expect(f"the order in {block.split()[1]}", ranks, sorted(ranks))
            for line in block.partition("\thelp\n")[2].splitlines():
                expect(f"a line of help: {line}", line == "" or not line.startswith("\t") or len(line[3:]) <= 62, True)
        for name in ("Config.in", "binfmtbox.mk", "files/S15binfmtbox"):
            text = read(os.path.join(self.package, name))
            expect(f"{name}: blanks at an end of a line", re.findall(r"(?m)[ \t]+$", text), [])
            expect(f"{name}: blanks as indentation", re.findall(r"(?m)^ +", text), [])
        expect("the mk's heading", read(f"{self.package}/binfmtbox.mk").splitlines()[:5],
               ["#" * 80, "#", "# binfmtbox", "#", "#" * 80])
        script = read(f"{self.package}/files/S15binfmtbox")
        expect("DAEMON of the init script", re.findall(r'(?m)^DAEMON="(.*)"', script), ["binfmtbox"])

    def test_buildroot_installs(self) -> None:
        settings = 'BR2_PACKAGE_BINFMTBOX_ARCH = "armv7"'
        for init, files in (
                ("SYSV", {"etc/init.d/S15binfmtbox"}),
                ("OPENRC", {"etc/init.d/binfmtbox", "etc/conf.d/binfmtbox", "etc/runlevels/default/binfmtbox"}),
                ("SYSTEMD", {"usr/lib/systemd/system/binfmtbox.service", "etc/default/binfmtbox"})):
            _, target = self._make("{build}/install", init, settings)
            expect(f"files for {init}", set(files_below(target)), files | PROGRAM_LINKS | {"usr/sbin/binfmtbox"})
            for path in files_below(target):
                runs = os.path.islink(f"{target}/{path}") or path.startswith(("usr/sbin", "etc/init.d"))
                expect(f"{path}: is a program", bool(os.lstat(f"{target}/{path}").st_mode & 0o111), runs)
            expect("the executable", digest(f"{target}/usr/sbin/binfmtbox"),
                   digest(f"{self.package}/files/binfmtbox_armv7"))
        expect("the unit's program", self._unit_programs(target), ["/usr/sbin/binfmtbox"] * 2)

    def test_buildroot_installs_static_emulators(self) -> None:
        self._emulators(f"{self.package}/files", "arm64")
        settings = ('BR2_PACKAGE_BINFMTBOX_ARCH = "arm64"\nBR2_PACKAGE_BINFMTBOX_EMULATORS = y\n'
                    'BR2_PACKAGE_BINFMTBOX_EMULATORS_TARGETS = "x86_64 i386"')
        _, target = self._make("{build}/install", settings=settings)
        expect("emulators", files_below(f"{target}/usr/bin"), ["qemu-i386-static", "qemu-x86_64-static"])
        text, _ = self._make("variables", settings=settings)
        expect("licences", text.split("|")[:2],
               ["Apache-2.0 , GPL-2.0 (emulators)", "LICENSE usr/share/doc/qemu-user-static/copyright"])

    def test_buildroot_licence_and_kernel(self) -> None:
        text, _ = self._make("variables")
        expect("variables", text, f"Apache-2.0|LICENSE|local|{self.package}/files")
        expect("LICENSE", read(f"{self.package}/files/LICENSE"), read(os.path.join(HERE, "../LICENSE")))
        expect("the kernel's option", self._make("kernel")[0], "CONFIG_BINFMT_MISC=y")

    def test_layer_for_all_releases(self) -> None:
        layer = Recipe(f"{self.layer}/conf/layer.conf", self.layer)
        series = (layer.get("LAYERSERIES_COMPAT_binfmtbox") or "").split()
        expect("releases that are missing", sorted(set(SERIES) - set(series)), [])
        text = read(f"{self.layer}/conf/layer.conf")
        patterns = re.findall(r"\$\{LAYERDIR\}/(\S+/\S+\.bb(?:append)?)", text)
        recipes = [path for path in files_below(self.layer) if path.endswith((".bb", ".bbappend"))]
        for path in recipes:
            expect(f"{path} is found", any(fnmatch.fnmatch(path, pattern) for pattern in patterns), True)
        expect("recipes", len(recipes), 3)
        read(f"{self.layer}/README.md")

    def test_recipe_has_what_every_release_takes(self) -> None:
        # Since walnascar S can't be WORKDIR.
        expect("S", self.recipe.get("S"), None)
        expect("WORKDIR", "WORKDIR" in read(self.recipe_path), False)
        for name in ("SUMMARY", "DESCRIPTION", "LICENSE", "SECTION"):
            expect(f"{name} is set", bool(self.recipe.get(name)), True)
        with open(f"{self.files}/LICENSE", "rb") as file:
            checksum = f"file://LICENSE;md5={hashlib.md5(file.read()).hexdigest()} "
        expect("the licence's checksum", checksum in str(self.recipe.get("LIC_FILES_CHKSUM")), True)

    def test_recipe_takes_the_right_executable(self) -> None:
        for words, host, wanted in OE_MACHINES:
            arch = self.recipe.get("BINFMTBOX_ARCH", words.split(":"))
            pattern = self.recipe.expand(str(self.recipe.get("COMPATIBLE_HOST")), {"BINFMTBOX_ARCH": arch or ""})
            compatible = re.match(pattern, host) is not None
            expect(f"{words}, {host}", arch if compatible else None, wanted)

    def test_recipe_fetches_what_is_there(self) -> None:
        for arch in ("x86_64", "arm64", "armv7", "riscv64"):
            for emulators in ("", "x86_64"):
                uris = self.recipe.expand(str(self.recipe.get("SRC_URI")), {
                    "BP": "binfmtbox-1", "BINFMTBOX_ARCH": arch, "BINFMTBOX_EMULATORS": emulators}).split()
                # Each unpacks into what S is by itself.
                expect("other folders", [uri for uri in uris if not uri.endswith(";subdir=binfmtbox-1")], [])
                names = {uri[len("file://"):].partition(";")[0] for uri in uris}
                archive = f"emulators_layer_{arch}.tar.gz"
                expect("the archive of emulators", archive in names, bool(emulators))
                missing = [name for name in names - {archive} if not os.path.exists(f"{self.files}/{name}")]
                expect("files that are missing", missing, [])

    def _install(self, emulators: str) -> str:
        self._count += 1
        source, target = (os.path.join(self.folder, f"{kind}{self._count}") for kind in ("S", "D"))
        subprocess.run(["cp", "-r", self.files, source], check=True)
        self._emulators(source, "arm64")
        subprocess.run(["tar", "-C", source, "-xzf", f"{source}/emulators_layer_arm64.tar.gz"], check=True)
        self.values = {
            "S": source, "D": target, "sbindir": "/usr/sbin", "bindir": "/usr/bin", "libdir": "/usr/lib",
            "sysconfdir": "/etc", "systemd_system_unitdir": "/usr/lib/systemd/system", "BINFMTBOX_ARCH": "arm64",
            "BINFMTBOX_EMULATORS": emulators, "PN": "binfmtbox"}
        script = self.recipe.expand(self.recipe.functions["do_install"], self.values)
        subprocess.run(["sh", "-eu"], input=script, encoding="utf-8", check=True)
        return target

    def test_recipe_installs(self) -> None:
        hooks = {f"usr/lib/pantavisor/pv/{folder}/50-binfmtbox" for folder in ("hooks/system.d", "hooks_lxc-mount.d")}
        wanted = PROGRAM_LINKS | hooks | {
            "usr/sbin/binfmtbox", "etc/default/binfmtbox", "etc/init.d/binfmtbox", "init.d/95-binfmtbox",
            "usr/lib/systemd/system/binfmtbox.service"}
        expect("files", set(files_below(self._install(""))), wanted)
        target = self._install("x86_64 i386")
        expect("files with emulators", set(files_below(target)),
               wanted | {"usr/bin/qemu-x86_64-static", "usr/bin/qemu-i386-static"})
        for path in hooks | {"init.d/95-binfmtbox", "etc/init.d/binfmtbox", "usr/sbin/binfmtbox"}:
            expect(f"{path} is a program", bool(os.stat(f"{target}/{path}").st_mode & 0o100), True)
        expect("the unit's program", self._unit_programs(target), ["/usr/sbin/binfmtbox"] * 2)

    # A file that no package takes stops the build.
    def test_recipe_puts_each_file_into_one_package(self) -> None:
        target = self._install("x86_64")
        folders = {}
        for key, value in self.recipe.values.items():
            if key.startswith("FILES:"):
                name = self.recipe.expand(key[len("FILES:"):], self.values)
                folders[name] = self.recipe.expand(value, self.values).split()
        packages = self.recipe.expand(str(self.recipe.get("PACKAGES")), self.values).split()
        expect("packages", sorted(folders), sorted(packages))
        for path in files_below(target):
            owners = [name for name, parts in folders.items()
                      if any(f"/{path}".startswith(f"{part}/") for part in parts)]
            expect(f"packages of {path}", len(owners), 1)

    def test_kernel(self) -> None:
        append = read(f"{self.layer}/recipes-kernel/linux/linux-%.bbappend")
        expect("the fragment", re.findall(r"file://(\S+?)'", append), ["binfmt_misc.cfg"])
        expect("the option", read(f"{self.layer}/recipes-kernel/linux/files/binfmt_misc.cfg"), "CONFIG_BINFMT_MISC=y\n")

    # Where there is no executable, the image is made without: its packages would be nowhere to be found.
    def test_pantavisor_initramfs(self) -> None:
        (path,) = [path for path in files_below(self.layer) if path.endswith("pantavisor-initramfs.bbappend")]
        append = Recipe(f"{self.layer}/{path}", self.layer)
        for words, _, arch in OE_MACHINES:
            for emulators in ("", "x86_64"):
                values = {"BINFMTBOX_ARCH": append.get("BINFMTBOX_ARCH", words.split(":")) or "",
                          "BINFMTBOX_EMULATORS": emulators}
                values["BINFMTBOX_PACKAGES"] = append.expand(str(append.get("BINFMTBOX_PACKAGES")), values)
                # An :append brings no blank.
                value = "busybox" + append.expand(append.values["PACKAGE_INSTALL:append"], values)
                wanted = ["binfmtbox-pantavisor", *(["binfmtbox-emulators"] if emulators else [])]
                expect(f"packages for {words}", value.split(), ["busybox", *(wanted if arch else [])])

    # U-Boot puts the addon behind pantavisor's own initramfs, and the kernel unpacks CRC32 only.
    def test_addon_is_what_kernel_and_boot_loader_take(self) -> None:
        with open(self.addon, "rb") as file:
            data = file.read()
        expect("bytes over", len(data) % 4, 0)
        # The .xz file format, 2.1.1: magic, and the kind of check in the second byte of the flags.
        expect("head", data[:8], b"\xfd7zXZ\0\0\1")
        unpacker = lzma.LZMADecompressor(lzma.FORMAT_XZ)
        files = self._unpack(unpacker.decompress(data))
        expect("what is behind it", unpacker.unused_data.strip(b"\0"), b"")
        hooks = [f"usr/lib/pantavisor/pv/{folder}/50-binfmtbox" for folder in ("hooks/system.d", "hooks_lxc-mount.d")]
        programs = ["usr/bin/binfmtbox", "usr/bin/qemu-aarch64-static", "usr/bin/qemu-arm-static"]
        expect("files", sorted(files), sorted(hooks + programs))
        for path in hooks:
            with open(os.path.join(HERE, "pantavisor/50-binfmtbox"), "rb") as file:
                expect(path, files[path], (0o100755, file.read()))
        for path in programs:
            expect(f"{path} is static", (files[path][0], files[path][1][:4], b"/ld-linux" in files[path][1][:4096]),
                   (0o100755, b"\x7fELF", False))

    @staticmethod
    def _unpack(data: bytes) -> Dict[str, Tuple[int, bytes]]:
        """Mode and content of each file of a "newc" archive, folders left out."""
        files, at = {}, 0
        while True:
            numbers = [int(data[at + 6 + 8 * i:at + 14 + 8 * i], 16) for i in range(13)]
            mode, size, name_size = numbers[1], numbers[6], numbers[11]
            name = data[at + 110:at + 109 + name_size].decode()
            start = (at + 110 + name_size + 3) // 4 * 4
            if name == "TRAILER!!!":
                return files
            expect(f"owner of {name}", numbers[2:4], [0, 0])
            if mode & 0o170000 == 0o100000:
                files[name] = (mode, data[start:start + size])
            at = (start + size + 3) // 4 * 4

    def test_links_for_all_applets(self) -> None:
        applets = subprocess.run([self.product, "--list"], check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout
        wanted = {f"usr/sbin/binfmt-{applet}" for applet in applets.split()}
        expect("links", PROGRAM_LINKS, wanted)


if __name__ == "__main__":
    sys.exit(run_cases(Test(*map(os.path.abspath, sys.argv[1:]))))
