# SPDX-License-Identifier: Apache-2.0
"""The command lines that compare.py runs, by scene. line.py explains how they are written.

A scene is a function that prepares the machine (see scene.py). It registers entries without the
executable, so that both executables start from the same state.
"""

import os
import signal
import time

import scene
from line import CommandLine
from scene import (
    BOX,
    CMDLINE,
    HOME,
    REGISTRY,
    bind,
    directory,
    elf,
    emulators,
    file,
    mount,
    mounted,
    named,
    native,
    off,
    record,
    script,
    write,
)

LINES = []

TARGETS = scene.targets()
# The interpreter of most rules, a static program.
RUN = f"{HOME}/i/run"


def lines(where, text, **how):
    """Adds each line of text that is neither empty nor a comment as a command line."""
    for part in text.splitlines():
        if part.strip() and not part.startswith("# "):
            LINES.append(CommandLine(where, part, **how))


def target_record(name, target, interpreter, flags=""):
    """Returns a record for a target's programs."""
    return f":{name}:M::{TARGETS[target].rule()}:{interpreter}:{flags}"


# ==================================================================================================
# The executable itself: no registry
# ==================================================================================================


def bare():
    """The executable, and links to it with other names."""
    for name in ("mount", "register", "status", "clear"):
        os.link(BOX, f"{scene.BIN}/{name}")
        os.symlink("binfmtbox", f"{scene.BIN}/binfmt-{name}")
    for name in ("binfmtbox-static", "binfmtbox_arm64", "qemu-binfmt-conf.sh", "qemu-binfmt-conf", "umount"):
        os.symlink(BOX, f"{scene.BIN}/{name}")


lines(
    bare,
    r"""
binfmtbox
binfmtbox --help
binfmtbox -h
binfmtbox --list
binfmtbox --version
binfmtbox --help more
binfmtbox -h more
binfmtbox --list more
binfmtbox --list --list
binfmtbox --version more
binfmtbox --vers
binfmtbox frobnicate
binfmtbox ''
binfmtbox -
binfmtbox --
binfmtbox -x
binfmtbox --frobnicate
binfmtbox --frobnicate=1
binfmtbox -- --help
binfmtbox qemu-binfmt-conf.sh
binfmtbox Mount
binfmtbox binfmt-binfmt-mount
binfmtbox 'bad{1b}[2J{0a}{ff}{c3}{a4}\'
binfmtbox -{ff}
binfmtbox --list >/dev/full
binfmtbox --help >/dev/full
binfmtbox --version >/dev/full
binfmtbox --help >&-
binfmtbox --list >&-
binfmtbox --version >&-
binfmtbox --list <&-
binfmtbox --list >&- 2>&-
binfmtbox frobnicate 2>/dev/full
binfmtbox frobnicate 2>&-
binfmtbox mount --help
binfmtbox mount -h
binfmtbox register --help
binfmtbox register -h
binfmtbox status --help
binfmtbox status -h
binfmtbox clear --help
binfmtbox clear -h
binfmtbox binfmt-mount --help
binfmtbox binfmt-register -h
binfmtbox binfmt-status --help
binfmtbox binfmt-clear -h
binfmtbox mount --help --no-such
binfmtbox mount --no-such --help
binfmtbox register -nh
binfmtbox register -hZ
binfmtbox register -Zh
binfmtbox register --help --json --kmsg -q
binfmtbox status --kmsg --help
binfmtbox status --help=yes
binfmtbox clear -- --help
binfmtbox clear --help >/dev/full
binfmtbox status -h >&-
mount --help
register -h
status --help
clear --help
binfmt-mount --help
binfmt-register --help
binfmt-status --help
binfmt-clear --help
binfmtbox-static --list
binfmtbox-static status --help
binfmtbox_arm64 binfmt-status --help
qemu-binfmt-conf.sh --help
qemu-binfmt-conf.sh -h
qemu-binfmt-conf
qemu-binfmt-conf --help
umount --help
""",
)
# By argv[0] alone.
for _words in (
    [],
    [""],
    ["", "--list"],
    ["", "status", "--help"],
    ["/usr/sbin/binfmt-mount", "--help"],
    ["./mount", "--help"],
    ["../x/binfmt-mount", "-h"],
    ["/", "--list"],
    ["binfmt-", "--help"],
    ["binfmt", "--help"],
    ["/opt/binfmtbox.real", "status", "-h"],
    ["binfmtbo", "--list"],
    ["/usr/bin/qemu-binfmt-conf.sh", "--help"],
    ["bad\x1b\n\udcff"],
    ["binfmtbox\x1b", "--list"],
):
    LINES.append(CommandLine(bare, words=_words, path=BOX))


def places_for_links():
    """Directories for --install: an empty one, and some with links or other files in the way."""
    directory("/mnt/links", "/mnt/own", "/mnt/foreign", "/mnt/-s", "/mnt/dangling", "/mnt/closed")
    os.link(BOX, "/mnt/own/binfmt-mount")
    os.symlink(BOX, "/mnt/own/binfmt-status")
    os.symlink("../bin/binfmtbox", "/mnt/own/clear")
    file("/mnt/foreign/binfmt-status", "mine")
    directory("/mnt/foreign/register")
    os.symlink("/mnt/none", "/mnt/dangling/binfmt-register")
    file("/mnt/file", "mine")


lines(
    places_for_links,
    r"""
binfmtbox --install
binfmtbox --install ''
binfmtbox --install -s
binfmtbox --install --bare
binfmtbox --install --
binfmtbox --install -x /mnt/links
binfmtbox --install --symbolic /mnt/links
binfmtbox --install /mnt/links /mnt/own
binfmtbox --install /mnt/links ''
binfmtbox --install /mnt/links
binfmtbox --install /mnt/links/
binfmtbox --install -s /mnt/links
binfmtbox --install --bare /mnt/links
binfmtbox --install -s --bare /mnt/links
binfmtbox --install /mnt/links --bare -s
binfmtbox --install -- /mnt/links
binfmtbox --install /mnt/own
binfmtbox --install -s /mnt/own
binfmtbox --install --bare /mnt/own
binfmtbox --install /mnt/foreign
binfmtbox --install -s /mnt/foreign
binfmtbox --install --bare /mnt/foreign
binfmtbox --install /mnt/dangling
binfmtbox --install -s /mnt/dangling
binfmtbox --install /mnt/none
binfmtbox --install -s /mnt/none
binfmtbox --install /mnt/file
binfmtbox --install /run
binfmtbox --install --bare /etc
binfmtbox --install -s /run
binfmtbox --install /usr/bin
binfmtbox --install -s --bare /usr/bin
binfmtbox --install '/mnt/{1b}{ff}'
binfmtbox --install -
binfmtbox --install /mnt/links >/dev/full
binfmtbox --install /mnt/links >&-
binfmtbox --list --install /mnt/links
""",
)
lines(
    places_for_links,
    r"""
binfmtbox --install --bare -- -s
binfmtbox --install -s
binfmtbox --install links
binfmtbox --install -s .
""",
    before=[scene.in_directory("/mnt")],
)
lines(places_for_links, "binfmtbox --install /mnt/links", before=[scene.as_nobody])

# ==================================================================================================
# Options
# ==================================================================================================


def few_emulators():
    """An empty registry, and interpreters for some targets."""
    emulators(
        "/mnt/qemu",
        "qemu-aarch64-static",
        "qemu-arm-static",
        "qemu-arm",
        "qemu-arm-custom",
        "qemu-i386-static",
        "qemu-mips64el-static",
        "qemu-ppc64le-static",
        "qemu-x86_64-static",
        "riscv64-binfmt-P",
    )
    emulators("/mnt/i", "run", "a b:c", "x\\x41")
    mounted()


for _applet in ("mount", "register", "status", "clear"):
    lines(
        few_emulators,
        f"""
binfmtbox {_applet} --frobnicate arm64
binfmtbox {_applet} --frobnicate=x
binfmtbox {_applet} --frob{{1b}}{{ff}}
binfmtbox {_applet} arm64 -nZ
binfmtbox {_applet} -{{1b}}
binfmtbox {_applet} '- '
binfmtbox {_applet} --=x
binfmtbox {_applet} -D
binfmtbox {_applet} --dir
binfmtbox {_applet} --dir=
binfmtbox {_applet} -D ''
binfmtbox {_applet} --dir=/mnt/none
binfmtbox {_applet} --dir /mnt/none --json
binfmtbox {_applet} -D/mnt/none --if-possible
binfmtbox {_applet} -D /mnt/qemu --all
binfmtbox {_applet} --dry-run=yes
binfmtbox {_applet} --quiet=
binfmtbox {_applet} --json=1
binfmtbox {_applet} --kmsg=/dev/kmsg
binfmtbox {_applet} --if-possible=no
binfmtbox {_applet} --he
binfmtbox {_applet} --h
binfmtbox {_applet} --dry
binfmtbox {_applet} --js
binfmtbox {_applet} -
binfmtbox {_applet} -- -n
binfmtbox {_applet} '{{1b}}]0;title{{07}}'
""",
    )

lines(
    few_emulators,
    r"""
# Values that are missing.
binfmtbox register -I
binfmtbox register --interpreter
binfmtbox register -Q
binfmtbox register --qemu-path
binfmtbox register -F
binfmtbox register --qemu-suffix
binfmtbox register --emulator
binfmtbox register -p
binfmtbox register --persistent
binfmtbox register -c
binfmtbox register --credential
binfmtbox register -g
binfmtbox register --preserve-argv0
binfmtbox register -i
binfmtbox register --ignore-family
binfmtbox register --rule
binfmtbox register -f
binfmtbox register --file
binfmtbox register --print
binfmtbox register -e
binfmtbox register --exportdir
binfmtbox register -s
binfmtbox register --systemd
binfmtbox register --binfmt-d
binfmtbox register --module
binfmtbox register --wait
binfmtbox mount --module
binfmtbox status --match
binfmtbox status --print
# Values where none goes.
binfmtbox register --if-missing=yes
binfmtbox register --replace=
binfmtbox register --override=x
binfmtbox register --system=x
binfmtbox register --debian=x
binfmtbox register --cmdline=x
binfmtbox register --mount=/mnt
binfmtbox register --userns=x
binfmtbox register --host=x
binfmtbox register --verify=x
binfmtbox register --hold=x
binfmtbox mount --userns=yes
binfmtbox mount --host=x
binfmtbox mount --hold=x
binfmtbox status --platforms=x
binfmtbox status --probe=x
binfmtbox clear --ours=x
binfmtbox clear --all=x
binfmtbox clear --disable=x
binfmtbox clear --enable=x
binfmtbox clear --unmount=x
# Values that are wrong.
binfmtbox register -p maybe arm64
binfmtbox register -pauto arm64
binfmtbox register --persistent= arm64
binfmtbox register -c YES arm64
binfmtbox register --credential=auto arm64
binfmtbox register -g Yes arm64
binfmtbox register --preserve-argv0=1 arm64
binfmtbox register -i true arm64
binfmtbox register --ignore-family auto arm64
binfmtbox register -p '{1b}{ff}' arm64
binfmtbox register -I '' arm64
binfmtbox register --interpreter= arm64
binfmtbox register -Q qemu arm64
binfmtbox register -Q '' arm64
binfmtbox register --qemu-path=./qemu arm64
binfmtbox register -e out arm64
binfmtbox register --exportdir= arm64
binfmtbox register --binfmt-d run arm64
binfmtbox register --binfmt-d= arm64
binfmtbox register --emulator FEX i386
binfmtbox register --emulator= i386
binfmtbox register --emulator '{1b}' i386
binfmtbox register --print yaml arm
binfmtbox register --print= arm
binfmtbox register --print Record arm
binfmtbox status --print json
binfmtbox register --wait x arm
binfmtbox register --wait= arm
binfmtbox register --wait -1 arm
binfmtbox register --wait 86401 arm
binfmtbox register --wait 1.5 arm
binfmtbox register --wait 99999999999 arm
# Options that belong together, or don't.
binfmtbox register --userns arm64
binfmtbox register --host arm64
binfmtbox register --module /none arm64
binfmtbox register --verify --hold arm64
binfmtbox register --hold --verify --json arm64
binfmtbox register -I /mnt/i/run arm arm64
binfmtbox register -I /mnt/i/run all
binfmtbox register -I /mnt/i/run
binfmtbox register -I /mnt/i/run --rule :a:M::AB::/mnt/i/run:
binfmtbox status --match /mnt/i/run arm64
binfmtbox status --match /mnt/i/run --probe
binfmtbox status --match /mnt/i/run --match /mnt/i/run
binfmtbox clear --enable --disable jar
binfmtbox clear --unmount --disable jar
binfmtbox clear --unmount --enable --all
binfmtbox mount /mnt
# Abbreviations: of the options of QEMU's script only.
binfmtbox register -n --pers yes -Q/mnt/qemu arm
binfmtbox register -n --persistent=no -Q/mnt/qemu arm
binfmtbox register -n --cred=yes -Q/mnt/qemu arm
binfmtbox register -n --preserve=no --qemu-p /mnt/qemu arm
binfmtbox register -n --qemu-s -custom --qemu-p=/mnt/qemu arm
binfmtbox register -n --ignore=yes --qemu-path /mnt/qemu i386
binfmtbox register -n --ig yes --qemu-path /mnt/qemu i386
binfmtbox register --p yes arm
binfmtbox register --pre yes arm
binfmtbox register --qemu /mnt/qemu arm
binfmtbox register --e /mnt/out -Q/mnt/qemu arm
binfmtbox register --exp /mnt/out -Q/mnt/qemu arm
binfmtbox register --s arm -e /mnt/out
binfmtbox register --sys arm -e /mnt/out
binfmtbox register --system arm -e /mnt/out
binfmtbox register --de -e /mnt/out arm
binfmtbox register --d
binfmtbox register --inter /mnt/i/run arm
binfmtbox register --repl arm
binfmtbox register --emu qemu arm
binfmtbox status --pers yes
# Letters together, and values joined to them.
binfmtbox register -nQ/mnt/qemu arm
binfmtbox register -nqQ /mnt/qemu arm
binfmtbox register -nF-custom -Q/mnt/qemu arm
binfmtbox register -npno -cyes -gno -Q/mnt/qemu arm
binfmtbox register -nD/proc/sys/fs/binfmt_misc -Q/mnt/qemu arm
binfmtbox register -nD /mnt/none -Q/mnt/qemu arm
binfmtbox register -nI=/mnt/i/run arm
binfmtbox register arm -n -Q /mnt/qemu arm64 -- mips64el
binfmtbox register -n -Q /mnt/qemu -- -q
binfmtbox register -pno -pyes -cyes -cno -gyes -gauto -n -Q/mnt/none -Q/mnt/qemu arm
binfmtbox status -qn
binfmtbox status -qnD/proc/sys/fs/binfmt_misc
binfmtbox clear -nq --all
binfmtbox mount -nq --userns
binfmtbox mount -qnD/mnt/none --userns
""",
)

# ==================================================================================================
# register: targets
# ==================================================================================================


def one_interpreter():
    """An empty registry, and one interpreter."""
    emulators("/mnt/i", "run")
    mounted()


# Each target of the table.
for _name in TARGETS:
    lines(
        one_interpreter,
        f"binfmtbox register -I /mnt/i/run {_name}",
    )
lines(one_interpreter, f"binfmtbox register --print record -pno -cyes -Q /no {' '.join(TARGETS)}")
# Each other word for a target.
_words = []
with open(f"{scene.TOP}/arch_table/targets.txt", encoding="utf-8") as _opened:
    for _line in _opened:
        if _line.split()[:1] in (["names"], ["docker"]):
            _words += _line.split("#")[0].split()[1:]
_words = sorted(set(_words))
for _number in range(0, len(_words), 5):
    lines(one_interpreter, f"binfmtbox register --print record -Q /no {' '.join(_words[_number:_number + 5])}")
lines(
    one_interpreter,
    r"""
binfmtbox register -n -I /mnt/i/run qemu-aarch64
binfmtbox register -n -I /mnt/i/run qemu-aarch64-static
binfmtbox register -n -I /mnt/i/run linux/arm64
binfmtbox register -n -I /mnt/i/run linux/arm64/v8
binfmtbox register -n -I /mnt/i/run arm64/v8
binfmtbox register -n -I /mnt/i/run LINUX/ARM64
binfmtbox register -n -I /mnt/i/run AArch64
binfmtbox register -n -I /mnt/i/run linux/arm/v7
binfmtbox register -n -I /mnt/i/run linux/arm/v6
binfmtbox register -n -I /mnt/i/run linux/mips64le
binfmtbox register -n -I /mnt/i/run linux/aarch64
binfmtbox register -n -I /mnt/i/run linux/
binfmtbox register -n -I /mnt/i/run qemu-
binfmtbox register -n -I /mnt/i/run qemu-qemu-arm
binfmtbox register -n -I /mnt/i/run arm-static
binfmtbox register -n -I /mnt/i/run linux/arm/v9
binfmtbox register -n -I /mnt/i/run aarch46
binfmtbox register -n -I /mnt/i/run armm
binfmtbox register -n -I /mnt/i/run misp
binfmtbox register -n -I /mnt/i/run ppc65
binfmtbox register -n -I /mnt/i/run riscv
binfmtbox register -n -I /mnt/i/run x86-64
binfmtbox register -n -I /mnt/i/run s390
binfmtbox register -n -I /mnt/i/run xyzzyxyzzy
binfmtbox register -n -I /mnt/i/run a
binfmtbox register -n -I /mnt/i/run {a*5000}
binfmtbox register -n -I /mnt/i/run '{1b}[2J{ff}'
binfmtbox register -n -I /mnt/i/run ''
binfmtbox register -n -I /mnt/i/run ' , '
binfmtbox register -n -I /mnt/i/run 'arm,arm armhf{09}linux/arm'
binfmtbox register -n -I /mnt/i/run ALL
""",
)

lines(
    few_emulators,
    r"""
binfmtbox register -Q /mnt/qemu aarch64
binfmtbox register -Q /mnt/qemu -cno aarch64
binfmtbox register -Q /mnt/qemu -q aarch64
binfmtbox register -Q /mnt/qemu --json aarch64
binfmtbox register -Q /mnt/qemu --json -n aarch64 arm
binfmtbox register -Q /mnt/qemu --quiet --json aarch64
binfmtbox register -Q /mnt/qemu --dry-run aarch64 arm
binfmtbox register -Q /mnt/qemu -cno all
binfmtbox register -Q /mnt/qemu -cno
binfmtbox register -Q /mnt/qemu --json
binfmtbox register -Q /mnt/qemu -n all
binfmtbox register -Q /mnt/qemu -i yes all
binfmtbox register -Q /mnt/qemu all riscv32
binfmtbox register -Q /mnt/qemu all arm aarch64
binfmtbox register -Q /mnt/qemu all x86_64
binfmtbox register -Q /mnt/qemu all aarch46
binfmtbox register -Q /mnt/qemu arm64 'aarch64,linux/arm64' arm
binfmtbox register -Q /mnt/qemu riscv64
binfmtbox register -Q /mnt/qemu arm64 s390x arm
binfmtbox register -Q /mnt/qemu --json arm64 s390x arm
binfmtbox register -Q /mnt/qemu x86_64 arm
binfmtbox register -Q /mnt/qemu --json x86_64
binfmtbox register -Q /mnt/qemu -i yes x86_64
binfmtbox register -Q /mnt/qemu -i no i386
binfmtbox register -Q /mnt/qemu -i yes i386
binfmtbox register -Q /mnt/qemu i486
binfmtbox register -Q /mnt/qemu microblaze-old microblazeel-old
binfmtbox register -Q /mnt/qemu/ arm
binfmtbox register -Q /mnt/qemu/// arm
binfmtbox register -Q / arm
binfmtbox register -Q /mnt/none arm
binfmtbox register -Q /mnt/i all
binfmtbox register -Q /mnt/none all
binfmtbox register -Q /mnt/none --json all
binfmtbox register -Q '/mnt/{1b}{ff}' arm
binfmtbox register -Q /mnt/qemu -F -custom arm
binfmtbox register -Q /mnt/qemu --qemu-suffix= arm
binfmtbox register -Q /mnt/qemu -F '' all
binfmtbox register -Q /mnt/qemu -F -custom all
binfmtbox register -Q /mnt/qemu -F -none arm
binfmtbox register -Q /mnt/qemu -F -none all
binfmtbox register -Q /mnt/qemu -F '{1b}' arm
binfmtbox register -I /mnt/i/run -F -custom arm
QEMU_TARGET_LIST=arm64 binfmtbox register -Q /mnt/qemu
QEMU_TARGET_LIST=' arm64,,{09}arm ,' binfmtbox register -Q /mnt/qemu
qemu_target_list=arm64,arm binfmtbox register -Q /mnt/qemu
qemu_target_list=arm QEMU_TARGET_LIST=ppc64el binfmtbox register -Q /mnt/qemu
qemu_target_list=arm QEMU_TARGET_LIST=' , ' binfmtbox register -Q /mnt/qemu
QEMU_TARGET_LIST=nonsense binfmtbox register -Q /mnt/qemu arm
QEMU_TARGET_LIST=arm,aarch46 binfmtbox register -Q /mnt/qemu
QEMU_TARGET_LIST='{1b}[2J{a*2000}' binfmtbox register -Q /mnt/qemu
QEMU_TARGET_LIST=all binfmtbox register -Q /mnt/qemu -q
QEMU_TARGET_LIST=arm binfmtbox register --rule :a:M::AB::/mnt/i/run:
HOST_ARCH=aarch64 binfmtbox register -Q /mnt/qemu all
HOST_ARCH=aarch64 binfmtbox register -Q /mnt/qemu arm
HOST_ARCH=BePC binfmtbox register -Q /mnt/qemu all
HOST_ARCH=BePC binfmtbox register -Q /mnt/qemu arm
HOST_ARCH= binfmtbox register -Q /mnt/qemu -n all
LC_ALL=../../../../mnt/evil LANG=%n PATH=/mnt/evil LD_PRELOAD=/mnt/evil.so binfmtbox register -Q /mnt/qemu arm
""",
)
# The emulators of the machine.
lines(
    one_interpreter,
    r"""
binfmtbox register
binfmtbox register -n all
binfmtbox register -cyes all
binfmtbox register --json all
binfmtbox register arm64 riscv64 s390x
""",
)

# --- Flags ---

for _options in (
    "-p yes", "-p no", "-c yes", "-c no", "-g yes", "-g no", "-g auto", "-c yes -p no", "-c yes -g no -p no",
    "--persistent=no --credential=no --preserve-argv0=no", "--credential yes --preserve-argv0 auto",
):
    lines(
        few_emulators,
        f"""
binfmtbox register {_options} -Q/mnt/qemu riscv64
binfmtbox register {_options} -I/mnt/i/run arm
""",
    )

# ==================================================================================================
# register: interpreters
# ==================================================================================================


def bad_interpreters():
    """An empty registry, and files that register refuses as interpreters, or accepts with some flags only."""
    emulators("/mnt/i", "run", "a b:c", "{1b}")
    os.rename("/mnt/i/{1b}", b"/mnt/i/\x1b\xff")
    os.symlink("/mnt/none", "/mnt/dangling")
    os.symlink("/mnt/loop", "/mnt/loop")
    os.symlink("/mnt/i/run", "/mnt/link")
    directory("/mnt/noexec", "/mnt/open", "/mnt/sticky", "/mnt/closed", "/mnt/candidates")
    mount("none", "/mnt/noexec", "tmpfs", scene.MS_NOEXEC)
    native("/mnt/noexec/emulator", "/mnt/busy", "/mnt/plain", "/mnt/unreadable", "/mnt/writable", "/mnt/closed/i")
    native("/mnt/open/emulator", "/mnt/sticky/emulator", "/mnt/setuid")
    os.chmod("/mnt/open", 0o777)
    os.chmod("/mnt/sticky", 0o1777)
    os.chmod("/mnt/closed", 0)
    os.chmod("/mnt/plain", 0o644)
    os.chmod("/mnt/unreadable", 0o111)
    os.chmod("/mnt/writable", 0o757)
    os.chmod("/mnt/setuid", 0o4755)
    os.symlink("/mnt/open/emulator", "/mnt/innocent")
    os.mkfifo("/mnt/fifo", 0o755)
    file("/mnt/text", "hello", 0o755)
    file("/mnt/empty", "", 0o755)
    file("/mnt/short", b"\x7fELF\x02\x01", 0o755)
    script("/mnt/script", "exit 1")
    file("/mnt/object", elf(scene.X86_64, kind=1), 0o755)
    file("/mnt/dynamic", elf(scene.X86_64, loader="/lib64/ld-linux-x86-64.so.2"), 0o755)
    file("/mnt/evil", elf(scene.X86_64, loader="/lib/\x1b]0;x\x07"), 0o755)
    file("/mnt/arm64", elf(scene.AARCH64), 0o755)
    file("/mnt/armdynamic", elf(40, bits=32, loader="/lib/ld-linux.so.3"), 0o755)
    file("/mnt/i386", elf(scene.I386, bits=32), 0o755)
    file("/mnt/nobody", elf(0xFE00), 0o755)
    file("/mnt/big", elf(22, order="big"), 0o755)
    os.symlink("/mnt/none", "/mnt/candidates/qemu-arm-static")
    file("/mnt/candidates/qemu-aarch64", "text", 0o755)
    directory("/mnt/candidates/qemu-mips-static")
    native("/mnt/candidates/mips-binfmt-P", "/mnt/candidates/s390x-binfmt-P")
    file("/mnt/candidates/qemu-s390x-static", elf(scene.X86_64, loader="/lib/l"), 0o755)
    path = "/mnt"
    for _ in range(9):
        path += "/" + 200 * "x"
        directory(path)
    os.link("/mnt/i/run", path + "/qemu")
    mounted()


for _path in (
    "/mnt/none", "/mnt/dangling", "/mnt/loop", "/mnt/link", "/mnt/bin/binfmtbox/x", "/mnt/i", "/mnt/fifo",
    "/mnt/text", "/mnt/empty", "/mnt/short", "/mnt/script", "/mnt/object", "/mnt/dynamic", "/mnt/evil",
    "/mnt/arm64", "/mnt/i386", "/mnt/nobody", "/mnt/big", "/mnt/plain", "/mnt/unreadable", "/mnt/setuid",
    "/mnt/noexec/emulator", "/mnt/open/emulator", "/mnt/sticky/emulator", "/mnt/writable", "/mnt/innocent",
    "/mnt/open/../i/run", "'/mnt/i/a b:c'", "'/mnt/i/{1b}{ff}'", "i/run", "./run", "/dev/null", "/dev/zero",
    "/proc/self/mem", "/usr/bin/sh", "/", "/mnt/{x*1900}", "/mnt{/a*2500}",
    "/mnt{/" + 200 * "x" + "*9}/qemu", BOX,
):
    lines(
        bad_interpreters,
        f"""
binfmtbox register -I {_path} arm64
binfmtbox register -I {_path} -pno -cyes arm64
binfmtbox register --rule '|r|M||RULE||{_path.strip("'")}|OF'
""",
    )
lines(
    bad_interpreters,
    r"""
binfmtbox register -Q /mnt/candidates arm
binfmtbox register -Q /mnt/candidates aarch64
binfmtbox register -Q /mnt/candidates mips
binfmtbox register -Q /mnt/candidates s390x
binfmtbox register -Q /mnt/candidates -F -static s390x
binfmtbox register -Q /mnt/candidates all
binfmtbox register -Q /mnt/candidates -n --json all
binfmtbox register --rule :r:M::RULE::/mnt/armdynamic:
binfmtbox register -n -I /mnt/none arm
binfmtbox register -q -I /mnt/none arm
binfmtbox register --json -I /mnt/none arm
binfmtbox register --if-possible -I /mnt/none arm
binfmtbox register --replace -I /mnt/none arm
binfmtbox register --print record -I /mnt/none arm
binfmtbox register --print record -I /mnt/dynamic arm
binfmtbox register --print record -I relative arm
binfmtbox register --print record -I '/mnt/i/{1b}{ff}' arm
binfmtbox register --print record -I '/a:|,!~%{20}{09}{01}{02}' arm
binfmtbox register --print record -I '/a{0a}b' arm
binfmtbox register --wait 0 -I /mnt/none arm
""",
)
lines(
    bad_interpreters,
    r"""
binfmtbox register -I /mnt/closed/i arm
binfmtbox register -I /mnt/unreadable arm
binfmtbox register -I /mnt/unreadable -cyes arm
binfmtbox register --dir /mnt/closed/registry arm
binfmtbox mount --userns --dir /mnt/closed/registry
binfmtbox status --dir /mnt/closed
""",
    before=[scene.without(scene.CAP_DAC_OVERRIDE, scene.CAP_DAC_READ_SEARCH)],
)


def busy_interpreter():
    bad_interpreters()
    scene.busy = open("/mnt/busy", "r+b")


lines(
    busy_interpreter,
    r"""
binfmtbox register -I /mnt/busy arm
binfmtbox register -I /mnt/busy -pno arm
binfmtbox register --rule :a:M::AB::/mnt/busy: --rule :b:M::CD::/mnt/i/run:
binfmtbox status --match /mnt/busy
""",
)


def root_with_credentials():
    """A root directory in which only root may write, and one with a directory that everybody may write to."""
    for root in ("/mnt/root", "/mnt/open"):
        directory(root, f"{root}/bin", f"{root}/open", f"{root}/registry")
        native(f"{root}/bin/interpreter", f"{root}/open/interpreter")
        os.symlink("/open/interpreter", f"{root}/bin/link")
        os.symlink("../bin/interpreter", f"{root}/open/back")
        os.symlink("/open/back", f"{root}/bin/forth")
        os.link(BOX, f"{root}/binfmtbox")
    os.chmod("/mnt/open/open", 0o777)
    mounted()
    bind(REGISTRY, "/mnt/root/registry")
    bind(REGISTRY, "/mnt/open/registry")


for _root in ("/mnt/root", "/mnt/open"):
    for _path in ("/bin/interpreter", "/bin/link", "/bin/forth", "/open/interpreter", "/open/../bin/interpreter"):
        lines(
            root_with_credentials,
            f"binfmtbox register -D /registry -cyes -I {_path} arm",
            path="/binfmtbox",
            before=[scene.in_root(_root)],
        )

# ==================================================================================================
# register: entries that are there
# ==================================================================================================


def entries_registered():
    """Entries with the names or the magic that register uses: equal, different, disabled, shadowed."""
    few_emulators()
    record(
        target_record("qemu-aarch64", "aarch64", "/mnt/qemu/qemu-aarch64-static", "PF"),
        target_record("qemu-arm", "arm", "/mnt/qemu/qemu-arm-static", "F"),
        target_record("qemu-mips64el", "mips64el", "/mnt/qemu/qemu-mips64el-static", "PF"),
        target_record("mine", "mips64el", "/usr/bin/old"),
        target_record("their", "ppc64le", "/mnt/i/run", "F"),
        target_record("qemu-riscv64", "riscv64", "/mnt/qemu/riscv64-binfmt-P", "PF"),
        target_record("qemu-s390x", "s390x", "/usr/bin/old", "C"),
        ":qemu-mips:E::mips::/mnt/i/run:",
    )
    off("qemu-riscv64")


lines(
    entries_registered,
    r"""
binfmtbox register -Q /mnt/qemu aarch64
binfmtbox register -Q /mnt/qemu --json aarch64
binfmtbox register -Q /mnt/qemu -n aarch64
binfmtbox register -Q /mnt/qemu --replace aarch64
binfmtbox register -Q /mnt/qemu --override aarch64
binfmtbox register -Q /mnt/qemu --if-missing aarch64
binfmtbox register -Q /mnt/qemu -cyes aarch64
binfmtbox register -Q /mnt/qemu -gno aarch64
binfmtbox register -I /mnt/i/run aarch64
binfmtbox register -I /mnt/i/run -gno -pno aarch64
binfmtbox register -Q /mnt/qemu arm
binfmtbox register -Q /mnt/qemu -gno arm
binfmtbox register -Q /mnt/qemu --replace arm
binfmtbox register -Q /mnt/qemu --replace -n arm
binfmtbox register -Q /mnt/qemu --replace --json arm
binfmtbox register -Q /mnt/qemu --override arm
binfmtbox register -Q /mnt/qemu --if-missing arm
binfmtbox register -Q /mnt/qemu --if-missing -pno arm
binfmtbox register -Q /mnt/qemu --if-missing --replace arm
binfmtbox register -Q /mnt/qemu mips64el
binfmtbox register -Q /mnt/qemu --override mips64el
binfmtbox register -Q /mnt/qemu --override -n mips64el
binfmtbox register -Q /mnt/qemu --override --json mips64el
binfmtbox register -Q /mnt/qemu --replace mips64el
binfmtbox register -Q /mnt/qemu --if-missing mips64el
binfmtbox register -Q /mnt/qemu ppc64le
binfmtbox register -Q /mnt/qemu --override ppc64le
binfmtbox register -Q /mnt/qemu --override --replace ppc64le
binfmtbox register -Q /mnt/qemu --replace ppc64le
binfmtbox register -Q /mnt/qemu --replace -n --json ppc64le
binfmtbox register -Q /mnt/qemu --if-missing ppc64le
binfmtbox register -Q /mnt/qemu --if-missing -q ppc64le
binfmtbox register -Q /mnt/qemu --if-missing --json ppc64le
binfmtbox register -Q /mnt/qemu riscv64
binfmtbox register -Q /mnt/qemu --replace riscv64
binfmtbox register -Q /mnt/qemu --if-missing riscv64
binfmtbox register -I /mnt/i/run s390x
binfmtbox register -I /mnt/i/run --replace s390x
binfmtbox register -I /mnt/i/run --replace -cno s390x
binfmtbox register -I /mnt/i/run mips
binfmtbox register -I /mnt/i/run --replace mips
binfmtbox register -I /mnt/i/run --if-missing mips
binfmtbox register -Q /mnt/none --if-missing x86_64
binfmtbox register -Q /mnt/none --if-missing x86_64 ppc64le
binfmtbox register -Q /mnt/none --if-missing all
binfmtbox register -Q /mnt/qemu --if-missing all
binfmtbox register -Q /mnt/qemu --if-missing --json -n all
binfmtbox register -Q /mnt/qemu --if-missing mips64el all
binfmtbox register -Q /mnt/qemu --if-missing --replace all
binfmtbox register -Q /mnt/qemu all
binfmtbox register -Q /mnt/qemu --replace all
binfmtbox register -Q /mnt/qemu --override all
binfmtbox register -Q /mnt/qemu --replace --json all
binfmtbox register --rule ':mine:M::{mips64el}:/usr/bin/old:'
binfmtbox register --rule ':mine:M::{mips64el}:/mnt/i/run:'
binfmtbox register --replace --rule ':mine:M::{mips64el}:/mnt/i/run:'
binfmtbox register --override --rule ':other:M::{aarch64}:/mnt/i/run:'
binfmtbox register --rule ':other:M::{aarch64}:/mnt/i/run:'
binfmtbox register --replace --rule ':other:M::{aarch64}:/mnt/i/run:'
binfmtbox register --rule ':qemu-s390x:M::{s390x}:/mnt/i/run:' --replace
binfmtbox register --rule ':qemu-s390x:M::{s390x}:/mnt/i/run:' --replace -c no
binfmtbox register -Q /mnt/qemu --mount aarch64
binfmtbox register -Q /mnt/qemu --verify -q aarch64
""",
)


def leftover_helpers():
    """Helper entries, as a run that was killed during a replacement leaves them behind."""
    few_emulators()
    record(
        target_record("qemu-aarch64.binfmtbox-00c0ffee", "aarch64", "/mnt/qemu/qemu-aarch64-static", "PF"),
        target_record("qemu-arm", "arm", "/mnt/qemu/qemu-arm-static", "PF"),
        target_record("qemu-arm.binfmtbox-00c0ffee", "arm", "/mnt/qemu/qemu-arm-static", "PF"),
        target_record("qemu-mips64el.binfmtbox-xyz", "mips64el", "/mnt/i/run"),
        ":jar.binfmtbox-00c0ffee:E::jar::/mnt/i/run:",
    )


lines(
    leftover_helpers,
    r"""
binfmtbox register -Q /mnt/qemu arm64
binfmtbox register -Q /mnt/qemu -n arm64
binfmtbox register -Q /mnt/qemu arm
binfmtbox register -Q /mnt/qemu --replace -gno arm
binfmtbox register -Q /mnt/qemu mips64el
binfmtbox register --rule :jar:E::jar::/mnt/i/run:
binfmtbox status
binfmtbox status arm64
binfmtbox clear --ours
binfmtbox clear arm64
binfmtbox clear arm
binfmtbox clear qemu-arm
""",
)


def older_file():
    """Entries whose interpreters were replaced by new files after registration."""
    few_emulators()
    script("/mnt/qemu-test", "echo v1")
    record(
        target_record("qemu-arm", "arm", "/mnt/qemu/qemu-arm-static", "PF"),
        target_record("qemu-aarch64", "aarch64", "/mnt/qemu/qemu-aarch64-static", "P"),
        ":e:M::MZ::/mnt/qemu-test:F",
    )
    scene.tick()
    for path in ("/mnt/qemu/qemu-arm-static", "/mnt/qemu/qemu-aarch64-static"):
        native(path)
    script("/mnt/qemu-test", "echo v2")
    file("/mnt/x", "MZ", 0o755)


lines(
    older_file,
    r"""
binfmtbox register -Q /mnt/qemu arm
binfmtbox register -Q /mnt/qemu --json arm
binfmtbox register -Q /mnt/qemu -n --replace arm
binfmtbox register -Q /mnt/qemu --replace arm
binfmtbox register -Q /mnt/qemu -pno aarch64
binfmtbox status arm
binfmtbox status e
binfmtbox status --json e
binfmtbox status --match /mnt/x
binfmtbox status --print record
""",
)


# Files of each target: a program, one with a loader, an object file, and one with other flags.
TARGET_FILES = {
    name: {
        "exec": target.program(),
        "dyn": target.program(kind=3, loader="/lib/ld.so"),
        "object": target.program(kind=1),
        "flags": target.program(flags=0x20),
    }
    for name, target in TARGETS.items()
}


def many_entries():
    """An entry for each target except x86_64, with various names and flags."""
    emulators("/mnt/i", "run")
    emulators("/mnt/qemu", *(f"qemu-{name}" for name in TARGETS))
    mounted()
    for number, name in enumerate(TARGETS):
        if name != "x86_64":
            entry = f"qemu-{name}" if number % 3 else f"their-{name}"
            record(target_record(entry, name, f"/mnt/qemu/qemu-{name}", ("PF", "", "F", "OC")[number % 4]))
            if number % 7 == 0:
                off(entry)


lines(
    many_entries,
    r"""
binfmtbox status
binfmtbox status --json
binfmtbox status --platforms
binfmtbox status arm64 s390x mips mipsn32
binfmtbox status --print record
binfmtbox status --print binfmt.d
binfmtbox status --print debian
binfmtbox register -Q /mnt/qemu -F '' all
binfmtbox register -Q /mnt/qemu -F '' --replace all
binfmtbox register -Q /mnt/qemu -F '' --override --json all
binfmtbox register -Q /mnt/qemu -F '' --if-missing all
binfmtbox clear --ours
binfmtbox clear --ours --json
binfmtbox clear --all
binfmtbox clear --disable 'qemu-mips*'
""",
)


def files_of(name):
    def prepare():
        many_entries()
        for what, data in TARGET_FILES[name].items():
            file(f"/mnt/{what}", data, 0o755)

    return named(f"files of {name}", prepare)


for _number, _name in enumerate(TARGETS):
    for _what in ("exec", ("dyn", "object", "flags")[_number % 3]):
        lines(files_of(_name), f"binfmtbox status --match /mnt/{_what}")

# ==================================================================================================
# register: rules
# ==================================================================================================

lines(
    few_emulators,
    r"""
# Good ones.
binfmtbox register --rule :a:M::AB::/mnt/i/run:
binfmtbox register --rule :a:M:0:AB::/mnt/i/run:F
binfmtbox register --rule ':a:M:+3:AB\x0a:\xff\xf0\x00:/mnt/i/run:POCF'
binfmtbox register --rule :a:M:-0:AB::/mnt/i/run:FPFF
binfmtbox register --rule ':a:E::e,x t::/mnt/i/run:P'
binfmtbox register --rule :a:E:junk:jar:junk:/mnt/i/run:
binfmtbox register --rule '|na:me|M|2|AB||/mnt/i/a b:c|F'
binfmtbox register --rule '|a|E||:||/mnt/i/a b:c|'
binfmtbox register --rule ':slash:M::slash::/mnt/i/x\x41:F'
binfmtbox register --rule ':,|!~% {ff}{09}:M::bytes::/mnt/i/run:'
binfmtbox register --rule ';a:|,!~%;M;;AB;;/mnt/i/run;'
binfmtbox register --rule ':a:M:254:AB::/mnt/i/run:'
binfmtbox register --rule ':a:M::{A*256}::/mnt/i/run:'
binfmtbox register --rule ':{x*255}:M::AB::/mnt/i/run:'
binfmtbox register --rule ':a:M::AB::/mnt/i/run:F{0a}'
binfmtbox register --rule ':a:M::AB::/mnt/i/run:{0a}'
binfmtbox register --rule :a:M::AB::/mnt/i/run:D
binfmtbox register --rule :a:M::AB::/mnt/i/run:DF
binfmtbox register --rule ':a:M::A\B::/mnt/i/run:'
binfmtbox register --rule ':a:M::\\x41::/mnt/i/run:'
binfmtbox register --rule :a:M::AB::/mnt/i/run: --rule :b:M::CD::/mnt/i/run:
binfmtbox register --rule :a:M::AB::/mnt/i/run: --rule :a:M::AB::/mnt/i/run:
binfmtbox register --rule :a:M::AB::/mnt/i/run: --rule :a:M::AC::/mnt/i/run:
binfmtbox register --rule :a:M::AB::/mnt/i/run: -Q/mnt/qemu arm
binfmtbox register --rule :a:M::AB::/mnt/i/run: -p yes -g yes -c no -Q /none -F x
binfmtbox register --rule :a:M::AB::/mnt/i/run: --json
binfmtbox register --rule :a:M::AB::/mnt/i/run: -n
binfmtbox register --rule :a:M::AB::/mnt/i/run: -q
binfmtbox register --rule ':qemu-arm:M::{arm}:/mnt/i/run:F'
binfmtbox register --rule ':qemu-x86_64:M::{x86_64}:/mnt/i/run:F'
binfmtbox register --rule ':a:M::{i386}:/mnt/i/run:'
binfmtbox register -i yes --rule ':a:M::{i386}:/mnt/i/run:'
binfmtbox register --rule '{01}a{01}M{01}{01}AB{01}{01}/mnt/i/run{01}'
# The length.
binfmtbox register --rule ''
binfmtbox register --rule x
binfmtbox register --rule :a:M::A::/
binfmtbox register --rule :a:M::A::/:
binfmtbox register --rule :a:M::AB::{/x*957}:
binfmtbox register --rule :a:M::AB::{/x*960}:
# The delimiter.
binfmtbox register --rule PaPMPPABPP/mnt/i/runP
binfmtbox register --rule OaOMOOABOO/mnt/i/runO
binfmtbox register --rule CaCMCCABCC/mnt/i/runC
binfmtbox register --rule FaFMFFABFF/mnt/i/runF
binfmtbox register --rule TaTMTTABTT/mnt/i/runT
binfmtbox register --rule ':aaaaaaaaaaaaaaaaaaaaaa'
binfmtbox register --rule 'aaaaaaaaaaaaaaaaaaaaaaa'
# The name.
binfmtbox register --rule ::M::AB::/mnt/i/run:
binfmtbox register --rule :.:M::AB::/mnt/i/run:
binfmtbox register --rule :..:M::AB::/mnt/i/run:
binfmtbox register --rule :a/b:M::AB::/mnt/i/run:
binfmtbox register --rule :register:M::AB::/mnt/i/run:
binfmtbox register --rule :status:M::AB::/mnt/i/run:
binfmtbox register --rule :status:M::::/mnt/i/run:
binfmtbox register --rule ':{x*256}:M::AB::/mnt/i/run:'
binfmtbox register --rule ':{x*256}:M::::/mnt/i/run:'
binfmtbox register --rule ':{1b}/{ff}:M::AB::/mnt/i/run:'
# The type.
binfmtbox register --rule :a:Q::AB::/mnt/i/run:
binfmtbox register --rule :a:m::AB::/mnt/i/run:
binfmtbox register --rule :a:::AB::/mnt/i/run:
binfmtbox register --rule :a:MM::AB::/mnt/i/run:
binfmtbox register --rule :a:{1b}::AB::/mnt/i/run:
binfmtbox register --rule :a:B::::handler:
binfmtbox register --rule :a:B::x::handler:
binfmtbox register --rule :a:B::::/mnt/handler:
binfmtbox register --rule :a:B:::::
# The offset.
binfmtbox register --rule :a:M:x:AB::/mnt/i/run:
binfmtbox register --rule :a:M:-1:AB::/mnt/i/run:
binfmtbox register --rule ':a:M: 1:AB::/mnt/i/run:'
binfmtbox register --rule ':a:M:1 :AB::/mnt/i/run:'
binfmtbox register --rule :a:M:0x1:AB::/mnt/i/run:
binfmtbox register --rule :a:M:+:AB::/mnt/i/run:
binfmtbox register --rule :a:M:--1:AB::/mnt/i/run:
binfmtbox register --rule ':a:M:1{0a}:AB::/mnt/i/run:'
binfmtbox register --rule :a:M:2147483647:AB::/mnt/i/run:
binfmtbox register --rule :a:M:2147483648:AB::/mnt/i/run:
binfmtbox register --rule :a:M:99999999999999999999:AB::/mnt/i/run:
binfmtbox register --rule :a:M:255:AB::/mnt/i/run:
binfmtbox register --rule :a:M:300:AB::/mnt/i/run:
binfmtbox register --rule ':a:M::{A*257}::/mnt/i/run:'
# Magic and mask.
binfmtbox register --rule :a:M::::/mnt/i/run:
binfmtbox register --rule ':a:M::\xq0::/mnt/i/run:'
binfmtbox register --rule ':a:M::\x4::/mnt/i/run:'
binfmtbox register --rule ':a:M::\x:\xff:/mnt/i/run:'
binfmtbox register --rule ':a:M::AB:\xf:/mnt/i/run:'
binfmtbox register --rule :a:M::AB:A:/mnt/i/run:
binfmtbox register --rule :a:M::AB:ABC:/mnt/i/run:
binfmtbox register --rule ':a:M::A:\x00:/mnt/i/run:'
binfmtbox register --rule ':a:M::\x00::/mnt/i/run:'
# The extension.
binfmtbox register --rule :a:E::::/mnt/i/run:
binfmtbox register --rule :a:E::a/b::/mnt/i/run:
binfmtbox register --rule :a:E::tar.gz::/mnt/i/run:
binfmtbox register --rule :a:E::.::/mnt/i/run:
binfmtbox register --rule ':a:E::{0a}::/mnt/i/run:'
# The interpreter.
binfmtbox register --rule :a:M::ABCD:::
binfmtbox register --rule :a:M::AB::run:
binfmtbox register --rule :a:M::AB::./run:
binfmtbox register --rule ':a:M::AB::{1b}:'
binfmtbox register --rule :a:M::AB::/mnt/i/run
binfmtbox register --rule :a:M::ABCDEF:
binfmtbox register --rule :a:M::ABCDEF::
# The flags.
binfmtbox register --rule :a:M::AB::/mnt/i/run:Z
binfmtbox register --rule :a:M::AB::/mnt/i/run:f
binfmtbox register --rule ':a:M::AB::/mnt/i/run:F '
binfmtbox register --rule :a:M::AB::/mnt/i/run:F:
binfmtbox register --rule ':a:M::AB::/mnt/i/run:F{1b}'
binfmtbox register --rule ':a:M::AB::/mnt/i/run:F{0a}{0a}'
binfmtbox register --rule :a:M::AB::/mnt/i/run:T
binfmtbox register --rule :a:M::AB::/mnt/i/run:L
binfmtbox register --rule :a:M::AB::/mnt/i/run:TP
binfmtbox register --rule :a:M::AB::/mnt/i/run:LOC
binfmtbox register --print record --rule :a:M::AB::/mnt/i/run:TLPOCFD
binfmtbox register --print record --rule :a:B::::handler:D
binfmtbox register --print record --rule :a:M::AB::/no/i:TF --rule :b:E::b::/no/i:L
""",
)

# --- Rules that would stop the machine ---


def chain_files():
    """Interpreters for rules that take each other's interpreters, and an unrelated entry."""
    few_emulators()
    for name in ("own.script", "there.aaa", "back.bbb", "wrap", *(f"hop.h{hop}" for hop in range(1, 6))):
        file(f"/mnt/{name}", "#!/mnt/i/run\n", 0o755)
    os.link("/mnt/i/run", "/mnt/handled.ccc")
    record(":foreign:M::FOREIGN::/mnt/i/run:F")


lines(
    chain_files,
    r"""
binfmtbox register --rule ':own:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x3e\x00:\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\xfe\xff\xff\xff:/mnt/i/run:'
binfmtbox register --rule ':exec:M:16:\x02\x00\x3e\x00::/mnt/i/run:'
binfmtbox register --rule ':dyn:M:16:\x03\x00\x3e\x00::/mnt/i/run:'
binfmtbox register --rule ':brand:M::\x7fELF\x02\x01\x01\x03\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x3e\x00::/mnt/i/run:'
binfmtbox register --rule ':machine:M:18:\x3e\x00::/mnt/i/run:'
binfmtbox register --rule ':elf:M::\x7fELF::/mnt/i/run:'
binfmtbox register --rule ':first:M::\x7f::/mnt/i/run:'
binfmtbox register --rule ':elf64:M::\x7fELF\x02\x01\x01::/mnt/i/run:'
binfmtbox register --rule ':padding:M:9:\x00::/mnt/i/run:'
binfmtbox register --rule ':script:M::#!::/mnt/i/run:'
binfmtbox register --rule ':hash:M::#::/mnt/i/run:'
binfmtbox register --rule ':space:M::#! ::/mnt/i/run:'
binfmtbox register --rule ':shell:M:2:/bin/sh\x0a::/mnt/i/run:'
binfmtbox register --rule ':zero:M::MZ:\x00\x00:/mnt/i/run:'
binfmtbox register --rule ':short:M::\x7fELF\x01\x01\x01::/mnt/i/run:'
binfmtbox register --rule ':leaves:M::\x7fELF\x01\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x28\x00:\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\xfe\xff\x00\x00:/mnt/i/run:'
binfmtbox register --rule ':half:M::\x7fELF\x01\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x28\x00:\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\xfe\xff\x00\xff:/mnt/i/run:'
binfmtbox register --rule ':bit:M::\x7fELF\x01\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x28\x00:\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\xfe\xff\xfe\xff:/mnt/i/run:'
binfmtbox register --rule ':type:M:16:\x04\x00::/mnt/i/run:'
binfmtbox register --rule :version:E::11::/mnt/i/run:
binfmtbox register --rule :ext:E::script::/mnt/own.script:
binfmtbox register --rule ':selfish:M::#!/mnt/i/run::/mnt/own.script:'
binfmtbox register --rule ':selfish:M::#!/mnt/i/run::/mnt/own.script:' --replace --override -i yes
binfmtbox register --rule :first:E::aaa::/mnt/back.bbb: --rule :second:E::bbb::/mnt/there.aaa:
binfmtbox register --rule :wrap:M::WRAP::/mnt/wrap:O
binfmtbox register --rule :wrap:M::WRAP::/mnt/wrap:C
binfmtbox register --rule :wrap:M::WRAP::/mnt/wrap:F
binfmtbox register --rule :good:M::GOOD::/mnt/i/run:F --rule ':elf:M::\x7fELF::/mnt/i/run:'
binfmtbox register --json --rule ':elf:M::\x7fELF::/mnt/i/run:'
binfmtbox register -n --rule ':elf:M::\x7fELF::/mnt/i/run:'
binfmtbox register -q --rule ':script:M::#!::/mnt/i/run:'
binfmtbox register --if-possible --rule ':script:M::#!::/mnt/i/run:'
binfmtbox register --print record --rule ':script:M::#!::/mnt/i/run:'
binfmtbox register --print debian --rule ':elf:M::\x7fELF::/none:'
binfmtbox register --rule ':{1b}{ff}:M::#!::/mnt/i/run:'
binfmtbox register -I /mnt/i/run x86_64
binfmtbox register -I /mnt/i/run -i yes x86_64
""",
)


def chain():
    """A chain of handlers, each of which takes the interpreter of the next."""
    chain_files()
    for hop in range(1, 6):
        following = f"/mnt/hop.h{hop + 1}" if hop < 5 else RUN
        record(f":hop{hop}:E::h{hop}::{following}:")
    record(":other:E::ccc::/mnt/i/run:", ":second:E::bbb::/mnt/there.aaa:", ":open:M::OPEN::/mnt/hop.h5:C",
           ":script:E::ooo::/mnt/wrap:O")
    os.link("/mnt/i/run", "/mnt/x.ooo")
    file("/mnt/x", "CHAIN", 0o755)
    file("/mnt/open", "OPEN", 0o755)


lines(
    chain,
    r"""
binfmtbox register --rule :chain:M::CHAIN::/mnt/hop.h1:
binfmtbox register --rule :chain:M::CHAIN::/mnt/hop.h2:
binfmtbox register --rule :chain:M::CHAIN::/mnt/hop.h5:
binfmtbox register --rule :chain:M::CHAIN::/mnt/hop.h5:O
binfmtbox register --rule :front:M::FRONT::/mnt/handled.ccc:
binfmtbox register --rule :front:M::FRONT::/mnt/handled.ccc:O
binfmtbox register --rule :front:M::FRONT::/mnt/handled.ccc:C
binfmtbox register --rule :first:E::aaa::/mnt/back.bbb:
binfmtbox register --rule :hop5:E::h5::/mnt/hop.h1: --replace
binfmtbox register --rule :front:M::FRONT::/mnt/x.ooo:
binfmtbox status --match /mnt/x.ooo
binfmtbox status --match /mnt/hop.h1
binfmtbox status --match /mnt/hop.h5
binfmtbox status --match /mnt/hop.h2 --json
binfmtbox status --match /mnt/handled.ccc
binfmtbox status --match /mnt/back.bbb
binfmtbox status --match /mnt/open
binfmtbox status --match /mnt/x
""",
)

# ==================================================================================================
# register: files
# ==================================================================================================


def record_files():
    """Files of records, valid and invalid, and paths that cannot be read as such a file."""
    few_emulators()
    line = ":{0}:M::{0}::/mnt/i/run:{1}"
    good = [line.format("one", ""), "# a comment", ":two:M:1:two:\\xff\\xff\\xff:/mnt/i/run:F", "; another", "",
            "  :three:E::three::/mnt/i/run: \r", "# disabled: " + line.format("four", "P")]
    file("/mnt/good.conf", "\n".join(good) + "\n")
    file("/mnt/noend.conf", line.format("one", "F"))
    bad = [line.format("one", ""), "bad", line.format("x/y", ""), line.format("two", "Z"),
           ":gone:M::GONE::/mnt/none:", line.format("three", ""), ":ELF:M::\\x7fELF::/mnt/i/run:"]
    file("/mnt/bad.conf", "\n".join(bad) + "\n")
    file("/mnt/empty.conf")
    file("/mnt/comments.conf", "# nothing\n;nothing\n\n")
    file("/mnt/long.conf", ":a:M::" + "x" * 5000 + "::/mnt/i/run:\n" + line.format("b", ""))
    nul = [b":nul:M::AB\0C::/mnt/i/run:", b":n\0l:M::AB::/mnt/i/run:", b":a:M:\0:AB::/mnt/i/run:", b":a:E::a\0b::/mnt/i/run:",
           b":a:E::jar:\0:/mnt/i/run:", b":a:M::AB::/mnt/\0:", b":a:M::\0::/mnt/i/run:", b":a:M::AB:\0:/mnt/i/run:"]
    file("/mnt/nul.conf", b"\n".join(nul) + b"\n")
    file("/mnt/raw.conf", b":raw:M::\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x28\0::/mnt/i/run:\n")
    file("/mnt/bytes.conf", b":\xff\x1b:M::B1::/mnt/i/run:\n:\xc3\xa4:M::B2::/mnt/i/run:\n\x1b[2J\n")
    file("/mnt/twice.conf", line.format("one", "") + "\n" + line.format("one", "F") + "\n")
    file("/mnt/large.conf", "#" * ((1 << 20) + 1))
    file("/mnt/full.conf", "#" * (1 << 20))
    os.symlink("loop", "/mnt/loop")
    os.mkfifo("/mnt/fifo")
    directory("/mnt/d", "/mnt/any", "/mnt/nothing", "/mnt/odd", "/mnt/odd/sub.conf")
    file("/mnt/d/20.conf", line.format("second", ""))
    file("/mnt/d/10.conf", line.format("first", ""))
    file("/mnt/d/10.conf.old", line.format("old", ""))
    file("/mnt/d/.hidden.conf", line.format("hidden", ""))
    file("/mnt/any/b.binfmt", "interpreter /mnt/i/run\nmagic B\n")
    file("/mnt/any/a", "interpreter /mnt/i/run\nextension aa\n")
    file("/mnt/any/.c", "interpreter /mnt/i/run\nextension cc\n")
    os.mkfifo("/mnt/odd/fifo.conf")
    os.symlink("loop.conf", "/mnt/odd/loop.conf")
    os.symlink("/mnt/none", "/mnt/odd/none.conf")
    file("/mnt/odd/z.conf", line.format("last", ""))


lines(
    record_files,
    r"""
binfmtbox register -f /mnt/good.conf
binfmtbox register --file=/mnt/good.conf -n
binfmtbox register --file /mnt/good.conf --json
binfmtbox register -f/mnt/good.conf -q
binfmtbox register -f /mnt/noend.conf
binfmtbox register -f /mnt/bad.conf
binfmtbox register -f /mnt/bad.conf --json
binfmtbox register -f /mnt/bad.conf --if-possible -q
binfmtbox register -f /mnt/bad.conf -f /mnt/good.conf
binfmtbox register -f /mnt/empty.conf
binfmtbox register -f /mnt/empty.conf --json
binfmtbox register -f /mnt/comments.conf
binfmtbox register -f /mnt/long.conf
binfmtbox register -f /mnt/nul.conf
binfmtbox register -f /mnt/raw.conf
binfmtbox register -f /mnt/bytes.conf
binfmtbox register -f /mnt/bytes.conf --json
binfmtbox register -f /mnt/twice.conf
binfmtbox register -f /mnt/large.conf -f /mnt/good.conf
binfmtbox register -f /mnt/full.conf
binfmtbox register -f /mnt/none
binfmtbox register -f ''
binfmtbox register -f '/mnt/{1b}{ff}'
binfmtbox register -f /dev/zero
binfmtbox register -f /dev/null
binfmtbox register -f /mnt/loop
binfmtbox register -f /mnt/bin/binfmtbox
binfmtbox register -f /mnt/d
binfmtbox register -f /mnt/d/
binfmtbox register -f /mnt/any
binfmtbox register -f /mnt/any --json
binfmtbox register -f /mnt/nothing
binfmtbox register -f /mnt/odd
binfmtbox register -f /mnt/good.conf -Q/mnt/qemu arm
binfmtbox register -f /mnt/good.conf --rule :a:M::AB::/mnt/i/run:
binfmtbox register -f /mnt/good.conf --print record
binfmtbox register -f /mnt/good.conf --print binfmt.d
binfmtbox register -f /mnt/good.conf --print debian
binfmtbox register -f /mnt/bytes.conf --print record
binfmtbox register -f /mnt/good.conf -e /mnt/out
binfmtbox register -f /mnt/good.conf -c no -p no -g yes
binfmtbox register -f -
binfmtbox register -f - </mnt/good.conf
binfmtbox register -f - </mnt/bad.conf
binfmtbox register -f - </mnt/any/a
binfmtbox register -f - </mnt/large.conf
binfmtbox register -f - </dev/zero
binfmtbox register -f - </mnt/d
binfmtbox register -f - <&-
binfmtbox register -f - -f - </mnt/good.conf
binfmtbox register -f - >/dev/full </mnt/good.conf
""",
)
lines(record_files, "binfmtbox register -f -", stdin=b":in:M::INPUT::/mnt/i/run:F\n")
lines(record_files, "binfmtbox register -f -", stdin=b"package p\ninterpreter /mnt/i/run\nmagic AB\n")
lines(record_files, "binfmtbox register -f -", stdin=b"interpreter /mnt/i/run\nmagic AB\n")


def fill_fifo(process):
    """Writes a record to the FIFO once the program reads it."""
    with open("/mnt/fifo", "w", encoding="ascii") as opened:
        process.wait_until_idle()
        opened.write(":fifo:M::FIFO::/mnt/i/run:\n")


lines(record_files, "binfmtbox register -f /mnt/fifo", during=fill_fifo)
lines(record_files, "binfmtbox register -f /mnt/fifo", is_slow=True)

# Each line of a format file broken in turn.
_DEBIAN = ["# a comment", "package p", "interpreter /mnt/i/run", "magic AB", "", "offset 2", "mask \\xff\\x0f",
           "credentials no", "preserve yes", "fix_binary yes", "expose_interpreter optional"]
_BROKEN = [
    (1, "Xpackage p"), (1, "packag p"), (1, "package"), (1, "package {1b}"), (2, "interpreterx /mnt/i/run"),
    (2, "interpreter run"), (2, "interpreter /mnt/i/no"), (2, "interpreter\t/mnt/i/run"), (2, ""), (3, "magi AB"),
    (3, "magic \\x4"), (3, "magic \\xzz"), (3, "magic A:B"), (3, "magic " + 300 * "A"), (3, "extension jar"),
    (3, "magic AB\nextension jar"), (5, "ofset 2"), (5, "offset -1"), (5, "offset two"), (5, "offset 255"),
    (6, "masc x"), (6, "mask \\xff"), (6, "mask \\xff\\xf"), (6, "mask :"), (7, "credential no"),
    (7, "credentials maybe"), (7, "credentials"), (7, "credentials yes"), (8, "preserve"), (8, "preserve 1"),
    (8, "preserve_argv0 yes"), (9, "fix-binary yes"), (9, "fix_binary YES"), (9, "fix_binary no"),
    (10, "expose optional"), (10, "detector /usr/bin/detect"), (10, "package other"), (10, "name other"),
]


def debian_files():
    """Format files of update-binfmts: a valid one, and a broken one for each item of _BROKEN."""
    few_emulators()
    directory("/mnt/deb")
    file("/mnt/deb/good", "\n".join(_DEBIAN) + "\n")
    for number, (position, text) in enumerate(_BROKEN):
        file(f"/mnt/deb/bad{number:02}", "\n".join([*_DEBIAN[:position], text, *_DEBIAN[position + 1 :]]) + "\n")
    file("/mnt/other.conf", ":other:M::other::/mnt/i/run:\n")


lines(debian_files, "binfmtbox register -f /mnt/deb/good")
lines(debian_files, "binfmtbox register -f /mnt/deb")
lines(debian_files, "binfmtbox register -f /mnt/deb --print debian")
for _number in range(len(_BROKEN)):
    lines(debian_files, f"binfmtbox register -f /mnt/deb/bad{_number:02} -f /mnt/other.conf")


def shipped_files():
    """The binfmt.d and format files of all packages of three Debian releases."""
    one_interpreter()
    for suite in ("debian-11", "debian-12", "debian-13"):
        with open(f"{scene.TOP}/testdata/formats/{suite}.txt", encoding="utf-8") as opened:
            blocks = ("\n" + opened.read()).split("\n== ")[1:]
        directory(f"/mnt/{suite}", f"/mnt/{suite}/binfmt.d", f"/mnt/{suite}/binfmts")
        for block in blocks:
            head, _, text = block.partition("\n")
            kind = "binfmt.d" if text.lstrip().startswith(":") else "binfmts"
            file(f"/mnt/{suite}/{kind}/{os.path.basename(head)}", text + "\n")


for _suite in ("debian-11", "debian-12", "debian-13"):
    lines(
        shipped_files,
        f"""
binfmtbox register -f /mnt/{_suite}/binfmt.d
binfmtbox register -f /mnt/{_suite}/binfmt.d --print record
binfmtbox register -f /mnt/{_suite}/binfmt.d --print debian
binfmtbox register -f /mnt/{_suite}/binfmts
binfmtbox register -f /mnt/{_suite}/binfmts --print binfmt.d
binfmtbox register -f /mnt/{_suite}/binfmts --print debian
binfmtbox register -f /mnt/{_suite}/binfmts -e /mnt/out
""",
    )

# --- --system, in a root of its own ---


def system_root():
    """A root with systemd's four directories, where files of equal names mask each other."""
    few_emulators()
    root = "/mnt/root"
    for path in ("", "/etc", "/etc/binfmt.d", "/run", "/run/binfmt.d", "/usr", "/usr/lib", "/usr/lib/binfmt.d",
                 "/usr/local", "/usr/local/lib", "/usr/local/lib/binfmt.d", "/dev", "/mnt", "/mnt/i", "/registry"):
        directory(root + path)
    os.link(BOX, f"{root}/binfmtbox")
    native(f"{root}/mnt/i/run")
    bind(REGISTRY, f"{root}/registry")

    def make(path, *names):
        file(f"{root}/{path}", "".join(f":{name}:M::{name}::/mnt/i/run:\n" for name in names))

    file(f"{root}/etc/binfmt.d/b.conf", "# comment\n; comment\n:etcb:M::etcb::/mnt/i/run:\n")
    make("run/binfmt.d/b.conf", "runb")
    file(f"{root}/run/binfmt.d/c.conf", ":runc:M::runc::/mnt/i/run:\nbad\n\n:runc2:M::runc2::/mnt/i/run:F\n")
    make("usr/local/lib/binfmt.d/c.conf", "localc")
    make("usr/local/lib/binfmt.d/a.conf", "locala")
    make("usr/lib/binfmt.d/a.conf", "liba")
    make("usr/lib/binfmt.d/empty.conf", "libempty")
    make("etc/binfmt.d/empty.conf")
    make("usr/lib/binfmt.d/null.conf", "libnull")
    make("dev/null")
    os.symlink("/dev/null", f"{root}/run/binfmt.d/null.conf")
    make("usr/lib/binfmt.d/wine", "noconf")
    make("usr/lib/binfmt.d/z.conf", "libz")


lines(
    system_root,
    r"""
binfmtbox register --system --print binfmt.d
binfmtbox register --system --print debian
binfmtbox register --system -D /registry
binfmtbox register --system -D /registry --json
binfmtbox register --system -D /registry -n
binfmtbox register --system -D /registry --rule :a:M::AB::/mnt/i/run:
binfmtbox register --system -D /registry -f /etc/binfmt.d/b.conf
""",
    path="/binfmtbox",
    before=[scene.in_root("/mnt/root")],
)

# ==================================================================================================
# register: writing files
# ==================================================================================================


def places_for_files():
    """Directories for exported files: empty, read-only, with files in the way."""
    few_emulators()
    directory("/mnt/out", "/mnt/full", "/mnt/readonly", "/etc/binfmt.d", "/usr/share/binfmts", "/mnt/leftover")
    file("/mnt/out/qemu-arm.conf", "old\n", 0o600)
    file("/mnt/leftover/.binfmtbox.new", "from a run that died")
    directory("/mnt/out/qemu-aarch64.conf")
    mount("none", "/mnt/readonly", "tmpfs", scene.MS_RDONLY)
    file("/mnt/file", "mine")
    record(target_record("qemu-arm", "arm", "/mnt/qemu/qemu-arm-static", "PF"))


lines(
    places_for_files,
    r"""
binfmtbox register --print record -Q /mnt/qemu all
binfmtbox register --print binfmt.d -Q /mnt/qemu all
binfmtbox register --print debian -Q /mnt/qemu all
binfmtbox register --print record -Q /mnt/none all
binfmtbox register --print record -Q /mnt/none arm aarch64
binfmtbox register --print record -Q /mnt/none -F '' arm
binfmtbox register --print record -D /nowhere -Q /mnt/qemu arm
binfmtbox register --print record --json -Q /mnt/qemu arm
binfmtbox register --print record -q -Q /mnt/qemu arm
binfmtbox register --print record -n -Q /mnt/qemu arm
binfmtbox register --print record x86_64
binfmtbox register --print record --print debian -Q /mnt/qemu arm
binfmtbox register --print debian --rule ':a:M:2:AB\x3a:\xff\x0f\xff:/no/i:PCF'
binfmtbox register --print debian --rule :a:E::jar::/no/i:
binfmtbox register --print debian --rule '|a|E||a:b||/no/i|'
binfmtbox register --print debian --rule :a:M::AB::/no/i:D
binfmtbox register --print debian --rule ':a b:M::AB::/no/i:'
binfmtbox register --print debian --rule '|a|M||AB||/no/a b:c|'
binfmtbox register --print record --rule '|a|M||AB||/no/a b:c|'
binfmtbox register --print record --rule ':a{0a}b:M::AB::/no/i:'
binfmtbox register --print record --rule ':#a:M::AB::/no/i:'
binfmtbox register --print record --rule ';a;M;;AB;;/no/i;'
binfmtbox register --print record --rule ':{ff}{1b}:M::AB::/no/i:'
binfmtbox register --print record arm >/dev/full
binfmtbox register --print record arm >&-
binfmtbox register -e /mnt/out -Q /mnt/qemu arm mips64el
binfmtbox register -e /mnt/out/ -Q /mnt/qemu arm
binfmtbox register -e/mnt/new -Q /mnt/qemu arm aarch64
binfmtbox register -e /mnt/new -Q /mnt/qemu --json arm
binfmtbox register -e /mnt/new -Q /mnt/qemu -q arm
binfmtbox register -e /mnt/new -Q /mnt/qemu -n arm
binfmtbox register -e /mnt/new -Q /mnt/qemu -n --json arm
binfmtbox register -e /mnt/new -Q /mnt/none arm
binfmtbox register -e /mnt/new -Q /mnt/none all
binfmtbox register -e /mnt/new -Q /mnt/qemu all
binfmtbox register -e /mnt/new --print debian -Q /mnt/qemu all
binfmtbox register -e /mnt/new --print record -Q /mnt/qemu arm
binfmtbox register -e /mnt/no/such -Q /mnt/qemu arm
binfmtbox register -e /mnt/no/such --json -Q /mnt/qemu arm
binfmtbox register -e /mnt/out -Q /mnt/qemu aarch64
binfmtbox register -e /mnt/readonly -Q /mnt/qemu arm
binfmtbox register -e /mnt/file -Q /mnt/qemu arm
binfmtbox register -e /mnt/leftover -Q /mnt/qemu arm
binfmtbox register -e / -Q /mnt/qemu arm
binfmtbox register -e /mnt/new --rule :a:M::AB::/no/i:F --rule :b:M::BC::/no/i:D
binfmtbox register -e /mnt/new --print debian --rule :a:M::AB::/no/i:F --rule :b:M::BC::/no/i:D
binfmtbox register -e /mnt/new --rule ':a{0a}b:M::AB::/no/i:'
binfmtbox register -e /mnt/new --rule ':{ff}:M::AB::/no/i:'
binfmtbox register -e /mnt/new --rule ':{x*250}:M::AB::/no/i:'
binfmtbox register -e /mnt/new -Q /mnt/qemu arm >/dev/full
binfmtbox register -e '/mnt/{1b}' -Q /mnt/qemu arm
binfmtbox register -s arm
binfmtbox register -s ALL -Q /mnt/qemu
binfmtbox register -s all
binfmtbox register -sarm64
binfmtbox register --systemd linux/arm/v7 -n
binfmtbox register --systemd arn
binfmtbox register --systemd ''
binfmtbox register --systemd x86_64
binfmtbox register --systemd arm --json
binfmtbox register -s ALL -e /mnt/new
binfmtbox register -s arm riscv64
EXPORTDIR=/mnt/new binfmtbox register -s arm
EXPORTDIR=/mnt/new binfmtbox register -s arm -e /mnt/out
EXPORTDIR=relative binfmtbox register -s arm
EXPORTDIR=/mnt/new binfmtbox register -Q /mnt/qemu aarch64
HOST_ARCH=aarch64 binfmtbox register -s ALL
HOST_ARCH=aarch64 binfmtbox register --print record x86_64
HOST_ARCH=x86_64 binfmtbox register --print record x86_64
HOST_ARCH=nonsense binfmtbox register --print record arm
binfmtbox register -d
binfmtbox register --debian arm
binfmtbox register -d -e /mnt/new arm
EXPORTDIR=/mnt/new binfmtbox register -d
binfmtbox register -d -s arm
binfmtbox register -s arm -d
binfmtbox register -s arm --print debian
binfmtbox register --binfmt-d /run/binfmt.d -Q /mnt/qemu aarch64 arm
binfmtbox register --binfmt-d /run/binfmt.d/ -Q /mnt/qemu -n aarch64
binfmtbox register --binfmt-d=/run/binfmt.d -Q /mnt/qemu --json aarch64
binfmtbox register --binfmt-d /run/binfmt.d -Q /mnt/qemu -q arm
binfmtbox register --binfmt-d /run/binfmt.d -Q /mnt/qemu arm s390x
binfmtbox register --binfmt-d /mnt/no/such -Q /mnt/qemu arm
binfmtbox register --binfmt-d /mnt/readonly -Q /mnt/qemu aarch64
binfmtbox register --binfmt-d /run/binfmt.d --rule ':a{0a}b:M::AB::/mnt/i/run:'
binfmtbox register --binfmt-d /run/binfmt.d --rule :a:M::AB::/mnt/i/run:D
binfmtbox register --binfmt-d /run/binfmt.d --print debian -Q /mnt/qemu aarch64
binfmtbox register --binfmt-d /run/binfmt.d -Q /mnt/qemu -gno arm
binfmtbox register --binfmt-d /run/binfmt.d -Q /mnt/qemu -gno --replace arm
""",
)
lines(places_for_files, "binfmtbox register -e /mnt/new -Q /mnt/qemu arm", before=[scene.with_umask(0o777)])
lines(places_for_files, "binfmtbox register -e /mnt/new -Q /mnt/qemu arm", before=[scene.as_nobody])
lines(
    places_for_files,
    "binfmtbox register -e /mnt/full -Q /mnt/qemu all",
    before=[scene.with_limit("RLIMIT_FSIZE", 100)],
)

# ==================================================================================================
# register: the kernel command line
# ==================================================================================================


def booted_with(text):
    def boot():
        few_emulators()
        with open(CMDLINE, "w", encoding="utf-8", errors="surrogateescape") as opened:
            opened.write(text + "\n")

    return named("booted with " + text.replace(1000 * "x", ""), boot)


for _text, _options in (
    ("quiet \"binfmt.targets=mips arm64,arm\" binfmt.targets=\"armv7l,arm64\"", ("",)),
    ("binfmt.targets=nonsense binfmt.flags=nonsense", ("", " arm")),
    ("root=/dev/vda binfmt.target=arm binfmt.targets= -- binfmt.targets=arm", ("", " -n")),
    ("binfmt.targets=arm binfmt.flags=CFP", ("", " -cno -gno -pno", " -I /mnt/i/run", " --rule :a:M::AB::/mnt/i/run:")),
    ("binfmt.targets=arm,aarch46", ("", " arm")),
    ("binfmt.targets=arm binfmt.flags=Fc", ("",)),
    ("binfmt.targets=all", ("", " -n")),
    ("binfmt.targets=\"arm binfmt.flags=C", ("",)),
    ("\udca0binfmt.targets=arm\udca0x \"binfmt.flags\"=C", ("",)),
    ("binfmt.targets=\x1b[2J", ("",)),
    ("binfmt.flags=P", (" --emulator fex -i yes i386",)),
    ("x" * 65500 + " binfmt.targets=arm", ("",)),
    ("x" * 65536 + " binfmt.targets=arm", ("",)),
):
    for _more in _options:
        lines(booted_with(_text), f"binfmtbox register --cmdline -Q/mnt/qemu{_more}")
lines(booted_with("binfmt.targets=nonsense"), "binfmtbox register -Q/mnt/qemu")
lines(booted_with("binfmt.targets=arm"), "QEMU_TARGET_LIST=arm64 binfmtbox register --cmdline -Q/mnt/qemu")
lines(booted_with("binfmt.targets=arm"), "binfmtbox register --cmdline --mount --if-possible --kmsg -Q/mnt/qemu")

# ==================================================================================================
# register: other emulators
# ==================================================================================================


def other_emulators():
    emulators("/mnt/emu", "box64", "box86", "FEXInterpreter", "rosetta", "qemu-i386-static")
    emulators("/mnt/both", "FEX", "FEXInterpreter")
    mounted()


lines(
    other_emulators,
    r"""
binfmtbox register -Q /mnt/emu -i yes --emulator box86 linux/386
binfmtbox register -Q /mnt/emu -i yes --emulator=box86 -cyes -pyes -gyes i386
binfmtbox register -Q /mnt/emu -i yes --emulator fex i386
binfmtbox register -Q /mnt/emu -i yes --emulator fex --json i386
binfmtbox register -Q /mnt/emu -i yes --emulator fex -pno -cno -gno i386
binfmtbox register -Q /mnt/both -i yes --emulator fex i386
binfmtbox register -Q /mnt/emu -i yes --emulator qemu i386
binfmtbox register -Q /mnt/emu -i yes --emulator box64 amd64
binfmtbox register -Q /mnt/emu -i yes --emulator rosetta amd64
binfmtbox register -Q /mnt/emu -i yes --emulator fex amd64
binfmtbox register -Q /mnt/emu --emulator fex i386
binfmtbox register -Q /mnt/emu -i yes --emulator box64 arm64
binfmtbox register -Q /mnt/emu -i yes --emulator box64 i386
binfmtbox register -Q /mnt/emu -i yes --emulator box86 amd64
binfmtbox register -Q /mnt/emu -i yes --emulator fex i486
binfmtbox register -Q /mnt/emu -i yes --emulator rosetta i386
binfmtbox register -Q /mnt/emu -i yes --emulator box86 all
binfmtbox register -Q /mnt/emu -i yes --emulator fex all
binfmtbox register -Q /mnt/emu --emulator rosetta all
binfmtbox register -Q /mnt/none --emulator fex i386
binfmtbox register -Q /mnt/none --emulator box86 -F x i386
binfmtbox register --emulator rosetta all
binfmtbox register --emulator box64 x86_64
binfmtbox register --emulator box86 i386
binfmtbox register --emulator fex --print record all
binfmtbox register --emulator fex --print debian -Q /no x86_64 i386
binfmtbox register --emulator rosetta --print binfmt.d -Q /no x86_64
binfmtbox register --emulator box64 --print record -I /no/box64 x86_64
binfmtbox register --emulator box64 --print record -I /no/box64 -pyes x86_64
HOST_ARCH=aarch64 binfmtbox register --emulator fex --print record -Q /no x86_64 i386
HOST_ARCH=aarch64 binfmtbox register --emulator box64 --print record -Q /no x86_64
HOST_ARCH=aarch64 binfmtbox register --emulator box86 --print debian -Q /no i386
HOST_ARCH=aarch64 binfmtbox register --emulator rosetta --print record -Q /no x86_64
HOST_ARCH=aarch64 binfmtbox register --emulator fex -s ALL
""",
)


def other_emulators_registered():
    other_emulators()
    record(
        target_record("qemu-i386", "i386", "/mnt/emu/qemu-i386-static", "PF"),
        ":FEX-x86:M:0:\\x7fELF\\x01\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\x03\\x00:"
        "\\xff\\xff\\xff\\xff\\xff\\xfe\\xfe\\x00\\x00\\x00\\x00\\xff\\xff\\xff\\xff\\xff\\xfe\\xff\\xff\\xff:"
        "/mnt/emu/FEXInterpreter:POCF",
        ":x86:M:0:\\x7fELF\\x01\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\x03\\x00:"
        "\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xfe\\xff\\xff\\xff:"
        "/mnt/emu/box86:",
    )


lines(
    other_emulators_registered,
    r"""
binfmtbox register -Q /mnt/emu -i yes --emulator fex i386
binfmtbox register -Q /mnt/emu -i yes --emulator fex --override i386
binfmtbox register -Q /mnt/emu -i yes --emulator fex --replace i386
binfmtbox register -Q /mnt/emu -i yes --emulator box86 i386
binfmtbox register -Q /mnt/emu -i yes i386
binfmtbox register -Q /mnt/emu -i yes --replace i386
binfmtbox register -Q /mnt/emu -i yes --emulator fex --if-missing i386
binfmtbox status
binfmtbox status -q linux/386
binfmtbox status FEX-x86 x86
binfmtbox clear --ours
binfmtbox clear i386
""",
)

# ==================================================================================================
# mount
# ==================================================================================================


def unmounted():
    """binfmt_misc is not mounted. There are other directories for it, and files that stand for modules."""
    native("/mnt/interpreter")
    emulators("/mnt/i", "run")
    directory("/mnt/else where", "/mnt/plain", "/mnt/closed")
    os.symlink(REGISTRY, "/mnt/link")
    os.symlink("/mnt/loop", "/mnt/loop")
    file("/mnt/m.ko", b"\x7fELF")
    file("/mnt/m.ko.xz", b"\xfd7zXZ")
    file("/mnt/m.ko.gz", b"\x1f\x8b")
    file("/mnt/m.ko.zst", b"\x28\xb5\x2f\xfd")
    file("/mnt/plain/register")
    file("/mnt/plain/status", "enabled\n")


lines(
    unmounted,
    r"""
binfmtbox mount
binfmtbox mount -n
binfmtbox mount --dry-run --json
binfmtbox mount --if-possible
binfmtbox mount --if-possible -q
binfmtbox mount --if-possible --json
binfmtbox mount --host
binfmtbox mount --hold
binfmtbox mount --userns
binfmtbox mount --userns -n
binfmtbox mount --userns -q
binfmtbox mount --userns --json
binfmtbox mount --userns -n --json
binfmtbox mount --userns --kmsg
binfmtbox mount --userns --kmsg --json
binfmtbox mount --userns --kmsg -q
binfmtbox mount --kmsg
binfmtbox mount --kmsg --if-possible
binfmtbox mount --kmsg --nonsense
binfmtbox mount --kmsg --help
binfmtbox mount --kmsg '{0a}{x*1500}'
binfmtbox mount --kmsg '{x*1900}'
binfmtbox mount --userns --host
binfmtbox mount --userns --host -n
binfmtbox mount --userns -D '/mnt/else where'
binfmtbox mount --userns --dir=/mnt/plain
binfmtbox mount --userns --dir /mnt/plain --host
binfmtbox mount --userns --dir /mnt/none
binfmtbox mount --userns --dir /mnt/none -n
binfmtbox mount --userns --dir /mnt/none --host
binfmtbox mount --userns --dir /mnt/none --if-possible
binfmtbox mount --userns --dir /mnt/bin/binfmtbox
binfmtbox mount --userns --dir /mnt/bin/binfmtbox -n
binfmtbox mount --userns --dir /mnt/bin/binfmtbox/x
binfmtbox mount --userns --dir /mnt/loop
binfmtbox mount --userns --dir /mnt/link
binfmtbox mount --userns --dir '/mnt/{1b}{ff}'
binfmtbox mount --userns --dir /proc/sys/fs/none
binfmtbox mount --userns --dir /proc/sys/fs/none -n
binfmtbox mount --userns --dir {/a*2500}
binfmtbox mount --userns --dir relative
binfmtbox mount --userns --module /none
binfmtbox mount --userns --module /none -n
binfmtbox mount --userns --module=
binfmtbox mount --userns x
binfmtbox mount --userns >/dev/full
binfmtbox mount --userns >&-
binfmtbox mount --userns -q >&-
binfmtbox mount --userns --kmsg >&-
binfmtbox register --mount -I /mnt/interpreter arm
binfmtbox register --mount --if-possible -I /mnt/interpreter arm
binfmtbox register --mount --userns -I /mnt/interpreter arm
binfmtbox register --mount --userns -n -I /mnt/interpreter arm
binfmtbox register --mount --userns --json -I /mnt/interpreter arm
binfmtbox register --mount --userns --host -I /mnt/interpreter arm
binfmtbox register --mount --userns --module /none -I /mnt/interpreter arm
binfmtbox register --mount --userns --dir /mnt/plain -I /mnt/interpreter arm
binfmtbox register --mount --userns --dir /mnt/none -I /mnt/interpreter arm
binfmtbox register --mount --userns --kmsg -I /mnt/interpreter arm
binfmtbox register --mount --userns --cmdline -I /mnt/interpreter arm
binfmtbox register --mount --userns -I /mnt/interpreter arm >/dev/full
binfmtbox register --mount --userns --rule :foreign:M::FOREIGN::/mnt/interpreter:F
binfmtbox register --mount --userns --rule :foreign:M::FOREIGN::/mnt/none:F
# Where it is not mounted.
binfmtbox register -I /mnt/interpreter arm
binfmtbox register -I /mnt/interpreter --json arm
binfmtbox register -I /mnt/interpreter --if-possible arm
binfmtbox register -I /mnt/interpreter --if-possible -q arm
binfmtbox register -I /mnt/none arm
binfmtbox register -I /mnt/interpreter -D /mnt/plain arm
binfmtbox register -I /mnt/interpreter --if-missing -D /mnt/plain arm
binfmtbox status
binfmtbox status --json
binfmtbox status -q
binfmtbox status arm
binfmtbox status --if-possible
binfmtbox status --if-possible --json
binfmtbox status --kmsg
binfmtbox status --probe
binfmtbox status --platforms
binfmtbox status --print record
binfmtbox status --match /mnt/interpreter
binfmtbox status -D /mnt/plain
binfmtbox status -D /mnt/plain --match /mnt/interpreter
binfmtbox status -D '/mnt/else where' --match /mnt/interpreter
binfmtbox status -D /mnt/none
binfmtbox status -D /mnt/none --match /mnt/interpreter
binfmtbox status -D /mnt/bin/binfmtbox
binfmtbox status -D /mnt/loop
binfmtbox status -D /dev/null
binfmtbox status -D /proc/sys/fs
binfmtbox status -D '/mnt/{1b}'
binfmtbox status -D {/a*2500}
binfmtbox clear --all
binfmtbox clear jar
binfmtbox clear --all --json
binfmtbox clear --all --if-possible
binfmtbox clear --unmount
binfmtbox clear --unmount -n
binfmtbox clear --unmount --json
binfmtbox clear --unmount --all
binfmtbox clear --unmount --ours -q
binfmtbox clear --unmount jar
binfmtbox clear --unmount -D /none
binfmtbox clear --unmount -D /mnt/plain
binfmtbox clear --all -D /mnt/plain
""",
)


def mounted_twice():
    """One registry, mounted at the default directory and on others below /mnt."""
    unmounted()
    mounted()
    directory("/mnt/registry", "/mnt/readonly", "/mnt/stack")
    bind(REGISTRY, "/mnt/registry")
    bind(REGISTRY, "/mnt/readonly", scene.MS_RDONLY)
    for _ in range(3):
        bind(REGISTRY, "/mnt/stack")
    record(":jar:E::jar::/mnt/i/run:")


lines(
    mounted_twice,
    r"""
binfmtbox mount
binfmtbox mount --json
binfmtbox mount -n
binfmtbox mount -q
binfmtbox mount --userns
binfmtbox mount --userns --host
binfmtbox mount --host
binfmtbox mount --module /none
binfmtbox mount -D /mnt/registry
binfmtbox mount -D /mnt/link
binfmtbox mount --kmsg
binfmtbox register -D /mnt/registry -I /mnt/interpreter arm
binfmtbox register -D /mnt/link -I /mnt/interpreter arm
binfmtbox register -D /mnt/readonly -I /mnt/interpreter arm
binfmtbox register -D /mnt/readonly -I /mnt/interpreter --if-possible arm
binfmtbox register -D /mnt/readonly -I /mnt/interpreter -n arm
binfmtbox register -D /mnt/readonly --rule :jar:E::jar::/mnt/i/run:
binfmtbox register -D /mnt/readonly --replace --rule :jar:E::jar::/mnt/i/run:F
binfmtbox status -D /mnt/readonly
binfmtbox status -D /mnt/readonly --json
binfmtbox status -D /mnt/registry jar
binfmtbox clear -D /mnt/readonly jar
binfmtbox clear -D /mnt/readonly -n jar
binfmtbox clear -D /mnt/readonly --disable jar
binfmtbox clear -D /mnt/readonly --enable jar
binfmtbox clear -D /mnt/readonly --all --json
binfmtbox clear -D /mnt/registry --all
binfmtbox clear -D /mnt/registry --unmount
binfmtbox clear -D /mnt/stack --unmount
binfmtbox clear -D /mnt/stack --unmount --json -n
binfmtbox clear -D /mnt/link --unmount
binfmtbox clear -D /mnt/link --unmount --json jar
binfmtbox clear --unmount
binfmtbox clear --unmount -n
binfmtbox clear --unmount --all
binfmtbox clear --unmount --json jar
binfmtbox clear --unmount -q --all
""",
)


def covered():
    """Something else is mounted over binfmt_misc."""
    mounted_twice()
    mount("none", REGISTRY, "tmpfs")


lines(
    covered,
    r"""
binfmtbox status
binfmtbox register -I /mnt/interpreter arm
binfmtbox clear --all
binfmtbox clear --unmount --ours
binfmtbox mount
binfmtbox mount --userns
""",
)


def in_use():
    """A process has the registry's directory open."""
    mounted()
    record(":jar:E::jar::/mnt/i/run:")
    scene.opened = os.open(REGISTRY, os.O_RDONLY)


lines(
    in_use,
    r"""
binfmtbox clear --unmount
binfmtbox clear --unmount jar
binfmtbox clear --unmount --json
binfmtbox clear --unmount --json --all
""",
)

# --- Mount namespaces that end ---

for _before in ([scene.in_own_mounts], [scene.as_pid_1]):
    lines(
        unmounted,
        r"""
binfmtbox mount --userns
binfmtbox mount --userns --json
binfmtbox mount --userns --if-possible
binfmtbox mount --userns -n
binfmtbox register --mount --userns --rule :foreign:M::FOREIGN::/mnt/interpreter:F
binfmtbox register --mount --userns --if-possible --rule :foreign:M::FOREIGN::/mnt/interpreter:F
""",
        before=_before,
    )
lines(
    unmounted,
    r"""
binfmtbox mount --userns --host
binfmtbox mount --userns --host --json
binfmtbox mount --host
binfmtbox register --mount --userns --host --rule :foreign:M::FOREIGN::/mnt/interpreter:F
""",
    before=[scene.in_own_mounts],
)
lines(
    mounted_twice,
    r"""
binfmtbox mount
binfmtbox register --rule :foreign:M::FOREIGN::/mnt/interpreter:F
binfmtbox status
""",
    before=[scene.in_own_mounts],
)

# --- Without rights ---

lines(
    unmounted,
    r"""
binfmtbox mount --userns
binfmtbox mount --userns --if-possible
binfmtbox mount --userns --host
binfmtbox mount --userns --json
binfmtbox register --mount --userns -I /mnt/interpreter arm
""",
    before=[scene.without(scene.CAP_SYS_ADMIN)],
)
lines(
    unmounted,
    """
binfmtbox mount --userns --host
binfmtbox register --mount --userns --host -I /mnt/interpreter arm
""",
    before=[scene.without(scene.CAP_SYS_CHROOT)],
)
lines(unmounted, "binfmtbox mount --userns", before=[scene.as_nobody])
lines(mounted_twice, "binfmtbox clear --unmount", before=[scene.without(scene.CAP_SYS_ADMIN)])


def closed_registry():
    """A registry with files that only CAP_DAC_OVERRIDE can open."""
    mounted_twice()
    record(target_record("qemu-arm", "arm", "/mnt/interpreter", "F"))
    os.chmod(f"{REGISTRY}/register", 0o400)
    os.chmod(f"{REGISTRY}/jar", 0o400)


for _before in ([scene.without(scene.CAP_DAC_OVERRIDE)], [scene.as_nobody]):
    lines(
        closed_registry,
        r"""
binfmtbox register -I /mnt/interpreter mips
binfmtbox register -I /mnt/interpreter --if-possible mips
binfmtbox register -I /mnt/interpreter --json mips
binfmtbox register -I /mnt/interpreter -n mips
binfmtbox register -I /mnt/interpreter -gno arm
binfmtbox status
binfmtbox status --json arm
binfmtbox status --match /mnt/interpreter
binfmtbox clear jar
binfmtbox clear --disable jar
binfmtbox clear --json --all
binfmtbox clear --if-possible jar
binfmtbox clear -n --all
""",
        before=_before,
    )


def unreadable_registry():
    closed_registry()
    os.chmod(f"{REGISTRY}/status", 0)
    os.chmod(f"{REGISTRY}/qemu-arm", 0)


lines(
    unreadable_registry,
    r"""
binfmtbox status
binfmtbox register -I /mnt/interpreter mips
binfmtbox clear --all
""",
    before=[scene.without(scene.CAP_DAC_OVERRIDE, scene.CAP_DAC_READ_SEARCH)],
)

# --- What a container may not do, and a kernel without binfmt_misc: strace(1) has the answers ready ---


def confined():
    """A root whose /proc names a profile that confines the process."""
    for path in ("", "/dir", "/proc", "/proc/self", "/proc/self/attr", "/proc/1", "/proc/1/ns"):
        directory("/mnt/root" + path)
    os.link(BOX, "/mnt/root/binfmtbox")
    file("/mnt/root/proc/1/ns/mnt")
    file("/mnt/root/proc/self/attr/current", "docker-default (enforce)\n")
    file("/mnt/text", "MZ")



def traced(calls, *faults, path=None):
    """Returns the beginning of a command line under strace(1) with faults in calls; with path, in those on it only."""
    where = f"-P {path} " if path else ""
    injected = " ".join(f"-e inject={fault}" for fault in faults)
    return f"strace -f --seccomp-bpf -qq -o /dev/null {where}-e trace={calls} {injected}"


for _error in ("EACCES", "EPERM"):
    lines(
        confined,
        f"""
{traced("mount", f"mount:error={_error}")} /usr/sbin/chroot /mnt/root /binfmtbox mount --dir /dir
{traced("setns", f"setns:error={_error}")} /usr/sbin/chroot /mnt/root /binfmtbox mount --host --dir /dir
{traced("mount", f"mount:error={_error}")} {BOX} mount --userns
""",
    )
_NO_MODULE = "mount:error=ENODEV:when=1"
for _error, _modules in (
    *((error, ("m.ko", "m.ko.xz", "m.ko.gz", "m.ko.zst")) for error in ("EINVAL", "EOPNOTSUPP")),
    *((error, ("m.ko", "m.ko.xz")) for error in ("ENOEXEC", "ENOENT")),
    *((error, ("m.ko",)) for error in ("EACCES", "EPERM", "ENOKEY", "EKEYREJECTED", "ENOSYS", "ENOMEM", "EEXIST")),
):
    for _module in _modules:
        lines(
            unmounted,
            f"{traced('mount,finit_module', _NO_MODULE, f'finit_module:error={_error}')} "
            f"{BOX} mount --userns --module /mnt/{_module}",
        )
_LOADED = traced("mount,finit_module", _NO_MODULE, "finit_module:retval=0")
lines(
    unmounted,
    f"""
{_LOADED} {BOX} mount --userns --module /mnt/m.ko
{_LOADED} {BOX} mount --json --userns --module /mnt/m.ko
{_LOADED} {BOX} mount --userns --module /none
{_LOADED} {BOX} register --mount --userns --module /mnt/m.ko -I /mnt/interpreter arm
{traced("mount,finit_module", "mount:error=ENODEV", "finit_module:retval=0")} {BOX} mount --userns --module /mnt/m.ko
""",
)

# Every errno that has a text of its own, as the answer to a record, and some to other calls.
for _error in (
    "EPERM", "ENOENT", "EINTR", "EIO", "ENXIO", "E2BIG", "ENOEXEC", "EBADF", "ECHILD", "EAGAIN", "ENOMEM", "EACCES",
    "EFAULT", "EBUSY", "EEXIST", "EXDEV", "ENODEV", "ENOTDIR", "EISDIR", "EINVAL", "ENFILE", "EMFILE", "ETXTBSY", "EFBIG",
    "ENOSPC", "EROFS", "EMLINK", "EPIPE", "ENAMETOOLONG", "ENOSYS", "ELOOP", "EDQUOT", "ESTALE", "EOPNOTSUPP",
):
    _fault = traced("write,writev", f"write,writev:error={_error}", path=f"{REGISTRY}/register")
    lines(mounted_twice, f"{_fault} {BOX} register -I /mnt/interpreter arm")
_fault = traced("write,writev", "write,writev:error=ENOENT", path=f"{REGISTRY}/register")
lines(mounted_twice, f"{_fault} {BOX} register -pno -I /mnt/interpreter arm")
for _error in ("ENOMEM", "EIO", "EACCES", "EINVAL"):
    _fault = traced("write,writev", f"write,writev:error={_error}", path=f"{REGISTRY}/jar")
    lines(
        mounted_twice,
        f"""
{_fault} {BOX} clear jar
{_fault} {BOX} clear --json --disable jar
{_fault} {BOX} register --replace --rule :jar:E::jar::/mnt/i/run:F
""",
    )
for _error in ("EMFILE", "ENFILE", "ENOMEM", "EIO", "ELOOP", "EPERM"):
    _fault = traced("open,openat", f"open,openat:error={_error}", path=REGISTRY)
    lines(
        mounted_twice,
        f"""
{_fault} {BOX} register -I /mnt/interpreter arm
{_fault} {BOX} status
""",
    )
    lines(
        mounted_twice,
        f"{traced('open,openat', f'open,openat:error={_error}', path=f'{REGISTRY}/register')} "
        f"{BOX} register -I /mnt/interpreter arm",
    )

# Other kernels, by the release that uname(2) tells. The kernel itself is that of this machine.


def on_release(release, *faults):
    """Returns the beginning of a command line for which uname(2) tells this release, with more faults."""
    calls = ",".join(["uname", *(fault.partition(":")[0] for fault in faults)])
    return traced(calls, f"'uname:poke_exit=@arg1={{Linux {release}}}'", *faults)


for _release in ("4.4.0", "5.0.21", "5.11.0", "6.6.1"):
    lines(
        few_emulators,
        f"""
{on_release(_release)} {BOX} register -Q /mnt/qemu arm riscv64
{on_release(_release)} {BOX} register -Q /mnt/qemu -pno arm
{on_release(_release)} {BOX} register --rule :a:M:200:AB::/mnt/i/run: --rule :b:M::AB::/mnt/i/run:F
{on_release(_release)} {BOX} status
{on_release(_release)} {BOX} clear --unmount
{on_release(_release)} {BOX} clear --unmount --all --json
""",
    )
lines(
    unmounted,
    f"""
{on_release("6.6.1", "mount:error=EPERM")} {BOX} mount --userns
{on_release("5.16.0", _NO_MODULE, "finit_module:error=EINVAL")} {BOX} mount --userns --module /mnt/m.ko.xz
""",
)
for _flags in ("", "T", "L", "TP", "LP", "LO", "LT", "D", "DF", "TF", "OC"):
    lines(few_emulators, f"{on_release('7.3.0')} {BOX} register --rule :a:M::AB::/mnt/i/run:{_flags}")
lines(
    few_emulators,
    f"""
{on_release("7.3.0")} {BOX} register -n --rule :a:B::::handler:
{on_release("7.3.0")} {BOX} register -n --rule :a:E::ab::relative:L
{on_release("7.3.0")} {BOX} register -Q /mnt/qemu arm i386
{on_release("7.3.0")} {BOX} register --rule TaTMTTABTT/mnt/i/runT
{on_release("7.3.0")} {BOX} status amd64
""",
)
lines(entries_registered, f"{on_release('7.3.0')} {BOX} register -Q /mnt/qemu --replace arm ppc64le")


def without_support():
    """A kernel without binfmt_misc, according to /proc/filesystems."""
    unmounted()
    file("/mnt/filesystems", "nodev\tproc\n\text4\n")
    bind("/mnt/filesystems", "/proc/filesystems")


lines(
    without_support,
    r"""
binfmtbox status
binfmtbox register -I /mnt/interpreter arm
binfmtbox register --if-possible -I /mnt/interpreter arm
binfmtbox clear --all
binfmtbox mount -n --userns --module /mnt/m.ko
binfmtbox mount -n --userns --module /mnt/m.ko --json
binfmtbox mount -n --userns --module /none
binfmtbox mount -n --userns --module /mnt/m.ko -D /mnt/plain
binfmtbox mount -n --userns --module /mnt/m.ko -D /mnt/none
binfmtbox mount --userns --module /mnt/m.ko
""",
)


def enforced():
    """A root where SELinux is enforced, and interpreters with labels."""
    directory("/mnt/root", "/mnt/root/sys", "/mnt/root/sys/fs", "/mnt/root/sys/fs/selinux", "/mnt/root/registry")
    file("/mnt/root/sys/fs/selinux/enforce", "1")
    os.link(BOX, "/mnt/root/binfmtbox")
    for name, label in (
        ("plain", ""),
        ("bin", "system_u:object_r:bin_t:s0"),
        ("container", "system_u:object_r:container_file_t:s0:c1,c2"),
        ("secret", "system_u:object_r:secret_t:s0"),
        ("machine", "system_u:object_r:svirt_image_t:s0"),
        ("odd", "\x1b:c\xff"),
    ):
        native(f"/mnt/root/{name}")
        if label:
            os.setxattr(f"/mnt/root/{name}", "security.selinux", label.encode("latin-1") + b"\0")
    mounted("/mnt/root/registry")


for _name in ("plain", "bin", "container", "secret", "machine", "odd", "none"):
    lines(
        enforced,
        f"""
binfmtbox register -D /registry -I /{_name} arm
binfmtbox register -D /registry -n --rule :a:M::AB::/{_name}:
""",
        path="/binfmtbox",
        before=[scene.in_root("/mnt/root")],
    )

# --- Without /proc ---


def without_proc():
    """A root with the executable, interpreters and a registry, but without /proc."""
    directory("/mnt/root", "/mnt/root/bin", "/mnt/root/mnt", "/mnt/root/registry", "/mnt/root/dev", "/mnt/root/dir")
    os.link(BOX, "/mnt/root/binfmtbox")
    native("/mnt/root/bin/qemu-arm", "/mnt/root/bin/interpreter")
    file("/mnt/root/file", "MZ", 0o755)
    file("/mnt/root/aarch64", TARGETS["aarch64"].program(), 0o755)
    mounted("/mnt/root/registry")
    write("register", ":mz:M::MZ::/bin/interpreter:", "/mnt/root/registry")


lines(
    without_proc,
    r"""
binfmtbox mount
binfmtbox mount -n
binfmtbox mount --userns
binfmtbox mount --userns -n
binfmtbox mount --json
binfmtbox mount --host
binfmtbox mount --dir /dir
binfmtbox mount --dir /none
binfmtbox mount --dir /dir -n
binfmtbox register --mount --userns -Q /bin all
binfmtbox register --mount -n -Q /bin all
binfmtbox register --cmdline -n -I /bin/interpreter arm
binfmtbox register --cmdline --mount -I /bin/interpreter arm
binfmtbox register -I /bin/interpreter arm
binfmtbox register -D /registry -I /bin/interpreter arm
binfmtbox register -D /registry -I /bin/interpreter --json arm
binfmtbox register -D /registry --rule ':elf:M::\x7fELF::/bin/interpreter:'
binfmtbox register -D /registry -I /bin/interpreter -cyes x86_64
binfmtbox register -D /registry -I /aarch64 arm
binfmtbox register -D /registry --verify -I /bin/interpreter arm
binfmtbox register --print record -Q /bin all
binfmtbox status
binfmtbox status -D /registry
binfmtbox status -D /registry --json
binfmtbox status -D /registry mz
binfmtbox status -D /registry --match /file
binfmtbox status -D /registry --match /aarch64
binfmtbox status -D /registry --probe arm
binfmtbox status -D /registry x86_64
binfmtbox clear -D /registry --all
binfmtbox clear -D /registry --unmount
binfmtbox clear --unmount
binfmtbox --install /dir
binfmtbox --install -s /dir
binfmtbox --version
binfmtbox --version >&-
""",
    path="/binfmtbox",
    before=[scene.in_root("/mnt/root")],
)
lines(
    without_proc,
    """
binfmtbox mount --userns
binfmtbox register --mount --userns --cmdline -I /bin/interpreter arm
""",
    path="/binfmtbox",
    before=[scene.in_root("/mnt/root"), scene.without(scene.CAP_SYS_ADMIN)],
)

# ==================================================================================================
# The kernel's log
# ==================================================================================================


def logged():
    few_emulators()
    record(":jar:E::jar::/mnt/i/run:")


lines(
    logged,
    r"""
binfmtbox register --kmsg -Q /mnt/qemu arm
binfmtbox register --kmsg -Q /mnt/qemu arm64 s390x
binfmtbox register --kmsg -Q /mnt/qemu -q arm
binfmtbox register --kmsg -Q /mnt/qemu -n arm
binfmtbox register --kmsg -Q /mnt/qemu --json arm
binfmtbox register --kmsg -Q /mnt/qemu --print record arm
binfmtbox register --kmsg -I /mnt/i/run arm,mips
binfmtbox register --kmsg -Q /mnt/qemu all >&-
binfmtbox register --kmsg -Q /mnt/qemu all >/dev/full
binfmtbox register --kmsg -Q /mnt/qemu --json all >/dev/full
binfmtbox clear --kmsg arm jar
binfmtbox clear --kmsg --all --json
binfmtbox status --kmsg
binfmtbox status --kmsg --json
binfmtbox status --kmsg jar
binfmtbox status --kmsg nothing
binfmtbox status --kmsg --match /mnt/i/run
""",
)
lines(logged, "binfmtbox status --kmsg", columns=40)


def full_log():
    """The kernel's log can be opened, but every write fails."""
    logged()
    scene.unmount("/dev/kmsg")
    bind("/dev/full", "/dev/kmsg")


lines(
    full_log,
    """
binfmtbox register --kmsg -Q /mnt/qemu arm
binfmtbox register --kmsg -Q /mnt/qemu s390x
binfmtbox mount --kmsg
""",
)

# ==================================================================================================
# status
# ==================================================================================================


def foreign_entries():
    """Entries that register does not make: extensions, other magic, missing and relative interpreters."""
    few_emulators()
    record(
        ":jar:E::jar::/usr/bin/jexec-that-is-missing:",
        ":wine:M::MZ::/mnt/i/run:",
        ":offset:M:100:AB\\x0a:\\xff\\xf0\\x00:/mnt/i/run:OF",
        ":rosetta:M::\\x7fELF\\x02\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\xb7\\x00:"
        "\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xfe\\xff\\xff\\xff:/mnt/none:OC",
        ":relative:M::cd::run:",
        ":dot:E::tar.gz::/mnt/i/run:P",
        target_record("qemu-arm", "arm", "/mnt/qemu/qemu-arm-static", "PF"),
        target_record("qemu-s390x", "aarch64", "/mnt/qemu/qemu-arm-static", "POC"),
        ":qemu-mips:E::mips::/mnt/i/run:",
    )
    os.unlink("/mnt/qemu/qemu-arm-static")
    record(":zero:M::\\x00:\\x00:/mnt/i/run:")
    off("zero", "wine")


_STATUS = r"""
binfmtbox status
binfmtbox status -q
binfmtbox status -n
binfmtbox status --json
binfmtbox status --json -q
binfmtbox status --platforms
binfmtbox status --platforms --json
binfmtbox status --platforms -q
binfmtbox status --platforms arm
binfmtbox status --print record
binfmtbox status --print binfmt.d
binfmtbox status --print debian
binfmtbox status --print record -q
binfmtbox status --print record --json
binfmtbox status --print record wine
binfmtbox status --print debian jar
binfmtbox status --print record arm64 nothing
binfmtbox status jar
binfmtbox status wine
binfmtbox status -q wine
binfmtbox status --json wine jar
binfmtbox status arm
binfmtbox status qemu-arm
binfmtbox status linux/arm/v7 armhf
binfmtbox status arm64
binfmtbox status -q arm64
binfmtbox status --json arm64
binfmtbox status qemu-s390x
binfmtbox status s390x
binfmtbox status riscv64
binfmtbox status --json riscv64 arm
binfmtbox status amd64
binfmtbox status --json amd64 i386
binfmtbox status aarch46
binfmtbox status nothing
binfmtbox status ''
binfmtbox status 'qemu-*'
binfmtbox status all
binfmtbox status zero offset relative dot
binfmtbox status register
binfmtbox status status
binfmtbox status ../binfmt_misc/jar
binfmtbox status '{1b}{ff}'
binfmtbox status arm arm qemu-arm
binfmtbox status >/dev/full
binfmtbox status --json >/dev/full
binfmtbox status >&-
binfmtbox status -q arm >&-
binfmtbox status <&-
COLUMNS=20 TERM=xterm binfmtbox status
"""
lines(few_emulators, _STATUS)
lines(foreign_entries, _STATUS)


def disabled_registry():
    foreign_entries()
    write("status", "0")


lines(disabled_registry, _STATUS)
lines(
    disabled_registry,
    r"""
binfmtbox register -Q /mnt/qemu aarch64
binfmtbox register -Q /mnt/qemu --json aarch64
binfmtbox register -Q /mnt/qemu -n aarch64
binfmtbox register -Q /mnt/qemu --if-possible aarch64
binfmtbox register -Q /mnt/qemu --replace arm
binfmtbox mount
binfmtbox clear jar
binfmtbox clear --all
binfmtbox clear --enable --all
""",
)


def shadowed_entries():
    """Entries that other entries shadow, wholly or in part."""
    few_emulators()
    record(
        target_record("qemu-arm", "arm", "/mnt/qemu/qemu-arm-static", "PF"),
        target_record("qemu-aarch64", "aarch64", "/mnt/qemu/qemu-aarch64-static", "PF"),
        target_record("mine", "aarch64", "/mnt/none"),
        target_record("front", "arm", "/mnt/i/run"),
        ":mz:M::MZ::/mnt/i/run:",
        ":mzx:M::MZx::/mnt/i/run:",
        ":m:M::M::/mnt/i/run:",
        ":jar:E::jar::/mnt/i/run:",
        ":jar2:E::jar::/mnt/i/run:",
        ":jar3:E::jar::/mnt/i/run:",
    )
    off("front", "jar3")
    for name in ("x.jar", "MZ", "MZx"):
        file(f"/mnt/{name}", name, 0o755)


lines(
    shadowed_entries,
    r"""
binfmtbox status
binfmtbox status --json
binfmtbox status qemu-aarch64
binfmtbox status arm64
binfmtbox status -q arm64 qemu-aarch64 mz jar jar2 jar3
binfmtbox status arm front
binfmtbox status --platforms
binfmtbox status --print record
binfmtbox status --match /mnt/x.jar
binfmtbox status --match /mnt/MZ
binfmtbox status --match /mnt/MZx --json
binfmtbox register -Q /mnt/qemu arm64
binfmtbox register -Q /mnt/qemu arm
binfmtbox clear -q jar3
""",
)


def hostile_names():
    """Entries whose names and interpreters hold control characters, invalid UTF-8, or look like options."""
    few_emulators()
    for number, name in enumerate(HOSTILE):
        record(b":%s:M::NAME%02d::/mnt/i-%s:" % (name, number, name))
    record(":a:E::d\x1b::/mnt/x y\x7f:", ":q\"\\:M::QUOTE::/mnt/i/run:F", "|a:b|E||c:d||/mnt/i/a b:c|")
    file(b"/mnt/x\"y\n.d\x1b", "NAME00", 0o755)


HOSTILE = [
    b"new\nline", b"\x1b]0;title\x07\x1b[31mred", b"\xff\xfe\x80", b"c1 \xc2\x9b31m", b"tab\tcr\r",
    b'quote " back\\slash', "\u202eright to left".encode(), b"-q", b"--all", b"%s%n@", b" ", b"\xc3", b"\xe2\x82\xac",
    b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\xaf", b"~", b"*", b"[a]", b"$(x)`y`",
]

lines(
    hostile_names,
    r"""
binfmtbox status
binfmtbox status --json
binfmtbox status --print record
binfmtbox status --print binfmt.d
binfmtbox status --print debian
binfmtbox status --platforms
binfmtbox status -- --all
binfmtbox status -- -q
binfmtbox status ' ' '*' '[a]' '%s%n@'
binfmtbox status --json 'new{0a}line' '{ff}{fe}{80}'
binfmtbox status 'new line'
binfmtbox status --kmsg
binfmtbox status --match '/mnt/x"y{0a}.d{1b}'
binfmtbox status --match '/mnt/x"y{0a}.d{1b}' --json
binfmtbox clear --all
binfmtbox clear --all --json
binfmtbox clear --all -n
binfmtbox clear --disable --all
binfmtbox clear -- --all
binfmtbox clear -- -q
binfmtbox clear '*'
binfmtbox clear '\*' '[[]a]'
binfmtbox clear '{1b}*' '{ff}??'
binfmtbox clear '{c3}'
binfmtbox clear --kmsg --all
binfmtbox register --replace --rule ':{1b}]0;title{07}{1b}[31mred:M::NAME01::/mnt/i/run:'
binfmtbox register --rule ':new{0a}line:M::NAME00::/mnt/i/run:'
binfmtbox register --rule ':%s%n@:M::NAME09::/mnt/i/run:'
binfmtbox register --rule ':front:M::NAME0::/mnt/i/run:'
""",
)
for _applet in ("register", "status", "clear", "mount", "--install"):
    for _name in ("'{1b}[2J'", "'{ff}{c2}{9b}'", "'{e2}{80}{ae}'", "'a\\b\"c'", "'%s%n@'"):
        lines(hostile_names, f"binfmtbox {_applet} -- {_name}")

# --- What interpreters say of themselves ---


def versions():
    """Interpreters that answer --version in different ways."""
    emulators("/mnt/i", "run")
    mounted()
    directory("/mnt/qemu-7")
    answers = {
        "qemu-first": 'echo "$# $1" >&2; echo more',
        "qemu-control": "printf '\\033[2J" + 300 * "v" + "'",
        "qemu-fails": "echo v1; exit 1",
        "qemu-silent": "",
        "qemu-signal": "echo v1; kill -SEGV $$",
        "box64": "echo v1",
        "box86-x": "echo v1",
        "FEXInterpreter": "echo v1",
        "python3": "echo v1; touch /mnt/ran",
        "qemu": "echo v1; touch /mnt/ran",
        "myqemu-arm": "echo v1; touch /mnt/ran",
        "fex": "echo v1; touch /mnt/ran",
        "qemu-7/run": "echo v1; touch /mnt/ran",
        "qemu-hangs": "echo v1; sleep 1000",
    }
    for name, text in answers.items():
        script(f"/mnt/{name}", text)
        record(f":{os.path.basename(name)}:M::{name.replace('/', '')}::/mnt/{name}:")
    record(":plain:M::plain::/mnt/i/run:", ":gone:M::gone::/mnt/qemu-gone:")


lines(
    versions,
    r"""
binfmtbox status
binfmtbox status qemu-first
binfmtbox status qemu-control
binfmtbox status qemu-fails
binfmtbox status qemu-silent
binfmtbox status qemu-signal
binfmtbox status box64 box86-x FEXInterpreter
binfmtbox status python3 qemu myqemu-arm fex run
binfmtbox status -q qemu-first
binfmtbox status --json qemu-first box64
binfmtbox status --json -q qemu-first
binfmtbox status gone
binfmtbox status plain
""",
)
lines(versions, "binfmtbox status qemu-hangs", is_slow=True)


def real_emulators():
    """Entries for emulators of qemu-user-static, with different flags."""
    mounted()
    for name, flags in (("s390x", "POCF"), ("arm", "PF"), ("aarch64", "F"), ("riscv64", "P"), ("mips", "")):
        record(target_record(f"qemu-{name}", name, f"/usr/bin/qemu-{name}-static", flags))


lines(
    real_emulators,
    r"""
binfmtbox status s390x
binfmtbox status --json s390x arm aarch64
binfmtbox status arm aarch64 riscv64 mips
binfmtbox status --probe
binfmtbox status --probe -q
binfmtbox status --probe --json
binfmtbox status --probe arm
binfmtbox status --probe arm64 amd64 ppc64
binfmtbox status --probe --json amd64
binfmtbox status --platforms
binfmtbox register --verify arm
binfmtbox register --verify aarch64 ppc64
binfmtbox register --verify -c yes -g no sparc64
binfmtbox register --verify --json ppc64 hppa
binfmtbox register --verify -n ppc64
binfmtbox register --verify -q --rule ':wine:M::MZ::/bin/sh:'
binfmtbox register --verify --rule ':qemu-ppc:M::{ppc}:/usr/bin/qemu-ppc-static:PF'
binfmtbox register --verify --replace -gno s390x
""",
)
lines(mounted, "binfmtbox register --verify all", is_slow=True)

_ANSWERS = {
    "fails": ("echo 'it \033[2J failed' >&2; echo more; exit 1", ""),
    "is killed": ("kill -SEGV $$", ""),
    "prints": ("while echo " + 300 * "y" + "; do :; done; exit 5", ""),
    "does not know P": ('exec /usr/bin/qemu-s390x-static "$@"', "P"),
    "wants P": ("exit $((40 + $#))", ""),
    "knows P": ("exit $((40 + $#))", "P"),
    "is silent": ("exit 42", ""),
    "says no": ("echo no; exit 7", ""),
}


def probed(name):
    """Returns a scene with a script as interpreter for s390x."""

    def prepare():
        mounted()
        script("/mnt/interpreter", _ANSWERS[name][0])
        record(target_record("qemu-s390x", "s390x", "/mnt/interpreter", _ANSWERS[name][1]))

    return named(f"handler that {name}", prepare)


for _name in _ANSWERS:
    lines(
        probed(_name),
        f"""
binfmtbox status --probe s390x
binfmtbox status --probe --json
binfmtbox register --verify -I /mnt/interpreter -g {"yes" if _ANSWERS[_name][1] else "no"} -p no s390x
binfmtbox register --verify --replace -I /mnt/interpreter s390x
""",
    )


def broken_handlers():
    """Entries whose interpreters cannot be started."""
    mounted()
    file("/mnt/arm64", elf(scene.AARCH64, code=bytes(900)), 0o755)
    script("/mnt/gone", "exit 42")
    script("/mnt/hangs", "sleep 1000")
    record(
        target_record("qemu-s390x", "s390x", "/mnt/arm64"),
        target_record("qemu-arm", "arm", "/mnt/gone", "F"),
        target_record("qemu-mips", "mips", "/mnt/none"),
        ":wine:M::MZ::/mnt/arm64:",
    )
    os.unlink("/mnt/gone")


lines(
    broken_handlers,
    r"""
binfmtbox status --probe
binfmtbox status --probe s390x
binfmtbox status --probe arm
binfmtbox status --probe mips
binfmtbox status --probe wine
binfmtbox status --probe -q wine mips
binfmtbox status --probe --json
binfmtbox status --probe --kmsg
binfmtbox status --match /mnt/arm64
binfmtbox status --match /mnt/hangs
""",
)


def hanging_handler():
    broken_handlers()
    write("qemu-s390x", "-1")
    record(target_record("qemu-s390x", "s390x", "/mnt/hangs"))


lines(hanging_handler, "binfmtbox status --probe --json s390x", is_slow=True)

# --- Terminals ---


def long_paths():
    directory("/mnt/emulators")
    mounted()
    record(
        ":on:M::AB::/mnt/emulators/of/mine/some-qemu-interpreter:",
        f":off:M::CD::{BOX}:",
        ":e:M::MZ::/mnt/bin/€€-12345678:",
        ":a\x1bb:M::EF::/mnt/\x1b[31m:",
        target_record("qemu-aarch64", "aarch64", BOX, "PF"),
    )
    off("off")


for _columns in (0, 1, 40, 80, 93, 200):
    lines(
        long_paths,
        """
binfmtbox status
NO_COLOR=1 binfmtbox status
""",
        columns=_columns,
    )
lines(
    long_paths,
    """
NO_COLOR= TERM=xterm binfmtbox status
TERM=dumb binfmtbox status
binfmtbox status --json
binfmtbox status off
binfmtbox status nothing
binfmtbox status --match /mnt/bin/binfmtbox
binfmtbox status --print record
binfmtbox clear --all
binfmtbox --help
binfmtbox register --help
""",
    columns=60,
)


def disabled_on_terminal():
    long_paths()
    write("status", "0")


lines(disabled_on_terminal, "binfmtbox status", columns=80)
lines(disabled_on_terminal, "NO_COLOR=x binfmtbox status", columns=80)

# ==================================================================================================
# status --match
# ==================================================================================================


def files_to_match():
    """Scripts, programs, texts and special files, and entries that take some of them."""
    mounted()
    directory("/mnt/i", "/mnt/f", "/mnt/n", "/mnt/f/dir.jar")
    native("/mnt/i/one")
    native("/mnt/i/two.jar.d")
    mount("n", "/mnt/n", "tmpfs", scene.MS_NOEXEC)
    make = {
        "s1": "#!/mnt/i/one\n", "s2": "#!/mnt/i/one", "s3": "#! \t/mnt/i/one argument more\n", "s4": "#!\n",
        "s5": "#!", "s6": "#!  \t\n", "s7": "#!   ", "s8": "#!/mnt/i/missing\n", "s9": "#!/mnt/i\n",
        "s10": "#!/mnt/i/" + 260 * "/" + "one\n", "s11": "#!" + 300 * " " + "/mnt/i/one\n",
        "s12": "#!/mnt/i/one" + 300 * " " + "\n", "s13": "#!/mnt/i/one\0x\n", "s14": "#!/mnt/i/one\t" + 400 * "x",
        "s15": "# !/mnt/i/one\n", "s16": "#!/mnt/i/one\r\n", "s17": "#!\0/mnt/i/one\n", "s18": "#!\x1b[2J\n",
        "h0": "#!/mnt/i/one\n", **{f"h{i}": f"#!/mnt/f/h{i - 1}\n" for i in range(1, 8)},
        "empty": "", "a": "A", "text": "echo\n", "elf": "\x7fELF", "x.jar": "data", "x.jar.y": "data", "x.JAR": "data",
        "s.jar": "#!/mnt/i/one\n", "dir.jar/x": "data", "MZ": "MZ", "MZx": "MZx", "MZxy": "MZxy", "MZ__": "MZ__",
        "MZo_.jar": "MZo_", "last": 255 * "x" + "L", "shorter": 254 * "x" + "L", "zero": "S", "loop": "loop",
        **{f"c{i}": f"chain{i}" for i in range(8)},
        **{name: name for name in ("open", "cred", "held", "script", "missing", "dir", "plaini", "handled", "dyn")},
    }
    for name, text in make.items():
        file(f"/mnt/f/{name}", text, 0o755)
    file("/mnt/f/plain", "#!/mnt/i/one\n", 0o644)
    file("/mnt/n/x", "MZ", 0o755)
    file("/mnt/f/other", elf(0xFE00), 0o755)
    file("/mnt/f/dynamic", elf(scene.X86_64, loader="/lib/missing"), 0o755)
    file("/mnt/f/evil", elf(8, bits=32, order="big", kind=3, loader="/lib/ld.so.\x1b"), 0o755)
    file("/mnt/f/real", elf(scene.X86_64, loader="/mnt/i/one"), 0o755)
    file("/mnt/f/noloader", elf(scene.X86_64, loader="/mnt/f/plain"), 0o755)
    file("/mnt/f/object", elf(scene.X86_64, kind=1), 0o755)
    file("/mnt/f/core", elf(scene.X86_64, kind=4), 0o755)
    file("/mnt/f/i386", elf(scene.I386, bits=32), 0o755)
    for size in (4, 10, 17, 19, 20, 39, 40, 52, 63, 64):
        file(f"/mnt/f/cut{size}", elf(scene.X86_64)[:size], 0o755)
        file(f"/mnt/f/armcut{size}", elf(40, bits=32)[:size], 0o755)
    os.mkfifo("/mnt/f/fifo", 0o755)
    links = {"link": "h0", "link.y": "x.jar", "link.jar": "a", "dangling": "missing-file", "ring": "ring"}
    for name, goal in links.items():
        os.symlink(goal, f"/mnt/f/{name}")
    record(
        ":jar:E::jar::/mnt/i/two.jar.d:",
        ":mz:M::MZ::/mnt/i/one:",
        ":mz2:M:1:Zx::/mnt/i/two.jar.d:",
        ":mz3:M::MZxy::/mnt/i/one:",
        ":mz4:M::MZ__:\\xff\\xff\\x0f\\xf0:/mnt/i/one:",
        ":last:M:255:L::/mnt/i/one:",
        ":zero:M::S\\x00\\x00::/mnt/i/one:",
        ":loop:M::loop::/mnt/f/loop:",
        ":a\nb:E::d\x1b::/mnt/i/one:",
        ":open:M::open::/mnt/f/h0:O",
        ":cred:M::cred::/mnt/f/c0:C",
        ":held:M::held::/mnt/i/one:F",
        ":script:M::script::/mnt/f/h3:",
        ":missing:M::missing::/mnt/i/missing:",
        ":dir:M::dir::/mnt/i:",
        ":plaini:M::plaini::/mnt/f/plain:",
        ":handled:M::handled::/mnt/f/c4:",
        ":dyn:M::dyn::/mnt/f/dynamic:",
        target_record("qemu-arm", "arm", "/mnt/i/one", "PF"),
    )
    for i in range(8):
        record(f":c{i}:M::chain{i}::{'/mnt/i/one' if i == 0 else f'/mnt/f/c{i - 1}'}:")
    off("mz3")


_MATCHED = [
    *(f"s{i}" for i in range(1, 19)), *(f"h{i}" for i in range(8)), *(f"c{i}" for i in range(8)),
    *(f"cut{size}" for size in (4, 10, 17, 19, 20, 39, 40, 52, 63, 64)),
    *(f"armcut{size}" for size in (4, 10, 17, 19, 20, 39, 40, 52, 63, 64)),
    "empty", "a", "text", "elf", "x.jar", "x.jar.y", "x.JAR", "s.jar", "dir.jar/x", "MZ", "MZx", "MZxy", "MZ__",
    "MZo_.jar", "last", "shorter", "zero", "loop", "open", "cred", "held", "script", "missing", "dir", "plaini",
    "handled", "dyn", "plain", "other", "dynamic", "evil", "real", "noloader", "object", "core", "i386", "fifo", "link",
    "link.y", "link.jar", "dangling", "ring", "none", "a/b", "", "dir.jar",
]
for _name in _MATCHED:
    lines(files_to_match, f"binfmtbox status --match /mnt/f/{_name}")
lines(
    files_to_match,
    r"""
binfmtbox status --match ''
binfmtbox status --match /mnt/n/x
binfmtbox status --match /dev/null
binfmtbox status --match /proc/sys/fs/binfmt_misc/jar
binfmtbox status --match /proc/sys/fs/binfmt_misc/register
binfmtbox status --match '/mnt/f/a{0a}b'
binfmtbox status --match relative
binfmtbox status --match /mnt/f/{x*300}
binfmtbox status --match /mnt/f/MZ -q
binfmtbox status --match /mnt/f/other -q
binfmtbox status --match=/mnt/f/MZ --json
binfmtbox status --json --match /mnt/f/x.jar
binfmtbox status --json --match /mnt/f/open
binfmtbox status --json --match /mnt/f/none
binfmtbox status --json --match /mnt/f/evil
binfmtbox status --json -q --match /mnt/f/c7
binfmtbox status --match /mnt/f/MZ >/dev/full
binfmtbox status --match /usr/bin/sh
binfmtbox status --match /mnt/bin/binfmtbox
binfmtbox status --match /usr/bin/qemu-arm-static
binfmtbox status --if-possible --match /mnt/f/other
""",
)
lines(
    files_to_match,
    """
binfmtbox status --match f/MZ
binfmtbox status --match ./f/x.jar
binfmtbox status --match ../mnt/f/h1
""",
    before=[scene.in_directory("/mnt")],
)


def disabled_match():
    files_to_match()
    write("status", "0")
    os.unlink("/mnt/i/one")


for _name in ("s1", "h7", "c0", "x.jar", "MZxy", "held", "text", "real", "i386", "other"):
    lines(disabled_match, f"binfmtbox status --match /mnt/f/{_name}")


def held_match():
    files_to_match()
    os.unlink("/mnt/i/one")
    file("/mnt/i/two.jar.d", "text", 0o755)


for _name in ("s1", "c0", "c7", "x.jar", "held", "script", "open", "real"):
    lines(held_match, f"binfmtbox status --match /mnt/f/{_name}")


def unreadable_match():
    files_to_match()
    for name in ("MZ", "text", "h0"):
        os.chmod(f"/mnt/f/{name}", 0o111)


for _name in ("MZ", "text", "h0", "h2", "s1", "cred"):
    lines(
        unreadable_match,
        f"setpriv --bounding-set=-all --inh-caps=-all --no-new-privs {BOX} status --match /mnt/f/{_name}",
    )

# --- Copies of a registry ---


def saved_registries():
    """Copies of a registry, valid and invalid."""
    mounted()
    directory("/mnt/i", "/mnt/f")
    native("/mnt/i/one")
    file("/mnt/f/x", "MZ", 0o755)
    file("/mnt/f/jar.jar", "x", 0o755)
    file("/mnt/f/arm", TARGETS["arm"].program(), 0o755)
    mz = "enabled\ninterpreter /mnt/i/one\nflags: \noffset 0\nmagic 4d5a\n"
    switched_off = mz.replace("enabled", "disabled")
    bpf = "enabled\nbpf handler\nflags: \n"
    copies = {
        "newest": {"a": (mz, 1000), "register": ("", 5000), "b": (mz, 3000), "c": (switched_off, 4000),
                   "d": (mz, 2000), "status": ("enabled\n", 5000)},
        "same": {"a": (mz, 1000), "b": (mz, 1000), "c": (mz.replace("4d5a", "41"), 1000)},
        "off": {"a": (mz, 1000), "status": ("disabled\n", 1000)},
        "odd-status": {"a": (mz, 1000), "status": ("nonsense\n", 1000)},
        "empty": {},
        "no-interpreter": {"a": ("enabled\n", 1000)},
        "no-flags": {"a": ("enabled\ninterpreter /mnt/i/one\n", 1000)},
        "no-magic": {"a": ("enabled\ninterpreter /mnt/i/one\nflags: \n", 1000)},
        "no-state": {"a": ("interpreter /mnt/i/one\n", 1000)},
        "bad-offset": {"a": (mz.replace("offset 0", "offset x"), 1000)},
        "bad-magic": {"a": (mz.replace("4d5a", "4d5"), 1000)},
        "bad-mask": {"a": (mz + "mask zz\n", 1000)},
        "short-mask": {"a": (mz + "mask ff\n", 1000)},
        "nul": {"a": (mz + "\0", 1000)},
        "mask": {"a": (mz + "mask ff00\n", 1000)},
        "new-line": {"a": (mz + "something new\n", 1000)},
        "new-flags": {"a": (mz.replace("flags: ", "flags: POCFTLDxY"), 1000)},
        "bpf": {"a": (bpf, 1000), "b": (mz, 900)},
        "extension": {"a": ("enabled\ninterpreter /mnt/i/one\nflags: F\nextension .jar\n", 1000),
                      "b": ("enabled\ninterpreter /a\nb\nflags: \nextension .ja\nr\n", 1000)},
        "empty-file": {"a": ("", 1000)},
        "large": {"a": ("enabled\n" * 5000, 1000)},
    }
    with open(f"{scene.TOP}/testdata/entries/linux-7.3.txt", encoding="utf-8") as opened:
        blocks = opened.read().split("register ")[1:]
    copies["linux-7.3"] = {
        f"e{number:02}": (block.partition("\n")[2], 1000 + number) for number, block in enumerate(blocks)
    }
    for copy, entries in copies.items():
        directory(f"/mnt/{copy}")
        for name, (text, modified) in entries.items():
            file(f"/mnt/{copy}/{name}", text)
            os.utime(f"/mnt/{copy}/{name}", (modified, modified))
    directory("/mnt/subdir", "/mnt/subdir/b")
    file("/mnt/subdir/a", mz)
    os.utime("/mnt/subdir/a", (1000, 1000))


for _copy in (
    "newest", "same", "off", "odd-status", "empty", "no-interpreter", "no-flags", "no-magic", "no-state", "bad-offset",
    "bad-magic", "bad-mask", "short-mask", "nul", "mask", "new-line", "new-flags", "bpf", "extension", "empty-file",
    "large", "linux-7.3", "subdir", "none", "i/one",
):
    lines(saved_registries, f"binfmtbox status --dir /mnt/{_copy} --match /mnt/f/x")
lines(
    saved_registries,
    r"""
binfmtbox status --dir /mnt/newest --match /mnt/f/x --json
binfmtbox status --dir /mnt/newest --match /mnt/f/x -q
binfmtbox status --dir /mnt/off --match /mnt/f/x --json
binfmtbox status --dir /mnt/extension --match /mnt/f/jar.jar
binfmtbox status --dir /mnt/bpf --match /mnt/f/x --json
binfmtbox status --dir /mnt/newest --match /mnt/f/arm
binfmtbox status --dir /mnt/newest
binfmtbox status --dir /mnt/newest --print record
binfmtbox register --dir /mnt/newest -I /mnt/i/one arm
binfmtbox clear --dir /mnt/newest --all
binfmtbox mount --dir /mnt/newest -n --userns
""",
)

# ==================================================================================================
# clear
# ==================================================================================================


def five_entries():
    """Three entries as register makes them, and three others."""
    few_emulators()
    record(
        ":jar:E::jar::/usr/bin/jexec:",
        target_record("qemu-arm", "arm", "/mnt/qemu/qemu-arm-static", "PF"),
        target_record("qemu-aarch64", "aarch64", "/mnt/qemu/qemu-aarch64-static", "PF"),
        target_record("qemu-riscv64", "riscv64", "/mnt/qemu/riscv64-binfmt-P", "PF"),
        ":qemu-s390x:M::MZ::/mnt/i/run:",
        ":off:M::OFF::/mnt/i/run:",
    )
    off("off")


lines(
    five_entries,
    r"""
binfmtbox clear
binfmtbox clear -n
binfmtbox clear --disable
binfmtbox clear --enable
binfmtbox clear --json
binfmtbox clear jar qemu-arm
binfmtbox clear jar jar j*
binfmtbox clear linux/arm64/v8 armhf
binfmtbox clear arm64 qemu-aarch64 aarch64
binfmtbox clear 'qemu-[ar]*'
binfmtbox clear 'qemu-[!a-r]*'
binfmtbox clear '???'
binfmtbox clear '*'
binfmtbox clear '[' ']' '[a' '[]' '[!]'
binfmtbox clear 'ja\r' '\jar' '*ar'
binfmtbox clear '*-*-*' 'no*such'
binfmtbox clear --ours
binfmtbox clear --ours -n
binfmtbox clear --ours -q
binfmtbox clear --ours --json
binfmtbox clear --ours jar
binfmtbox clear --all
binfmtbox clear --all -n
binfmtbox clear --all -q
binfmtbox clear --all --json
binfmtbox clear --all -n --json
binfmtbox clear --all --ours mips
binfmtbox clear --disable arm jar
binfmtbox clear --disable off
binfmtbox clear --disable --all
binfmtbox clear --disable --ours -n
binfmtbox clear --disable --json jar off wine
binfmtbox clear --enable off
binfmtbox clear --enable '*'
binfmtbox clear --enable mips jar
binfmtbox clear --enable wine 'no*such'
binfmtbox clear --enable --json mips off
binfmtbox clear --enable -n off
binfmtbox clear mips wine 'no*such'
binfmtbox clear mips wine --json
binfmtbox clear aarch46
binfmtbox clear aarch46 -q
binfmtbox clear aarch46 --json
binfmtbox clear all
binfmtbox clear s390x
binfmtbox clear qemu-s390x-static
binfmtbox clear JAR ARM64
binfmtbox clear status register ../binfmt_misc/status . ..
binfmtbox clear --disable status
binfmtbox clear --enable register
binfmtbox clear '' jar
binfmtbox clear 'arm,jar' 'arm jar'
binfmtbox clear '{1b}{ff}'
binfmtbox clear {a*300}
binfmtbox clear jar --if-possible
binfmtbox clear jar --kmsg
binfmtbox clear --all >/dev/full
binfmtbox clear --all >&-
binfmtbox clear --all -q >&-
binfmtbox clear --all --json >/dev/full
binfmtbox clear --unmount
binfmtbox clear --unmount --ours
binfmtbox clear --unmount jar -n
binfmtbox clear --unmount --json arm
binfmtbox clear --unmount --all -q
binfmtbox clear --unmount nothing
binfmtbox clear jar --dir /mnt/none
""",
)


def entries_go_meanwhile(process):
    """Another process removes all entries while the program reads records."""
    process.wait_until_idle()
    write("status", "-1")


lines(
    five_entries,
    """
binfmtbox register -Q /mnt/qemu --replace -gno arm -f -
binfmtbox register -Q /mnt/qemu arm -f -
""",
    waits_for_input=True,
    during=entries_go_meanwhile,
)

# ==================================================================================================
# What changes while the program runs
# ==================================================================================================


def meanwhile(name, change):
    """Returns a during() that calls change() after the program has checked everything and before it registers."""

    def during(process):
        process.wait_until_idle()
        change()

    return named(name, during)


def _spoil_path():
    os.rename("/mnt/bin2", "/mnt/old")
    file("/mnt/bin2")


def _make_loop():
    os.unlink("/mnt/bin2/interpreter")
    os.symlink("/mnt/bin2/interpreter", "/mnt/bin2/interpreter")


def _open_to_write():
    scene.busy = open("/mnt/bin2/interpreter", "r+b")


def vanishing():
    few_emulators()
    directory("/mnt/bin2")
    native("/mnt/bin2/interpreter")
    record(":old:M::OLD::/mnt/i/run:")


for _during in (
    meanwhile("name is taken", lambda: record(":foreign:E::other::/none:")),
    meanwhile("same entry is made", lambda: record(":foreign:M::FOREIGN::/mnt/bin2/interpreter:F")),
    meanwhile("interpreter goes", lambda: os.unlink("/mnt/bin2/interpreter")),
    meanwhile("interpreter loses x", lambda: os.chmod("/mnt/bin2/interpreter", 0o644)),
    meanwhile("interpreter is opened", _open_to_write),
    meanwhile("path becomes a file", _spoil_path),
    meanwhile("path becomes a loop", _make_loop),
    meanwhile("registry is unmounted", lambda: scene.unmount(REGISTRY, scene.MNT_DETACH)),
    meanwhile("registry is disabled", lambda: write("status", "0")),
):
    lines(
        vanishing,
        """
binfmtbox register --rule :foreign:M::FOREIGN::/mnt/bin2/interpreter:F --file -
binfmtbox register --json --replace --rule :old:M::OLD::/mnt/bin2/interpreter:F --file -
""",
        waits_for_input=True,
        during=_during,
    )

# --- A replacement of which the helper's name makes the record too long ---


def long_record():
    path = "/mnt"
    for _ in range(9):
        path += "/" + 200 * "x"
        directory(path)
    native(f"{path}/i")
    mounted()
    record(f":a:M::AB::{path}/{'i' * 1}:")
    record(f":{'n' * 60}:M::CD::{path}/i:")


_LONG = "/mnt{/" + 200 * "x" + "*9}/i"
lines(
    long_record,
    f"""
binfmtbox register --replace --rule ':a:M::ABC::{_LONG}:'
binfmtbox register --replace --rule ':{60 * "n"}:M::CDEFGHIJ::{_LONG}:'
binfmtbox register --replace --json --rule ':{60 * "n"}:M::CDEFGHIJ::{_LONG}:'
binfmtbox status
""",
)

# --- --hold and --wait ---


def ends_with(number):
    def during(process):
        process.wait_until_idle()
        process.signal(number)

    return named(f"ends with {number.name}", during)


for _signal in (signal.SIGTERM, signal.SIGINT):
    lines(
        unmounted,
        """
binfmtbox mount --userns --hold
binfmtbox mount --userns --hold --json
binfmtbox mount --userns --hold -q
binfmtbox mount --userns --hold --kmsg
binfmtbox register --mount --userns --hold -I /mnt/interpreter arm
binfmtbox register --mount --userns --hold --json -I /mnt/interpreter arm
binfmtbox register --mount --userns --hold -q -I /mnt/interpreter arm
binfmtbox register --mount --userns --hold --kmsg -I /mnt/interpreter arm
binfmtbox register --mount --userns --hold -I /mnt/none arm
binfmtbox register --hold -I /mnt/interpreter arm
binfmtbox register --hold --if-possible -I /mnt/interpreter arm
binfmtbox register --mount --hold -I /mnt/interpreter arm
""",
        during=ends_with(_signal),
    )
lines(
    five_entries,
    """
binfmtbox register --hold -Q /mnt/qemu arm aarch64
binfmtbox register --hold -Q /mnt/qemu -gno arm
binfmtbox register --hold -Q /mnt/qemu --replace -gno arm
binfmtbox register --hold -Q /mnt/qemu mips64el s390x
binfmtbox register --hold --binfmt-d /run/binfmt.d -Q /mnt/qemu arm
binfmtbox register --hold --wait 30 -I /mnt/none arm
binfmtbox register --hold --wait 30 -Q /mnt/none all
binfmtbox mount --hold
""",
    during=ends_with(signal.SIGTERM),
)
lines(
    five_entries,
    """
binfmtbox register --hold -n -Q /mnt/qemu arm
binfmtbox register --hold --print record -Q /mnt/qemu arm
binfmtbox mount --hold -n
binfmtbox register --hold --systemd arm -e /mnt/out
""",
)
lines(
    unmounted,
    """
binfmtbox mount --userns --hold
binfmtbox register --mount --userns --hold -I /mnt/interpreter arm
""",
    before=[scene.in_own_mounts],
    during=ends_with(signal.SIGTERM),
)


def then(name, change, condition):
    """Returns a during() that calls change() while the program holds, and ends it when condition() has come true."""

    def during(process):
        process.wait_until_idle()
        change()
        process.wait_until(condition)
        process.wait_until_idle()
        process.signal(signal.SIGTERM)

    return named(name, during)


def _has(name):
    return lambda: os.path.exists(f"{REGISTRY}/{name}")


def _is_mounted():
    return os.path.exists(f"{REGISTRY}/register")


lines(
    unmounted,
    "binfmtbox register --mount --userns --hold -I /mnt/interpreter arm",
    during=then("entries are wiped", lambda: write("status", "-1"), _has("qemu-arm")),
    is_slow=True,
)
lines(
    unmounted,
    "binfmtbox mount --userns --hold",
    during=then("is unmounted", lambda: scene.unmount(REGISTRY, scene.MNT_DETACH), _is_mounted),
    is_slow=True,
)
lines(
    unmounted,
    "binfmtbox register --mount --userns --hold --rule :two:M::FOREIGN::/mnt/interpreter:F",
    during=then("is unmounted", lambda: scene.unmount(REGISTRY, scene.MNT_DETACH), _has("two")),
    is_slow=True,
)


def _spoil():
    write("one", "0")
    write("two", "-1")
    os.unlink("/mnt/interpreter")


def looks_twice(process):
    """Spoils the entries that the program holds, and ends it after two of its checks."""
    process.wait_until_idle()
    _spoil()
    end = time.monotonic() + 11
    process.wait_until(lambda: time.monotonic() > end)
    process.signal(signal.SIGTERM)


lines(
    unmounted,
    "binfmtbox register --mount --userns --hold --rule :one:M::ONE::/mnt/interpreter:F "
    "--rule :two:M::TWO::/mnt/interpreter:F",
    during=looks_twice,
    is_slow=True,
)


def interpreter_appears(process):
    process.wait_until_idle()
    native("/mnt/made")
    os.link("/mnt/made", "/mnt/comes")


def emulator_appears(process):
    process.wait_until_idle()
    native("/mnt/made")
    directory("/mnt/came")
    os.link("/mnt/made", "/mnt/came/qemu-arm")


lines(one_interpreter, "binfmtbox register --wait 20 -I /mnt/comes arm", during=interpreter_appears)
lines(one_interpreter, "binfmtbox register --wait 20 --rule :a:M::AB::/mnt/comes:", during=interpreter_appears)
lines(one_interpreter, "binfmtbox register --wait 20 -Q /mnt/came all", during=emulator_appears)
lines(
    few_emulators,
    """
binfmtbox register --wait 0 -I /mnt/none arm
binfmtbox register --wait 20 -Q /mnt/qemu arm
binfmtbox register --wait 20 -Q /mnt/qemu all
binfmtbox register --wait 20 -I /mnt/qemu arm
binfmtbox register --wait 20 -n -Q /mnt/qemu arm
""",
)
lines(
    few_emulators,
    """
binfmtbox register --wait 1 -I /mnt/none arm
binfmtbox register --wait=1 --json -Q /mnt/qemu -F '' arm arm64
binfmtbox register --wait 1 -Q /mnt/none all
binfmtbox register --wait 1 -Q /mnt/qemu -F '' all arm64
binfmtbox register --wait 1 --rule :a:M::AB::/mnt/none:
""",
    is_slow=True,
)

# ==================================================================================================
# QEMU's script
# ==================================================================================================


def script_machine():
    """The directories that QEMU's script uses, with emulators."""
    os.link(BOX, f"{scene.BIN}/qemu-binfmt-conf.sh")
    directory("/etc/binfmt.d", "/mnt/out", "/usr/share/binfmts", "/usr/local/bin")
    names = [f"qemu-{name}{suffix}" for name in TARGETS if "-old" not in name for suffix in ("", "-static")]
    emulators("/mnt/emu", *names)
    bind("/mnt/emu", "/usr/local/bin")
    mounted()


with open(f"{scene.TOP}/testdata/qemu_binfmt_conf/calls.txt", encoding="utf-8") as _opened:
    _CALLS = [_line[2:].split(" ") for _line in _opened.read().splitlines() if _line.startswith("$ ")]
for _call in _CALLS:
    _variables = [word for word in _call if "=" in word and not word.startswith("-")]
    _options = [word for word in _call if word not in _variables]
    lines(script_machine, " ".join([*_variables, "qemu-binfmt-conf.sh", *_options]))
    lines(
        script_machine,
        " ".join([*_variables, "binfmtbox register -Q/usr/local/bin --qemu-suffix= -pno -cno -gno", *_options]),
    )
lines(
    script_machine,
    r"""
qemu-binfmt-conf.sh --userns -q arm
qemu-binfmt-conf.sh --json arm
qemu-binfmt-conf.sh -n
qemu-binfmt-conf.sh arm aarch64
qemu-binfmt-conf.sh nothing
qemu-binfmt-conf.sh --p yes
qemu-binfmt-conf.sh -s arn
qemu-binfmt-conf.sh -s
qemu-binfmt-conf.sh -Q emu
qemu-binfmt-conf.sh -p maybe
qemu-binfmt-conf.sh -c
qemu-binfmt-conf.sh --unknown
qemu-binfmt-conf.sh -e /mnt/out
qemu-binfmt-conf.sh -e /mnt/no/such
qemu-binfmt-conf.sh -s ALL -n
qemu-binfmt-conf.sh --rule :a:M::AB::/mnt/emu/qemu-arm:
qemu-binfmt-conf.sh --print record arm
qemu-binfmt-conf.sh -g auto arm
qemu-binfmt-conf.sh >/dev/full
HOST_ARCH=BePC qemu-binfmt-conf.sh -s ALL
HOST_ARCH=BePC qemu-binfmt-conf.sh
HOST_ARCH=aarch64 qemu-binfmt-conf.sh
HOST_ARCH=i686 qemu-binfmt-conf.sh -i yes
QEMU_TARGET_LIST=arm qemu-binfmt-conf.sh
EXPORTDIR=/mnt/out qemu-binfmt-conf.sh arm
""",
)


def script_without_emulators():
    script_machine()
    scene.unmount("/usr/local/bin")
    scene.unmount(REGISTRY)


lines(
    script_without_emulators,
    """
qemu-binfmt-conf.sh
qemu-binfmt-conf.sh --userns
qemu-binfmt-conf.sh --userns arm
qemu-binfmt-conf.sh -s ALL
qemu-binfmt-conf.sh -d
qemu-binfmt-conf.sh -Q /mnt/emu --userns -q
""",
)

# ==================================================================================================
# The container image's executable
# ==================================================================================================


def image():
    """A registry with an entry of register and an unrelated one."""
    emulators("/mnt/qemu", "qemu-arm-static", "qemu-mips-static", "qemu-i386-static", "qemu-x86_64-static")
    mounted()
    directory("/mnt/registry")
    bind(REGISTRY, "/mnt/registry")
    record(":jar:E::jar::/usr/bin/jexec:", target_record("qemu-arm", "arm", "/mnt/qemu/qemu-arm-static", "PF"))


lines(
    image,
    r"""
binfmt
binfmt --help
binfmt -h
binfmt -help
binfmt --help x
binfmt --install arm --help
binfmt --list
binfmt -list
binfmt --list x
binfmt --version
binfmt -version
binfmt --version x
binfmt --mount /proc/sys/fs/binfmt_misc --version
binfmt --install mips -Q/mnt/qemu
binfmt --install arm -Q/mnt/qemu
binfmt --install arm,mips -Q/mnt/qemu
binfmt --install=arm,mips -Q/mnt/qemu
binfmt -install mips -Q/mnt/qemu
binfmt -install=mips -Q/mnt/qemu
binfmt --install 'arm mips' -Q/mnt/qemu
binfmt --install all -Q/mnt/qemu
binfmt --install all
binfmt --install arm --install mips -Q/mnt/qemu
binfmt --install s390x -Q/mnt/qemu
binfmt --install x86_64 -Q/mnt/qemu
binfmt --install i386 -Q/mnt/qemu
binfmt --install i386 -Q/mnt/qemu -iyes
binfmt --install aarch46 -Q/mnt/qemu
binfmt --install mips -Q/mnt/qemu -cno
binfmt --install mips -Q/mnt/qemu --replace -pno
binfmt --install mips -Q/mnt/qemu --json
binfmt --install mips -Q/mnt/qemu -q
binfmt --install mips -Q/mnt/qemu --kmsg
binfmt --install mips -Q/mnt/qemu --if-possible
binfmt --install mips -Q/mnt/qemu --verify
binfmt --install mips -Q/mnt/qemu --host
binfmt --install mips -Q/mnt/qemu --print record
binfmt --install mips -Q/mnt/qemu -n
binfmt --install mips -Q/mnt/qemu --dry-run
binfmt --install mips -Q/mnt/qemu -nF-static
binfmt --install mips -Q/mnt/qemu --uninstall jar
binfmt --install mips -Q/mnt/qemu --uninstall qemu-arm -n
binfmt --install mips -Q/mnt/qemu --mount /mnt/registry
binfmt --install mips -Q/mnt/qemu --dir /mnt/registry
binfmt --install mips -Q/mnt/qemu -D /mnt/registry
binfmt --install mips -Q/mnt/qemu --mount /mnt/none
binfmt --install mips -Q/mnt/qemu --mount /mnt/none --userns
binfmt --install mips -Q/mnt/qemu --mount /mnt/qemu --userns
binfmt --install mips -Q/mnt/none
binfmt --install mips -Q/mnt/qemu >/dev/full
binfmt --install mips -Q/mnt/qemu >&-
binfmt --uninstall arm
binfmt --uninstall qemu-arm
binfmt --uninstall 'qemu-*'
binfmt --uninstall=jar,arm
binfmt -uninstall mips
binfmt -uninstall=jar -mount /proc/sys/fs/binfmt_misc
binfmt --uninstall nothing
binfmt --uninstall aarch46
binfmt --uninstall arm -n
binfmt -uninstall=arm -dry-run
binfmt --uninstall arm --mount=/mnt/registry
binfmt --uninstall arm --mount=/mnt/none
binfmt --uninstall arm --mount=/mnt/none --userns
binfmt --uninstall arm >&-
binfmt --mount /mnt/registry
binfmt --mount=/mnt/none
binfmt -n
binfmt --dry-run
binfmt --install
binfmt -install
binfmt --install ''
binfmt --install ' ,'
binfmt --install=
binfmt --uninstall
binfmt --install arm --uninstall
binfmt --mount
binfmt --install arm --mount=
binfmt --install arm --interpreter
binfmt --install arm --dir=
binfmt --uninstall=--all
binfmt -uninstall arm,-n
binfmt --install --replace
binfmt --uninstall jar --install=-h
binfmt --uninstall jar --replace
binfmt --uninstall jar mips
binfmt --uninstall jar --install mips --foo
binfmt --foo
binfmt -x
binfmt -
binfmt --
binfmt ---help
binfmt '{1b}'
binfmt '-{1b}{ff}'
binfmt --install '{1b}{ff}'
binfmt arm
binfmt ''
binfmt frobnicate
binfmt status
binfmt status --json
binfmt status arm
binfmt binfmt-status -q
binfmt register -Q/mnt/qemu mips
binfmt register --help
binfmt clear jar
binfmt clear
binfmt mount
binfmt mount --help
QEMU_TARGET_LIST=mips binfmt --install all -Q/mnt/qemu
""",
)


def image_unmounted():
    emulators("/mnt/qemu", "qemu-arm-static")


lines(
    image_unmounted,
    """
binfmt
binfmt --userns
binfmt --install arm -Q/mnt/qemu
binfmt --install arm -Q/mnt/qemu --userns
binfmt --install arm -Q/mnt/qemu --userns -n
binfmt --install arm -Q/mnt/qemu --uninstall jar --userns
binfmt --uninstall jar
binfmt --uninstall jar --userns
binfmt --install aarch46 --userns
binfmt status
""",
)

# ==================================================================================================
# Surroundings
# ==================================================================================================

lines(
    five_entries,
    """
binfmtbox register -Q /mnt/qemu mips64el
binfmtbox register -Q /mnt/qemu mips64el >&-
binfmtbox register -Q /mnt/qemu mips64el >/dev/full
binfmtbox register -Q /mnt/qemu -q mips64el >/dev/full
binfmtbox register -Q /mnt/qemu --json mips64el >/dev/full
binfmtbox register -Q /mnt/qemu -n mips64el >/dev/full
binfmtbox register -Q /mnt/qemu mips64el <&- >&- 2>&-
binfmtbox register -Q /mnt/qemu -q mips64el <&- >&- 2>&-
binfmtbox register -Q /mnt/qemu mips64el <&-
binfmtbox register -Q /mnt/qemu mips64el 2>&-
binfmtbox register -Q /mnt/qemu mips64el nothing 2>/dev/full
binfmtbox register -Q /mnt/qemu mips64el s390x 2>&-
binfmtbox status <&- >&- 2>&-
binfmtbox clear jar <&- 2>&-
""",
)


for _before in (
    scene.in_removed_directory,
    scene.with_umask(0o777),
    scene.with_limit("RLIMIT_NOFILE", 8),
    scene.with_blocked_signals,
):
    lines(
        five_entries,
        """
binfmtbox register -Q /mnt/qemu --replace -gno arm mips64el
binfmtbox status arm
binfmtbox clear --ours
""",
        before=[_before],
    )
lines(five_entries, "binfmtbox clear {a*100} " + " ".join(["x"] * 3000))
lines(five_entries, "binfmtbox register -Q /mnt/qemu " + " ".join(["mips64el"] * 3000))


def thousand_entries():
    emulators("/mnt/i", "run")
    mounted()
    opened = os.open(f"{REGISTRY}/register", os.O_WRONLY)
    for number in range(1000):
        os.write(opened, b":n%04d:M::%04dMAGIC::/mnt/i/run:%s" % (number, number, b"F" if number % 2 else b""))
    os.close(opened)


lines(
    thousand_entries,
    """
binfmtbox status
binfmtbox status --json
binfmtbox status --print record
binfmtbox register -I /mnt/i/run arm
binfmtbox clear --all -q
binfmtbox clear 'n0*' --disable
""",
)
