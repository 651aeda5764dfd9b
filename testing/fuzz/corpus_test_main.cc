// SPDX-License-Identifier: Apache-2.0
// Runs a fuzz target over each file of the folder that the first argument
// names.
#include <dirent.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "testing/fuzz/check.h"

namespace {

std::string folder;

TEST(Corpus, EveryInputHolds) {
  // Not <filesystem>, which the products' C++ library leaves out.
  std::vector<std::string> names;
  DIR* const dir = opendir(folder.c_str());
  ASSERT_NE(dir, nullptr) << folder;
  while (const dirent* entry = readdir(dir)) {
    if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  }
  closedir(dir);
  ASSERT_FALSE(names.empty()) << folder;
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) {
    std::ifstream stream(folder + "/" + name, std::ios::binary);
    ASSERT_TRUE(stream) << name;
    const std::string text((std::istreambuf_iterator<char>(stream)),
                           std::istreambuf_iterator<char>());
    // What ends the process names no file.
    std::cerr << name << std::endl;
    EXPECT_EQ(LLVMFuzzerTestOneInput(
                  reinterpret_cast<const uint8_t*>(text.data()), text.size()),
              0);
  }
}

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (argc != 2) return 2;
  folder = argv[1];
  return RUN_ALL_TESTS();
}
