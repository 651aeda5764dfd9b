// SPDX-License-Identifier: Apache-2.0
// Runs the product as users do, in namespaces of its own, for tests.
#ifndef CMD_PROGRAM_RUNNER_H_
#define CMD_PROGRAM_RUNNER_H_

#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"

namespace cmd {

// Where a test keeps its files: a tmpfs of its own, so that texts can be
// compared whole. kBox is the product for this machine.
inline constexpr char kScratch[] = "/mnt";
inline constexpr char kBox[] = "/mnt/bin/binfmtbox";
inline constexpr char kRegistry[] = "/proc/sys/fs/binfmt_misc";

// What a program left behind. STATUS is 128 plus the signal's number where a
// signal ended it, and -errno where it could not be started.
struct Outcome {
  int status = 0;
  std::string out;
  std::string err;

  bool operator==(const Outcome& other) const {
    return status == other.status && out == other.out && err == other.err;
  }
};
void PrintTo(const Outcome& outcome, std::ostream* stream);

// Status 0, OUT on stdout and nothing on stderr.
Outcome Prints(std::string_view out);
// The same with ERR on stderr.
Outcome Prints(std::string_view out, std::string_view err);
// STATUS, nothing on stdout and ERR on stderr.
Outcome Fails(int status, std::string_view err);

struct Call {
  std::string path = kBox;
  std::vector<std::string> argv;  // with argv[0]; may be empty
  std::vector<std::string> env;   // all of it: "NAME=VALUE"
  std::string root;               // chroot(2) into it before
  std::string input;              // stdin
  // Stdout: a file to open, or "" for none at all; not set: kept for Outcome.
  std::optional<std::string> output;
};
Outcome Execute(const Call& call);

// Each test begins with an empty kScratch that holds kBox only, and without
// binfmt_misc.
class ProgramTest : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  // Runs "binfmtbox ARGS" in an empty environment.
  static Outcome Run(const std::vector<std::string>& args);
  // The same with ENV as environment.
  static Outcome RunIn(const std::vector<std::string>& env,
                       const std::vector<std::string>& args);

  // Mounts binfmt_misc on DIR without the program.
  static void Mount(const std::string& dir = kRegistry);
  // Writes RECORD to `register` without the program.
  static void Register(std::string_view record);
  // Writes COMMAND to the file NAME of the registry.
  static void Write(const std::string& name, std::string_view command);

  // All that the kernel tells of the registry, in the order of its directory:
  // one text, to be compared with another of before. "not mounted" where it is
  // not.
  static std::string Snapshot(const std::string& dir = kRegistry);
  // The text of one entry's file; "" where there is none.
  static std::string EntryText(const std::string& name);
  // The entries' names in match order, separated by blanks.
  static std::string EntryNames();

  // Makes DIR with executables of these names: hard links to kBox.
  static void MakeInterpreters(const std::string& dir,
                               const std::vector<std::string>& names);
};

// Does this machine run programs for i386 by itself? Not every x86_64 kernel
// does. Found out by running one, before the first test.
bool RunsI386();

std::string ReadFile(const std::string& path);
void WriteFile(const std::string& path, std::string_view text, int mode);

// The path of the product for ARCH, a data dependency of the test.
std::string ProductPath(const std::string& arch);

// The path of PATH, relative to the repository, a data dependency of the test.
std::string TestData(const std::string& path);

// Enters namespaces of its own (user, mount, process) and runs all tests there.
// A machine that refuses them fails the tests. To be called by main().
int RunTestsInNamespaces(int argc, char** argv);

}  // namespace cmd

#endif  // CMD_PROGRAM_RUNNER_H_
