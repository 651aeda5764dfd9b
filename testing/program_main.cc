// SPDX-License-Identifier: Apache-2.0
#include "testing/program.h"

int main(int argc, char** argv) {
  return binfmtbox_testing::RunProgramTests(argc, argv);
}
