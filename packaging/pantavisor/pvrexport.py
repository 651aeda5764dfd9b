#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a pvrexport archive: binfmtbox and emulators as a container of pantavisor.

pvrexport.py ARCH NEWS.md EMULATORS CONF OUT.pvrexport.tgz PLACE=FILE...: the root of the container has these
files; of the emulators among them those that EMULATORS lists for ARCH. CONF is the container's
lxc.container.conf, with words in @ to be replaced.

The same files give the same bytes: all belong to root, and all dates are that of the release, the
topmost of NEWS.md. Needs mksquashfs (Debian's squashfs-tools).

The archive is what pvr and pvtx take: "json", which is a part of a device's state, and the files
that it names by their SHA-256 in "objects".
"""

import datetime
import gzip
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from typing import Any, Dict, List

NAME = "binfmt"
GROUP = "platform"  # its containers are started before those of "app"
# Without it pantavisor gives a container "mgmt": the control of the device.
ROLES = ["nobody"]
PROGRAM = "/usr/bin/binfmtbox"
# LXC and pantavisor mount there.
FOLDERS = ("dev", "etc", "lib/firmware", "lib/modules", "proc", "run", "sys", "tmp")
# The overlay that pantavisor lays over the root is empty at each boot.
PERSISTENCE = "boot"


def release_date(news: str) -> int:
    """In seconds since 1970."""
    with open(news, encoding="utf-8") as file:
        found = re.search(r"^## \S+ \((\d{4})-(\d\d)-(\d\d)\)$", file.read(), re.M)
    if not found:
        sys.exit(f"{news}: no heading such as: ## 1.2.3 (2026-01-31)")
    return int(datetime.datetime(*map(int, found.groups()), tzinfo=datetime.timezone.utc).timestamp())


def targets_of(table: str, arch: str) -> List[str]:
    with open(table, encoding="utf-8") as file:
        for line in file:
            first, *rest = line.split() or [""]
            if first == arch and rest:
                return rest
    sys.exit(f"{table}: no targets for {arch}")


def command(targets: List[str]) -> List[str]:
    """PID 1 of the container. It loads the module where the kernel has binfmt_misc as one, and stays, since
    pantavisor restarts a device one of whose containers ends."""
    return [PROGRAM, "register", "--mount", "--hold", "--if-possible", "--kmsg", *targets]


def chosen(files: Dict[str, str], targets: List[str], table: str) -> Dict[str, str]:
    """Without the emulators for other targets."""
    wanted = {f"usr/bin/qemu-{name}-static" for name in targets}
    missing = sorted(wanted - set(files))
    if missing:
        sys.exit(f"{table}: there is no {' '.join(missing)}")
    return {place: path for place, path in files.items()
            if place in wanted or not re.fullmatch(r"usr/bin/qemu-.*-static", place)}


def write_root(out: str, files: Dict[str, str], date: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = os.path.join(folder, "root")
        for place in FOLDERS:
            os.makedirs(os.path.join(root, place))
        for place, path in files.items():
            target = os.path.join(root, place)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(path, "rb") as file, open(target, "wb") as copy:
                content = file.read()
                copy.write(content)
            # Of the files in such a root, programs are those that can be run.
            os.chmod(target, 0o755 if content.startswith(b"\x7fELF") else 0o644)
        for where, _, _ in os.walk(root):
            os.chmod(where, 0o755)
        words = ["mksquashfs", root, out, "-comp", "xz", "-all-root", "-no-xattrs", "-noappend", "-no-progress", "-quiet",
                 "-processors", "1", "-mkfs-time", str(date), "-all-time", str(date)]
        # It does not go together with -mkfs-time.
        environment = {name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"}
        try:
            subprocess.run(words, check=True, env=environment)
        except FileNotFoundError:
            sys.exit("there is no mksquashfs: install squashfs-tools")


def to_json(value: Dict[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def state(conf: str, root: str, words: List[str]) -> Dict[str, Any]:
    """What the archive adds to a device's state: objects by their checksums, and JSON files as they stand."""
    return {
        "#spec": "pantavisor-service-system@1",
        f"{NAME}/lxc.container.conf": conf,
        f"{NAME}/root.squashfs": root,
        f"{NAME}/run.json": {
            "#spec": "service-manifest-run@1",
            "config": "lxc.container.conf",
            "group": GROUP,
            "name": NAME,
            "roles": ROLES,
            "root-volume": "root.squashfs",
            "storage": {"lxc-overlay": {"persistence": PERSISTENCE}},
            "type": "lxc",
            "volumes": [],
        },
        # For pvr alone, which has a template of its own for such a container.
        f"{NAME}/src.json": {
            "#spec": "service-manifest-src@1",
            "args": {"PV_GROUP": GROUP, "PV_ROLES": ROLES},
            "config": {},
            "docker_config": {"Entrypoint": words},
            "persistence": {"lxc-overlay": PERSISTENCE},
            "template": "builtin-lxc-docker",
        },
    }


def write_archive(out: str, contents: Dict[str, bytes], date: int) -> None:
    """With CONTENTS in their order."""
    with open(out, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed, \
            tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in contents.items():
            info = tarfile.TarInfo(name)
            info.mode = 0o644
            info.mtime = date
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))


def main() -> None:
    arch, news, table, template, out = sys.argv[1:6]
    date = release_date(news)
    targets = targets_of(table, arch)
    files = chosen(dict(argument.split("=", 1) for argument in sys.argv[6:]), targets, table)
    with open(template, encoding="utf-8") as file:
        conf = file.read().replace("@NAME@", NAME).replace("@COMMAND@", " ".join(command(targets)))
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "root.squashfs")
        write_root(path, files, date)
        with open(path, "rb") as file_of_root:
            objects = {hashlib.sha256(content).hexdigest(): content for content in (conf.encode(), file_of_root.read())}
    conf_sum, root_sum = objects
    contents = {"json": to_json(state(conf_sum, root_sum, command(targets)))}
    contents.update({f"objects/{digest}": content for digest, content in objects.items()})
    write_archive(out, contents, date)


if __name__ == "__main__":
    main()
