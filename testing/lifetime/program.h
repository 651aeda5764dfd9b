// SPDX-License-Identifier: Apache-2.0
// The product as users start it, in namespaces of the test's own: what it does
// while it runs, what it leaves, and what it says where the surroundings
// refuse.
#ifndef TESTING_LIFETIME_PROGRAM_H_
#define TESTING_LIFETIME_PROGRAM_H_

#include <sys/resource.h>
#include <sys/types.h>

#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"

namespace binfmtbox_testing {

// Each test has a tmpfs of its own here, so that texts can be compared whole.
inline constexpr char kScratch[] = "/mnt";
inline constexpr char kBox[] = "/mnt/binfmtbox";

// What a program left behind. STATUS is 128 plus the number of a signal that
// ended it.
struct Result {
  int status = 0;
  std::string out;
  std::string err;

  bool operator==(const Result& other) const {
    return status == other.status && out == other.out && err == other.err;
  }
};
void PrintTo(const Result& result, std::ostream* stream);

// Status 0.
Result Succeeds(std::string_view out, std::string_view err = "");
// STATUS, with nothing on stdout.
Result Fails(int status, std::string_view err);

// A mount namespace with copies of the mounts there are. It lives as long as
// this object or a process in it.
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

// How a program is started.
struct Start {
  // Called in the child before exec.
  std::function<void()> before = [] {};
  // As PID 1 of a new process namespace.
  bool as_pid_1 = false;
};

// "binfmtbox ARGS", running, in an empty environment. Killed when this object
// goes.
class Program {
 public:
  explicit Program(const std::vector<std::string>& args,
                   const Start& start = {});
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program();

  pid_t pid() const { return pid_; }

  // What it wrote so far.
  std::string Out() const;
  std::string Err() const;

  // Waits until it has written TEXT to stdout. Fails the test where that takes
  // longer than the limit, or it ends before.
  void WaitForOut(std::string_view text);

  // Waits until it reads its standard input, which is empty so far.
  void WaitForReading();
  // Waits until it waits for a signal.
  void WaitForWaiting();
  void CloseInput();

  // Waits for its end; a program that does not end is killed: 137.
  Result Wait();
  // Sends SIGNAL, then waits.
  Result End(int signal);

  // What it used, once it has ended.
  const rusage& usage() const { return usage_; }

 private:
  // Waits until CALL is how its line in /proc/PID/syscall begins: the number of
  // a system call, then its arguments.
  void WaitForCall(const std::string& call);
  // Has it ended? Takes note of the status.
  bool HasEnded();

  pid_t pid_ = -1;
  bool ended_ = false;
  int status_ = 0;
  int input_ = -1;
  int out_ = -1;
  int err_ = -1;
  rusage usage_ = {};
};

// Runs "binfmtbox ARGS" to its end, with nothing on stdin.
Result RunBox(const std::vector<std::string>& args, const Start& start = {});

// The start without the CAPABILITIES, which root would get back with exec.
Start Without(const std::vector<int>& capabilities);
// The start in NAMESPACE.
Start In(const MountNamespace& mounts);
// The start as a user who is not root: one that a user namespace of its own
// does not know.
Start AsNobody();

// Waits until CONDITION holds, at most SECONDS. Returns whether it does.
bool WaitUntil(const std::function<bool()>& condition, int seconds);

// Each test begins without binfmt_misc and with nothing but kBox in kScratch.
// The test is PID 1 of its process namespace.
class LifetimeTest : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  // Mounts binfmt_misc without the program.
  static void Mount();
  // The names of the entries, in match order, separated by blanks; "not
  // mounted" where it is not.
  static std::string Entries();
  // The same as seen in MOUNTS.
  static std::string EntriesIn(const MountNamespace& mounts);
};

// main() of these tests: enters the namespaces and runs them all there. A
// machine that refuses fails the tests.
int RunTestsInNamespaces(int argc, char** argv);

}  // namespace binfmtbox_testing

#endif  // TESTING_LIFETIME_PROGRAM_H_
