#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints what the executable for an architecture is made of, as a table.

usage: bench/size.py [ARCHITECTURE]

Links the objects of the product again with symbols kept, after ./dev build, and gives
each symbol to the source file whose object has it. A function that was inlined counts
for its caller; what several functions shared and the linker cut out stands alone.
"""

import collections
import glob
import os
import pathlib
import re
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parent.parent
# Which files make a feature; the first that fits.
FEATURES = [
    ("register: applet, plan, search of interpreters, registrar", r"cmd/(register_applet|registrar|plan|interpreter_search|troubles|formats)\."),
    ("install with read-back, replace; indexes of records", r"binfmt/(install|cover_index|hash_index)\."),
    ("formats: records, binfmt.d, Debian's, the kernel command line", r"binfmt/(record|record_files|binfmt_d|debian_format|cmdline)\."),
    ("guard, interpreter's examination, ELF, native programs", r"binfmt/(guard|interpreter|elf_header|native|script|kernel|process)\."),
    ("mount, module, lifetime, hold, namespaces", r"cmd/mount_applet\.|binfmt/(mount|mountinfo|module|lifetime|namespaces|clock)\."),
    ("status: report, listing, words, colours", r"cmd/(status_applet|status_report|listing|flag_words|style|environment)\.|binfmt/terminal\."),
    ("match", r"cmd/match_report\.|binfmt/match\."),
    ("probe and --verify", r"cmd/probe\.|binfmt/bounded_run\."),
    ("JSON", r"cmd/json\."),
    ("clear", r"cmd/(clear_applet|pattern)\."),
    ("table of architectures, names, built-in programs", r"arch_table/|cmd/(targets|recognise)\."),
    ("command line, dispatch, console", r"cmd/"),
    ("registry, entries", r"binfmt/(registry|entry)\."),
    ("errors and their explanation", r"binfmt/(error|explain|errno_text)\."),
    ("texts, arrays, memory, files", r"binfmt/"),
    ("abseil", r"absl/"),
    ("musl, libc++, libgcc", r"C library"),
]


def run(*words, **options):
    return subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True, **options).stdout


def link(arch, folder):
    """The executable with symbols, and its objects in the order of the link."""
    found = glob.glob(str(TOP / f"bazel-out/k8-opt-{arch}-ST-*/bin/cmd/binfmtbox-2.params"))
    if not found:
        sys.exit("size.py: build the product first: ./dev build")
    params = max(found, key=os.path.getmtime)
    words = pathlib.Path(params).read_text(encoding="utf-8").splitlines()
    root = str((TOP / "bazel-out").resolve().parent)
    out = folder / "binfmtbox"
    kept = [word for word in words if word not in ("-Wl,--strip-all", "-S", "-Wl,-S")]
    kept[kept.index("-o") + 1] = str(out)
    (folder / "params").write_text("\n".join(kept), encoding="utf-8")
    run("clang++-19", f"@{folder}/params", cwd=root)
    objects = [word for word in words if word.endswith((".o", ".a", ".lo")) and "sysroot" not in word]
    return out, [(os.path.join(root, path), path) for path in objects]


def file_of(path, member):
    path = re.sub(r"^bazel-out/[^/]*/bin/|/_objs/.*|lib[^/]*\.l?[oa]$", "", path)
    return f"{path.removeprefix('external/com_google_absl/').rstrip('/')}/{member}"


def definitions(objects):
    """Symbol: the files that define it, in the order of the link."""
    result = collections.defaultdict(list)
    for full, path in objects:
        member = os.path.basename(path)
        for line in run("llvm-nm-19", "--defined-only", full).splitlines():
            if line.endswith(":"):
                member = line[:-1].rpartition("(")[2].rstrip("):") if "(" in line else os.path.basename(line[:-1])
            fields = line.split()
            if len(fields) == 3:
                result[fields[2]].append(file_of(path, member))
    return result


def main():
    arch = sys.argv[1] if len(sys.argv) > 1 else "x86_64"
    with tempfile.TemporaryDirectory() as name:
        out, objects = link(arch, pathlib.Path(name))
        defined = definitions(objects)
        symbols = {}
        for line in run("llvm-nm-19", "-S", out).splitlines():
            fields = line.split()
            # The linker folds equal functions: one address, counted once.
            if len(fields) == 4 and fields[2] in "tTrRdDvVwW":
                symbols[int(fields[0], 16)] = (int(fields[1], 16), fields[2].lower(), fields[3])
        run("llvm-objcopy-19", "--strip-sections", "--strip-all", out)
        total = out.stat().st_size
    # Local symbols of one name get numbers in the order of the link.
    numbers = collections.defaultdict(set)
    for _, _, name in symbols.values():
        plain, _, number = name.partition(".")
        if number == "" or number.isdigit():
            numbers[plain].add(int(number or -1))
    sizes = collections.defaultdict(lambda: [0, 0, 0])
    for size, kind, name in symbols.values():
        plain, _, number = name.partition(".")
        files = defined.get(plain, [])
        if name.startswith("OUTLINED_FUNCTION"):
            feature = "shared by several, cut out by the linker"
        elif not files:
            feature = "musl, libc++, libgcc"
        else:
            place = sorted(numbers[plain]).index(int(number or -1)) if number == "" or number.isdigit() else 0
            file = files[place if len(files) == len(numbers[plain]) else 0]
            feature = next((text for text, pattern in FEATURES if re.match(pattern, file)), file)
        column = 0 if kind in "tw" else 1 if "Literal" in name else 2
        sizes[feature][column] += size
    rest = total - sum(map(sum, sizes.values()))
    print(f"| binfmtbox for {arch} | code | texts, packed | tables, other data | bytes |\n| --- | ---: | ---: | ---: | ---: |")
    for feature, columns in sorted(sizes.items(), key=lambda item: -sum(item[1])):
        print(f"| {feature} | " + " | ".join(f"{column:,}" for column in columns) + f" | {sum(columns):,} |")
    print(f"| headers, padding, texts without a symbol | | | | {rest:,} |\n| **all** | | | | **{total:,}** |")


if __name__ == "__main__":
    main()
