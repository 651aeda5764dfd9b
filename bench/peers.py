# SPDX-License-Identifier: Apache-2.0
"""The commands that are compared: each peer by its fastest way to the same end."""

import pathlib
import sys

from inputs import INTERPRETERS
from measure import Command

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "testing/formats"))

import compare  # noqa: E402  pylint: disable=wrong-import-position

SYSTEMD = "/lib/systemd/systemd-binfmt"
BUSYBOX = ["/bin/busybox", "sh"]
DASH = ["/bin/dash"]

NOT_MEASURED = """
Not here: tonistiigi/binfmt, which is written in Go and in no package of Debian; it has ten targets and flags of its
own, so that it can't make the same entries. qemu-binfmt-conf.sh is in no package either: its steps for each target are
written anew in `bench/steps.sh`, without the reading of options; it has neither a status nor a way to remove, and a
second run fails.
""".strip().replace("\n", " ")


class Peers:
    """Makes commands for a set of inputs."""

    def __init__(self, work, box, batch, earlier=()):
        """EARLIER: (revision, executable) of the product before, to compare with."""
        self.work = work
        self.batch = str(batch)
        self.boxes = [("binfmtbox", str(box)), *((f"revision {name}:", str(path)) for name, path in earlier)]
        self.update_binfmts = compare.fetched_update_binfmts() + compare.UPDATE_BINFMTS

    def _floor(self, scene, job, inputs, before, after, remark):
        program = str(self.work / f"floor-{job}")
        needs = [program, inputs.records] if job == "register" else [program]
        return Command("floor" if job != "flush" else "floor, flush", scene, before, after, [program], needs, remark)

    def _box(self, name, scene, words, before, after, remark, needs=(), most=None):
        """MOST: how many of the product's revisions, the newest first; None: all."""
        for number, (label, box) in enumerate(self.boxes[:most]):
            yield Command(f"{label} {name}", scene, before, after, [box, *words], [box, *needs], "the same" if number else remark)

    def _shells(self, scene, name, script, before, after, remark, others=(), only=None):
        """SCRIPT run by busybox and by dash; OTHERS: programs that dash runs for it."""
        for shell, words, needs in (("busybox", BUSYBOX, []), ("dash", DASH, list(others))):
            if only is None or only == shell:
                yield Command(f"{name}, {shell}", scene, before, after, [*words, script], [words[0], script, *needs],
                              remark, starts_others=bool(others))

    def _systemd(self, scene, words, inputs, before, after, remark):
        name = " ".join(["systemd-binfmt", *(word for word in words if word.startswith("--"))])
        return Command(name, scene, before, after, [SYSTEMD, *words], [SYSTEMD, *inputs.confs], remark)

    def _update_binfmts(self, scene, word, inputs, before, after, remark):
        words = [self.update_binfmts, "--admindir", inputs.admin, "--importdir", str(self.work / "none"), word]
        return Command(f"update-binfmts {word}", scene, before, after, words, [self.update_binfmts, inputs.admin], remark)

    def all(self, inputs):
        """Every scene, for the table."""
        full, confs = inputs.records, inputs.confs
        register = ["register", "-q", "-Q", INTERPRETERS, "-p", "no", "-g", "no", "all"]
        files = ["register", "-q", *(word for conf in confs for word in ("-f", conf))]
        return [
            self._floor("register", "register", inputs, "empty", full, "no libc, one open, no check"),
            Command("batch alone", "register", "empty", full, [self.batch], [self.batch, inputs.records],
                    "the product's own code that writes records (`bench/batch.cc`), no check before or after: no applet does that"),
            *self._box("register --file", "register", files, "empty", full, "finished records from a file. Fewest checks that it "
                      "offers: the guard, every interpreter examined, every entry read back", confs),
            *self._box("register all", "register", register, "empty", full, "finds and examines every interpreter, asks what the machine runs "
                      "by itself, reads every entry back"),
            *self._shells("register", "printf lines", inputs.printf, "empty", full,
                          "finished records, one open; looks at nothing but whether the write worked, and goes on"),
            self._systemd("register", confs, inputs, "empty", full,
                          "finished records in one file, its name as argument; looks at write(2)'s answer"),
            self._update_binfmts("register", "--enable", inputs, "empty", full,
                                 "its own database of finished records; checks that the interpreter is there"),
            *self._shells("register", "qemu-binfmt-conf.sh's steps", inputs.steps, "empty", full,
                          "leaves out a family of processors by name; checks nothing", others=["/usr/bin/uname"]),

            self._floor("register again", "status", inputs, full, full, "reads every entry, as one must to know that it is there"),
            *self._box("register --file", "register again", files, full, full, "every entry compared with its record; every interpreter examined", confs),
            *self._box("register all", "register again", register, full, full, "the same, and finds every interpreter"),
            *self._shells("register again", "printf lines if absent", inputs.printf_if_absent, full, full,
                          "less: looks only whether there is something of that name"),
            self._systemd("register again", confs, inputs, full, full, "removes each entry and writes it again"),
            self._update_binfmts("register again", "--enable", inputs, full, full,
                                 "less: looks only whether there is something of that name"),

            self._floor("status", "status", inputs, full, full, "the entries' texts as they are"),
            *self._box("status", "status", ["status"], full, full, "in match order, with target, shadows, and whether the interpreter is there"),
            *self._box("status --json", "status", ["status", "--json"], full, full, "the same, and every magic and mask"),
            *self._shells("status", "cat", inputs.cat, full, full, "the entries' texts as they are", others=["/usr/bin/cat"]),
            self._update_binfmts("status", "--display", inputs, full, full,
                                 "less: its own database, and whether there is something of that name"),

            self._floor("clear", "clear", inputs, full, "empty", "-1 to each entry"),
            self._floor("clear", "flush", inputs, full, "empty", "-1 to `status`: all that there are, whosever they are"),
            *self._box("clear --all", "clear", ["clear", "-q", "--all"], full, "empty", "reads each entry, then -1 to each"),
            *self._shells("clear", "echo -1 to each", inputs.clear_each, full, "empty", "less: the names stand in the script"),
            *self._shells("clear", "echo -1 to status", inputs.flush, full, "empty", "flushes, as above"),
            self._systemd("clear", ["--unregister"], inputs, full, "empty", "flushes, as above"),

            self._floor("usage", "nothing", inputs, "empty", "empty", "a process that only ends"),
            *self._box("--help", "usage", ["--help"], "empty", "empty", "opens nothing"),
        ]

    def growing(self, inputs):
        """Who can do each scene with any number of entries, for the growth."""
        full = inputs.records
        files = ["register", "-q", *(word for conf in inputs.confs for word in ("-f", conf))]
        return [
            self._floor("register", "register", inputs, "empty", full, ""),
            *self._box("register --file", "register", files, "empty", full, ""),
            *self._shells("register", "printf lines", inputs.printf, "empty", full, "", only="dash"),
            self._systemd("register", inputs.confs, inputs, "empty", full, ""),
            self._update_binfmts("register", "--enable", inputs, "empty", full, ""),
            *self._shells("register", "qemu-binfmt-conf.sh's steps", inputs.steps, "empty", full, "", only="dash"),
            self._floor("register again", "status", inputs, full, full, ""),
            *self._box("register --file", "register again", files, full, full, ""),
            self._systemd("register again", inputs.confs, inputs, full, full, ""),
            self._update_binfmts("register again", "--enable", inputs, full, full, ""),
            self._floor("status", "status", inputs, full, full, ""),
            *self._box("status", "status", ["status"], full, full, ""),
            *self._box("status --json", "status", ["status", "--json"], full, full, ""),
            *self._shells("status", "cat", inputs.cat, full, full, "", only="busybox"),
            self._update_binfmts("status", "--display", inputs, full, full, ""),
            self._floor("clear", "clear", inputs, full, "empty", ""),
            *self._box("clear --all", "clear", ["clear", "-q", "--all"], full, "empty", ""),
            *self._shells("clear", "echo -1 to each", inputs.clear_each, full, "empty", "", only="dash"),
            self._systemd("clear", ["--unregister"], inputs, full, "empty", ""),
        ]

    def crowd(self, inputs):
        """What is tried with many entries of odd shapes. Without earlier revisions, which take minutes for some."""
        full = inputs.records
        files = ["register", "-q", *(word for conf in inputs.confs for word in ("-f", conf))]
        return [
            self._floor("register", "register", inputs, "empty", full, ""),
            *self._box("register --file", "register", files, "empty", full, "", most=1),
            self._systemd("register", inputs.confs, inputs, "empty", full, ""),
            self._floor("register again", "status", inputs, full, full, ""),
            *self._box("register --file", "register again", files, full, full, "", most=1),
            self._floor("status", "status", inputs, full, full, ""),
            *self._box("status", "status", ["status"], full, full, "", most=1),
            self._floor("clear", "clear", inputs, full, "empty", ""),
            *self._box("clear --all", "clear", ["clear", "-q", "--all"], full, "empty", "", most=1),
        ]
