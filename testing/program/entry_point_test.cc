// SPDX-License-Identifier: Apache-2.0
// The words of a container image's executable, in namespaces of its own.
// packaging/image has the image as people run it.
#include <sys/stat.h>

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "testing/namespace.h"
#include "testing/program.h"

namespace binfmtbox_testing {
namespace {

constexpr char kJar[] = ":jar:E::jar::/usr/bin/jexec:";

class EntryPointTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    MakeInterpreters("/mnt/qemu", {"qemu-arm-static", "qemu-mips-static"});
    Mount();
    const std::string out = Do({}).out;
    own_ = out.substr(0, out.find(']'));
  }

  // "IMAGE ARGS".
  static Outcome Do(const std::vector<std::string>& args) {
    Command command = Box(args);
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
    constexpr char kEnd[] = "; see \"binfmt --help\"\n";
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

  static constexpr char kArm[] =
      ",\"linux/arm/v7\",\"linux/arm/v6\",\"linux/arm/v5\"";
  static constexpr char kMips[] = ",\"linux/mips\"";

 private:
  std::string own_;  // i386 runs by itself on many machines
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
              Fails(2, "binfmtbox: unexpected operand \"x\" behind " + two +
                           "; see \"binfmtbox --help\"\n"));
  }
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
