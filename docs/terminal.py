#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draws docs/terminal.svg: what commands of binfmtbox print on a terminal.

usage: docs/terminal.py BINFMTBOX PROGRAM OUTPUT

BINFMTBOX is this machine's executable, PROGRAM one for 64-bit ARM. The commands run in namespaces of
their own, on a terminal of 80 columns, with the emulators that the machine has.
"""

import argparse
import html
import os
import pathlib
import platform
import pty
import subprocess
import tempfile
from typing import List

_COLUMNS = 80
# One that fails is part of the story.
_COMMANDS = (
    "./busybox-arm64 uname -m",
    "binfmtbox register arm64 riscv64",
    "./busybox-arm64 uname -m",
    "binfmtbox status",
    "binfmtbox status --match ./busybox-arm64",
)
_PROMPT = "$ "
_LINE = 18
_CHARACTER = 8.4
_STYLE = """
text { font: 14px ui-monospace, monospace; fill: #e6edf3 }
.command { fill: #3fb982; font-weight: bold }
rect { fill: #0d1117 }
""".strip()


def read_until_prompt(terminal: int) -> str:
    text = ""
    while text != _PROMPT and not text.endswith("\n" + _PROMPT):
        text += os.read(terminal, 65536).decode().replace("\r", "")
    return text


def session(binfmtbox: pathlib.Path, program: pathlib.Path) -> List[str]:
    """The lines of a shell in which a user types the commands."""
    with tempfile.TemporaryDirectory() as folder:
        for source, name in ((binfmtbox, "binfmtbox"), (program, "busybox-arm64")):
            target = pathlib.Path(folder, name)
            target.write_bytes(source.read_bytes())
            target.chmod(0o755)
        child, terminal = pty.fork()
        if child == 0:
            os.chdir(folder)
            os.environ.update(PATH=f"{folder}:{os.environ['PATH']}", PS1=_PROMPT, TERM="dumb", LC_ALL="C.UTF-8")
            subprocess.run(["stty", "cols", str(_COLUMNS)], check=True)
            os.execlp("unshare", "unshare", "-Urm", "--fork", "-p", "--mount-proc", "sh", "-c",
                      "binfmtbox mount --userns --quiet && exec bash --norc --noprofile -i")
        text = read_until_prompt(terminal)
        for command in _COMMANDS:
            os.write(terminal, command.encode() + b"\n")
            text += read_until_prompt(terminal)
        os.write(terminal, b"exit\n")
        os.waitpid(child, 0)
        os.close(terminal)
    text = text.replace(platform.release(), platform.release().split("-")[0])
    return text.removesuffix(_PROMPT).splitlines()


def picture(lines: List[str]) -> str:
    width, height = round(_COLUMNS * _CHARACTER) + 24, _LINE * len(lines) + 24
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
           f'viewBox="0 0 {width} {height}" xml:space="preserve" role="img">',
           "<title>binfmtbox on a terminal</title>",
           f"<style>{_STYLE}</style>",
           '<rect width="100%" height="100%" rx="6"/>']
    for number, line in enumerate(lines, 1):
        kind = ' class="command"' if line.startswith(_PROMPT) else ""
        out.append(f'<text x="12" y="{number * _LINE + 8}"{kind}>{html.escape(line)}</text>')
    return "\n".join([*out, "</svg>"]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(usage=(__doc__ or "").split("usage: ")[1].split("\n")[0])
    parser.add_argument("binfmtbox", type=pathlib.Path)
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("output", type=pathlib.Path)
    arguments = parser.parse_args()
    arguments.output.write_text(picture(session(arguments.binfmtbox, arguments.program)), encoding="utf-8")


if __name__ == "__main__":
    main()
