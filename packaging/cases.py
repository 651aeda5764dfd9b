# SPDX-License-Identifier: Apache-2.0
"""What the tests of packages, image and release share: cases, and the last line that counts them."""

import shutil
import subprocess
from typing import Any


class Failure(Exception):
    """What is not as it has to be."""


def expect(what: str, found: Any, wanted: Any) -> None:
    if found != wanted:
        raise Failure(f"{what}:\n  found  {found!r}\n  wanted {wanted!r}")


def run_cases(test: Any) -> int:
    """Calls each method of TEST that begins with test_, and removes its folder; the exit status."""
    names = [name for name in dir(test) if name.startswith("test_")]
    failed = 0
    for name in names:
        case = name[len("test_"):].replace("_", " ")
        try:
            getattr(test, name)()
            print(f"ok      {case}", flush=True)
        # json.JSONDecodeError is a ValueError.
        except (Failure, OSError, LookupError, ValueError, subprocess.SubprocessError) as error:
            failed += 1
            print(f"FAILED  {case}: {error}", flush=True)
    shutil.rmtree(test.folder, ignore_errors=True)
    print(f"{len(names) - failed} passed, {failed} failed")
    return 1 if failed else 0
