#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Gathers what a release consists of.

release.py [--any-emulators] TOP OUT: TOP is a checkout in which //packaging:release has been built; OUT
gets the files under the names that users see, a bill of materials, and SHA256SUMS. The same
commit gives the same bytes. It stops where Debian's archive no longer had a package that the image
pins, so that something else is in the image, unless --any-emulators says that this is well.
"""

import ast
import datetime
import gzip
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import uuid
from typing import Any, Dict, List, Optional, Tuple

import identity
import licenses

NAME = "binfmtbox"
ARCHITECTURES = ("x86_64", "arm64", "armv7", "riscv64")
DEBIAN = ("amd64", "arm64", "armhf", "riscv64")
KUSTOMIZATION = "base/kustomization.yaml"
INDEX = "application/vnd.oci.image.index.v1+json"

# Licence, and what the release has to do with each repository of WORKSPACE.
LINKED = "STATIC_LINK"
BUILDS = "BUILD_DEPENDENCY_OF"
TESTS = "TEST_DEPENDENCY_OF"
REPOSITORIES = {
    "com_google_absl": ("Apache-2.0", LINKED),
    "com_googlesource_code_re2": ("BSD-3-Clause", BUILDS),
    "com_google_googletest": ("BSD-3-Clause", TESTS),
    "rules_java": ("Apache-2.0", BUILDS),
    "bazel_skylib": ("Apache-2.0", BUILDS),
    "musl": ("MIT", LINKED),
    "libcxx": ("Apache-2.0 WITH LLVM-exception", LINKED),
}
# Debian's packages of the building machine.
LIBGCC = ("libgcc-12-dev", "libgcc-12-dev-arm64-cross", "libgcc-12-dev-armhf-cross", "libgcc-12-dev-riscv64-cross")
BUILD_TOOLS = {
    "bazel-bootstrap": "Apache-2.0",
    "clang-22": "Apache-2.0 WITH LLVM-exception",
    "cmake": "BSD-3-Clause",
    "lld-22": "Apache-2.0 WITH LLVM-exception",
    "llvm-22": "Apache-2.0 WITH LLVM-exception",
    "ninja-build": "Apache-2.0",
    "squashfs-tools": "GPL-2.0-or-later",
    **{f"linux-libc-dev{cross}": "GPL-2.0-only WITH Linux-syscall-note"
       for cross in ("", "-arm64-cross", "-armhf-cross", "-riscv64-cross")},
}


def read(*path: str) -> str:
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def rows(text: str) -> List[List[str]]:
    return [line.split() for line in text.splitlines() if line and not line.startswith("#")]


def release_date(top: str) -> datetime.datetime:
    found = re.search(r"^## \S+ \((\d{4})-(\d\d)-(\d\d)\)$", read(top, "NEWS.md"), re.M)
    if not found:
        sys.exit("NEWS.md: no heading such as: ## 1.2.3 (2026-01-31)")
    return datetime.datetime(*map(int, found.groups()), tzinfo=datetime.timezone.utc)


def version_of(top: str) -> str:
    version = read(top, "VERSION").strip()
    if not re.search(rf"^## {re.escape(version)} \(", read(top, "NEWS.md"), re.M):
        sys.exit(f"NEWS.md says nothing of version {version}, which stands in VERSION")
    return version


def write_tar(out: str, files: List[Tuple[str, str]], date: datetime.datetime, packed: bool,
              instead: Optional[Dict[str, bytes]] = None) -> None:
    """Files under their names in the archive; all belong to root and are of one date. INSTEAD has other
    content for some of the names."""
    with open(out, "wb") as raw:
        stream: Any = gzip.GzipFile("", "wb", 9, raw, mtime=0) if packed else raw
        with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as tar:
            for name, path in sorted(files):
                with open(path, "rb") as file:
                    content = (instead or {}).get(name, file.read())
                info = tarfile.TarInfo(name)
                info.mode = 0o755 if os.access(path, os.X_OK) and content[:2] in (b"#!", b"\x7fE") else 0o644
                info.mtime = int(date.timestamp())
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
        if packed:
            stream.close()


def files_below(folder: str) -> List[str]:
    return [os.path.relpath(os.path.join(where, name), folder) for where, _, names in os.walk(folder) for name in names]


def image_archive(kind: str, version: str) -> str:
    """The name of the archive of //packaging:KIND."""
    return f"{NAME}-{version}-{kind.replace('_', '-')}.oci.tar"


def pantavisor_archive(arch: str, version: str) -> str:
    return f"{NAME}-{version}-pantavisor-{arch}.pvrexport.tgz"


def with_registry(kustomization: str, registry: str) -> str:
    """The manifests' base with the image's name in the REGISTRY, if there is one."""
    line = f"  - name: {NAME}\n"
    if not registry:
        return kustomization
    if line not in kustomization:
        sys.exit(f"packaging/kubernetes/{KUSTOMIZATION} no longer has: {line.strip()}")
    return kustomization.replace(line, f"{line}    newName: {registry}/{NAME}\n")


def write_image(out: str, layout: str, date: datetime.datetime) -> None:
    """The archive of an image. An archive that is called without a tag has to have one image, so of the
    layout's names only that of the index goes into it."""
    index = json.loads(read(layout, "index.json"))
    index["manifests"] = [one for one in index["manifests"] if one["mediaType"] == INDEX]
    write_tar(out, [(name, os.path.join(layout, name)) for name in files_below(layout)], date, packed=False,
              instead={"index.json": json.dumps(index, sort_keys=True, separators=(",", ":")).encode()})


# The bill of materials: SPDX 2.3, https://spdx.github.io/spdx-spec/v2.3/.

def pins(workspace: str) -> Dict[str, Tuple[str, str]]:
    """Name, address and SHA-256 of each archive that WORKSPACE or MODULE.bazel pins. Starlark's calls are Python's."""
    found = {}
    for node in ast.walk(ast.parse(workspace)):
        if not isinstance(node, ast.Call):
            continue
        if "sha256" in [word.arg for word in node.keywords]:
            words = {word.arg: ast.literal_eval(word.value) for word in node.keywords
                     if word.arg in ("name", "sha256", "url", "urls")}
            found[words["name"]] = (words.get("url") or words["urls"][0], words["sha256"])
    return found


def package(name: str, version: str, license_name: str, location: str, **more: Any) -> Dict[str, Any]:
    return {
        "SPDXID": "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", name),
        "name": name,
        "versionInfo": version,
        "downloadLocation": location,
        "filesAnalyzed": False,
        "licenseConcluded": license_name,
        "licenseDeclared": license_name,
        "copyrightText": "NOASSERTION",
        **more,
    }


def checksum(value: str) -> List[Dict[str, str]]:
    return [{"algorithm": "SHA256", "checksumValue": value}]


def installed(name: str) -> Tuple[str, str]:
    """Version and architecture of a package of this machine."""
    done = subprocess.run(["dpkg-query", "-W", "-f", "${Version} ${Architecture}\\n", name], check=False,
                          stdout=subprocess.PIPE, encoding="ascii")
    if done.returncode != 0:
        sys.exit(f"the build uses Debian's package {name}, and it is not installed")
    version, architecture = done.stdout.split("\n", 1)[0].split()
    return version, architecture


def is_overridden(top: str, name: str) -> bool:
    """Was it built from Debian's source package, not from what WORKSPACE names?"""
    path = os.path.join(top, "user.bazelrc")
    return os.path.exists(path) and f'"--override_repository={name}=' in read(path)


def patches_of(top: str, name: str) -> List[str]:
    folder = "toolchains/patches"
    return [f"{folder}/{file}" for file in sorted(os.listdir(os.path.join(top, folder)))
            if file.startswith(f"{name}_") and file.endswith(".patch")]


def purl(name: str, version: str, architecture: str) -> List[Dict[str, str]]:
    locator = f"pkg:deb/debian/{name}@{version.replace('+', '%2B').replace(':', '%3A')}?arch={architecture}"
    return [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": locator}]


def document_namespace(homepage: str, name: str) -> str:
    """An address of our own, or, where there is none, a name that is as unique."""
    return f"{homepage.rstrip('/')}/spdx/{name}" if homepage else uuid.uuid5(uuid.NAMESPACE_OID, name).urn


def bill_of_materials(top: str, version: str, date: datetime.datetime, revision: str) -> Dict[str, Any]:
    homepage = identity.load(os.path.join(top, "packaging/identity.txt"))["homepage"]
    own = package(NAME, version, licenses.PRODUCT, "NOASSERTION", primaryPackagePurpose="APPLICATION",
                  **({"homepage": homepage} if homepage else {}))
    packages = [own]
    relations = [("SPDXRef-DOCUMENT", "DESCRIBES", own["SPDXID"])]
    debian = {row[0]: row[1:] for row in rows(read(top, "toolchains/debian_sources.txt"))}
    for name, (location, digest) in sorted(pins(read(top, "WORKSPACE")).items()):
        if name not in REPOSITORIES:
            sys.exit(f"packaging/release.py does not know the repository {name} of WORKSPACE")
        license_name, relation = REPOSITORIES[name]
        found = re.search(r"\d+(?:[.-]\d+)*", location.rsplit("/", 1)[-1])
        assert found, location
        one = package(name, found.group(0), license_name, location, checksums=checksum(digest))
        if name in debian and is_overridden(top, name):
            source, number, _, file, value = debian[name]
            one = package(name, number, license_name, "NOASSERTION", checksums=checksum(value),
                          externalRefs=purl(source, number, "source"))
            one["sourceInfo"] = f"taken from Debian's source package: {file} (SHA-256 {value})"
            one["comment"] = f"Without Debian's, WORKSPACE takes {found.group(0)}: {location} (SHA-256 {digest})"
        if patches := patches_of(top, name):
            one["sourceInfo"] = "; ".join(filter(None, (one.get("sourceInfo"), "patched: " + ", ".join(patches))))
        packages.append(one)
        if relation == LINKED:
            relations.append((own["SPDXID"], LINKED, one["SPDXID"]))
        else:
            relations.append((one["SPDXID"], relation, own["SPDXID"]))
    for name in LIBGCC:
        number, architecture = installed(name)
        one = package(name, number, licenses.LIBGCC, "NOASSERTION", externalRefs=purl(name, number, architecture))
        packages.append(one)
        relations.append((own["SPDXID"], LINKED, one["SPDXID"]))
    for name, license_name in BUILD_TOOLS.items():
        number, architecture = installed(name)
        one = package(name, number, license_name, "NOASSERTION", externalRefs=purl(name, number, architecture))
        packages.append(one)
        relations.append((one["SPDXID"], "BUILD_TOOL_OF", own["SPDXID"]))
    # Both have the same emulators; the container of pantavisor, few of each package.
    containers = [package(f"{NAME}-{kind}", version, "", "NOASSERTION", primaryPackagePurpose="CONTAINER")
                  for kind in ("image", "pantavisor")]
    packages += containers
    expressions = {licenses.PRODUCT, licenses.EMULATORS}
    texts = set()
    for one in containers:
        relations += [("SPDXRef-DOCUMENT", "DESCRIBES", one["SPDXID"]), (one["SPDXID"], "CONTAINS", own["SPDXID"])]
    for arch in ARCHITECTURES:
        # What was taken, which is not always what is pinned.
        for word, *words in rows(read(emulators_file(top, arch))):
            if word == "emulators":
                _, architecture, name, number, digest = words
                emulators = package(f"{name}-{architecture}", number, licenses.EMULATORS, "NOASSERTION",
                                    checksums=checksum(digest), externalRefs=purl(name, number, architecture))
                packages.append(emulators)
                relations += [(one["SPDXID"], "CONTAINS", emulators["SPDXID"]) for one in containers]
            elif word == "built-using":
                name, number = words
                if name not in licenses.EMULATORS_PARTS:
                    sys.exit(f"packaging/release.py does not know the source {name}, which is in the emulators for {arch}")
                part = package(f"{name}-{number}", number, licenses.EMULATORS_PARTS[name], "NOASSERTION",
                               externalRefs=purl(name, number, "source"))
                if part not in packages:
                    packages.append(part)
                    expressions.add(licenses.EMULATORS_PARTS[name])
                relations.append((emulators["SPDXID"], LINKED, part["SPDXID"]))
            else:
                architecture, _, name, number, digest = words
                texts.add(f"{name} {number} {architecture} (SHA-256 {digest})")
    for one in containers:
        one["licenseConcluded"] = one["licenseDeclared"] = licenses.all_of(expressions)
        one["comment"] = "Texts of licences are from Debian's packages " + ", ".join(sorted(texts))
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"{NAME}-{version}",
        "documentNamespace": document_namespace(homepage, f"{NAME}-{version}-{revision}"),
        "creationInfo": {"created": date.strftime("%Y-%m-%dT%H:%M:%SZ"), "creators": [f"Tool: {NAME}-release"]},
        "packages": packages,
        "relationships": [{"spdxElementId": a, "relationshipType": kind, "relatedSpdxElement": b}
                          for a, kind, b in relations],
    }


def emulators_file(top: str, arch: str) -> str:
    """What the emulators for ARCH were taken from."""
    return os.path.join(top, "bazel-bin/packaging/image", f"emulators_{arch}.txt")


def require_pinned(top: str) -> None:
    """The image has to hold what is pinned."""
    paths = [emulators_file(top, arch) for arch in ARCHITECTURES]
    done = subprocess.run([sys.executable, os.path.join(top, "packaging/image/fetch.py"), "--check", *paths], check=False)
    if done.returncode != 0:
        sys.exit("the image is not the one that this commit pins: write the lines above into the files that they name, "
                 "commit, and make the release again; or say --any-emulators")


def gather(top: str, out: str) -> None:
    version = version_of(top)
    date = release_date(top)
    built = os.path.join(top, "bazel-bin")
    full = f"{NAME}-{version}"

    def copy(source: str, name: str, mode: int) -> None:
        target = os.path.join(out, name)
        shutil.copyfile(source, target)
        os.chmod(target, mode)

    os.makedirs(out)
    for arch in ARCHITECTURES:
        copy(f"{built}/{NAME}_{arch}", f"{full}-{arch}", 0o755)
        copy(f"{built}/boot/initramfs_{arch}.cpio.gz", f"{full}-initramfs-{arch}.cpio.gz", 0o644)
        copy(f"{built}/packaging/pantavisor/{arch}.pvrexport.tgz", pantavisor_archive(arch, version), 0o644)
    copy(f"{built}/boot/{NAME}-buildroot.tar.gz", f"{full}-buildroot.tar.gz", 0o644)
    copy(f"{built}/boot/meta-{NAME}.tar.gz", f"{full}-yocto.tar.gz", 0o644)
    for arch in DEBIAN:
        copy(f"{built}/packaging/deb/{NAME}_{arch}.deb", f"{NAME}_{version}_{arch}.deb", 0o644)
    for kind in ("image", "image_bare"):
        write_image(os.path.join(out, image_archive(kind, version)), f"{built}/packaging/image/{kind}", date)
    manifests = os.path.join(top, "packaging/kubernetes")
    registry = identity.load(os.path.join(top, "packaging/identity.txt"))["registry"]
    write_tar(os.path.join(out, f"{full}-kubernetes.tar.gz"),
              [(f"{full}-kubernetes/{name}", os.path.join(manifests, name)) for name in files_below(manifests)
               if name.startswith(("base/", "overlays/", "remove/")) or name == "README.md"], date, packed=True,
              instead={f"{full}-kubernetes/{KUSTOMIZATION}": with_registry(read(manifests, KUSTOMIZATION), registry).encode()})
    sources = subprocess.run(["git", "-C", top, "-c", "tar.umask=0022", "archive", "--format=tar", f"--prefix={full}/", "HEAD"],
                             check=True, stdout=subprocess.PIPE).stdout
    with open(os.path.join(out, f"{full}.tar.gz"), "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
        packed.write(sources)
    copy(os.path.join(top, "NEWS.md"), "NEWS.md", 0o644)
    revision = subprocess.run(["git", "-C", top, "rev-parse", "--short=12", "HEAD"], check=True,
                              stdout=subprocess.PIPE, encoding="ascii").stdout.strip()
    with open(os.path.join(out, f"{full}.spdx.json"), "w", encoding="utf-8") as file:
        json.dump(bill_of_materials(top, version, date, revision), file, indent=2, sort_keys=True)
        file.write("\n")
    with open(os.path.join(out, "SHA256SUMS"), "w", encoding="ascii") as file:
        for name in sorted(set(os.listdir(out)) - {"SHA256SUMS"}):
            with open(os.path.join(out, name), "rb") as content:
                file.write(f"{hashlib.sha256(content.read()).hexdigest()}  {name}\n")


if __name__ == "__main__":
    arguments = [word for word in sys.argv[1:] if word != "--any-emulators"]
    if len(arguments) == len(sys.argv) - 1:
        require_pinned(arguments[0])
    gather(arguments[0], arguments[1])
