# SPDX-License-Identifier: Apache-2.0
"""Licences, as SPDX expressions, of what the project ships."""

from typing import Dict, Iterable

LIBGCC = "GPL-3.0-or-later WITH GCC-exception-3.1"
# Of the executables: their own, and those of all that is linked. BSD-2-Clause is musl's memcpy for ARM.
PRODUCT = f"Apache-2.0 AND Apache-2.0 WITH LLVM-exception AND BSD-2-Clause AND {LIBGCC} AND MIT"
EMULATORS = "GPL-2.0-only AND GPL-2.0-or-later AND LGPL-2.1-or-later"
# What is linked into Debian's emulators (Built-Using).
EMULATORS_PARTS: Dict[str, str] = {
    "capstone": "BSD-3-Clause",
    "gcc-12": LIBGCC,
    "gcc-14": LIBGCC,
    "glib2.0": "LGPL-2.1-or-later",
    "glibc": "LGPL-2.1-or-later",
    "gnutls28": "LGPL-2.1-or-later",
    "liburing": "LGPL-2.1-or-later OR MIT",
    "sysprof": "BSD-2-Clause-Patent",
    "zlib": "Zlib",
}


def all_of(expressions: Iterable[str]) -> str:
    """One expression of several, in which each part stands once."""
    parts = {f"({one})" if " OR " in one else one for several in expressions for one in several.split(" AND ")}
    return " AND ".join(sorted(parts))


def containers() -> str:
    """Of a container with the program and the emulators of all architectures."""
    return all_of([PRODUCT, EMULATORS, *EMULATORS_PARTS.values()])
