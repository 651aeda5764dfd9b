#!/usr/bin/env python3
"""Chooses the pairs of format_pairs.inc from the literals of the sources.

usage: binfmt/train_format.py SOURCE...  (prints the new format_pairs.inc)

Each step takes the pair of neighbours that occurs most often in the texts as
they are packed so far.
"""

import ast
import collections
import re
import sys

LITERALS = re.compile(r'((?:"(?:[^"\\\n]|\\.)*"\s*)+)_fmt\b')
PARTS = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
# What binfmt::internal::HalvesOf() can look up.
CODES = [*range(0x80, 0x100), *range(0x01, 0x09), *range(0x0b, 0x20)]
KEPT_APART = {0, ord("%"), ord("@")}


def literals(path):
    with open(path, encoding="utf-8") as file:
        source = file.read()
    for match in LITERALS.finditer(source):
        parts = PARTS.findall(match.group(1))
        yield b"".join(ast.literal_eval(f'b"{part}"') for part in parts)


def replace(text, pair, code):
    packed = []
    position = 0
    while position < len(text):
        if tuple(text[position:position + 2]) == pair:
            packed.append(code)
            position += 2
        else:
            packed.append(text[position])
            position += 1
    return packed


def main():
    texts = [list(text) for text in sorted({text for path in sys.argv[1:] for text in literals(path)})]
    before = sum(map(len, texts))
    for code in CODES:
        counts = collections.Counter()
        for text in texts:
            counts.update(pair for pair in zip(text, text[1:]) if not KEPT_APART & set(pair))
        pair = min(counts, key=lambda pair: (-counts[pair], pair))
        texts = [replace(text, pair, code) for text in texts]
        print("    {0x%02x, 0x%02x, 0x%02x}," % (code, *pair))
    print("packed %d bytes into %d" % (before, sum(map(len, texts))), file=sys.stderr)


if __name__ == "__main__":
    main()
