// SPDX-License-Identifier: Apache-2.0
// Runs the product as users do, in namespaces of the test's own.
//
// A test that includes this depends on //testing:program_main in place of
// gtest_main. It runs as PID 1 of new user, mount and process namespaces.
#ifndef TESTING_PROGRAM_H_
#define TESTING_PROGRAM_H_

#include <sys/resource.h>
#include <sys/types.h>

#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "testing/namespace.h"

namespace binfmtbox_testing {

// Where a test keeps its files: a tmpfs of its own, so that texts with paths
// can be compared whole.
inline constexpr char kScratch[] = "/mnt";
// The product for x86_64.
inline constexpr char kBox[] = "/mnt/bin/binfmtbox";

// What a program left behind.
struct Outcome {
  // The exit status; 128 plus the number of the signal that ended it; or -errno
  // where it could not be started.
  int status = 0;
  std::string out;
  std::string err;

  bool operator==(const Outcome& other) const {
    return status == other.status && out == other.out && err == other.err;
  }
};
void PrintTo(const Outcome& outcome, std::ostream* stream);

// Returns status 0 with OUT on stdout and ERR on stderr.
Outcome Prints(std::string_view out, std::string_view err = "");
// Returns STATUS with nothing on stdout and ERR on stderr.
Outcome Fails(int status, std::string_view err);

// A mount namespace, made with copies of the current mounts. It lives as long
// as this object or a process in it.
class MountNamespace {
 public:
  MountNamespace();
  MountNamespace(const MountNamespace&) = delete;
  MountNamespace& operator=(const MountNamespace&) = delete;
  ~MountNamespace();

  // Moves the calling process into it. For children.
  void Enter() const;

 private:
  int fd_;
};

// A program, and the surroundings in which it is started.
struct Command {
  std::string path = kBox;
  std::vector<std::string> argv;  // with argv[0]; may be empty
  std::vector<std::string> env;   // all of it: "NAME=VALUE"

  // Standard input.
  std::string input;
  // Standard input is a pipe instead, and stays open until CloseInput().
  bool holds_input_open = false;
  // Standard output: the path of a file to open, or "" for none at all. Where
  // it is not set, the output is kept for Outcome.
  std::optional<std::string> output;

  // The rest takes effect in this order.
  bool is_pid_1 = false;                   // of a new process namespace
  const MountNamespace* mounts = nullptr;  // entered, unless null
  std::string root;                        // chroot(2) into it, unless empty
  // Capabilities that root does not get back with exec.
  std::vector<int> dropped_capabilities;
  // As a user who is not root: one whom a new user namespace does not map.
  bool is_nobody = false;
  // Called last in the child.
  std::function<void()> before_exec;
};

// Returns COMMAND with "binfmtbox ARGS" as its argv.
Command Box(const std::vector<std::string>& args, Command command = {});

// Return a command that differs from the default in one way, for Box().
Command In(const MountNamespace& mounts);
Command InRoot(const std::string& root);
Command WithEnv(const std::vector<std::string>& env);
Command Without(const std::vector<int>& capabilities);
Command AsNobody();

// A program that runs in the background. It is killed when this object goes.
class Program {
 public:
  explicit Program(const Command& command);
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program();

  pid_t pid() const { return pid_; }

  // Return what it has written so far.
  std::string Out() const;
  std::string Err() const;

  // Wait until it has written TEXT to stdout; until it reads its standard
  // input, which holds_input_open; until it sleeps or waits for a signal. They
  // fail the test where that takes longer than kPatience.
  void WaitForOut(std::string_view text);
  void WaitForReading();
  void WaitForSleep();

  void CloseInput();

  // Closes the input and waits for the end. Kills a program that does not end
  // within kPatience: its status is 137.
  Outcome Wait();
  // Sends SIGNAL, then waits.
  Outcome End(int signal);

  // The resources that it used, once it has ended.
  const rusage& usage() const { return usage_; }

 private:
  // Replaces the child by the program, or ends it.
  [[noreturn]] void Exec(const Command& command, int in, int to);
  // Waits until the program is in one of these system calls, each written as
  // its line in /proc/PID/syscall begins: the number, then the arguments.
  void WaitForCall(const std::vector<std::string>& calls);
  // Returns whether it has ended, and records its status.
  bool HasEnded();

  pid_t pid_ = -1;
  bool has_ended_ = false;
  int status_ = 0;
  int input_ = -1;
  int out_ = -1;
  int err_ = -1;
  int start_error_[2] = {-1, -1};  // a pipe: the errno of a failed start
  rusage usage_ = {};
};

// Runs COMMAND to its end.
Outcome Execute(const Command& command);

// Each test starts without binfmt_misc and with nothing but kBox in kScratch.
class ProgramTest : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  // Runs "binfmtbox ARGS" to its end, in the surroundings of COMMAND.
  static Outcome Run(const std::vector<std::string>& args,
                     const Command& command = {});

  // Mounts binfmt_misc on DIR without the program.
  static void Mount(const std::string& dir = kRegistry);
  // Writes RECORD to `register` without the program.
  static void Register(std::string_view record);
  // Writes COMMAND to the file NAME of the registry.
  static void Write(const std::string& name, std::string_view command);

  // Returns everything that the kernel says of the registry, in the order of
  // its directory, as one text to compare. "not mounted" where it is not.
  static std::string Snapshot(const std::string& dir = kRegistry);
  // Returns the text of one entry's file; "" where there is none.
  static std::string EntryText(const std::string& name);
  // Returns the names of the entries in match order, separated by blanks; "not
  // mounted" where the registry is not.
  static std::string EntryNames();
  // The same, as seen in MOUNTS.
  static std::string EntryNamesIn(const MountNamespace& mounts);

  // Makes DIR with executables of these names: hard links to kBox.
  static void MakeInterpreters(const std::string& dir,
                               const std::vector<std::string>& names);
};

// Returns Docker's words for what this machine runs by itself, as JSON strings:
// its own platform, with the levels of x86-64 whose flags /proc/cpuinfo has,
// and 386 where RunsI386().
std::string OwnPlatforms();

// Returns whether this machine's kernel runs programs for i386 by itself; not
// every x86_64 kernel does. It is found out by running one before the first
// test.
bool RunsI386();

// Returns the path of the product for ARCH, a data dependency of the test.
std::string ProductPath(const std::string& arch);

// Returns the full path of PATH, which is relative to the repository: a data
// dependency of the test.
std::string TestData(const std::string& path);

// main() of program tests.
int RunProgramTests(int argc, char** argv);

}  // namespace binfmtbox_testing

#endif  // TESTING_PROGRAM_H_
