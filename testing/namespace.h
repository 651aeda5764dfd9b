// SPDX-License-Identifier: Apache-2.0
// Namespaces for tests, with a real binfmt_misc that ends with the test.
#ifndef TESTING_NAMESPACE_H_
#define TESTING_NAMESPACE_H_

#include <string>

#include "gtest/gtest.h"

namespace binfmtbox_testing {

// Where binfmt_misc is mounted.
inline constexpr char kRegistry[] = "/proc/sys/fs/binfmt_misc";

// What EnterNamespaces() makes beside a user and a mount namespace.
struct NamespaceOptions {
  // A process namespace with a /proc of its own. The caller continues in a
  // child, which is PID 1 there; the parent ends with the child's exit status.
  bool new_pids = false;
  // binfmt_misc, mounted at kRegistry.
  bool registry = false;
  // An empty tmpfs at Scratch().
  bool scratch = false;
};

// Moves this process into a new user namespace, as its user 0, and into a new
// mount namespace, whose mounts reach no other. Returns "" or what failed. Call
// it before threads are started.
//
// Tests have to fail where this fails: a test that is skipped proves nothing.
//
// With BINFMTBOX_BOOT_TEST in the environment, on a machine that was booted for
// the tests and nowhere else, the process stays in the first namespaces, since
// kernels before 6.7 have one binfmt_misc only, and uses what is mounted there.
std::string EnterNamespaces(const NamespaceOptions& options = {});

// A directory for files, on a file system without nosuid and noexec. Empty at
// the start of each KernelTest.
std::string Scratch();

// A test of the kernel's binfmt_misc. Depends on :namespace_main in place of
// gtest_main. Each test starts with an empty registry, enabled, and an empty
// Scratch(), which is its working directory.
class KernelTest : public ::testing::Test {
 protected:
  void SetUp() override;

  // Returns Scratch()/NAME.
  static std::string File(const std::string& name);
  // Returns the path of the entry NAME.
  static std::string EntryFile(const std::string& name);
  // Writes RECORD to `register` as it stands. Returns 0 or an errno.
  static int RawRegister(const std::string& record);
  // Makes an executable that ends with STATUS. Returns its path.
  static std::string MakeInterpreter(const std::string& name, int status);
};

}  // namespace binfmtbox_testing

#endif  // TESTING_NAMESPACE_H_
