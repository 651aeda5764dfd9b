#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Has the programs that users run meet handlers of the product.

clients.py PRODUCT [NAME]...

Each client is NAME.sh, which runs on a machine of its own (see namespaces.py), where the product has registered emulators,
and where a Debian has the client. What the script writes to descriptor 3 is compared. Two Debian roots are kept in
the cache: "host", with the clients, and that for arm64, which mmdebstrap_arm64 makes anew each time, and which the others
use. Needs Debian's package mmdebstrap, and Linux 6.7.
"""

import concurrent.futures
import hashlib
import os
import re
import shutil
import sys
import tempfile
import time
from typing import Dict, List, NamedTuple, Tuple

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.join(HERE, "../..")
sys.path[:0] = [os.path.join(TOP, "boot"), HERE]

import fetch  # noqa: E402  # pylint: disable=wrong-import-position
import namespaces  # noqa: E402  # pylint: disable=wrong-import-position

SUITE = "bookworm"
PACKAGES = (
    "adduser", "arch-test", "buildah", "cargo", "cmake", "crun", "debootstrap", "docker.io", "gcc-aarch64-linux-gnu",
    "golang-go", "iproute2", "libc6-dev-arm64-cross", "make", "mmdebstrap", "pbuilder", "podman", "qemu-user-static",
    "rootlesskit", "sbuild", "schroot", "systemd", "systemd-container", "uidmap",
)
UNWANTED = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*")
# Rust's standard library as ARM code, which cargo links. Only unpacked: what it depends on would bring a second C library
# beside that of gcc-aarch64-linux-gnu.
RUST = ('cd "$1/tmp" && APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get -q download libstd-rust-dev:arm64 && '
        'dpkg-deb -x libstd-rust-dev_*.deb "$1" && rm libstd-rust-dev_*.deb')
# One without privileges, with the usual range of ids.
USER = 'chroot "$1" useradd --create-home --shell=/bin/sh --uid=1000 user'
BUILT, RUN = "built on aarch64 as 0\n", "run on aarch64\n"


class Client(NamedTuple):
    """What NAME.sh writes, and what its machine has."""

    name: str
    result: str
    targets: Tuple[str, ...] = ("arm64",)
    user: str = "root"
    network: bool = False


def asked(architecture: str, perl: str) -> str:
    return f"{architecture}\napt-get for {architecture}\nperl for {perl}, 6 * 7 = 42\n"


# They take minutes, so both run at once; the first one's root is what the clients behind use.
MAKERS = (
    Client("mmdebstrap_arm64", asked("arm64", "aarch64-linux-gnu-thread-multi"), network=True),
    Client("mmdebstrap_riscv64", asked("riscv64", "riscv64-linux-gnu-thread-multi"), ("riscv64",), network=True),
)
CLIENTS = (
    Client("no_handler", "status 3\n", ()),
    Client("arch_test", "".join(f"{name}: ok\n" for name in ("arm64", "armhf", "ppc64el", "riscv64", "s390x", "arm64")),
           ("all",)),
    Client("buildah", BUILT),
    Client("buildah_rootless", BUILT, user="user"),
    Client("dockerd", "".join(f"BuildKit {kit}: {line}\n" for kit in "01" for line in (BUILT + RUN).splitlines()),
           user="user"),
    Client("nspawn", "aarch64\narm64\n42\n"),
    Client("pbuilder", "aarch64\napt-get for arm64\n"),
    Client("podman", BUILT + RUN),
    Client("podman_rootless", 2 * (BUILT + RUN), user="user"),
    Client("run_apt", "daemon\naarch64\n", (), "user"),
    Client("run_buildah", BUILT, (), "user"),
    Client("run_cargo", "test uname ... ok\n", (), "user"),
    Client("run_ctest", "100% tests passed, 0 tests failed out of 3\n", (), "user"),
    Client("run_go", "ok  \tuname\n", (), "user"),
    Client("run_setuid", "0 becomes 0\n0 becomes 5\n", (), "user"),
    Client("sbuild", "Package: small\nArchitecture: arm64\naarch64\n"),
    Client("schroot", "aarch64\n42\narm64\n1000\n/srv/arm64/usr/bin/qemu-aarch64-static\n"),
    Client("update_binfmts", "aarch64\n/usr/libexec/qemu-binfmt/aarch64-binfmt-P\n", ()),
)


def kept(name: str) -> str:
    folder = os.path.join(os.path.dirname(fetch.cache()), "clients")
    os.makedirs(folder, exist_ok=True)
    return os.path.join(folder, name)


def host() -> str:
    """The tarball of the Debian with the clients; made where it is missing, in namespaces as well: no package's
    script meets this machine."""
    recipe = ["--variant=minbase", "--architectures=amd64,arm64", "--include=" + ",".join(PACKAGES),
              *(f"--dpkgopt=path-exclude={pattern}" for pattern in UNWANTED),
              *(f"--customize-hook={hook}" for hook in (RUST, USER)), SUITE]
    path = kept(f"host-{hashlib.sha256(repr(recipe).encode()).hexdigest()[:12]}.tar")
    if not os.path.exists(path):
        print("== a Debian with the clients", flush=True)
        source = f"deb [signed-by={fetch.KEYRING}] {fetch.mirror()}/debian {SUITE} main"
        with tempfile.NamedTemporaryFile(dir=os.path.dirname(path)) as out:
            # dpkg waits for no disk there.
            namespaces.run(["sh", "-c", 'mount -t tmpfs tmpfs /tmp && exec "$@"', "sh",
                            "mmdebstrap", "--quiet", "--mode=root", *recipe, "-", source], stdout=out)
            os.link(out.name, path)
    return path


def snippets() -> Dict[str, str]:
    """What docs/run.md says behind its marks "<!-- test: NAME -->"."""
    with open(os.path.join(TOP, "docs/run.md"), encoding="utf-8") as file:
        found = re.findall(r"^<!-- test: (\w+) -->\n((?:    .*\n)+)", file.read(), re.M)
    return {name: re.sub(r"^    ", "", text, flags=re.M) for name, text in found}


class Run:
    """The clients, and how many of them failed."""

    def __init__(self, product: str) -> None:
        self._machines = namespaces.Machines(product)
        share = self._machines.folder + "/share"
        for name, text in {**{f"run_{name}": text for name, text in snippets().items()}, "mirror": fetch.mirror()}.items():
            with open(f"{share}/{name}", "w", encoding="utf-8") as file:
                file.write(text)
        self._arm64 = share + "/arm64.tar"
        self._machines.unpack("host", host())
        self.passed = 0
        self.failed = 0

    def one(self, client: Client) -> bool:
        begin = time.monotonic()
        try:
            answer = self._machines.run(client.name, client.user, list(client.targets), client.network)
        except (namespaces.MachineError, OSError) as error:
            answer = namespaces.Answer(-1, "", str(error))
        took = f"{time.monotonic() - begin:.0f} s"
        good = (answer.status, answer.result) == (0, client.result)
        if good:
            print(f"ok      {client.name} ({took})", flush=True)
            self.passed += 1
        else:
            print(f"{answer.log}\nFAILED  {client.name} ({took}): status {answer.status}, wrote {answer.result!r}, "
                  f"wanted {client.result!r}", flush=True)
            self.failed += 1
        return good

    def all(self, names: List[str]) -> None:
        def chosen(client: Client) -> bool:
            return not names or client.name in names

        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            makers = {client.name: pool.submit(self.one, client) for client in MAKERS if chosen(client)}
            others = [client for client in CLIENTS if chosen(client)]
            if others or "mmdebstrap_arm64" in makers:
                self.prepare_arm64(makers)
            for client in others:
                self.one(client)

    def prepare_arm64(self, makers: Dict[str, concurrent.futures.Future]) -> None:
        """The root that mmdebstrap makes here and now, or, where it is not asked for, has made before."""
        cached = kept("arm64.tar")
        maker = makers.get(MAKERS[0].name)
        if maker or not os.path.exists(cached):
            if not (maker.result() if maker else self.one(MAKERS[0])):
                raise namespaces.MachineError("there is no root for arm64")
            shutil.copy(self._arm64, cached + ".new")
            os.rename(cached + ".new", cached)
        else:
            shutil.copy(cached, self._arm64)
        self._machines.unpack("arm64", self._arm64)

    def remove(self) -> None:
        self._machines.remove()


def main() -> int:
    product, *names = sys.argv[1:]
    unknown = set(names) - {client.name for client in MAKERS + CLIENTS}
    if unknown:
        sys.exit(f"clients.py: there is no client {', '.join(sorted(unknown))}")
    run = Run(product)
    try:
        run.all(names)
    except namespaces.MachineError as error:
        run.failed += 1
        print(f"FAILED  {error}")
    finally:
        run.remove()
    print(f"{run.passed} passed, {run.failed} failed")
    return 1 if run.failed else 0


if __name__ == "__main__":
    sys.exit(main())
