#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the recipes of other distributions for a release: fill.py --url URL RELEASE OUT

RELEASE is a folder of ./dev release; URL is the project's page, below which releases/download/vVERSION has the files.
OUT gets APKBUILD (Alpine), PKGBUILD (Arch), default.nix and binfmtbox.spec (Fedora, openSUSE).
"""

import argparse
import datetime
import hashlib
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))

import identity  # noqa: E402  # pylint: disable=wrong-import-position

TOP = os.path.join(HERE, "../..")
RECIPES = ("alpine/APKBUILD", "arch/PKGBUILD", "nix/default.nix", "rpm/binfmtbox.spec")


def read(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--url", required=True)
    parser.add_argument("release", metavar="RELEASE")
    parser.add_argument("out", metavar="OUT")
    options = parser.parse_args()

    version = read(os.path.join(TOP, "VERSION")).strip()
    news = re.search(r"^## \S+ \((\d{4})-(\d\d)-(\d\d)\)", read(os.path.join(TOP, "NEWS.md")), re.M)
    if not news:
        sys.exit("fill.py: NEWS.md has no heading with a version and a date")
    date = datetime.date(*map(int, news.groups()))
    # Not strftime's names, which depend on the locale.
    day = "Mon Tue Wed Thu Fri Sat Sun".split()[date.weekday()]
    month = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()[date.month - 1]

    maintainer = identity.maintainer(identity.load(os.path.join(HERE, "../identity.txt")))

    def value(match: "re.Match[str]") -> str:
        kind, _, name = match.group(1).partition(" ")
        if not name:
            return {"VERSION": version, "URL": options.url, "MAINTAINER": maintainer,
                    "DATE": f"{day} {month} {date.day:02} {date.year}"}[kind]
        file_name = f"binfmtbox-{version}.tar.gz" if name == "sources" else f"binfmtbox-{version}-{name}"
        with open(os.path.join(options.release, file_name), "rb") as file:
            return hashlib.new(kind.lower(), file.read()).hexdigest()

    os.makedirs(options.out, exist_ok=True)
    for recipe in RECIPES:
        text = re.sub(r"@((?:VERSION|URL|MAINTAINER|DATE)|SHA(?:256|512) \w+)@", value, read(os.path.join(HERE, recipe)))
        with open(os.path.join(options.out, os.path.basename(recipe)), "w", encoding="utf-8") as file:
            file.write(text)


if __name__ == "__main__":
    main()
