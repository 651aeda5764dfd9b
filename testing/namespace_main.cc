// SPDX-License-Identifier: Apache-2.0
// main() of the tests that need a real binfmt_misc.
#include <cstdio>
#include <string>

#include "gtest/gtest.h"
#include "testing/namespace.h"

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  binfmtbox_testing::NamespaceOptions options;
  options.registry = true;
  options.scratch = true;
  if (const std::string error = binfmtbox_testing::EnterNamespaces(options);
      !error.empty()) {
    std::fprintf(stderr, "FAILED: %s\n", error.c_str());
    return 1;
  }
  return RUN_ALL_TESTS();
}
