// SPDX-License-Identifier: Apache-2.0
// What the product asks of the kernel, counted with strace.
#include <algorithm>
#include <cstddef>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "testing/process.h"
#include "testing/program.h"

namespace binfmtbox_testing {
namespace {

constexpr char kBudgets[] = "testing/program/system_call_budgets.txt";
constexpr char kInterpreters[] = "/mnt/qemu";
constexpr const char* kTargets[] = {
    "arm",      "aarch64", "riscv64", "riscv32", "mips",  "mipsel", "mips64",
    "mips64el", "ppc",     "ppc64",   "ppc64le", "s390x", "sparc",  "sparc64",
    "alpha",    "hppa",    "m68k",    "sh4",     "or1k",  "xtensa"};

size_t Count(std::string_view text, std::string_view part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string_view::npos;
       at = text.find(part, at + part.size())) {
    ++count;
  }
  return count;
}

// A line of kBudgets.
struct Budget {
  int line = 0;
  std::string scene;
  size_t one = 0;
  size_t twenty = 0;
  std::string first;
  std::vector<std::string> args;
};

std::vector<Budget> ReadBudgets() {
  std::vector<Budget> budgets;
  std::istringstream file(ReadFile(kBudgets));
  int number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    Budget budget;
    budget.line = number;
    words >> budget.scene >> budget.one >> budget.twenty >> budget.first;
    EXPECT_TRUE(words) << kBudgets << ":" << number << ": malformed";
    for (std::string word; words >> word;) budget.args.push_back(word);
    budgets.push_back(budget);
  }
  return budgets;
}

class SystemCallsTest : public ProgramTest {
 protected:
  // The calls of "binfmtbox ARGS", one a line, of the kinds TRACE.
  static std::string Trace(const std::string& trace,
                           const std::vector<std::string>& args) {
    Command command;
    command.path = "/usr/bin/strace";
    command.argv = {"strace",         "-f", "-qq",         "-e",
                    "trace=" + trace, "-e", "signal=none", "-o",
                    "/mnt/calls",     kBox};
    command.argv.insert(command.argv.end(), args.begin(), args.end());
    const Outcome outcome = Execute(command);
    // What strace itself could not do.
    EXPECT_EQ(Count(outcome.err, "strace: "), 0u) << outcome.err;
    return ReadFile("/mnt/calls");
  }

  // The names of the first COUNT targets, separated by commas, each with an
  // interpreter in a new kInterpreters.
  static std::string MakeTargets(size_t count) {
    std::vector<std::string> files;
    std::string targets;
    for (size_t i = 0; i < count; ++i) {
      files.push_back(std::string("qemu-") + kTargets[i] + "-static");
      targets += std::string(targets.empty() ? "" : ",") + kTargets[i];
    }
    MakeInterpreters(kInterpreters, files);
    return targets;
  }

  // Makes the scene of BUDGET with COUNT targets and holds its line against it.
  static void Check(const Budget& budget, size_t count) {
    const std::string targets = MakeTargets(count);
    if (budget.scene != "unmounted") Mount();
    if (budget.scene == "full") {
      ASSERT_EQ(Run({"register", "-q", "-Q", kInterpreters, targets}),
                Prints(""));
    }
    std::vector<std::string> args = budget.args;
    std::replace(args.begin(), args.end(), std::string("$TARGETS"), targets);
    const std::string trace = Trace("all", args);

    size_t calls = 0;
    // How many calls before the first that opens something, and the registry.
    size_t before_open = 0;
    size_t before_registry = 0;
    std::istringstream lines(trace);
    for (std::string line; std::getline(lines, line);) {
      // A call that was interrupted by another process's has a second line.
      if (Count(line, " resumed>") != 0) continue;
      if (before_open == 0 && Count(line, "open") != 0) before_open = calls;
      if (before_registry == 0 && Count(line, "binfmt_misc\"") != 0) {
        before_registry = calls;
      }
      ++calls;
    }
    const size_t most = count == 1 ? budget.one : budget.twenty;
    EXPECT_LE(calls, most) << calls << " system calls with " << count
                           << " target(s), budget " << most;
    if (budget.first == "never") {
      EXPECT_EQ(before_open, 0u) << "a file is opened";
    } else {
      EXPECT_LE(before_registry, std::stoul(budget.first))
          << "the registry is opened by call " << before_registry
          << " after execve(2), budget " << budget.first;
    }
    if (HasFailure()) ADD_FAILURE() << trace;
  }
};

TEST_F(SystemCallsTest, EveryLineKeepsItsBudget) {
  const std::vector<Budget> budgets = ReadBudgets();
  ASSERT_FALSE(budgets.empty());
  for (const Budget& budget : budgets) {
    std::string shown = kBudgets + (":" + std::to_string(budget.line)) + ":";
    for (const std::string& arg : budget.args) shown += " " + arg;
    SCOPED_TRACE(shown);
    for (const size_t count : {size_t{1}, std::size(kTargets)}) {
      Check(budget, count);
      TearDown();
      SetUp();
    }
  }
}

TEST_F(SystemCallsTest, AllTargetsInOneOpenAndOneWritev) {
  Mount();
  MakeTargets(std::size(kTargets));
  const std::string calls =
      Trace("open,openat,writev,write,pwrite64",
            {"register", "-q", "-Q", kInterpreters, "all"});
  EXPECT_EQ(Count(calls, "\"register\""), 1u) << calls;
  EXPECT_EQ(Count(calls, "writev("), 1u) << calls;
  const std::string names = EntryNames();
  EXPECT_GE(std::count(names.begin(), names.end(), ' '), 19) << names;
}

// Reading what is there must not open `register` at all: opening it for
// writing needs rights that reading does not.
TEST_F(SystemCallsTest, NoOpenOfRegisterToRead) {
  Mount();
  MakeTargets(std::size(kTargets));
  ASSERT_EQ(Run({"register", "-q", "-Q", kInterpreters, "all"}), Prints(""));
  for (const std::vector<std::string>& args :
       {std::vector<std::string>{"register", "-q", "-n", "all"},
        {"status"},
        {"clear", "-n", "--all"}}) {
    const std::string calls = Trace("open,openat,writev", args);
    EXPECT_NE(Count(calls, "\"qemu-arm\""), 0u) << calls;
    EXPECT_EQ(Count(calls, "\"register\""), 0u) << calls;
  }
}

}  // namespace
}  // namespace binfmtbox_testing
