# SPDX-License-Identifier: Apache-2.0
"""The notation of command_lines.py.

A command line is written as in a shell, with quotes and backslashes:

  [NAME=VALUE]... PROGRAM [WORD]... [<FILE] [>FILE] [2>FILE]

  - The environment holds nothing but the variables in front.
  - PROGRAM is a file in /mnt/bin, or in /usr/bin, or an absolute path. It is also argv[0].
  - Standard input is /dev/null. "<&-", ">&-" and "2>&-" close a descriptor.
  - Within a word, {1b} is the byte of that value, {x*300} is x, 300 times, {aarch64} is magic and
    mask of that target, and {Linux 6.6.1} is what uname(2) hands over on it, in hex.
"""

import re
import shlex

import scene

# The output that is compared.
KEPT = "kept"

RULES = {name: target.rule() for name, target in scene.targets().items()}


def to_bytes(text):
    return text.encode("utf-8", "surrogateescape")


def expand(word):
    """Returns the word with the parts in braces replaced."""

    def replacement(match):
        text = match[1]
        if re.fullmatch("[0-9a-f]{2}", text):
            return bytes([int(text, 16)]).decode("utf-8", "surrogateescape")
        part, star, times = text.rpartition("*")
        if star and times.isdecimal():
            return part * int(times)
        if text.startswith("Linux "):
            fields = ("Linux", "machine", text.removeprefix("Linux "))
            return b"".join(field.encode().ljust(65, b"\0") for field in fields).hex()
        return RULES[text]

    return re.sub(r"\{([^{}]+)\}", replacement, word)


class CommandLine:
    """A command line, the scene in which it runs, and how.

    scene     the function that prepares the machine
    text      the command line; words: argv in its place
    path      the file to run, if not that of PROGRAM
    stdin     a file's path, or bytes, or None: closed
    columns   if set, standard output is a terminal of this width
    before    functions that the program's process calls before exec
    during    a function that is called with the running program (compare.Process)
    waits_for_input  standard input is a pipe, which is closed when during() returns
    is_slow   it sleeps for seconds
    """

    def __init__(
        self, scene_function, text=None, *, words=None, path=None, stdin="/dev/null", columns=None,
        before=(), during=None, waits_for_input=False, is_slow=False,
    ):  # fmt: skip
        self.scene = scene_function
        self.columns = columns
        self.before = before
        self.during = during
        self.waits_for_input = waits_for_input
        self.is_slow = is_slow
        self.environment = {}
        self.stdin = stdin
        self.stdout = self.stderr = KEPT
        if words is None:
            words = self._take_apart(shlex.split(text))
        self.words = words
        self.text = text if text is not None else repr(words)
        self.path = path or self._program()

    def _take_apart(self, words):
        rest = []
        for word in words:
            redirection = re.fullmatch(r"([<>]|2>)(&-|/.*)", word)
            variable = re.fullmatch(r"([A-Za-z_]\w*)=(.*)", word, re.DOTALL)
            if redirection:
                name = {"<": "stdin", ">": "stdout", "2>": "stderr"}[redirection[1]]
                setattr(self, name, None if redirection[2] == "&-" else redirection[2])
            elif variable and not rest:
                self.environment[variable[1]] = expand(variable[2])
            else:
                rest.append(expand(word))
        return rest

    def _program(self):
        name = self.words[0]
        if name.startswith("/"):
            return name
        return f"/usr/bin/{name}" if name in ("setpriv", "sh", "strace") else f"{scene.BIN}/{name}"

    def title(self):
        """Returns scene, command line and how it runs, as one printable line."""
        more = [f"on {self.columns} columns"] if self.columns is not None else []
        more += [part.__name__ for part in (*self.before, self.during) if part]
        more += [f"input {self.stdin}"] if isinstance(self.stdin, bytes) else []
        text = "".join(char if char.isprintable() else f"{{{ord(char) & 0xff:02x}}}" for char in self.text)
        return f"{self.scene.__name__}: {text}" + (f" [{', '.join(more)}]" if more else "")
