#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the layers and the OCI layout of the container image.

  build.py layer NEWS.md OUT PLACE=FILE...
      a layer: a tar of these files and of the folders that they are in, gzipped
  build.py layout NEWS.md VERSION STATUS IDENTITY full|bare OUT ARCH=LAYER[,LAYER...]...
      a folder with the image for each architecture, and an index of all; STATUS is
      Bazel's, see ../../toolchains/revision.sh, IDENTITY ../identity.txt

What is written depends on the content of the files alone: all belong to root, and all
dates of files are that of the release, the topmost of NEWS.md. The images are of the
commit's date, or, where STATUS does not tell it, of that one, too.

See the OCI image specification 1.0.2, image-layout.md, image-index.md, config.md and
annotations.md.
"""

import datetime
import gzip
import hashlib
import io
import json
import os
import re
import sys
import tarfile
from typing import Any, Dict, List, Tuple

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

import identity  # noqa: E402  # pylint: disable=wrong-import-position
import licenses  # noqa: E402  # pylint: disable=wrong-import-position

NAME = "binfmtbox"
ENTRY_POINT = "/usr/bin/binfmt"
# Ours, and those of OCI: architecture, variant (GOARCH, GOARM).
PLATFORMS = {
    "x86_64": {"architecture": "amd64", "os": "linux"},
    "arm64": {"architecture": "arm64", "os": "linux", "variant": "v8"},
    "armv7": {"architecture": "arm", "os": "linux", "variant": "v7"},
    "riscv64": {"architecture": "riscv64", "os": "linux"},
}
OCI = "application/vnd.oci.image"


def release_date(news: str) -> datetime.datetime:
    with open(news, encoding="utf-8") as file:
        found = re.search(r"^## \S+ \((\d{4})-(\d\d)-(\d\d)\)$", file.read(), re.M)
    if not found:
        sys.exit(f"{news}: no heading such as: ## 1.2.3 (2026-01-31)")
    return datetime.datetime(*map(int, found.groups()), tzinfo=datetime.timezone.utc)


def entry(path: str, mode: int, date: datetime.datetime) -> tarfile.TarInfo:
    info = tarfile.TarInfo(path)
    info.mode = mode
    info.mtime = int(date.timestamp())
    return info


def write_layer(news: str, out: str, arguments: List[str]) -> None:
    date = release_date(news)
    # Path in the image, without a slash at its beginning, and the file that it is.
    files = dict(argument.split("=", 1) for argument in arguments)
    folders = set()
    for path in files:
        while path := os.path.dirname(path):
            folders.add(path)
    with open(out, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed, \
            tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path in sorted(folders | set(files)):
            if path in folders:
                info = entry(path, 0o755, date)
                info.type = tarfile.DIRTYPE
                tar.addfile(info)
                continue
            with open(files[path], "rb") as file:
                content = file.read()
            # Of the files in such an image, programs are those that can be run.
            info = entry(path, 0o755 if content.startswith(b"\x7fELF") else 0o644, date)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))


class Layout:
    """The folder, in which everything has the name of its checksum."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        os.makedirs(os.path.join(folder, "blobs/sha256"), exist_ok=True)
        self.write("oci-layout", b'{"imageLayoutVersion":"1.0.0"}')

    def write(self, path: str, content: bytes) -> None:
        with open(os.path.join(self.folder, path), "wb") as file:
            file.write(content)

    def add(self, media_type: str, content: bytes) -> Dict[str, Any]:
        digest = hashlib.sha256(content).hexdigest()
        self.write(f"blobs/sha256/{digest}", content)
        return {"mediaType": f"{OCI}.{media_type}", "digest": f"sha256:{digest}", "size": len(content)}

    def add_object(self, media_type: str, value: Dict[str, Any]) -> Dict[str, Any]:
        return self.add(media_type, to_json(value))


def to_json(value: Dict[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def read_status(path: str) -> Dict[str, str]:
    with open(path, encoding="utf-8") as file:
        return dict(line.rstrip("\n").partition(" ")[::2] for line in file)


def labels(version: str, created: str, revision: str, license_name: str, known: Dict[str, str]) -> Dict[str, str]:
    """Without base.name and base.digest: the image is made of nothing. What is not known is left out."""
    values = {
        "title": NAME,
        "version": version,
        "description": "Registers emulators, so that this machine runs programs built for other processors",
        "created": created,
        "revision": "" if revision == "unknown" else revision,
        "licenses": license_name,
        "authors": known["maintainer"],
        "source": known["source"],
        "url": known["homepage"],
    }
    return {f"org.opencontainers.image.{key}": value for key, value in values.items() if value}


def add_image(layout: Layout, arch: str, layers: List[str], notes: Dict[str, str]) -> Dict[str, Any]:
    """The image of one architecture, with the labels NOTES; returns its manifest's descriptor."""
    version, created = (notes[f"org.opencontainers.image.{key}"] for key in ("version", "created"))
    platform = PLATFORMS[arch]
    blobs, identities = [], []
    for path in layers:
        with open(path, "rb") as file:
            content = file.read()
        blobs.append(layout.add("layer.v1.tar+gzip", content))
        identities.append("sha256:" + hashlib.sha256(gzip.decompress(content)).hexdigest())
    config = layout.add_object("config.v1+json", {
        **platform,
        "created": created,
        "config": {"Entrypoint": [ENTRY_POINT], "Labels": notes, "WorkingDir": "/"},
        "rootfs": {"type": "layers", "diff_ids": identities},
        "history": [{"created": created, "created_by": f"{NAME} {version}"} for _ in layers],
    })
    manifest = layout.add_object("manifest.v1+json", {
        "schemaVersion": 2,
        "mediaType": f"{OCI}.manifest.v1+json",
        "config": config,
        "layers": blobs,
        "annotations": notes,
    })
    return {**manifest, "platform": platform}


def write_layout(news: str, version_file: str, status_file: str, identity_file: str, kind: str, out: str,
                 arguments: List[str]) -> None:
    with open(version_file, encoding="utf-8") as file:
        version = file.read().strip()
    status = read_status(status_file)
    date = release_date(news)
    if "STABLE_COMMIT_DATE" in status:
        date = datetime.datetime.fromtimestamp(int(status["STABLE_COMMIT_DATE"]), datetime.timezone.utc)
    license_name = {"full": licenses.containers(), "bare": licenses.PRODUCT}[kind]
    notes = labels(version, date.strftime("%Y-%m-%dT%H:%M:%SZ"), status.get("STABLE_REVISION", ""), license_name,
                   identity.load(identity_file))
    layout = Layout(out)
    images: List[Tuple[str, Dict[str, Any]]] = []
    for argument in arguments:
        arch, _, layers = argument.partition("=")
        images.append((arch, add_image(layout, arch, layers.split(","), notes)))
    index = {
        "schemaVersion": 2,
        "mediaType": f"{OCI}.index.v1+json",
        "manifests": [image for _, image in images],
        "annotations": notes,
    }
    reference = "org.opencontainers.image.ref.name"
    # containerd, and so k3s, imports it under this name: what "binfmtbox:VERSION" of a pod stands for.
    named = [{**layout.add_object("index.v1+json", index), "annotations": {
        reference: version, "io.containerd.image.name": f"docker.io/library/{NAME}:{version}"}}]
    # umoci can't choose from an index. A release has none of these; see release.py.
    for arch, image in images:
        named.append({**image, "annotations": {reference: f"{version}-{arch}"}})
    layout.write("index.json", to_json({"schemaVersion": 2, "manifests": named}))


def main(arguments: List[str]) -> None:
    if arguments[0] == "layer":
        write_layer(arguments[1], arguments[2], arguments[3:])
    else:
        write_layout(*arguments[1:7], arguments[7:])


if __name__ == "__main__":
    main(sys.argv[1:])
