// SPDX-License-Identifier: Apache-2.0
// Files: what register reads and writes, what status writes, and what of them
// is broken.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "testing/process.h"
#include "testing/program.h"

namespace binfmtbox_testing {
namespace {

constexpr char kInterpreter[] = "/mnt/i/run";

class FormatsTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    MakeInterpreters("/mnt/i", {"run", "a b:c", "x\\x41"});
    Mount();
  }

  // "register ARGS"
  static Outcome Do(const std::vector<std::string>& args) {
    std::vector<std::string> all = {"register"};
    all.insert(all.end(), args.begin(), args.end());
    return Run(all);
  }

  // ":NAME:M::NAME::/mnt/i/run:FLAGS"
  static std::string Line(const std::string& name,
                          const std::string& flags = "") {
    return ":" + name + ":M::" + name + "::" + kInterpreter + ":" + flags;
  }
};

// Makes PATH anew.
void Put(const std::string& path, const std::string& text) {
  (void)unlink(path.c_str());
  WriteFile(path, text, 0644);
}

// Each line of LINES.
std::string Joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

// The snapshot.

TEST_F(FormatsTest, ASnapshotBringsTheRegistryBack) {
  for (const std::string& record : {
           Line("plain"),
           Line("held", "F"),
           Line("all", "POCF"),
           Line("open", "O"),
           Line("off", "F"),
           Line("off2", "P"),
           std::string(":ext:E::e,x t::/mnt/i/run:P"),
           std::string(":offset:M:100:\\x7fELF\\x00:\\xff\\xff\\xff\\xff\\x00:"
                       "/mnt/i/run:"),
           std::string("|na:me|M|2|AB\\x0a||/mnt/i/a b:c|F"),
           std::string("|a|E||:||/mnt/i/a b:c|"),
           std::string(":slash:M::slash::/mnt/i/x\\x41:F"),
           std::string(":,|!~% \xff\t:M::bytes::/mnt/i/run:"),
       }) {
    Register(record);
  }
  Write("off", "0");
  Write("off2", "0");
  // It matches nothing of this machine, unlike bytes behind the ELF header.
  Write("offset", "-1");
  const std::string before = Snapshot();
  const std::string names = EntryNames();
  for (const char* format : {"record", "binfmt.d"}) {
    const Outcome saved = Run({"status", "--print", format});
    ASSERT_EQ(saved.status, 0) << saved.err;
    EXPECT_EQ(saved.err, "");
    EXPECT_NE(saved.out.find("\n# disabled: :off:M:0:off::/mnt/i/run:F\n"),
              std::string::npos)
        << saved.out;
    Put("/mnt/saved", saved.out);
    ASSERT_EQ(Run({"clear", "-q", "--all"}), Prints(""));
    ASSERT_EQ(Snapshot(), "status: enabled\n");
    EXPECT_EQ(Do({"-q", "-f", "/mnt/saved"}), Prints(""));
    EXPECT_EQ(Snapshot(), before);
    EXPECT_EQ(EntryNames(), names);
    // And again, without a change.
    EXPECT_EQ(Do({"-q", "-f", "/mnt/saved"}), Prints(""));
    EXPECT_EQ(Snapshot(), before);
  }
}

TEST_F(FormatsTest, ASnapshotOfSomeEntries) {
  Register(Line("one"));
  Register(Line("two", "F"));
  Register(Line("three"));
  Write("three", "0");
  EXPECT_EQ(Run({"status", "--print", "record", "one", "three"}),
            Prints(":one:M:0:one::/mnt/i/run:\n"
                   "# disabled: :three:M:0:three::/mnt/i/run:\n"));
  EXPECT_EQ(Run({"status", "--print", "debian", "two"}),
            Prints("package two\ninterpreter /mnt/i/run\nmagic two\n"
                   "offset 0\ncredentials no\npreserve no\nfix_binary yes\n"));
  EXPECT_EQ(
      Run({"status", "--print", "binfmt.d", "no"}),
      Fails(1, "binfmt-status: \"no\" is neither an entry nor a target\n"));
}

TEST_F(FormatsTest, WhatASnapshotCannotHoldIsNamed) {
  Register(Line("one"));
  Register(":a\nb:M::ab::/mnt/i/run:");
  Register(":relative:M::cd::run:");
  Register(":dot:E::tar.gz::/mnt/i/run:");
  EXPECT_EQ(Run({"status", "--print", "record"}),
            Outcome({1, ":one:M:0:one::/mnt/i/run:\n",
                     "binfmt-status: a\\x0ab: a file of this format can't hold "
                     "it\n"
                     "binfmt-status: record \"relative\": the interpreter "
                     "\"run\" is not an absolute path\n"
                     "binfmt-status: record \"dot\": an extension with a dot "
                     "inside can never match\n"}));
  Write("one", "0");
  EXPECT_EQ(Run({"status", "--print", "debian", "one"}),
            Fails(1,
                  "binfmt-status: one: a file of this format can't hold "
                  "it\n"));
}

TEST_F(FormatsTest, WhatASnapshotHoldsAndIsGoneIsNamed) {
  Register(":gone:M::gone::/mnt/i/no:");
  Register(Line("one"));
  const Outcome saved = Run({"status", "--print", "record"});
  ASSERT_EQ(Run({"clear", "-q", "--all"}), Prints(""));
  Put("/mnt/saved", saved.out);
  EXPECT_EQ(Do({"-f", "/mnt/saved"}),
            Outcome({1, "one: registered, /mnt/i/run\n",
                     "binfmt-register: /mnt/saved:1: gone: interpreter "
                     "/mnt/i/no does not exist\n"}));
}

TEST_F(FormatsTest, FlagDIsADisabledEntryOnEveryKernel) {
  EXPECT_EQ(Do({"--rule", Line("d", "DF")}),
            Prints("d: registered, /mnt/i/run, flags FD\n"));
  EXPECT_EQ(EntryText("d"),
            "disabled\ninterpreter /mnt/i/run\nflags: F\noffset 0\nmagic 64\n");
  EXPECT_EQ(Do({"--rule", Line("d", "DF")}),
            Prints("d: unchanged, /mnt/i/run, flags FD\n"));
}

// Writing.

TEST_F(FormatsTest, PrintNeedsNeitherBinfmtMiscNorInterpreters) {
  const std::vector<std::string> rules = {"--rule", ":a:M::A::/no/i:TF",
                                          "--rule", ":b:E::b::/no/i:L",
                                          "--rule", ":c:B::::handler:D"};
  std::vector<std::string> args = {"-D", "/nowhere", "--print", "record"};
  args.insert(args.end(), rules.begin(), rules.end());
  EXPECT_EQ(Do(args), Prints(":a:M:0:A::/no/i:OFT\n:b:E::b::/no/i:L\n"
                             "# disabled: :c:B::::handler:\n"));
  EXPECT_EQ(
      Do({"-D", "/nowhere", "-Q", "/no", "-F", "", "--print", "binfmt.d",
          "arm"}),
      Prints(":qemu-arm:M:0:\\x7fELF\\x01\\x01\\x01\\x00\\x00\\x00\\x00"
             "\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\x28\\x00:"
             "\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\x00\\x00\\x00\\x00"
             "\\x00\\x00\\x00\\x00\\xfe\\xff\\xff\\xff:/no/qemu-arm:PF\n"));
  EXPECT_EQ(Snapshot(), "status: enabled\n");
}

TEST_F(FormatsTest, WhatWouldStopTheMachineIsNotWrittenEither) {
  EXPECT_EQ(Do({"--print", "record", "--rule", ":s:M::#!::/mnt/i/run:"}),
            Fails(1,
                  "binfmt-register: refused to register s: it takes "
                  "scripts, and those would not start any more\n"));
}

TEST_F(FormatsTest, ExportWritesAFileForEach) {
  EXPECT_EQ(Do({"-e", "/mnt/out/", "--rule", Line("a", "F"), "--rule",
                Line("b", "D")}),
            Prints("a: written, /mnt/i/run, flags F\n"
                   "b: written, /mnt/i/run, flags D\n"));
  EXPECT_EQ(ReadFile("/mnt/out/a.conf"), ":a:M:0:a::/mnt/i/run:F\n");
  EXPECT_EQ(ReadFile("/mnt/out/b.conf"), "# disabled: :b:M:0:b::/mnt/i/run:\n");
  EXPECT_EQ(Do({"--print", "debian", "-e", "/mnt/deb", "--rule", Line("a", "F"),
                "--rule", Line("b", "D")}),
            Outcome({1, "a: written, /mnt/i/run, flags F\n",
                     "binfmt-register: b: a file of this format can't hold "
                     "it\n"}));
  EXPECT_EQ(ReadFile("/mnt/deb/a"),
            "package a\ninterpreter /mnt/i/run\nmagic a\noffset 0\n"
            "credentials no\npreserve no\nfix_binary yes\n");
  EXPECT_NE(access("/mnt/deb/b", F_OK), 0);
  EXPECT_EQ(Do({"-n", "-e", "/mnt/dry", "--rule", Line("a")}),
            Prints("a: would be written, /mnt/i/run\n"));
  EXPECT_NE(access("/mnt/dry", F_OK), 0);
  EXPECT_EQ(Do({"-e", "/mnt/no/such", "--rule", Line("a")}),
            Fails(1,
                  "binfmt-register: cannot write /mnt/no/such/a.conf: No "
                  "such file or directory; make the directory above it\n"));
  EXPECT_EQ(Do({"--print", "yaml"}),
            Fails(2,
                  "binfmt-register: option --print takes record, binfmt.d "
                  "or debian, not \"yaml\"; see \"binfmtbox register "
                  "--help\"\n"));
}

// Directories.

TEST_F(FormatsTest, ADirectoryIsItsFilesByName) {
  ASSERT_EQ(mkdir("/mnt/d", 0755), 0);
  Put("/mnt/d/20.conf", Line("second"));
  Put("/mnt/d/10.conf", Line("first"));
  Put("/mnt/d/10.conf.old", Line("old"));
  Put("/mnt/d/.hidden.conf", Line("hidden"));
  EXPECT_EQ(Do({"-f", "/mnt/d"}), Prints("first: registered, /mnt/i/run\n"
                                         "second: registered, /mnt/i/run\n"));
  EXPECT_EQ(EntryNames(), "second first");
  ASSERT_EQ(mkdir("/mnt/deb", 0755), 0);
  Put("/mnt/deb/b.binfmt", "interpreter /mnt/i/run\nmagic B\n");
  Put("/mnt/deb/a", "interpreter /mnt/i/run\nextension aa\n");
  EXPECT_EQ(Do({"-f", "/mnt/deb/"}),
            Prints("a: registered, /mnt/i/run\n"
                   "b.binfmt: registered, /mnt/i/run\n"));
}

// Of records of one name in files the last counts, as systemd-binfmt has
// it, and has its place in the order.
TEST_F(FormatsTest, OfOneNameTheLastInADirectoryCounts) {
  ASSERT_EQ(mkdir("/mnt/d", 0755), 0);
  Put("/mnt/d/a-dynamic.conf", Line("a"));
  Put("/mnt/d/a-static.conf", Line("a", "F"));
  Put("/mnt/d/a-z.conf", Line("a", "F") + "\n" + Line("b"));
  Put("/mnt/d/a.conf", Line("c"));
  EXPECT_EQ(Do({"-f", "/mnt/d"}),
            Outcome({0,
                     "a: registered, /mnt/i/run, flags F\n"
                     "b: registered, /mnt/i/run\n"
                     "c: registered, /mnt/i/run\n",
                     "binfmt-register: note: /mnt/d/a-static.conf:1: a takes "
                     "the place of the one at /mnt/d/a-dynamic.conf:1\n"}));
  EXPECT_EQ(EntryNames(), "c b a");
}

TEST_F(FormatsTest, OfOneNameTheLastFileCounts) {
  Put("/mnt/1", Line("a") + "\n" + Line("b") + "\n" + Line("a", "P"));
  Put("/mnt/2", Line("b") + "\n" + Line("c"));
  const std::string differs =
      "binfmt-register: note: /mnt/1:3: a takes the place of the one at "
      "/mnt/1:1\n";
  EXPECT_EQ(Do({"-f", "/mnt/1", "-f", "/mnt/2"}),
            Outcome({0,
                     "a: registered, /mnt/i/run, flags P\n"
                     "b: registered, /mnt/i/run\n"
                     "c: registered, /mnt/i/run\n",
                     differs}));
  EXPECT_EQ(EntryNames(), "c b a");
  // The last counts, even where it can't be registered: so no other was meant.
  Put("/mnt/3", ":b:M::b:bad");
  EXPECT_EQ(Do({"-f", "/mnt/1", "-f", "/mnt/3", "--print", "record"}).out,
            ":a:M:0:a::/mnt/i/run:P\n");
  // A Debian file is named like its entry.
  Put("/mnt/c", "interpreter /mnt/i/run\nextension cc\n");
  EXPECT_EQ(Do({"-q", "-f", "/mnt/c", "-f", "/mnt/2", "--print", "record"}),
            Prints(":b:M:0:b::/mnt/i/run:\n:c:M:0:c::/mnt/i/run:\n"));
}

// Links that lead nowhere mask, as links to /dev/null do.
TEST_F(FormatsTest, MasksInADirectory) {
  ASSERT_EQ(mkdir("/mnt/d", 0755), 0);
  Put("/mnt/d/a.conf", Line("a"));
  Put("/mnt/d/b.conf", "");
  ASSERT_EQ(symlink("/dev/null", "/mnt/d/c.conf"), 0);
  ASSERT_EQ(symlink("nowhere", "/mnt/d/d.conf"), 0);
  EXPECT_EQ(Do({"-f", "/mnt/d"}), Prints("a: registered, /mnt/i/run\n"));
  EXPECT_EQ(Do({"-f", "/mnt/d/d.conf"}),
            Fails(1,
                  "binfmt-register: cannot read /mnt/d/d.conf: No such file "
                  "or directory\n"));
}

// What one collection has it may have in front of itself.
TEST_F(FormatsTest, RecordsOfACollectionMayOverlap) {
  const std::vector<std::string> args = {"-f", "/mnt/file"};
  Put("/mnt/file", ":wide:M::MZ::/mnt/i/run:\n:narrow:M::MZqFpD::/mnt/i/run:");
  EXPECT_EQ(Do(args), Prints("wide: registered, /mnt/i/run\n"
                             "narrow: registered, /mnt/i/run\n"));
  EXPECT_EQ(Do(args), Prints("wide: unchanged, /mnt/i/run\n"
                             "narrow: unchanged, /mnt/i/run\n"));
  EXPECT_EQ(Run({"status", "-q", "wide", "narrow"}), Prints(""));
  const std::string narrow = ":narrow:M::MZqFpD::/mnt/i/run:";
  Write("narrow", "-1");
  EXPECT_EQ(Do({"--rule", narrow}),
            Fails(1,
                  "binfmt-register: the entry wide takes the files that "
                  "narrow is for; take it out with --replace, or register in "
                  "front of it with --override\n"));
  EXPECT_EQ(Do(args), Prints("wide: unchanged, /mnt/i/run\n"
                             "narrow: registered, /mnt/i/run\n"));
  Write("wide", "-1");
  Register(":wide:M::MZ::/mnt/i/run:");
  EXPECT_EQ(Run({"status", "-q", "narrow"}),
            Fails(1,
                  "binfmt-status: narrow never gets a program: wide takes "
                  "them first\n"));
  EXPECT_EQ(Do({"--rule", narrow}).status, 1);
  EXPECT_EQ(Do({"--override", "--rule", narrow}),
            Prints("narrow: replaced, /mnt/i/run, shadows wide\n"));
  EXPECT_EQ(Run({"status", "-q", "narrow"}), Prints(""));
}

// systemd's four directories, in a root of its own.
TEST_F(FormatsTest, SystemHasPrecedenceAndMasks) {
  for (const char* dir :
       {"/mnt/root", "/mnt/root/etc", "/mnt/root/etc/binfmt.d", "/mnt/root/run",
        "/mnt/root/run/binfmt.d", "/mnt/root/usr", "/mnt/root/usr/lib",
        "/mnt/root/usr/lib/binfmt.d", "/mnt/root/usr/local",
        "/mnt/root/usr/local/lib", "/mnt/root/usr/local/lib/binfmt.d",
        "/mnt/root/dev"}) {
    ASSERT_EQ(mkdir(dir, 0755), 0) << dir;
  }
  const auto make = [](const std::string& path, const std::string& text) {
    Put("/mnt/root/" + path, text);
  };
  WriteFile("/mnt/root/binfmtbox", ReadFile(kBox), 0755);
  make("etc/binfmt.d/b.conf", "# comment\n; comment\n" + Line("etcb"));
  make("run/binfmt.d/b.conf", Line("runb"));
  make("run/binfmt.d/c.conf", Line("runc") + "\nbad\n\n" + Line("runc2"));
  make("usr/local/lib/binfmt.d/c.conf", Line("localc"));
  make("usr/local/lib/binfmt.d/a.conf", Line("locala"));
  make("usr/lib/binfmt.d/a.conf", Line("liba"));
  make("usr/lib/binfmt.d/empty.conf", Line("libempty"));
  make("etc/binfmt.d/empty.conf", "");
  make("usr/lib/binfmt.d/null.conf", Line("libnull"));
  ASSERT_EQ(symlink("/dev/null", "/mnt/root/run/binfmt.d/null.conf"), 0);
  make("usr/lib/binfmt.d/wine", Line("noconf"));
  make("usr/lib/binfmt.d/z.conf", Line("libz"));
  make("dev/null", "");
  Command command;
  command.root = "/mnt/root";
  command.path = "/binfmtbox";
  command.argv = {"binfmtbox", "register", "--system", "--print", "binfmt.d"};
  EXPECT_EQ(Execute(command),
            Outcome({1,
                     ":locala:M:0:locala::/mnt/i/run:\n"
                     ":etcb:M:0:etcb::/mnt/i/run:\n"
                     ":runc:M:0:runc::/mnt/i/run:\n"
                     ":runc2:M:0:runc2::/mnt/i/run:\n"
                     ":libz:M:0:libz::/mnt/i/run:\n",
                     "binfmt-register: /run/binfmt.d/c.conf:2: a record of 3 "
                     "bytes; the kernel takes 11 to 1920\n"}));
}

// Bad input.

// Every line of a file broken in turn, in many ways.
TEST_F(FormatsTest, EachLineOfABinfmtDFileBroken) {
  const std::vector<std::string> names = {"one", "two", "three"};
  const std::vector<std::string> lines = {
      Line("one"), "# a comment", ":two:M:1:two:\\xff\\xff\\xff:/mnt/i/run:F",
      "", ":three:E::three::/mnt/i/run:"};
  int count = 0;
  for (size_t broken = 0; broken < lines.size(); ++broken) {
    const std::string good = lines[broken];
    if (good.empty() || good[0] == '#') continue;
    const std::string name = good.substr(1, good.find(':', 1) - 1);
    std::vector<std::string> bads = {
        good + "Z",
        good + ":",
        good.substr(0, good.rfind(':')),
        good.substr(0, 9),
        good.substr(1),
        "!" + good.substr(1),
        ":" + good,
        std::string(":") + name + "/" + good.substr(good.find(':', 1)),
        ":" + good.substr(good.find(':', 1)),
        ":" + name + ":Q" + good.substr(name.size() + 3),
        ":" + name + ":M:x:AB::/mnt/i/run:",
        ":" + name + ":M:300:AB::/mnt/i/run:",
        ":" + name + ":M::\\xq0::/mnt/i/run:",
        ":" + name + ":M::AB:A:/mnt/i/run:",
        ":" + name + ":M::::/mnt/i/run:",
        ":" + name + ":E::a/b::/mnt/i/run:",
        ":" + name + ":M::AB:::",
        ":" + name + ":M::AB::run:",
        ":" + name + ":M::AB::/mnt/i/no:",
        ":" + name + ":M::" + std::string(1900, 'A') + "::/mnt/i/run:",
    };
    for (const std::string& bad : bads) {
      SCOPED_TRACE(bad);
      std::vector<std::string> text = lines;
      text[broken] = bad;
      Put("/mnt/f.conf", Joined(text));
      const Outcome outcome = Do({"-f", "/mnt/f.conf"});
      EXPECT_EQ(outcome.status, 1);
      const std::string begin =
          "binfmt-register: /mnt/f.conf:" + std::to_string(broken + 1) + ": ";
      EXPECT_EQ(outcome.err.substr(0, begin.size()), begin);
      EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1)
          << outcome.err;
      std::string rest;
      for (size_t i = names.size(); i-- > 0;) {
        if (names[i] != name) rest += (rest.empty() ? "" : " ") + names[i];
      }
      EXPECT_EQ(EntryNames(), rest);
      ASSERT_EQ(Run({"clear", "-q", "--all"}).status, 0);
      ++count;
    }
  }
  EXPECT_EQ(count, 60);
}

// An entry of which a line is broken is none; the other files' are done.
TEST_F(FormatsTest, EachLineOfADebianFileBroken) {
  const std::vector<std::string> lines = {"# a comment",
                                          "package p",
                                          "interpreter /mnt/i/run",
                                          "magic AB",
                                          "",
                                          "offset 2",
                                          "mask \\xff\\x0f",
                                          "credentials no",
                                          "preserve yes",
                                          "fix_binary yes",
                                          "expose_interpreter optional"};
  const std::vector<std::vector<std::string>> bads = {
      {},
      {"Xpackage p", "packag p"},
      {"interpreterx /mnt/i/run", "interpreter run", "interpreter /mnt/i/no",
       "interpreter\t/mnt/i/run"},
      {"magi AB", "magic \\x4", "magic \\xzz", "magic A:B",
       "magic " + std::string(300, 'A')},
      {},
      {"ofset 2", "offset -1", "offset two", "offset 255"},
      {"masc \\xff\\x0f", "mask \\xff", "mask \\xff\\xf", "mask :"},
      {"credential no", "credentials maybe", "credentials"},
      {"preserve", "preserve 1", "preserve_argv0 yes"},
      {"fix-binary yes", "fix_binary YES"},
      {"expose optional"}};
  Put("/mnt/other.conf", Line("other"));
  for (size_t broken = 0; broken < lines.size(); ++broken) {
    for (const std::string& bad : bads[broken]) {
      SCOPED_TRACE(bad);
      std::vector<std::string> text = lines;
      text[broken] = bad;
      Put("/mnt/deb", Joined(text));
      const Outcome outcome = Do({"-f", "/mnt/deb", "-f", "/mnt/other.conf"});
      EXPECT_EQ(outcome.status, 1);
      const std::string begin =
          "binfmt-register: /mnt/deb:" + std::to_string(broken + 1) + ": ";
      EXPECT_EQ(outcome.err.substr(0, begin.size()), begin);
      EXPECT_EQ(outcome.out, "other: registered, /mnt/i/run\n");
      ASSERT_EQ(Run({"clear", "-q", "--all"}).status, 0);
    }
  }
  Put("/mnt/deb", Joined(lines));
  EXPECT_EQ(Do({"-f", "/mnt/deb"}),
            Prints("deb: registered, /mnt/i/run, flags PF\n"));
}

TEST_F(FormatsTest, WhatIsNoFileOfRecords) {
  Put("/mnt/good.conf", Line("good"));
  const auto refuses = [](const std::string& path, const std::string& why) {
    EXPECT_EQ(Do({"-f", path, "-f", "/mnt/good.conf"}),
              Outcome({1, "good: registered, /mnt/i/run\n",
                       "binfmt-register: cannot " + why + "\n"}));
    ASSERT_EQ(Run({"clear", "-q", "--all"}).status, 0);
  };
  Put("/mnt/large", std::string((1 << 20) + 1, '#'));
  refuses("/mnt/large", "read /mnt/large: File too large");
  refuses("/mnt/none", "read /mnt/none: No such file or directory");
  refuses("/dev/zero", "read /dev/zero: File too large");
  ASSERT_EQ(symlink("loop", "/mnt/loop"), 0);
  refuses("/mnt/loop", "read /mnt/loop: Symbolic link loop");
  ASSERT_EQ(mkdir("/mnt/d", 0755), 0);
  ASSERT_EQ(mkfifo("/mnt/d/fifo", 0644), 0);
  refuses("/mnt/d", "read /mnt/d/fifo: Invalid argument");
  ASSERT_EQ(unlink("/mnt/d/fifo"), 0);
  ASSERT_EQ(mkdir("/mnt/d/d", 0755), 0);
  refuses("/mnt/d", "read /mnt/d/d: Is a directory");
  ASSERT_EQ(rmdir("/mnt/d/d"), 0);
  ASSERT_EQ(symlink("loop", "/mnt/d/loop"), 0);
  refuses("/mnt/d", "read /mnt/d/loop: Symbolic link loop");
  Put("/mnt/full", std::string(1 << 20, '#'));
  EXPECT_EQ(Do({"-f", "/mnt/full"}), Prints(""));
}

// What real files have besides records.

TEST_F(FormatsTest, LineEndsBlanksAndComments) {
  const std::string text = Line("a") + "\r\n\t " + Line("b") +
                           "\t \r\n# c\r\n;d\n\r\n \t\n" + Line("e");
  Put("/mnt/f.conf", text);
  EXPECT_EQ(Do({"-q", "-f", "/mnt/f.conf"}), Prints(""));
  EXPECT_EQ(EntryNames(), "e b a");
}

// One line that says what is wrong where.
TEST_F(FormatsTest, FilesThatAreNone) {
  const std::string good = Line("good") + "\n";
  const auto refused = [](const std::string& text, const std::string& why) {
    Put("/mnt/f.conf", text);
    EXPECT_EQ(Do({"-f", "/mnt/f.conf"}),
              Fails(1, "binfmt-register: /mnt/f.conf:" + why + "\n"));
  };
  refused("\xef\xbb\xbf" + good,
          "1: a byte order mark; write the file without it");
  const std::string nul = ": a NUL byte, which no file of records has";
  refused(good + std::string(":nul:M::a\0b::/mnt/i/run:\n", 25), "2" + nul);
  refused(std::string("\xff\xfe:\0a\0", 6), "1" + nul);
  refused(ReadFile(kBox), "1" + nul);
  for (const char* text :
       {R"(:two:M::\\x41\\x42::/mnt/i/run:)",
        R"(:two:M::abcde:\\xff:/mnt/i/run:)", R"(:two:M::\x41::/mnt/i\\x:)",
        R"(:two:E::a\\x::/mnt/i/run:)"}) {
    refused(text, "1: two: two backslashes before x are no byte; write one");
  }
  refused(":args:E::aaa::/mnt/i/run -L /x:",
          "1: args: interpreter /mnt/i/run -L /x does not exist; it is one "
          "path, without arguments");
  refused(":none:E::aaa::/mnt/i/none:",
          "1: none: interpreter /mnt/i/none does not exist");
  refused("interpreter /mnt/i/run\nmagic abc\ndetector /mnt/i/run\n",
          "1: f.conf: interpreter /usr/lib/binfmt-support/run-detectors does "
          "not exist; binfmt-support runs the format's detector: install it");
  EXPECT_EQ(EntryNames(), "");
}

TEST_F(FormatsTest, OperandsThatAreNoTargets) {
  const auto error = [](const std::string& word) { return Do({word}).err; };
  EXPECT_NE(error(":a:E::aaa::/mnt/i/run:").find("; --rule takes a record"),
            std::string::npos);
  EXPECT_NE(error("/etc/binfmt.d/a.conf").find("; --file reads records"),
            std::string::npos);
  EXPECT_NE(error("aarch64-linux-gnu").find("; did you mean aarch64"),
            std::string::npos);
}

// One error, not one for each target.
TEST_F(FormatsTest, AFileForADirectory) {
  for (const char* word : {"all", "arm,arm64,mips"}) {
    EXPECT_EQ(Do({"-Q", "/mnt/i/run", word}),
              Fails(1,
                    "binfmt-register: /mnt/i/run is no directory; "
                    "--interpreter names a file\n"));
  }
}

}  // namespace
}  // namespace binfmtbox_testing
