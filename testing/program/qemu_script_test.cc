// SPDX-License-Identifier: Apache-2.0
// register in place of QEMU's qemu-binfmt-conf.sh: by its name with its
// defaults, and by ours with its words.
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"
#include "testing/namespace.h"
#include "testing/process.h"
#include "testing/program.h"

namespace binfmtbox_testing {
namespace {

constexpr char kLink[] = "/mnt/bin/qemu-binfmt-conf.sh";
constexpr const char* kFolders[] = {"/etc/binfmt.d", "/mnt/out",
                                    "/usr/share/binfmts"};
// Over these a test has empty folders of its own.
constexpr const char* kHidden[] = {"/etc", "/usr/share", "/usr/local"};

std::vector<std::string> Split(const std::string& text, char divider) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, divider);) {
    parts.push_back(part);
  }
  return parts;
}

// What was made, in the form of calls.txt.
class Report {
 public:
  explicit Report(bool without_i386) : without_i386_(without_i386) {}

  // Rows of e_machine values that the script does not know are ours alone:
  // distributions' entries have the script's names for MicroBlaze.
  void Add(std::string name, std::string place, std::string interpreter,
           std::string flags) {
    for (std::string* text : {&name, &place}) {
      absl::StrReplaceAll({{"microblaze-189", "microblaze"},
                           {"microblazeel-189", "microblazeel"}},
                          text);
    }
    const std::string old = "-old";
    if (name.size() > old.size() &&
        name.compare(name.size() - old.size(), old.size(), old) == 0) {
      return;
    }
    if (without_i386_ && (name == "qemu-i386" || name == "qemu-i486")) return;
    for (std::string* text : {&place, &interpreter}) {
      const size_t start = text->find(name);
      if (start != std::string::npos) text->replace(start, name.size(), "*");
    }
    std::sort(flags.begin(), flags.end());
    groups_[place + " " + interpreter + " " + (flags.empty() ? "-" : flags)]
        .insert(name.substr(name.find('-') + 1));
  }

  std::string Text() const {
    std::string text;
    for (const auto& [head, names] : groups_) {
      std::string line;
      for (const std::string& name : names) {
        line += (line.empty() ? "" : ",") + name;
      }
      text += head + " " + line + "\n";
    }
    return text;
  }

 private:
  bool without_i386_;
  std::map<std::string, std::set<std::string>> groups_;
};

struct Recorded {
  std::string call;
  std::string result;
};

class ScriptTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    for (const char* folder : kHidden) {
      ASSERT_EQ(mount("none", folder, "tmpfs", 0, "mode=755"), 0) << folder;
    }
    for (const char* folder : kFolders) ASSERT_EQ(mkdir(folder, 0755), 0);
    ASSERT_EQ(link(kBox, kLink), 0);
    std::vector<std::string> names;
    for (const char* cpu :
         {"aarch64", "aarch64_be", "alpha",   "arm",       "armeb",
          "hexagon", "hppa",       "i386",    "i486",      "loongarch64",
          "m68k",    "microblaze", "mips",    "mips64",    "mips64el",
          "mipsel",  "mipsn32",    "or1k",    "mipsn32el", "microblazeel",
          "ppc",     "ppc64",      "ppc64le", "riscv32",   "riscv64",
          "s390x",   "sh4",        "sh4eb",   "sparc",     "sparc32plus",
          "sparc64", "x86_64",     "xtensa",  "xtensaeb"}) {
      names.push_back(std::string("qemu-") + cpu);
      names.push_back(names.back() + "-static");
    }
    MakeInterpreters("/mnt/emu", names);
    ASSERT_EQ(mkdir("/usr/local/bin", 0755), 0);
    ASSERT_EQ(mount("/mnt/emu", "/usr/local/bin", nullptr, MS_BIND, nullptr),
              0);
    Mount();
  }

  void TearDown() override {
    umount2("/usr/local/bin", MNT_DETACH);
    for (const char* folder : kHidden) umount2(folder, MNT_DETACH);
    ProgramTest::TearDown();
  }

  static void Empty() {
    Write("status", "-1");
    for (const char* folder : kFolders) {
      for (const auto& file : std::filesystem::directory_iterator(folder)) {
        unlink(file.path().c_str());
      }
    }
  }

  // "[NAME=VALUE]... WORD..." behind FIRST.
  static Outcome RunCall(const std::string& call,
                         std::vector<std::string> first) {
    Command how;
    how.path = first[0] == "qemu-binfmt-conf.sh" ? kLink : kBox;
    for (const std::string& word : Split(call, ' ')) {
      const bool variable = word[0] != '-' && word.find('=') != word.npos;
      (variable ? how.env : first).push_back(word);
    }
    how.argv = std::move(first);
    return Execute(how);
  }

  // What the kernel and the folders hold. The script leaves i386 out by a table
  // of families, we only where the machine runs it: elsewhere it counts only
  // where it was RECORDED.
  static std::string Result(const Recorded& recorded) {
    Report report(!RunsI386() &&
                  recorded.result.find("i386") == std::string::npos);
    for (const std::string& name : Split(EntryNames(), ' ')) {
      std::vector<std::string> lines = Split(EntryText(name), '\n');
      lines.resize(3);
      report.Add(name, "kernel", lines[1].substr(lines[1].find(' ') + 1),
                 lines[2].substr(lines[2].find(' ') + 1));
    }
    for (const char* folder : kFolders) {
      for (const auto& file : std::filesystem::directory_iterator(folder)) {
        AddFile(file.path().string(), &report);
      }
    }
    return report.Text();
  }

 private:
  static void AddFile(const std::string& path, Report* report) {
    const std::string text = ReadFile(path);
    if (text[0] == ':') {
      std::vector<std::string> fields =
          Split(text.substr(0, text.size() - 1), ':');
      fields.resize(8);
      report->Add(fields[1], path, fields[6], fields[7]);
      return;
    }
    std::map<std::string, std::string> facts;
    for (const std::string& line : Split(text, '\n')) {
      const size_t blank = line.find(' ');
      facts[line.substr(0, blank)] = line.substr(blank + 1);
    }
    report->Add(path.substr(path.rfind('/') + 1), path, facts["interpreter"],
                std::string(facts["credentials"] == "yes" ? "CO" : "") +
                    (facts["fix_binary"] == "yes" ? "F" : "") +
                    (facts["preserve"] == "yes" ? "P" : ""));
  }
};

std::vector<Recorded> ReadCalls() {
  std::vector<Recorded> calls;
  std::istringstream lines(ReadFile("testdata/qemu_binfmt_conf/calls.txt"));
  for (std::string line; std::getline(lines, line);) {
    if (line.compare(0, 2, "$ ") == 0) {
      calls.push_back({line.substr(2), ""});
    } else {
      calls.back().result += line + "\n";
    }
  }
  return calls;
}

TEST_F(ScriptTest, ByItsNameEveryOptionMakesTheSameEntries) {
  const std::vector<Recorded> calls = ReadCalls();
  ASSERT_EQ(calls.size(), 60u);
  for (const Recorded& recorded : calls) {
    Empty();
    // For another machine the directory has to be named.
    const bool other_machine =
        absl::StrContains(recorded.call, "HOST_ARCH=") &&
        !absl::StrContains(recorded.call, "HOST_ARCH=x86_64") &&
        !absl::StrContains(recorded.call, "HOST_ARCH=i686");
    const char* dir = absl::StrContains(recorded.call, "-d")
                          ? "EXPORTDIR=/usr/share/binfmts "
                          : "EXPORTDIR=/etc/binfmt.d ";
    const Outcome outcome = RunCall((other_machine ? dir : "") + recorded.call,
                                    {"qemu-binfmt-conf.sh"});
    EXPECT_EQ(outcome.status, 0) << recorded.call << "\n" << outcome.err;
    EXPECT_EQ(Result(recorded), recorded.result) << recorded.call;
  }
}

TEST_F(ScriptTest, HelpTellsItsOwnDefaults) {
  const std::string help = RunCall("--help", {"qemu-binfmt-conf.sh"}).out;
  for (const char* const text :
       {"(default /usr/local/bin)", "(default: nothing)",
        "(flag F; default no)", "(flag P; default no)"}) {
    EXPECT_TRUE(help.contains(text)) << help;
  }
}

TEST_F(ScriptTest, ByOurNameTheSameWordsHold) {
  for (const Recorded& recorded : ReadCalls()) {
    // The variables hold by the script's name only.
    if (absl::StrContains(recorded.call, "HOST_ARCH=")) continue;
    std::string call = recorded.call;
    const std::string_view variable = "EXPORTDIR=";
    if (absl::StartsWith(call, variable)) {
      call.replace(0, variable.size(), "-e ");
    }
    Empty();
    const Outcome outcome =
        RunCall(call, {"binfmtbox", "register", "-Q/usr/local/bin",
                       "--qemu-suffix=", "-pno", "-cno", "-gno"});
    EXPECT_EQ(outcome.status, 0) << recorded.call << "\n" << outcome.err;
    EXPECT_EQ(Result(recorded), recorded.result) << recorded.call;
  }
}

TEST_F(ScriptTest, ItMountsAndTakesOurOptionsToo) {
  ASSERT_EQ(umount(kRegistry), 0);
  EXPECT_EQ(RunCall("--userns -q arm", {"qemu-binfmt-conf.sh"}), Prints(""));
  EXPECT_EQ(EntryNames(), "qemu-arm");
}

TEST_F(ScriptTest, OnlyTheWholeNameIsTheScript) {
  ASSERT_EQ(symlink(kBox, "/mnt/bin/qemu-binfmt-conf"), 0);
  Command command;
  command.path = "/mnt/bin/qemu-binfmt-conf";
  command.argv = {"qemu-binfmt-conf"};
  EXPECT_EQ(Execute(command),
            Fails(127,
                  "binfmtbox: there is no applet \"qemu-binfmt-conf\"; see "
                  "\"binfmtbox --list\"\n"));
  EXPECT_EQ(Run({"qemu-binfmt-conf.sh"}),
            Fails(127,
                  "binfmtbox: there is no applet \"qemu-binfmt-conf.sh\"; see "
                  "\"binfmtbox --list\"\n"));
}

// Where the script registers what can't work, and says nothing.
TEST_F(ScriptTest, MissingInterpretersAreLeftOut) {
  ASSERT_EQ(umount2("/usr/local/bin", MNT_DETACH), 0);
  EXPECT_EQ(RunCall("", {"qemu-binfmt-conf.sh"}),
            Fails(1,
                  "binfmt-register: there is no interpreter for any target in "
                  "/usr/local/bin; install qemu-user-static, or name a "
                  "directory with --qemu-path\n"));
  EXPECT_EQ(EntryNames(), "");
}

// But files may be for another root.
TEST_F(ScriptTest, MissingInterpretersWillDoForFiles) {
  ASSERT_EQ(umount2("/usr/local/bin", MNT_DETACH), 0);
  const std::vector<Recorded> calls = ReadCalls();
  const auto all = std::find_if(
      calls.begin(), calls.end(),
      [](const Recorded& recorded) { return recorded.call == "-s ALL"; });
  EXPECT_EQ(RunCall("-s ALL", {"qemu-binfmt-conf.sh"}).status, 0);
  EXPECT_EQ(Result(*all), all->result);
}

TEST_F(ScriptTest, UnknownHost) {
  EXPECT_EQ(RunCall("HOST_ARCH=BePC -s ALL", {"qemu-binfmt-conf.sh"}),
            Fails(2,
                  "binfmt-register: unknown HOST_ARCH \"BePC\"; see "
                  "\"qemu-binfmt-conf.sh --help\"\n"));
  EXPECT_EQ(Result({}), "");
}

TEST_F(ScriptTest, UnknownCpu) {
  EXPECT_EQ(RunCall("-s arn", {"qemu-binfmt-conf.sh"}).status, 2);
  EXPECT_EQ(Result({}), "");
}

TEST_F(ScriptTest, AmbiguousOption) {
  EXPECT_EQ(RunCall("--p yes", {"qemu-binfmt-conf.sh"}),
            Fails(2,
                  "binfmt-register: unknown option \"--p\"; see "
                  "\"qemu-binfmt-conf.sh --help\"\n"));
}

// A file for another machine does not go where this one reads it.
TEST_F(ScriptTest, FilesForAnotherMachine) {
  for (const char* format : {"-s ALL", "-s x86_64", "-d"}) {
    const std::string call = std::string("HOST_ARCH=aarch64 ") + format;
    EXPECT_EQ(RunCall(call, {"qemu-binfmt-conf.sh"}),
              Fails(2,
                    "binfmt-register: files for aarch64 need a directory: "
                    "--exportdir; see \"qemu-binfmt-conf.sh --help\"\n"));
    EXPECT_EQ(Result({}), "");
    EXPECT_EQ(
        RunCall("EXPORTDIR=/mnt/new " + call, {"qemu-binfmt-conf.sh"}).status,
        0);
    EXPECT_EQ(RunCall(call + " -e /mnt/other", {"qemu-binfmt-conf.sh"}).status,
              0);
  }
}

TEST_F(ScriptTest, RelativeExportDirectory) {
  EXPECT_EQ(RunCall("EXPORTDIR=new -s arm", {"qemu-binfmt-conf.sh"}),
            Fails(2,
                  "binfmt-register: option --exportdir needs an absolute path; "
                  "see \"qemu-binfmt-conf.sh --help\"\n"));
}

// Make, Yocto and others have variables of these names.
TEST_F(ScriptTest, VariablesAreTheScriptsOnly) {
  const std::string variables =
      "HOST_ARCH=aarch64 EXPORTDIR=relative -Q /usr/local/bin ";
  EXPECT_EQ(RunCall(variables + "-s ALL", {"binfmtbox", "register"}).status, 0);
  EXPECT_NE(access("/etc/binfmt.d/qemu-aarch64.conf", F_OK), -1);
  EXPECT_EQ(access("/etc/binfmt.d/qemu-x86_64.conf", F_OK), -1);
  EXPECT_EQ(
      RunCall("HOST_ARCH=BePC -n -Q /usr/local/bin", {"binfmtbox", "register"})
          .status,
      0);
}

// The machine's own programs stay its own, whatever HOST_ARCH says.
TEST_F(ScriptTest, HostArchDoesNotOpenTheGuard) {
  EXPECT_EQ(RunCall("HOST_ARCH=aarch64 -q", {"qemu-binfmt-conf.sh"}).status, 0);
  const std::string names = " " + EntryNames() + " ";
  for (const char* name : {" qemu-x86_64 ", " qemu-aarch64 "}) {
    EXPECT_EQ(names.find(name), std::string::npos) << name;
  }
  EXPECT_EQ(names.find(" qemu-i386 ") == std::string::npos, RunsI386());
  EXPECT_NE(names.find(" qemu-s390x "), std::string::npos);
}

}  // namespace
}  // namespace binfmtbox_testing
