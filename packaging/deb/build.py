#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a Debian package of binfmtbox, around "dpkg-deb --build".

build.py --architecture amd64 --program PRODUCT OUT.deb, called in the top folder of
the sources. The same sources and the same product give the same bytes: all dates are
that of the release, which NEWS.md tells. For the source package (see debian/rules):
--tree FOLDER writes the files alone, --changelog FILE its changelog.
"""

import argparse
import datetime
import hashlib
import os
import re
import subprocess
import sys
import tempfile
import textwrap
from dataclasses import dataclass
from typing import Dict, List, Tuple

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

import identity  # noqa: E402  # pylint: disable=wrong-import-position

NAME = "binfmtbox"
APPLETS = ("mount", "register", "status", "clear", "run")
DOC = f"usr/share/doc/{NAME}"
MAINTAINER_SCRIPTS = ("postinst", "postrm", "prerm")
CONFFILES = (f"etc/default/{NAME}",)

# Section, Priority, Suggests and Description are those of the source package, too.
CONTROL = """\
Package: {name}
Version: {version}
Architecture: {architecture}
Maintainer: {maintainer}
{homepage}Installed-Size: {size}
{shared}"""


@dataclass(frozen=True)
class Copied:
    """A file of the sources and its place. moved: it names /usr/local/sbin, or where
    else the file is put by hand, and gets the package's paths."""

    source: str
    target: str
    mode: int = 0o644
    moved: Tuple[Tuple[str, str], ...] = ()
    compressed: bool = False


SBIN = ("/usr/local/sbin/", "/usr/sbin/")
EXAMPLES = f"{DOC}/examples"
COPIED = (
    Copied("boot/systemd/binfmtbox.default", CONFFILES[0]),
    # Unlike /lib/systemd/system, right for Debian 13 as well.
    Copied("boot/systemd/binfmtbox.service", "usr/lib/systemd/system/binfmtbox.service",
           moved=(SBIN, ("/etc/systemd/system/", "/usr/lib/systemd/system/"))),
    # dracut takes the module only where it is asked for it.
    Copied("boot/dracut/90binfmtbox/binfmtbox.sh", "usr/lib/dracut/modules.d/90binfmtbox/binfmtbox.sh", 0o755),
    Copied("boot/dracut/90binfmtbox/module-setup.sh", "usr/lib/dracut/modules.d/90binfmtbox/module-setup.sh", 0o755),
    Copied("boot/dracut/binfmtbox.conf", f"{EXAMPLES}/dracut/binfmtbox.conf"),
    # initramfs-tools takes whatever is in its own folders, so these are elsewhere.
    Copied("boot/initramfs-tools/hook", "usr/share/binfmtbox/initramfs-tools/hook", 0o755),
    Copied("boot/initramfs-tools/script", "usr/share/binfmtbox/initramfs-tools/script", 0o755),
    Copied("boot/initramfs-tools/binfmtbox.conf", "usr/share/binfmtbox/initramfs-tools/binfmtbox.conf"),
    # As init scripts these would have to follow Debian's rules for sysvinit.
    Copied("boot/openrc/binfmtbox", f"{EXAMPLES}/openrc/binfmtbox", 0o755),
    Copied("boot/openrc/binfmtbox.conf", f"{EXAMPLES}/openrc/binfmtbox.conf"),
    Copied("boot/busybox/inittab", f"{EXAMPLES}/busybox/inittab"),
    Copied("boot/busybox/rcS", f"{EXAMPLES}/busybox/rcS", 0o755),
    Copied("boot/sysv/S15binfmtbox", f"{EXAMPLES}/sysv/S15binfmtbox", 0o755),
    Copied("boot/mkinitcpio/binfmtbox.conf", f"{EXAMPLES}/mkinitcpio/binfmtbox.conf"),
    Copied("boot/mkinitcpio/hooks/binfmtbox", f"{EXAMPLES}/mkinitcpio/hooks/binfmtbox", 0o755),
    Copied("boot/mkinitcpio/install/binfmtbox", f"{EXAMPLES}/mkinitcpio/install/binfmtbox", 0o755),
    Copied("boot/pantavisor/50-binfmtbox", f"{EXAMPLES}/pantavisor/50-binfmtbox", 0o755),
    Copied("completions/binfmtbox.bash", "usr/share/bash-completion/completions/binfmtbox"),
    Copied("completions/_binfmtbox", "usr/share/zsh/vendor-completions/_binfmtbox"),
    Copied("docs/binfmtbox.8", "usr/share/man/man8/binfmtbox.8.gz", compressed=True),
    Copied("packaging/deb/README.Debian", f"{DOC}/README.Debian"),
    Copied("packaging/deb/copyright", f"{DOC}/copyright"),
    Copied("packaging/deb/lintian-overrides", f"usr/share/lintian/overrides/{NAME}"),
)
LINKS = {
    **{f"usr/sbin/binfmt-{applet}": "binfmtbox" for applet in APPLETS},
    **{f"usr/share/bash-completion/completions/binfmt-{applet}": "binfmtbox" for applet in APPLETS},
    **{f"usr/share/man/man8/binfmt-{applet}.8.gz": "binfmtbox.8.gz" for applet in APPLETS},
}


@dataclass
class Release:
    """A section of NEWS.md."""

    version: str
    date: datetime.datetime
    # Paragraphs and items, each on one line.
    items: List[str]


def read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def releases(news: str) -> List[Release]:
    """The sections of NEWS.md, newest first."""
    found: List[Release] = []
    new_item = True
    for line in news.splitlines():
        heading = re.fullmatch(r"## (\S+) \((\d{4})-(\d\d)-(\d\d)\)", line)
        if heading:
            year, month, day = (int(number) for number in heading.groups()[1:])
            date = datetime.datetime(year, month, day, tzinfo=datetime.timezone.utc)
            found.append(Release(heading.group(1), date, []))
            new_item = True
        elif line.startswith("#") and found:
            sys.exit(f"build.py: NEWS.md: not a heading with a version and a date: {line}")
        elif not found or not line.strip():
            new_item = True
        elif new_item or line.startswith("- "):
            found[-1].items.append(line[2:] if line.startswith("- ") else line)
            new_item = False
        else:
            found[-1].items[-1] += " " + line.strip()
    if not found:
        sys.exit("build.py: NEWS.md has no heading with a version and a date")
    return found


def debian_version(version: str) -> str:
    """That of a package without a Debian revision: 1.0-rc1 comes before 1.0."""
    return version.replace("-", "~")


def changelog(news: List[Release], maintainer: str) -> bytes:
    """Debian's form of the news."""
    texts = []
    for release in news:
        items = [textwrap.fill(item.replace("`", ""), 78, initial_indent="  * ", subsequent_indent="    ",
                               break_on_hyphens=False) for item in release.items]
        # Not strftime's names of days and months, which depend on the locale.
        day = "Mon Tue Wed Thu Fri Sat Sun".split()[release.date.weekday()]
        month = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()[release.date.month - 1]
        date = f"{day}, {release.date.day:02} {month} {release.date.year} 00:00:00 +0000"
        texts.append("\n".join([f"{NAME} ({debian_version(release.version)}) unstable; urgency=medium", "", *items, "",
                                f" -- {maintainer}  {date}", ""]))
    return "\n".join(texts).encode()


def compress(data: bytes) -> bytes:
    return subprocess.run(["gzip", "-9n"], input=data, stdout=subprocess.PIPE, check=True).stdout


def content(file: Copied) -> bytes:
    data = read(file.source)
    for old, new in file.moved:
        if old.encode() not in data:
            sys.exit(f"build.py: {file.source} no longer names {old}")
        data = data.replace(old.encode(), new.encode())
    return compress(data) if file.compressed else data


def write(path: str, data: bytes, mode: int) -> None:
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)
    os.chmod(path, mode)


def shared_fields(control: str) -> str:
    """Fields of the package that are those of debian/control."""
    source, binary = control.rstrip().split("\n\n")
    fields = re.findall(r"^[A-Z][\w-]*: .*(?:\n .*)*", f"{source}\n{binary}", re.M)
    names = ("Suggests", "Section", "Priority", "Description")
    return "".join(field + "\n" for name in names for field in fields if field.startswith(name + ": "))


def installed_size(files: Dict[str, bytes]) -> int:
    """In KiB, as dpkg-gencontrol counts: files rounded up, 1 for all else."""
    folders = set()
    for path in [*files, *LINKS]:
        while path:
            path = os.path.dirname(path)
            folders.add(path)
    return sum(-(-len(data) // 1024) for data in files.values()) + len(LINKS) + len(folders)


def write_files(tree: str, files: Dict[str, bytes], modes: Dict[str, int]) -> None:
    for path, data in files.items():
        write(os.path.join(tree, path), data, modes.get(path, 0o644))
    for path, target in LINKS.items():
        os.makedirs(os.path.dirname(os.path.join(tree, path)), exist_ok=True)
        os.symlink(target, os.path.join(tree, path))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--architecture", help="as Debian calls it")
    parser.add_argument("--program", help="the product for it")
    parser.add_argument("--identity", default="packaging/identity.txt", help="who and where the project is")
    parser.add_argument("--version", help="another one than that of the file VERSION")
    parser.add_argument("--tree", metavar="FOLDER", help="write the files of the package, and what dh_installdeb takes")
    parser.add_argument("--changelog", metavar="FILE", help="write the changelog alone")
    parser.add_argument("out", metavar="OUT.deb", nargs="?")
    options = parser.parse_args()
    if not options.changelog and not (options.architecture and options.program and (options.out or options.tree)):
        parser.error("a package takes --architecture, --program and OUT.deb")

    news = releases(read("NEWS.md").decode())
    version = read("VERSION").decode().strip()
    if news[0].version != version:
        sys.exit(f"build.py: VERSION says {version}, the topmost heading of NEWS.md {news[0].version}")
    news[0].version = options.version or version
    known = identity.load(options.identity)
    maintainer = identity.maintainer(known)
    homepage = f"Homepage: {known['homepage']}\n" if known["homepage"] else ""
    epoch = int(news[0].date.timestamp())
    os.umask(0o022)
    if options.changelog:
        write(options.changelog, changelog(news, maintainer), 0o644)
        return

    files = {file.target: content(file) for file in COPIED}
    modes = {file.target: file.mode for file in COPIED}
    files[f"usr/sbin/{NAME}"] = read(options.program)
    modes[f"usr/sbin/{NAME}"] = 0o755
    files[f"{DOC}/changelog.gz"] = compress(changelog(news, maintainer))
    if options.tree:
        write_files(options.tree, files, modes)
        for name in MAINTAINER_SCRIPTS:
            write(f"{options.tree}.{name}", read(f"packaging/deb/{name}"), 0o755)
        return

    control = {
        "control": CONTROL.format(
            name=NAME, version=debian_version(news[0].version), architecture=options.architecture,
            maintainer=maintainer, homepage=homepage, size=installed_size(files),
            shared=shared_fields(read("packaging/deb/debian/control").decode())).encode(),
        "conffiles": "".join(f"/{path}\n" for path in CONFFILES).encode(),
        "md5sums": "".join(f"{hashlib.md5(data).hexdigest()}  {path}\n"
                           for path, data in sorted(files.items()) if path not in CONFFILES).encode(),
    }
    with tempfile.TemporaryDirectory() as folder:
        tree = os.path.join(folder, NAME)
        write_files(tree, files, modes)
        for name, data in control.items():
            write(os.path.join(tree, "DEBIAN", name), data, 0o644)
        for name in MAINTAINER_SCRIPTS:
            write(os.path.join(tree, "DEBIAN", name), read(f"packaging/deb/{name}"), 0o755)
        for path, folders, names in os.walk(tree, topdown=False):
            for name in [*folders, *names, "."]:
                os.utime(os.path.join(path, name), (epoch, epoch), follow_symlinks=False)
        subprocess.run(
            ["dpkg-deb", "--root-owner-group", "-Zxz", "--threads-max=1", "--build", tree, options.out],
            check=True, stdout=subprocess.DEVNULL,
            env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "SOURCE_DATE_EPOCH": str(epoch)})


if __name__ == "__main__":
    main()
