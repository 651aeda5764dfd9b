#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a registry of Bazel modules for machines that reach no other: registry.py OUT

The modules are those of Debian's packages, which Bazel uses in place. What Debian has no package for (the build does
not need it, but modules name it) is an empty module. Whatever version is asked for, the one that is there stands in for
it, as in the settings of Debian's own Bazel.
"""

import glob
import json
import os
import re
import sys
from typing import Dict, Iterator, List, Tuple

DEBIAN = "/usr/share/bazel"


def dependencies(text: str) -> Iterator[Tuple[str, str]]:
    """Name and version of each that a MODULE.bazel asks for, but for its own tests."""
    for call in re.findall(r"^bazel_dep\((.*?)\)", text, re.M | re.S):
        words = dict(re.findall(r'(\w+) = "?([\w.+-]+)"?', call))
        if words.get("dev_dependency") != "True":
            yield words["name"], words.get("version", "")


def module_name(text: str) -> str:
    found = re.search(r'^module\(.*?name = "([^"]+)"', text, re.M | re.S)
    return found.group(1) if found else ""


def at_version(text: str, name: str, version: str) -> str:
    """The MODULE.bazel with this version; a registry has to say the one that was asked for."""
    head = f'module(name = "{name}", version = "{version}", compatibility_level = '
    level = re.search(r"^    compatibility_level = (\d+)", text, re.M)
    head += (level.group(1) if level else "0") + ")"
    return re.sub(r"^module\(.*?^\)", head, text, count=1, flags=re.M | re.S) if text else head + "\n"


def read(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


def write(path: str, text: str) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage: registry.py OUT")
    out = os.path.abspath(sys.argv[1])
    packaged: Dict[str, Tuple[str, str]] = {}  # By name: where it is, and its MODULE.bazel.
    for path in glob.glob(f"{DEBIAN}/*/*/MODULE.bazel"):
        packaged[module_name(read(path))] = (os.path.dirname(path), read(path))
    if "rules_cc" not in packaged:
        sys.exit(f"registry.py: no modules in {DEBIAN}: Debian's Bazel 7 brings them (package bazel-bootstrap)")

    top = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    wanted: List[Tuple[str, str]] = [
        *dependencies(read(os.path.join(top, "MODULE.bazel"))),
        *dependencies(read(f"{DEBIAN}/embedded_tools/MODULE.bazel")),
        # Of local_config_platform, a module that Bazel makes itself.
        ("platforms", "0.0.7"),
    ]
    seen = set()
    while wanted:
        name, version = wanted.pop()
        if (name, version) in seen:
            continue
        seen.add((name, version))
        folder, text = packaged.get(name, (f"{out}/empty/{name}", ""))
        if not text:
            write(f"{folder}/MODULE.bazel", at_version("", name, version))
        wanted.extend(dependencies(text))
        write(f"{out}/modules/{name}/{version}/MODULE.bazel", at_version(text, name, version))
        write(f"{out}/modules/{name}/{version}/source.json", json.dumps({"type": "local_path", "path": folder}))
    write(f"{out}/bazel_registry.json", "{}\n")


if __name__ == "__main__":
    main()
