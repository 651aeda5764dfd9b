// SPDX-License-Identifier: Apache-2.0
// A binfmt_misc of the test's own: a real one, in namespaces that end with the
// test.
#ifndef TESTING_PRIVATE_NAMESPACE_H_
#define TESTING_PRIVATE_NAMESPACE_H_

#include <string>

#include "gtest/gtest.h"

namespace binfmtbox_testing {

// Where it is mounted.
inline constexpr char kRegistry[] = "/proc/sys/fs/binfmt_misc";

// Moves this process into a user and a mount namespace of its own, as user 0
// of it, with mounts that reach nobody else. Returns "" or what failed; it
// makes sure that the namespaces changed. Call it before threads are started.
std::string EnterNewNamespaces();

// The same, then mounts binfmt_misc at kRegistry and an empty tmpfs at
// Scratch(). private_namespace_main does it for a whole test program and FAILS
// where it is impossible: a test that is skipped proves nothing. With
// BINFMTBOX_BOOT_TEST set, on a machine booted for the tests and nowhere else,
// it stays in the first namespaces, and uses what is mounted.
std::string EnterPrivateNamespace();

// A folder for files, empty at the start of each KernelTest, on a file system
// without nosuid and noexec, gone at the end.
std::string Scratch();

// Starts each test with an empty registry, switched on, and an empty Scratch().
class KernelTest : public ::testing::Test {
 protected:
  void SetUp() override;

  // Scratch()/NAME
  static std::string File(const std::string& name);
  // The file of the entry NAME.
  static std::string EntryFile(const std::string& name);
  // Writes RECORD to `register` as it stands. Returns 0 or an errno.
  static int RawRegister(const std::string& record);
  // Makes an executable that ends with STATUS; returns its path.
  static std::string MakeInterpreter(const std::string& name, int status);
};

}  // namespace binfmtbox_testing

#endif  // TESTING_PRIVATE_NAMESPACE_H_
