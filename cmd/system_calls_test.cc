// SPDX-License-Identifier: Apache-2.0
// What the product asks of the kernel, counted with strace.
#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "cmd/program_runner.h"
#include "gtest/gtest.h"

namespace cmd {
namespace {

size_t Count(std::string_view text, std::string_view part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string_view::npos;
       at = text.find(part, at + part.size())) {
    ++count;
  }
  return count;
}

size_t CountLines(const std::string& text) {
  return static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
}

class SystemCallsTest : public ProgramTest {
 protected:
  // The calls of "binfmtbox ARGS", one a line, of the kinds TRACE.
  static std::string Trace(const std::string& trace,
                           const std::vector<std::string>& args) {
    Call call;
    call.path = "/usr/bin/strace";
    call.argv = {"strace", "-f",          "-qq", "-e",         "trace=" + trace,
                 "-e",     "signal=none", "-o",  "/mnt/calls", kBox};
    call.argv.insert(call.argv.end(), args.begin(), args.end());
    const Outcome outcome = Execute(call);
    EXPECT_EQ(outcome.status, 0) << testing::PrintToString(outcome);
    return outcome.status == 0 ? ReadFile("/mnt/calls") : "";
  }
};

TEST_F(SystemCallsTest, AllTargetsInOneOpenAndOneWritev) {
  Mount();
  const std::string calls =
      Trace("open,openat,writev,write,pwrite64", {"register", "-q", "all"});
  EXPECT_EQ(Count(calls, "\"register\""), 1u) << calls;
  EXPECT_EQ(Count(calls, "writev("), 1u) << calls;
  const std::string names = EntryNames();
  EXPECT_GE(std::count(names.begin(), names.end(), ' '), 20) << names;
}

// Reading what is there must not open `register` at all: opening it for
// writing needs rights that reading does not.
TEST_F(SystemCallsTest, NoOpenOfRegisterToRead) {
  Mount();
  ASSERT_EQ(Run({"register", "-q", "all"}), Prints(""));
  for (const std::vector<std::string>& args :
       {std::vector<std::string>{"register", "-q", "-n", "all"},
        {"status"},
        {"clear", "-n", "--all"}}) {
    EXPECT_EQ(Count(Trace("open,openat,writev", args), "\"register\""), 0u)
        << args[0];
  }
}

// What one target more costs: its interpreter, its record, its read-back, and
// the question whether the machine runs it itself.
TEST_F(SystemCallsTest, CostOfATarget) {
  constexpr size_t kMostCallsATarget = 14;
  std::vector<std::string> names;
  std::string targets;
  for (const char* target :
       {"arm",         "aarch64",  "riscv64", "riscv32", "mips",    "mipsel",
        "mips64",      "mips64el", "ppc",     "ppc64",   "ppc64le", "s390x",
        "sparc",       "sparc64",  "alpha",   "hppa",    "m68k",    "sh4",
        "loongarch64", "or1k",     "xtensa"}) {
    names.push_back(std::string("qemu-") + target + "-static");
    targets += std::string(targets.empty() ? "" : ",") + target;
  }
  MakeInterpreters("/mnt/qemu", names);
  Mount();
  const size_t one =
      CountLines(Trace("all", {"register", "-qQ/mnt/qemu", "arm"}));
  ASSERT_EQ(Run({"clear", "-q", "--all"}), Prints(""));
  const size_t all =
      CountLines(Trace("all", {"register", "-qQ/mnt/qemu", targets}));
  EXPECT_LE(all - one, (names.size() - 1) * kMostCallsATarget)
      << one << " calls for one target, " << all << " for " << names.size();
}

// A file opened before the arguments are known would be one too many.
TEST_F(SystemCallsTest, HelpOpensNothing) {
  EXPECT_EQ(Trace("open,openat", {"--help"}), "");
  EXPECT_EQ(Trace("open,openat", {"register", "--help"}), "");
  EXPECT_EQ(Trace("open,openat", {"--version"}), "");
}

}  // namespace
}  // namespace cmd

int main(int argc, char** argv) {
  return cmd::RunTestsInNamespaces(argc, argv);
}
