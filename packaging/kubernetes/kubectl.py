#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Puts Debian 13's kubectl into the cache, and prints its path: Debian 12's is too old for
kustomize's present fields."""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(HERE, "../../boot"))

import fetch  # noqa: E402  # pylint: disable=wrong-import-position

SUITES = (("trixie", False), ("forky", False))


def kubectl() -> str:
    folder = os.path.join(os.path.dirname(fetch.cache()), "kubectl")
    fetch.package_tree("kubectl", "amd64", SUITES, folder)
    return os.path.join(folder, "usr/bin/kubectl")


if __name__ == "__main__":
    # What is said of the download is not the answer.
    answer, sys.stdout = sys.stdout, sys.stderr
    print(kubectl(), file=answer)
