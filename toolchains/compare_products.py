#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the products of two builds: compare_products.py FOLDER FOLDER

Prints a line for each architecture; ends with "N passed, N failed". Equal bytes pass.
"""

import os
import struct
import sys
from typing import Iterator, List, NamedTuple

ARCHITECTURES = ("x86_64", "arm64", "armv7", "riscv64")


class Segment(NamedTuple):
    kind: int
    flags: int
    data: bytes


def segments(data: bytes) -> Iterator[Segment]:
    """What the kernel loads of an ELF file, in its order."""
    wide = data[4] == 2
    offset, = struct.unpack_from("<Q" if wide else "<I", data, 32 if wide else 28)
    size, count = struct.unpack_from("<HH", data, 54 if wide else 42)
    for place in range(offset, offset + size * count, size):
        if wide:
            kind, flags, start, _, _, length = struct.unpack_from("<IIQQQQ", data, place)
        else:
            kind, start, _, _, length, _, flags = struct.unpack_from("<IIIIIII", data, place)
        if kind == 1:
            yield Segment(kind, flags, data[start:start + length])


def access(flags: int) -> str:
    return "".join(letter for bit, letter in ((4, "r"), (2, "w"), (1, "x")) if flags & bit)


def differences(left: bytes, right: bytes) -> List[str]:
    """Where they differ, by segment."""
    found = []
    pairs = list(zip(segments(left), segments(right)))
    for one, other in pairs:
        if one.data != other.data:
            first = next((i for i, (a, b) in enumerate(zip(one.data, other.data)) if a != b),
                         min(len(one.data), len(other.data)))
            bytes_differ = sum(a != b for a, b in zip(one.data, other.data))
            found.append(f"segment {access(one.flags)}: {len(one.data)} and {len(other.data)} bytes, "
                         f"{bytes_differ} differ, the first at {first:#x}")
    return found


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit("usage: compare_products.py FOLDER FOLDER")
    failed = 0
    for arch in ARCHITECTURES:
        contents = []
        for folder in sys.argv[1:]:
            with open(os.path.join(folder, f"binfmtbox_{arch}"), "rb") as file:
                contents.append(file.read())
        left, right = contents
        if left == right:
            print(f"{arch}: equal, {len(left)} bytes")
            continue
        failed += 1
        print(f"{arch}: {len(left)} and {len(right)} bytes")
        for line in differences(left, right):
            print(f"  {line}")
    print(f"{len(ARCHITECTURES) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
