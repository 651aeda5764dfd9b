#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Archives for the kernel to unpack as initramfs.

cpio.py PRODUCT OUT.cpio.gz writes the smallest useful one: the product and its links,
to be appended to any initrd.

cpio.py PRODUCT OUT.cpio.xz4 HOOK TABLE ARCH EMULATOR... writes an addon of pantavisor's
initramfs: the product, pantavisor's hook, and those of the emulators that TABLE lists
for ARCH. The kernel unpacks xz with CRC32 only, and a boot loader puts such archives
behind each other where each is a multiple of 4 bytes.

The same files give the same bytes.
"""

import gzip
import lzma
import os
import stat
import sys
from dataclasses import dataclass
from typing import Dict, List, Union

# In a folder of its own: an entry for /sbin would replace the link to usr/sbin that
# many an initrd has.
FOLDER = "/binfmtbox"
APPLETS = ("mount", "register", "status", "clear", "run")
PANTAVISOR_HOOKS = ("/usr/lib/pantavisor/pv/hooks/system.d", "/usr/lib/pantavisor/pv/hooks_lxc-mount.d")


@dataclass
class File:
    """A file of the initramfs: bytes, or the path of a file of this machine."""

    content: Union[bytes, str]
    mode: int = 0o755

    def read(self) -> bytes:
        if isinstance(self.content, bytes):
            return self.content
        with open(self.content, "rb") as file:
            return file.read()


class Cpio:
    """An archive of the kind that the kernel unpacks ("newc")."""

    def __init__(self) -> None:
        self._parts: List[bytes] = []
        self._seen = {""}

    def root(self) -> None:
        # Else everybody may write to /, as to any new tmpfs.
        self._add(".", stat.S_IFDIR | 0o755)

    def _add(self, name: str, mode: int, data: bytes = b"", device: int = 0) -> None:
        numbers = [len(self._seen), mode, 0, 0, 1, 0, len(data), 0, 0]
        numbers += [os.major(device), os.minor(device), len(name) + 1, 0]
        head = b"070701" + b"".join(b"%08x" % number for number in numbers)
        head += name.encode() + b"\0"
        for part in (head, data):
            self._parts.append(part + b"\0" * (-len(part) % 4))
        self._seen.add(name)

    def folder(self, path: str) -> None:
        name = path.strip("/")
        if name not in self._seen:
            self.folder(os.path.dirname(name))
            self._add(name, stat.S_IFDIR | 0o755)

    def file(self, path: str, file: File) -> None:
        self.folder(os.path.dirname(path.strip("/")))
        self._add(path.strip("/"), stat.S_IFREG | file.mode, file.read())

    def link(self, path: str, target: str) -> None:
        self.folder(os.path.dirname(path.strip("/")))
        self._add(path.strip("/"), stat.S_IFLNK | 0o777, target.encode())

    def console(self) -> None:
        self.folder("dev")
        self._add("dev/console", stat.S_IFCHR | 0o600, device=os.makedev(5, 1))

    def bytes(self) -> bytes:
        self._add("TRAILER!!!", 0)
        return b"".join(self._parts)


def archive(files: Dict[str, File], links: Dict[str, str], folders: List[str]) -> bytes:
    cpio = Cpio()
    cpio.root()
    cpio.console()
    for path in folders:
        cpio.folder(path)
    for path, file in files.items():
        cpio.file(path, file)
    for path, target in links.items():
        cpio.link(path, target)
    return cpio.bytes()


def addition(product: bytes) -> bytes:
    cpio = Cpio()
    cpio.file(f"{FOLDER}/binfmtbox", File(product))
    for applet in APPLETS:
        cpio.link(f"{FOLDER}/binfmt-{applet}", "binfmtbox")
    return gzip.compress(cpio.bytes(), 9, mtime=0)


def targets_of(table: str, arch: str) -> List[str]:
    with open(table, encoding="utf-8") as file:
        for line in file:
            first, *rest = line.split() or [""]
            if first == arch and rest:
                return rest
    sys.exit(f"{table}: no targets for {arch}")


def addon(product: str, hook: str, targets: List[str], emulators: List[str]) -> bytes:
    by_name = {os.path.basename(path): path for path in emulators}
    cpio = Cpio()
    cpio.file("/usr/bin/binfmtbox", File(product))
    for target in targets:
        name = f"qemu-{target}-static"
        if name not in by_name:
            sys.exit(f"cpio.py: there is no {name} for this architecture")
        cpio.file(f"/usr/bin/{name}", File(by_name[name]))
    for folder in PANTAVISOR_HOOKS:
        cpio.file(f"{folder}/50-binfmtbox", File(hook))
    # A dictionary of 8 MiB: the kernel has no more memory than the device.
    data = lzma.compress(cpio.bytes(), check=lzma.CHECK_CRC32, preset=6)
    return data + b"\0" * (-len(data) % 4)


def main() -> None:
    product, out, *more = sys.argv[1:]
    if more:
        hook, table, arch, *emulators = more
        data = addon(product, hook, targets_of(table, arch), emulators)
    else:
        with open(product, "rb") as file:
            data = addition(file.read())
    with open(out, "wb") as file:
        file.write(data)


if __name__ == "__main__":
    main()
