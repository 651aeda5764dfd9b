#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs each applet with --json and holds what it prints against schema.json.

usage: docs/check_json.py BINFMTBOX

Works in a user namespace of its own, so that nothing of the machine changes. Needs
Linux 6.7 and Debian's package python3-jsonschema.
"""

import json
import os
import shutil
import subprocess
import sys

import jsonschema

REGISTRY = "/proc/sys/fs/binfmt_misc"
NAMESPACE = ["unshare", "--user", "--map-root-user", "--mount", "--pid", "--fork", "--mount-proc"]

# The executable stands in as the interpreter: it is static, as flag F needs it, and
# below PLACE, where only this namespace's root may write, as flag C needs it. What is
# run through it fails.
PLACE = "/mnt"
INTERPRETER = PLACE + "/binfmtbox"
REGISTER = ["--json", "--interpreter", INTERPRETER]
NATIVE = os.uname().machine

# What is called, and the exit status that it has to have.
CALLS = [
    (0, "mount", "--json", "--userns", "--dry-run"),
    (0, "mount", "--json", "--userns"),
    (0, "mount", "--json"),
    (0, "status", "--json"),
    (0, "register", *REGISTER, "--dry-run", "s390x"),
    (0, "register", *REGISTER, "s390x"),
    (0, "register", *REGISTER, "s390x"),
    (1, "register", *REGISTER, "--persistent", "no", "s390x"),
    (0, "register", *REGISTER, "--persistent", "no", "--replace", "--dry-run", "s390x"),
    (0, "register", *REGISTER, "--persistent", "no", "--replace", "s390x"),
    (0, "register", *REGISTER, "--override", "aarch64"),
    (0, "register", *REGISTER, "--credential", "yes", "mipsn32el"),
    (0, "register", *REGISTER, "mipsn32el"),
    (0, "register", "--json", "--mount", "--rule", f":rule:E::rule::{INTERPRETER}:"),
    (1, "register", "--json", "--rule", f":all:M::\\x00:\\x00:{INTERPRETER}:"),
    (1, "register", "--json", "--file", "/nosuch"),
    (0, "register", "--json", "--dry-run", "--exportdir", "/nosuch", "arm64"),
    (1, "register", "--json", "--qemu-path", "/nosuch", "hexagon"),
    (0, "status", "--json"),
    (1, "status", "--json", "aarch64", "a\nb\\", "hexagon"),
    (0, "status", "--json", NATIVE),
    (0, "status", "--platforms"),
    (0, "status", "--json", "--match", INTERPRETER),
    (0, "status", "--json", "--match", PLACE + "/script.p\udcffy"),
    (1, "status", "--json", "--match", PLACE + "/nothing"),
    (0, "status", "--json", "--dir", PLACE + "/saved", "--match", INTERPRETER),
    (0, "clear", "--json", "--disable", "--dry-run", "s390x", "hexagon"),
    (0, "clear", "--json", "--disable", "s390x"),
    (0, "clear", "--json", "--disable", "s390x"),
    (1, "status", "--json", "s390x"),
    (0, "clear", "--json", "--enable", "--dry-run", "s390x"),
    (0, "clear", "--json", "--enable", "s390x"),
    (1, "clear", "--json", "--enable", "hexagon"),
    (1, "status", "--json", "--probe"),
    (0, "status", "--json", "--probe", NATIVE),
    (1, "register", *REGISTER, "--verify", "s390x"),
    (0, "clear", "--json", "--all", "--dry-run"),
    (0, "clear", "--json", "--all", "x*"),
    (0, "clear", "--json", "--all", "--unmount", "--dry-run"),
    (0, "clear", "--json", "--all", "--unmount"),
    (0, "clear", "--json", "--all", "--unmount"),
    (0, "status", "--json", "--probe", NATIVE),
    (0, "status", "--platforms"),
]

# Entries of others, made before the call with --override.
FOREIGN = [
    b":a\nb\\\xff:E::p\xffy::/bin/sh:",
    b":short:M:3:\\x00ab::/nosuch:O",
    b":arm64:M::\\x7fELF\\x02\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\xb7"
    b":\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\xfe\\xff\\xff:/bin/sh:",
]


def closed(schema):
    """A copy in which no key is allowed that the schema does not describe."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    copy = {key: closed(part) for key, part in schema.items()}
    if copy.get("type") == "object":
        copy["additionalProperties"] = False
    return copy


def register_foreign():
    for record in FOREIGN:
        with open(REGISTRY + "/register", "wb", buffering=0) as file:
            file.write(record)


def make_files():
    """What --match is asked for."""
    for name in ("script.p\udcffy", "nothing"):
        with open(PLACE + "/" + name, "wb") as file:
            file.write(b"neither\n")
            os.fchmod(file.fileno(), 0o755)
    os.mkdir(PLACE + "/saved")
    with open(PLACE + "/saved/short", "wb") as file:
        file.write(b"disabled\ninterpreter /nosuch\nflags: \noffset 3\nmagic 006162\n")


def check(binary):
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "schema.json")
    with open(path, encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    definitions = closed(schema["$defs"])
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", PLACE], check=True)
    shutil.copy(binary, INTERPRETER)
    make_files()
    failures = 0
    for wanted, applet, *arguments in CALLS:
        if "--override" in arguments:
            register_foreign()
        done = subprocess.run([binary, applet, *arguments], capture_output=True, check=False)
        errors = []
        if done.returncode != wanted:
            errors.append(f"exit status {done.returncode} instead of {wanted}: {done.stderr!r}")
        try:
            validator = jsonschema.Draft202012Validator(
                {"$ref": "#/$defs/" + ("platforms" if "--platforms" in arguments else applet),
                 "$defs": definitions}
            )
            errors += [error.message for error in validator.iter_errors(json.loads(done.stdout))]
        except ValueError as error:
            errors.append(f"{error}: {done.stdout!r}")
        for error in errors:
            print(f"{applet} {' '.join(arguments)!r}: {error}")
        failures += bool(errors)
    print(f"{len(CALLS) - failures} of {len(CALLS)} outputs agree with the schema")
    return 1 if failures else 0


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "--inside":
        sys.exit(check(sys.argv[2]))
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    os.execvp(
        NAMESPACE[0],
        [*NAMESPACE, sys.executable, os.path.abspath(__file__), "--inside", os.path.abspath(sys.argv[1])],
    )


main()
