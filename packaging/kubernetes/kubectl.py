#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Puts Debian 13's kubectl into the cache, and prints its path: Debian 12's is too old for
kustomize's present fields."""

import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(HERE, "../../boot"))

import fetch  # noqa: E402  # pylint: disable=wrong-import-position

SUITES = (("trixie", False), ("forky", False))


def kubectl() -> str:
    folder = os.path.join(os.path.dirname(fetch.cache()), "kubectl")
    path = os.path.join(folder, "usr/bin/kubectl")
    if os.path.exists(path):
        return path
    os.makedirs(os.path.dirname(folder), exist_ok=True)
    with tempfile.TemporaryDirectory(dir=os.path.dirname(folder), prefix="apt.") as state:
        apt = fetch.Apt(state, "amd64", SUITES)
        apt.update()
        for package in apt.packages("kubectl"):
            tree = os.path.join(state, "tree")
            if apt.unpack(package, tree):
                fetch.install(tree, folder)
                return path
    fetch.fail("the Debian package kubectl cannot be had")
    raise AssertionError


if __name__ == "__main__":
    # What is said of the download is not the answer.
    answer, sys.stdout = sys.stdout, sys.stderr
    print(kubectl(), file=answer)
