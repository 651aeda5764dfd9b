#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""record.py SCRIPT: what QEMU's qemu-binfmt-conf.sh does with each set of options.

Runs SCRIPT in namespaces of its own, on x86_64, with binfmt_misc and folders that
are empty before each call. Prints for each call a line "$ WORDS", and behind it what
was made: where ("kernel" or a file), interpreter, flags in alphabetical order, names.
* stands for the name, which is "qemu-" and the CPU.
"""

import glob
import os
import shutil
import subprocess
import sys

CALLS = """

-Q /mnt/emu
-Q/mnt/emu
--qemu-path /mnt/emu
--qemu-path=/mnt/emu
--qemu-p /mnt/emu
-F -static
-F-static
--qemu-suffix -static
--qemu-suffix=-static -Q /mnt/emu
-p yes
-pyes
-p no
--persistent yes
--persistent=yes
--pers yes
-c yes
-c no
--credential yes
--cred=yes
-g yes
-g no
--preserve-argv0 yes
--preserve=yes
-i no
-c yes -p yes -g yes
-cyes -pyes -gyes -Q/mnt/emu -F-static
-p yes -p no
-s ALL
-sALL
--systemd ALL
--systemd=ALL
-s arm
--systemd aarch64
-s i486 -i yes
-d
--debian
--deb
-s ALL -e /mnt/out
-e /mnt/out -s riscv64
--exportdir=/mnt/out -d
--export /mnt/out --debian
EXPORTDIR=/mnt/out -s ALL
EXPORTDIR=/mnt/out -d
-s ALL -cyes -pyes -gyes -Q /mnt/emu -F -static
-d -cyes -pyes -gyes -Q /mnt/emu -F -static
HOST_ARCH=x86_64 -s ALL
HOST_ARCH=i686 -s ALL
HOST_ARCH=aarch64 -s ALL
HOST_ARCH=armhf -d
HOST_ARCH=armv7l -s ALL
HOST_ARCH=ppc64el -s ALL
HOST_ARCH=powerpc -s ALL
HOST_ARCH=riscv64 -s ALL
HOST_ARCH=mips64 -s ALL
HOST_ARCH=s390x -s ALL
HOST_ARCH=aarch64 -i yes -s ALL
HOST_ARCH=riscv64 --ignore-family=yes -d
HOST_ARCH=x86_64 -i yes -s ALL
HOST_ARCH=aarch64 -s x86_64
""".split("\n")[1:-1]

REGISTRY = "/proc/sys/fs/binfmt_misc"
FOLDERS = ("/etc/binfmt.d", "/usr/share/binfmts", "/mnt/out")


def empty(folder):
    """Puts an empty file system there."""
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], check=True)


def sort_out(name, place, interpreter, flags, groups):
    """Adds one entry to the line of its kind."""
    key = (place.replace(name, "*"), interpreter.replace(name, "*"),
           "".join(sorted(flags)) or "-")
    groups.setdefault(key, []).append(name[len("qemu-"):])


def entries(groups):
    """What the kernel holds."""
    for path in glob.glob(REGISTRY + "/qemu-*"):
        facts = dict(line.split(None, 1) for line in open(path) if " " in line.strip())
        sort_out(os.path.basename(path), "kernel", facts["interpreter"].strip(),
                 facts.get("flags:", "").strip(), groups)


def files(groups):
    """What was written."""
    for folder in FOLDERS:
        for path in glob.glob(folder + "/*"):
            text = open(path).read()
            if text.startswith(":"):
                fields = text.strip().split(":")
                sort_out(fields[1], path, fields[6], fields[7], groups)
            else:
                facts = dict(line.split(" ", 1) for line in text.splitlines())
                flags = ""
                for fact, letters in (("credentials", "CO"), ("preserve", "P"),
                                      ("fix_binary", "F")):
                    flags += letters if facts[fact] == "yes" else ""
                sort_out(os.path.basename(path), path, facts["interpreter"], flags, groups)


def main(script):
    text = open(script).read()
    cpus = text[text.index('qemu_target_list="') + 18:].split('"')[0].replace("\\", " ").split()
    # The script needs little of these; what is in them stays out.
    for folder in ("/mnt", "/usr/local", "/usr/share", "/etc"):
        empty(folder)
    for folder in ("/mnt/emu", "/usr/local/bin", *FOLDERS):
        os.mkdir(folder)
    for cpu in cpus:
        for folder in ("/mnt/emu", "/usr/local/bin"):
            for suffix in ("", "-static"):
                shutil.copy("/bin/true", f"{folder}/qemu-{cpu}{suffix}")
    subprocess.run(["mount", "-t", "binfmt_misc", "none", REGISTRY], check=True)
    for call in CALLS:
        for folder in FOLDERS:
            for path in glob.glob(folder + "/*"):
                os.remove(path)
        with open(REGISTRY + "/status", "w") as status:
            status.write("-1")
        words = call.split()
        environment = dict(PATH=os.environ["PATH"])
        while words and "=" in words[0] and words[0][0] != "-":
            name, value = words.pop(0).split("=")
            environment[name] = value
        subprocess.run(["sh"] + [script] + words, env=environment, check=False,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        groups = {}
        entries(groups)
        files(groups)
        print("$ " + call)
        for key in sorted(groups):
            print(*key, ",".join(sorted(groups[key])))


if __name__ == "__main__":
    if os.environ.get("RECORD_INSIDE"):
        main(sys.argv[1])
    else:
        os.environ["RECORD_INSIDE"] = "1"
        os.execvp("unshare", ["unshare", "-Urmp", "--fork", "--mount-proc", sys.executable,
                              os.path.abspath(__file__), os.path.abspath(sys.argv[1])])
