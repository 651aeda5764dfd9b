#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Uses the container images with the tools that people have.

image_test.py IMAGE BARE FOREIGN: the OCI layouts with and without emulators, and a static
arm64 program, such as binfmtbox_arm64, whose --version is asked for.

skopeo copies the image, umoci unpacks it, crun and podman run it, on a node that is a
private namespace (see ../kubernetes/node.py). Needs Debian's packages crun, podman,
skopeo and umoci, and Linux 6.7.
"""

import hashlib
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tarfile
import tempfile
import time
from typing import Any, Dict, List, Tuple

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.join(HERE, "../..")
sys.path[:0] = [os.path.join(HERE, "../kubernetes"), os.path.join(HERE, "../../docs"), os.path.join(HERE, "..")]

from cases import Failure, expect, run_cases  # noqa: E402  # pylint: disable=wrong-import-position
from node import Answer, Node  # noqa: E402  # pylint: disable=wrong-import-position
import identity  # noqa: E402  # pylint: disable=wrong-import-position
import licenses  # noqa: E402  # pylint: disable=wrong-import-position
import pod  # noqa: E402  # pylint: disable=wrong-import-position
import readme  # noqa: E402  # pylint: disable=wrong-import-position
import release  # noqa: E402  # pylint: disable=wrong-import-position

# Ours, those of OCI, and e_machine.
ARCHITECTURES = {
    "x86_64": ("amd64", "", 62),
    "arm64": ("arm64", "v8", 183),
    "armv7": ("arm", "v7", 40),
    "riscv64": ("riscv64", "", 243),
}
# What the image has for whom: the targets of Docker's official images but those that the
# machine runs by itself.
TARGETS = ["aarch64", "arm", "i386", "loongarch64", "mips64", "mips64el", "ppc64le", "riscv64", "s390x", "x86_64"]
NATIVE = {"x86_64": ["i386", "x86_64"], "arm64": ["aarch64"], "armv7": ["arm"], "riscv64": ["riscv64"]}
LICENSES = ["Apache-2.0", "Artistic", "CC0-1.0", "GFDL-1.2", "GFDL-1.3", "GPL", "GPL-2", "GPL-3", "LGPL", "LGPL-2",
            "LGPL-2.1", "LGPL-3", "MPL-1.1"]
# What is linked into the emulators.
SOURCES = {
    "x86_64": ["capstone", "gcc-14", "glib2.0", "glibc", "sysprof", "zlib"],
    "arm64": ["capstone", "gcc-14", "glib2.0", "glibc", "sysprof", "zlib"],
    "armv7": ["capstone", "gcc-12", "glib2.0", "glibc", "gnutls28", "liburing", "zlib"],
    "riscv64": ["capstone", "gcc-14", "glib2.0", "glibc", "sysprof", "zlib"],
}

TRIPLES = {
    "arm64": "aarch64-linux-musl", "armv7": "armv7-linux-musl", "riscv64": "riscv64-linux-musl",
    "x86_64": "x86_64-linux-musl",
}
PROGRAM_FILES = ["usr/bin/binfmt", "usr/share/doc/binfmtbox/LICENSE", "usr/share/doc/binfmtbox/copyright"]
FOREIGN = ["linux/arm/v7", "linux/arm/v6", "linux/arm64", "linux/riscv64", "linux/mips64",
           "linux/mips64le", "linux/ppc64le", "linux/s390x", "linux/loong64"]
# exit(0) for i386: mov $1, %eax; xor %ebx, %ebx; int $0x80.
I386_CODE = b"\xb8\1\0\0\0\x31\xdb\xcd\x80"
I386 = struct.pack("<4s12B2H5I6H8I", b"\x7fELF", 1, 1, 1, *[0] * 9, 2, 3, 1, 0x8048054, 52, 0, 0, 52, 32, 1, 0, 0, 0,
                   1, 0, 0x8048000, 0x8048000, 84 + len(I386_CODE), 84 + len(I386_CODE), 5, 0x1000) + I386_CODE


# Linux's words for what the levels 2 to 4 of x86-64's psABI have.
LEVELS = ["cx16 lahf_lm popcnt pni sse4_1 sse4_2 ssse3", "avx avx2 bmi1 bmi2 f16c fma abm movbe xsave",
          "avx512f avx512bw avx512cd avx512dq avx512vl"]


def run(*words: str) -> str:
    done = subprocess.run(words, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, encoding="utf-8")
    if done.returncode != 0:
        raise Failure(f"{' '.join(words)}: status {done.returncode}: {done.stderr}")
    return done.stdout


def version() -> str:
    with open(os.path.join(HERE, "../../VERSION"), encoding="utf-8") as file:
        return file.read().strip()


def wanted_files(arch: str, bare: bool) -> List[str]:
    if bare:
        return PROGRAM_FILES
    emulators = [f"usr/bin/qemu-{name}-static" for name in TARGETS if name not in NATIVE[arch]]
    return sorted(PROGRAM_FILES + emulators +
                  [f"usr/share/doc/qemu-user-static/{name}" for name in ("copyright", "version")] +
                  [f"usr/share/doc/{name}/copyright" for name in SOURCES[arch]] +
                  [f"usr/share/common-licenses/{name}" for name in LICENSES])


def is_static(path: str, machine: int) -> bool:
    """Is it an ELF file for MACHINE that names no loader?"""
    with open(path, "rb") as file:
        head = file.read(64)
        if head[:4] != b"\x7fELF" or int.from_bytes(head[18:20], "little") != machine:
            return False
        wide = head[4] == 2
        start, size = (32, 8) if wide else (28, 4)
        offset = int.from_bytes(head[start:start + size], "little")
        step, count = (int.from_bytes(head[at:at + 2], "little") for at in ((54, 56) if wide else (42, 44)))
        file.seek(offset)
        table = file.read(step * count)
    interpreter = 3  # PT_INTERP
    return all(int.from_bytes(table[i * step:i * step + 4], "little") != interpreter for i in range(count))


class Container:
    """What `docker run [--privileged] [--pid=host] IMAGE WORDS` is on a node."""

    def __init__(self, node: Node, root: str) -> None:
        self._node = node
        self._root = root

    def run(self, words: List[str], privileged: bool = True, host_pid: bool = False, **changes: Any) -> Answer:
        spec = {"hostPID": host_pid, "containers": [{"args": words, "securityContext": {"privileged": privileged}}]}
        folder = tempfile.mkdtemp(prefix="binfmtbox-container-")
        config = pod.runtime_spec(spec, self._root)
        # The node is a user namespace, where any mount needs that word.
        options = ["--userns"] if words[:1] != ["--version"] and (not words or words[0].startswith("-")) else []
        config["process"]["args"] = ["/usr/bin/binfmt", *words, *options]
        config["mounts"] += changes.pop("more_mounts", [])
        config.update(changes)
        with open(os.path.join(folder, "config.json"), "w", encoding="utf-8") as file:
            json.dump(config, file)
        answer = self._node.run(["crun", f"--root={folder}/state", "--cgroup-manager=disabled", "run", "--bundle", folder,
                                 "test"])
        shutil.rmtree(folder)
        return answer


class Test:
    """Each method that begins with test_ is one case."""

    def __init__(self, image: str, bare: str, foreign: str) -> None:
        self.layouts = {"image": image, "image_bare": bare}
        self.foreign = foreign
        self.folder = tempfile.mkdtemp(prefix="binfmtbox-image-")
        self.roots: Dict[Tuple[str, str], str] = {}
        self.natives = self.ask_machine()
        self.all = self.natives + FOREIGN

    def root(self, name: str, arch: str) -> str:
        """The unpacked image, by umoci."""
        if (name, arch) not in self.roots:
            bundle = os.path.join(self.folder, f"{name}-{arch}")
            run("umoci", "unpack", "--rootless", "--image", f"{self.layouts[name]}:{version()}-{arch}", bundle)
            self.roots[name, arch] = os.path.join(bundle, "rootfs")
        return self.roots[name, arch]

    def archive(self, name: str) -> str:
        """The image's file of a release, under the name that users see."""
        path = os.path.join(self.folder, release.image_archive(name, version()))
        if not os.path.exists(path):
            release.write_image(path, self.layouts[name], release.release_date(TOP))
        return path

    def node(self, mounted: bool = True) -> Node:
        node = pod.node_for_pods()
        if mounted:
            node.run(["mount", "-t", "binfmt_misc", "binfmt_misc", "/proc/sys/fs/binfmt_misc"])
        return node

    def ask_machine(self) -> List[str]:
        """What it runs by itself. Not every x86_64 kernel runs i386's programs."""
        path = os.path.join(self.folder, "i386")
        with open(path, "wb") as file:
            file.write(I386)
        os.chmod(path, 0o755)
        # Where no handler takes it.
        node = self.node()
        answer = node.run(["sh", "-c", f"exec {path}"])
        node.stop()
        if answer.status not in (0, 126):
            raise Failure(f"a program for i386 ended with {answer.status}: {answer.text}")
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            flags = next(set(line.split()) for line in file if line.startswith("flags"))
        levels = [f"linux/amd64/v{i}" for i in (2, 3, 4) if flags.issuperset(" ".join(LEVELS[:i - 1]).split())]
        return ["linux/amd64", *levels, *(["linux/386"] if answer.status == 0 else [])]

    @staticmethod
    def let_it_age() -> None:
        """Makes the node's instance of binfmt_misc older than the containers to come: when they
        began is known to them to the second only."""
        time.sleep(2)

    def state(self, answer: Answer) -> Dict[str, Any]:
        """The JSON of its last line; the status has to be 0."""
        if answer.status != 0:
            raise Failure(f"status {answer.status}: {answer.text}")
        found: Dict[str, Any] = json.loads(answer.text.rstrip("\n").rsplit("\n", 1)[-1])
        return found

    # The files.

    def test_index_names_all_architectures(self) -> None:
        for layout in self.layouts.values():
            index = json.loads(run("skopeo", "inspect", "--raw", f"oci:{layout}:{version()}"))
            platforms = [(entry["platform"]["os"], entry["platform"]["architecture"],
                          entry["platform"].get("variant", "")) for entry in index["manifests"]]
            expect("platforms", platforms, [("linux", name, variant) for name, variant, _ in ARCHITECTURES.values()])

    def test_skopeo_chooses_and_copies(self) -> None:
        for arch, (name, variant, _) in ARCHITECTURES.items():
            choice = [f"--override-arch={name}", *([f"--override-variant={variant}"] if variant == "v7" else [])]
            for layout_name, layout in self.layouts.items():
                facts = json.loads(run("skopeo", *choice, "inspect", "--config", f"oci:{layout}:{version()}"))
                expect("architecture", facts["architecture"], name)
                expect("entry point", facts["config"]["Entrypoint"], ["/usr/bin/binfmt"])
                expect("version", facts["config"]["Labels"]["org.opencontainers.image.version"], version())
                copy = os.path.join(self.folder, f"{layout_name}-{arch}.tar")
                run("skopeo", *choice, "copy", "--quiet", f"oci:{layout}:{version()}", f"docker-archive:{copy}:x:y")

    def test_labels(self) -> None:
        words = dict(line.split() for line in run(os.path.join(TOP, "toolchains/revision.sh")).splitlines())
        known = identity.load(os.path.join(HERE, "../identity.txt"))
        date = time.gmtime(int(words["STABLE_COMMIT_DATE"])) if "STABLE_COMMIT_DATE" in words else None
        created = time.strftime("%Y-%m-%dT%H:%M:%SZ", date or release.release_date(TOP).timetuple())
        for name, layout in self.layouts.items():
            facts = json.loads(run("skopeo", "inspect", "--config", f"oci:{layout}:{version()}"))
            labels = facts["config"]["Labels"]
            # It has no base, and so no base.name.
            expect(f"labels of {name}", labels, {f"org.opencontainers.image.{key}": value for key, value in {
                "title": "binfmtbox", "version": version(), "created": created,
                "description": "Registers emulators, so that this machine runs programs built for other processors",
                "revision": words["STABLE_REVISION"].replace("unknown", ""),
                "licenses": licenses.containers() if name == "image" else licenses.PRODUCT,
                "authors": known["maintainer"], "source": known["source"], "url": known["homepage"]}.items() if value})
            expect("created", facts["created"], created)
            index = json.loads(run("skopeo", "inspect", "--raw", f"oci:{layout}:{version()}"))
            expect("the index's", index["annotations"], labels)
            for one in index["manifests"]:
                with open(f"{layout}/blobs/sha256/{one['digest'][7:]}", encoding="utf-8") as file:
                    expect("a manifest's", json.load(file)["annotations"], labels)

    def test_archive_of_a_release_has_one_image(self) -> None:
        for kind, layout in self.layouts.items():
            archive = self.archive(kind)
            with tarfile.open(archive) as tar:
                file = tar.extractfile("index.json")
                assert file
                shipped = json.load(file)["manifests"]
            # Without a tag, as README.md calls it.
            copy = os.path.join(self.folder, f"{kind}-copy")
            run("skopeo", "copy", "--quiet", "--all", f"oci-archive:{archive}", f"oci:{copy}:copy")
            index = run("skopeo", "inspect", "--raw", f"oci:{layout}:{version()}")
            expect("what is copied", run("skopeo", "inspect", "--raw", f"oci:{copy}:copy"), index)
            expect("index.json", shipped, [{
                "mediaType": "application/vnd.oci.image.index.v1+json",
                "digest": "sha256:" + hashlib.sha256(index.encode()).hexdigest(), "size": len(index),
                "annotations": {
                    # What containerd calls it; the pod's image has that name.
                    "io.containerd.image.name": f"docker.io/library/{pod.shipped()['containers'][0]['image']}",
                    "org.opencontainers.image.ref.name": version()}}])

    def test_nothing_but_what_belongs_there(self) -> None:
        for name in self.layouts:
            for arch, (_, _, machine) in ARCHITECTURES.items():
                root = self.root(name, arch)
                files = sorted(os.path.relpath(os.path.join(folder, file), root)
                               for folder, _, found in os.walk(root) for file in found)
                expect(f"files of {name} for {arch}", files, wanted_files(arch, name == "image_bare"))
                for file in files:
                    path = os.path.join(root, file)
                    expect(f"type of {file}", is_static(path, machine), file.startswith("usr/bin/"))
                    expect(f"mode of {file}", oct(os.stat(path).st_mode & 0o7777),
                           oct(0o755 if file.startswith("usr/bin/") else 0o644))

    # What people type.

    def test_without_words(self) -> None:
        node = self.node()
        expect("state", self.state(Container(node, self.root("image", "x86_64")).run([])),
               {"supported": self.natives, "emulators": []})
        node.stop()

    def test_install_all_and_run_when_the_image_is_gone(self) -> None:
        node = self.node()
        # A root of its own, which goes.
        root = os.path.join(self.folder, "gone")
        shutil.copytree(self.root("image", "x86_64"), root)
        found = self.state(Container(node, root).run(["--install", "all"]))
        expect("supported", found["supported"], self.all)
        expect("emulators", sorted(found["emulators"]),
               sorted(f"qemu-{name}" for name in TARGETS if name not in NATIVE["x86_64"]))
        expect("flags", {"F" in line and "C" in line for text in (node.entries() or {}).values()
                         for line in text.splitlines() if line.startswith("flags:")}, {True})
        shutil.rmtree(root)
        answer = node.run([self.foreign, "--version"])
        expect("status of an arm64 program", answer.status, 0)
        expect("what it prints", answer.text.splitlines()[-1], "built for aarch64-linux-musl")
        node.stop()

    def test_programs_of_the_other_images(self) -> None:
        node = self.node()
        self.state(Container(node, self.root("image", "x86_64")).run(["--install", "all"]))

        def run_in(arch: str, *words: str) -> str:
            """What the image's program prints in its image, by a handler that flag F keeps."""
            answer = node.run(["chroot", self.root("image", arch), "/usr/bin/binfmt", *words])
            expect(f"status of {words} for {arch}", answer.status, 0)
            return answer.text

        # Each image has this emulator.
        record = ("register", "--print", "record", "s390x")
        for arch, triple in TRIPLES.items():
            expect(f"target of that for {arch}", run_in(arch, "--version").splitlines()[3], f"built for {triple}")
            expect(f"help of that for {arch}", run_in(arch, "--help"), run_in("x86_64", "--help"))
            expect(f"record of that for {arch}", run_in(arch, *record), run_in("x86_64", *record))
        expect("record", ":/usr/bin/qemu-s390x-static:" in run_in("x86_64", *record), True)
        node.stop()

    def test_install_some_again_and_uninstall(self) -> None:
        node = self.node()
        self.let_it_age()
        container = Container(node, self.root("image", "x86_64"))
        # amd64 runs already: so it is in everybody's script.
        found = self.state(container.run(["--install", "arm64,arm,amd64"]))
        expect("emulators", found["emulators"], ["qemu-arm", "qemu-aarch64"])
        before = node.entries()
        expect("again", self.state(container.run(["--install", "linux/arm64,linux/arm/v7"])), found)
        expect("entries", node.entries(), before)
        found = self.state(container.run(["--uninstall", "arm64"]))
        expect("emulators", found["emulators"], ["qemu-arm"])
        found = self.state(container.run(["-install=riscv64", "-uninstall", "qemu-arm,qemu-s390x"]))
        expect("emulators", found["emulators"], ["qemu-riscv64"])
        node.write("register", ":jar:E::jar::/bin/true:")
        found = self.state(container.run(["--uninstall", "qemu-*"]))
        expect("emulators", found["emulators"], [])
        expect("entries of others", list(node.entries() or {}), ["jar"])
        node.stop()

    def test_entries_of_others_that_work_are_left_alone(self) -> None:
        node = self.node()
        first = Container(node, self.root("image", "x86_64"))
        self.state(first.run(["--install", "arm64", "-cno"]))
        before = node.entries()
        answer = first.run(["--install", "arm64"])
        expect("status", answer.status, 0)
        expect("entries", node.entries(), before)
        self.state(first.run(["--install", "arm64", "--replace"]))
        expect("swapped", "flags: POCF" in (node.entries() or {})["qemu-aarch64"], True)
        node.stop()

    def test_applets(self) -> None:
        node = self.node()
        container = Container(node, self.root("image", "x86_64"))
        expect("register", container.run(["register", "--mount", "--userns", "arm64"]).status, 0)
        # The instance of the user namespace, the host's on a host.
        expect("status", container.run(["status", "--userns", "arm64"]).status, 0)
        answer = container.run(["status", "arm64"])
        expect("status without consent", (answer.status, "--userns" in answer.text), (5, True))
        expect("probe", container.run(["status", "--probe", "arm64"]).status, 0)
        # The image was pulled anew.
        root = os.path.join(self.folder, "anew")
        self.let_it_age()
        shutil.copytree(self.root("image", "x86_64"), root)
        answer = Container(node, root).run(["register", "--mount", "--userns", "arm64"])
        expect("register again", (answer.status, "--replace swaps them" in answer.text), (0, True))
        answer = Container(node, root).run(["register", "--mount", "--userns", "--replace", "arm64"])
        expect("swap", (answer.status, "replaced" in answer.text), (0, True))
        shutil.rmtree(root)
        expect("clear", container.run(["clear", "--userns", "arm64"]).status, 0)
        expect("entries", node.entries(), {})
        expect("mount", container.run(["mount", "--userns"]).status, 0)
        node.stop()

    def test_version(self) -> None:
        node = self.node()
        text = Container(node, self.root("image", "x86_64")).run(["--version"]).text.splitlines()
        expect("version", text[0], f"binfmtbox {version()}")
        expect("QEMU's version", re.sub(r"[0-9][^,]*", "N", text[-1]), "QEMU N, of Debian package qemu-user")
        bare = Container(node, self.root("image_bare", "x86_64")).run(["--version"]).text.splitlines()
        expect("version of the bare image", bare, text[:-1])
        node.stop()

    def test_pod_of_the_daemon_set(self) -> None:
        """With all of the image's emulators; ../kubernetes has its tests with few."""
        node = self.node(mounted=False)
        shipped = pod.shipped()
        one = pod.Pod(node, shipped, self.root("image", "x86_64"))
        one.settle()
        expect(f"it is ready: {one.output()}", one.is_ready(shipped), True)
        expect("entries", sorted(node.entries() or {}),
               sorted(f"qemu-{name}" for name in TARGETS if name not in NATIVE["x86_64"]))
        expect("its end", one.end(), 0)
        answer = node.run([self.foreign, "--version"])
        expect("status of an arm64 program", answer.status, 0)
        node.stop()

    def test_pid_of_the_host(self) -> None:
        # Without a mount on the host the entries go with the container, unless it is made there.
        node = self.node(mounted=False)
        container = Container(node, self.root("image", "x86_64"))
        answer = container.run(["--install", "arm64"])
        expect("status without --pid=host", answer.status, 6)
        expect("fix", "--pid=host" in answer.text and "hostPID: true" in answer.text, True)
        self.state(container.run(["--install", "arm64", "--host"], host_pid=True))
        expect("entries", list(node.entries() or {}), ["qemu-aarch64"])
        node.stop()

    def test_podman(self) -> None:
        node = self.node(mounted=False)
        # The command of README.md, with what it takes in such a node: there are no cgroups, no
        # network, no other group than one, which terminals need, and no storage of the machine.
        program, verb, *words = readme.install_command("podman").split()
        self.archive("image")
        storage = os.path.join(self.folder, "podman")
        answer = node.run([
            "sh", "-c", 'cd "$1" && shift && exec "$@"', "sh", self.folder,
            program, f"--root={storage}/root", f"--runroot={storage}/run", "--storage-driver=vfs",
            "--cgroup-manager=cgroupfs", "--events-backend=file", "--runtime=crun", "--runtime-flag=cgroup-manager=disabled",
            verb, "--cgroups=no-conmon", "--network=none", "--mount=type=tmpfs,destination=/dev/pts", *words, "--userns",
            "--host"])
        expect("supported", self.state(answer)["supported"], self.all)
        answer = node.run([self.foreign, "--version"])
        expect("status of an arm64 program", answer.status, 0)
        node.stop()

    # What goes wrong.

    def test_unknown_words(self) -> None:
        node = self.node()
        container = Container(node, self.root("image", "x86_64"))
        for words, status, message in (
                (["--install", "arm65"], 2, 'unknown target "arm65"; did you mean armv5, arm64 or armeb'),
                (["--install", "foo,alpha"], 1, 'unknown target "foo"'),
                (["--instal", "all"], 2, '"--instal" is no option, unless with --install; see "IMAGE --help"'),
                (["--install="], 2, 'option --install needs a value, LIST; see "IMAGE --help"'),
                (["--uninstall=--all"], 2, 'option --uninstall takes names, not "--all"; see "IMAGE --help"'),
                (["arm64"], 127, 'there is no applet "arm64"; to register a target, say: --install arm64'),
                (["--install", "alpha"], 1, "qemu-alpha: there is no qemu-alpha-static")):
            answer = container.run(words)
            expect(f"status of {words}", answer.status, status)
            if message not in answer.text:
                raise Failure(f"{words}: {answer.text!r} lacks {message!r}")
            expect("entries", node.entries(), {})
        answer = container.run(["--install", "foo,arm64"])
        expect("status", answer.status, 1)
        expect("entries", list(node.entries() or {}), ["qemu-aarch64"])
        node.stop()

    def test_image_without_emulators(self) -> None:
        node = self.node()
        container = Container(node, self.root("image_bare", "x86_64"))
        answer = container.run(["--install", "all"])
        expect("status", answer.status, 1)
        expect("message", "there is no interpreter for any target" in answer.text, True)
        expect("entries", node.entries(), {})
        node.stop()

    def test_without_privileges(self) -> None:
        for mounted in (True, False):
            node = self.node(mounted)
            container = Container(node, self.root("image", "x86_64"))
            for words in (["--install", "all"], [], ["--uninstall", "qemu-*"]):
                answer = container.run(words, privileged=False)
                expect(f"status of {words}", answer.status, 5)
                expect(f"fix in {answer.text!r}", "--privileged" in answer.text and "privileged: true" in answer.text,
                       True)
            expect("entries", node.entries(), {} if mounted else None)
            node.stop()

    def test_read_only_proc(self) -> None:
        # A mount on it is one of its own.
        node = self.node()
        container = Container(node, self.root("image", "x86_64"))
        self.state(container.run(["--install", "arm64"], linux={
            "namespaces": [{"type": "mount"}, {"type": "pid"}], "readonlyPaths": ["/proc"]}))
        expect("entries", list(node.entries() or {}), ["qemu-aarch64"])
        node.stop()

    def test_read_only_registry(self) -> None:
        node = self.node()
        self.let_it_age()
        container = Container(node, self.root("image", "x86_64"))
        place = "/binfmt_misc"
        answer = container.run(["--mount", place, "--install", "arm64"], more_mounts=[
            {"destination": place, "source": "/proc/sys/fs/binfmt_misc", "options": ["bind", "ro"]}])
        expect("status", answer.status, 5)
        expect(f"message in {answer.text!r}", "read-only" in answer.text, True)
        expect("entries", node.entries(), {})
        node.stop()


if __name__ == "__main__":
    sys.exit(run_cases(Test(*(os.path.abspath(path) for path in sys.argv[1:]))))
