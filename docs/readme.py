# SPDX-License-Identifier: Apache-2.0
"""The commands that README.md gives in its section "Get it", for the tests that run them."""

import os
import re

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "README.md")


def install_command(program: str) -> str:
    """The one command there that begins with PROGRAM."""
    with open(PATH, encoding="utf-8") as file:
        section = re.search(r"^## Get it\n(.*?)^## ", file.read(), re.M | re.S)
    assert section, "README.md has no section 'Get it'"
    found = re.findall(rf"^    ({re.escape(program)} .*)$", section.group(1), re.M)
    assert len(found) == 1, f"README.md's section 'Get it' has {len(found)} commands that begin with {program}"
    return str(found[0])
