#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads identity.txt, which says who and where the project is.

  identity.py fill IDENTITY FILE OUT   writes FILE with each @KEY@ replaced; a line whose value is not known is left out
  identity.py unfilled IDENTITY        a line for each value that is not known
"""

import re
import sys
from typing import Dict, List

# What is without it.
WITHOUT = {
    "homepage": "Debian's packages, the images, the recipes for Buildroot and OpenEmbedded and the bill of materials name none",
    "maintainer": "packages and recipes have a stand-in that gets no mail, and the images name no authors",
    "source": "the images do not name their repository",
    "registry": "the manifests for Kubernetes take binfmtbox:VERSION, which nodes have to be given",
}
FORMS = {
    "homepage": r"https?://[^\s/]+(/\S*)?",
    "maintainer": r"[^<>]+ <[^\s<>@]+@[^\s<>@]+>",
    "source": r"(https?|git|ssh)://\S+",
    "registry": r"[a-z0-9][a-z0-9._:/-]*[a-z0-9]",
}
# RFC 2606 keeps .invalid free.
NO_MAINTAINER = "binfmtbox maintainers <maintainers@binfmtbox.invalid>"


def load(path: str) -> Dict[str, str]:
    """The value of each key; empty: not known."""
    found: Dict[str, str] = {}
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            key, equals, value = (word.strip() for word in line.partition("="))
            if not equals or key not in FORMS or key in found:
                sys.exit(f"{path}:{number}: not one of {', '.join(FORMS)}, once, and \"=\": {line}")
            if value and not re.fullmatch(FORMS[key], value):
                sys.exit(f"{path}:{number}: not a {key}: {value}")
            found[key] = value
    missing = [key for key in FORMS if key not in found]
    if missing:
        sys.exit(f"{path}: no {' and no '.join(missing)}")
    return found


def maintainer(identity: Dict[str, str]) -> str:
    return identity["maintainer"] or NO_MAINTAINER


def fill(text: str, identity: Dict[str, str]) -> str:
    """TEXT with the values in place of @KEY@. Of the empty lines around a line that is left out, one stays."""
    values = {**identity, "maintainer": maintainer(identity)}
    lines: List[str] = []
    left_out = False
    for line in text.split("\n"):
        keys = [key for key in values if f"@{key.upper()}@" in line]
        if not all(values[key] for key in keys):
            left_out = True
            continue
        for key in keys:
            line = line.replace(f"@{key.upper()}@", values[key])
        if line or not left_out or not lines or lines[-1]:
            lines.append(line)
        left_out = False
    return "\n".join(lines)


def unfilled(path: str) -> List[str]:
    return [f"{path}: {key} is not filled in: {WITHOUT[key]}" for key, value in load(path).items() if not value]


def main(arguments: List[str]) -> None:
    if arguments[0] == "fill":
        _, path, source, out = arguments
        with open(source, encoding="utf-8") as file:
            text = file.read()
        with open(out, "w", encoding="utf-8") as file:
            file.write(fill(text, load(path)))
    else:
        for line in unfilled(arguments[1]):
            print(line)


if __name__ == "__main__":
    main(sys.argv[1:])
