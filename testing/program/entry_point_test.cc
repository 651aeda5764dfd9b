// SPDX-License-Identifier: Apache-2.0
// The words of a container image's executable, in namespaces of its own.
// packaging/image has the image as people run it.
#include <sys/stat.h>

#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "testing/namespace.h"
#include "testing/process.h"
#include "testing/program.h"

namespace binfmtbox_testing {
namespace {

constexpr char kJar[] = ":jar:E::jar::/usr/bin/jexec:";

class EntryPointTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    MakeInterpreters("/mnt/qemu", {"qemu-arm-static", "qemu-mips-static"});
    container_.emplace();
    Mount();
    const std::string out = Do({}).out;
    own_ = out.substr(0, out.find(']'));
  }

  // "IMAGE ARGS", in the surroundings of COMMAND.
  static Outcome Do(const std::vector<std::string>& args,
                    const Command& surroundings = {}) {
    Command command = Box(args, surroundings);
    command.path = TestData("cmd/binfmt");
    command.argv[0] = "binfmt";
    return Execute(command);
  }

  // The same, where ARGS are misuse, and nothing is done. What it says.
  static std::string Misuse(const std::vector<std::string>& args) {
    const std::string before = Snapshot();
    const Outcome outcome = Do(args);
    EXPECT_EQ(outcome.status, 2);
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(Snapshot(), before);
    constexpr char kEnd[] = "; see \"IMAGE --help\"\n";
    const size_t end = outcome.err.rfind(kEnd);
    if (outcome.err.rfind("binfmt: ", 0) != 0 || end == std::string::npos) {
      return outcome.err;
    }
    return outcome.err.substr(8, end - 8);
  }

  static std::vector<std::string> Install(
      const std::string& list, const std::vector<std::string>& more = {}) {
    std::vector<std::string> args = {"--install", list, "-Q/mnt/qemu"};
    args.insert(args.end(), more.begin(), more.end());
    return args;
  }

  // What it prints where PLATFORMS run, beside the machine's own, by EMULATORS.
  std::string State(const std::string& platforms,
                    const std::string& emulators) const {
    return own_ + platforms + "],\"emulators\":[" + emulators + "]}\n";
  }

  static constexpr char kArm[] = ",\"linux/arm/v7\",\"linux/arm/v6\"";
  static constexpr char kMips[] = ",\"linux/mips\"";

  // Without the mount.
  std::optional<MountNamespace> container_;
  std::string own_;  // i386 runs natively on many machines
};

TEST_F(EntryPointTest, InstallsAndUninstalls) {
  Register(kJar);
  EXPECT_EQ(
      Do(Install("arm,mips")),
      Prints(State(std::string(kArm) + kMips, R"("qemu-mips","qemu-arm")")));
  EXPECT_EQ(EntryNames(), "qemu-mips qemu-arm jar");
  EXPECT_EQ(Do({"--uninstall", "qemu-*"}), Prints(State("", "")));
  EXPECT_EQ(EntryNames(), "jar");
}

// Nothing would be done, and status 0 would say that all is well.
TEST_F(EntryPointTest, OptionsWithoutAValue) {
  for (const char* option : {"--install", "-install"}) {
    EXPECT_EQ(Misuse({option}), "option --install needs a value, LIST");
    EXPECT_EQ(Misuse({option, ""}), "option --install needs a value, LIST");
    EXPECT_EQ(Misuse({option, " ,"}), "option --install needs a value, LIST");
  }
  EXPECT_EQ(Misuse({"--install="}), "option --install needs a value, LIST");
  EXPECT_EQ(Misuse({"--uninstall"}), "option --uninstall needs a value, LIST");
  EXPECT_EQ(Misuse({"--install", "arm", "--uninstall"}),
            "option --uninstall needs a value, LIST");
  EXPECT_EQ(Misuse({"--mount"}), "option --mount needs a value, DIR");
  EXPECT_EQ(Misuse({"--install", "arm", "--mount="}),
            "option --mount needs a value, DIR");
  EXPECT_EQ(Misuse({"--install", "arm", "--interpreter"}),
            "option --interpreter needs a value, PATH");
}

TEST_F(EntryPointTest, WordsOfAListAreNoOptions) {
  Register(kJar);
  for (const char* option : {"--uninstall", "-uninstall"}) {
    EXPECT_EQ(Misuse({std::string(option) + "=--all"}),
              "option --uninstall takes names, not \"--all\"");
    EXPECT_EQ(Misuse({option, "arm,-n"}),
              "option --uninstall takes names, not \"-n\"");
  }
  EXPECT_EQ(Misuse({"--install", "--replace"}),
            "option --install takes names, not \"--replace\"");
  EXPECT_EQ(Misuse({"--uninstall", "jar", "--install=-h"}),
            "option --install takes names, not \"-h\"");
}

// What is wrong is said before anything is taken out.
TEST_F(EntryPointTest, UnknownOptions) {
  Register(kJar);
  EXPECT_EQ(Misuse({"--uninstall", "jar", "--replace"}),
            "\"--replace\" is no option, unless with --install");
  EXPECT_EQ(Misuse({"--uninstall", "jar", "mips"}),
            "\"mips\" is no option, unless with --install");
  EXPECT_EQ(Misuse({"--uninstall", "jar", "--install", "arm", "--foo"}),
            "unknown option \"--foo\"");
}

TEST_F(EntryPointTest, DryRun) {
  ASSERT_EQ(Do(Install("arm")).status, 0);
  Register(kJar);
  const std::string before = Snapshot();
  const std::string state = State(kArm, R"("qemu-arm")");
  const std::string removal = "qemu-arm: would be removed\n" + state;
  EXPECT_EQ(Do({"--dry-run", "--uninstall", "qemu-*"}), Prints(removal));
  EXPECT_EQ(Do({"--uninstall", "qemu-*", "-n"}), Prints(removal));
  EXPECT_EQ(Do({"-uninstall=qemu-*", "-dry-run"}), Prints(removal));
  const std::string both =
      "qemu-arm: would be removed\n"
      "qemu-mips: would be registered, /mnt/qemu/qemu-mips-static, flags "
      "POCF\n" +
      state;
  EXPECT_EQ(Do(Install("mips", {"--uninstall", "qemu-arm", "-n"})),
            Prints(both));
  // Among other letters of register.
  EXPECT_EQ(Do(Install("mips", {"--uninstall", "qemu-arm", "-nF-static"})),
            Prints(both));
  EXPECT_EQ(Snapshot(), before);
}

// Go's programs take options with one dash, too.
TEST_F(EntryPointTest, OneDash) {
  const std::string mips = State(kMips, R"("qemu-mips")");
  EXPECT_EQ(Do(Install("mips")), Prints(mips));
  EXPECT_EQ(Do({"-uninstall", "mips"}), Prints(State("", "")));
  EXPECT_EQ(Do({"-install", "mips", "-Q/mnt/qemu"}), Prints(mips));
  EXPECT_EQ(Do({"-uninstall=mips", "-mount", kRegistry}),
            Prints(State("", "")));
  EXPECT_EQ(
      Do({"-mount=/mnt/none", "-install=arm", "--userns"}),
      Fails(
          3,
          "binfmt-register: cannot mount binfmt_misc on /mnt/none: there is no "
          "such directory\n"));
  for (const char* word : {"version", "list"}) {
    const std::string two = std::string("--") + word;
    const Outcome outcome = Run({two});
    EXPECT_EQ(Do({std::string("-") + word}), Do({two}));
    EXPECT_EQ(Do({"--mount", kRegistry, two}), Do({two}));
    EXPECT_EQ(Do({two}).out.substr(0, 10), outcome.out.substr(0, 10));
    EXPECT_EQ(Do({two, "x"}),
              Fails(2, "binfmtbox: unexpected operand \"x\" after " + two +
                           "; see \"binfmtbox --help\"\n"));
  }
}

// A handler that works is no failure.
TEST_F(EntryPointTest, InstallsAgain) {
  const std::string arm = State(kArm, R"("qemu-arm")");
  ASSERT_EQ(Do(Install("arm")), Prints(arm));
  EXPECT_EQ(Do(Install("arm")), Prints(arm));
  EXPECT_EQ(Do(Install("arm", {"-cyes"})), Prints(arm));
  // The image was pulled anew, with another file at the path.
  WriteFile("/mnt/new", ReadFile(kBox), 0755);
  ASSERT_EQ(rename("/mnt/new", "/mnt/qemu/qemu-arm-static"), 0);
  EXPECT_EQ(Do(Install("arm")), Prints(arm));
  const std::string line =
      "qemu-arm: unchanged, /mnt/qemu/qemu-arm-static, flags POCF\n";
  EXPECT_EQ(
      Do({"register", "-Q/mnt/qemu", "arm"}),
      Prints(line,
             "binfmt-register: note: entries that hold, or may hold, another "
             "file than the one that is now at the interpreter's path: 1; "
             "--replace swaps them\n"));
  EXPECT_EQ(Do(Install("arm", {"--replace"})), Prints(arm));
  EXPECT_EQ(Do({"register", "-Q/mnt/qemu", "arm"}), Prints(line));
}

// What was asked for holds, or the difference is said.
TEST_F(EntryPointTest, EntriesWithoutFlagC) {
  const std::string both =
      State(std::string(kArm) + kMips, R"("qemu-mips","qemu-arm")");
  ASSERT_EQ(Do(Install("arm,mips", {"-cno"})), Prints(both));
  const auto note = [](int count) {
    return "binfmt-register: note: entries left alone without flag C: " +
           std::to_string(count) +
           "; setuid programs (sudo) run there without their rights; swap them "
           "with --replace\n";
  };
  EXPECT_EQ(Do(Install("arm")), Prints(both, note(1)));
  EXPECT_EQ(Do(Install("all")), Prints(both, note(2)));
  EXPECT_EQ(Do(Install("all", {"-cno"})), Prints(both));
  const std::string before = Snapshot();
  const auto differs = [](const std::string& name) {
    return "binfmt-register: qemu-" + name +
           " is there and differs: flags PF instead of POCF; swap it with "
           "--replace\n";
  };
  EXPECT_EQ(Do(Install("mips", {"-cyes"})),
            (Outcome{1, both, differs("mips")}));
  EXPECT_EQ(Do(Install("all", {"--credential=yes"})),
            (Outcome{1, both, differs("arm") + differs("mips")}));
  EXPECT_EQ(Snapshot(), before);
  EXPECT_EQ(Do(Install("all", {"-cyes", "--replace"})), Prints(both));
  EXPECT_NE(EntryText("qemu-mips").find("flags: POCF"), std::string::npos);
}

// The variables of tonistiigi/binfmt.
TEST_F(EntryPointTest, Variables) {
  const auto install = [](const std::string& variable,
                          const std::vector<std::string>& more = {}) {
    std::vector<std::string> args = {"--install", "arm"};
    args.insert(args.end(), more.begin(), more.end());
    return Do(args, WithEnv({variable}));
  };
  const std::string arm = State(kArm, R"("qemu-arm")");
  EXPECT_EQ(install("QEMU_BINARY_PATH=/mnt/qemu"), Prints(arm));
  EXPECT_NE(EntryText("qemu-arm").find("/mnt/qemu/qemu-arm-static"),
            std::string::npos);
  EXPECT_EQ(Do({"--uninstall=arm"}), Prints(State("", "")));
  // What an option says holds.
  EXPECT_EQ(install("QEMU_BINARY_PATH=/mnt/none", {"-Q/mnt/qemu"}),
            Prints(arm));
  EXPECT_EQ(install("QEMU_PRESERVE_ARGV0=1", {"-Q/mnt/qemu"}), Prints(arm));
  EXPECT_EQ(install("QEMU_PRESERVE_ARGV0=1", {"-Q/mnt/qemu", "-gno"}),
            (Outcome{1, arm,
                     "binfmt-register: qemu-arm is there and differs: flags "
                     "POCF instead of OCF; swap it with --replace\n"}));
  EXPECT_EQ(install("QEMU_BINARY_PATH=qemu"),
            Fails(2,
                  "binfmt: QEMU_BINARY_PATH needs an absolute path; see "
                  "\"IMAGE --help\"\n"));
  EXPECT_EQ(install("QEMU_BINARY_PREFIX=buildkit-"),
            Fails(2,
                  "binfmt: QEMU_BINARY_PREFIX is not supported: entries and "
                  "emulators are told by their names, which begin with qemu-; "
                  "use QEMU_BINARY_PATH; see \"IMAGE --help\"\n"));
}

TEST_F(EntryPointTest, UnknownWordsDoNotStopTheOthers) {
  EXPECT_EQ(Do(Install("frobnicate,arm,frobnicated")),
            (Outcome{1, State(kArm, R"("qemu-arm")"),
                     "binfmt: unknown target \"frobnicate\"\n"
                     "binfmt: unknown target \"frobnicated\"\n"}));
  EXPECT_EQ(EntryNames(), "qemu-arm");
  EXPECT_EQ(Do({"--uninstall", "frobnicate,arm"}), Prints(State("", "")));
  EXPECT_EQ(Misuse(Install("frobnicate")), "unknown target \"frobnicate\"");
  EXPECT_EQ(EntryNames(), "");
}

// In a container that sees no binfmt_misc.
TEST_F(EntryPointTest, WhereNothingIsMounted) {
  Register(kJar);
  ASSERT_EQ(Do(Install("arm")).status, 0);
  const auto in_container = [this](const std::vector<std::string>& args) {
    return Do(args, In(*container_));
  };
  const auto refusal = [](const std::string& name) {
    return name +
           ": this is a user namespace of its own: a mount hides the host's "
           "handlers here for good; if that is what you want, add --userns\n";
  };
  // What runs can be told: arm's emulator is none.
  const std::string own = own_ + "],\"emulators\":null}\n";
  EXPECT_EQ(in_container({"status", "--platforms"}), Prints(own));
  EXPECT_EQ(in_container({}), (Outcome{5, own, refusal("binfmt")}));
  EXPECT_EQ(in_container({"status", "jar"}),
            Fails(5, refusal("binfmt-status")));
  EXPECT_EQ(in_container({"status", "--if-possible", "jar"}),
            Prints("", "binfmt-status: note: " + refusal("").substr(2)));
  EXPECT_EQ(in_container({"clear", "jar"}), Fails(5, refusal("binfmt-clear")));
  EXPECT_EQ(in_container({"status", "--help"}).status, 0);
  EXPECT_EQ(EntryNamesIn(*container_), "not mounted");
  // A mount shows the instance of the user namespace, as on a host.
  EXPECT_EQ(in_container({"status", "--userns", "-q", "arm"}), Prints(""));
  EXPECT_EQ(in_container({"status"}), Do({"status"}));
  EXPECT_EQ(in_container({"binfmt-clear", "--userns", "jar"}),
            Prints("jar: removed\n"));
  EXPECT_EQ(EntryNames(), "qemu-arm");
}

TEST_F(EntryPointTest, AnotherDirectory) {
  ASSERT_EQ(mkdir("/mnt/registry", 0755), 0);
  Mount("/mnt/registry");
  for (const char* option : {"--mount", "--dir", "-D"}) {
    EXPECT_EQ(Do(Install("mips", {option, "/mnt/registry"})).status, 0);
    EXPECT_EQ(Do({"--mount=/mnt/registry", "--uninstall", "mips"}).status, 0)
        << option;
  }
}

}  // namespace
}  // namespace binfmtbox_testing
