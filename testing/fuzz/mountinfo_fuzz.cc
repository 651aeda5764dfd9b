// SPDX-License-Identifier: Apache-2.0
// A device, a newline and a mountinfo: the answer is that of a reader which
// takes the lines apart in another way.
#include <sstream>
#include <string>

#include "binfmt/record/proc_files.h"
#include "testing/fuzz/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text = binfmtbox_fuzz::TextOf(data, size);
  const std::string device(binfmtbox_fuzz::TakePart(&text, '\n'));
  // No device of the kernel's is empty or has a blank.
  if (device.empty() || device.find(' ') != device.npos) return 0;
  bool this_one = false;
  bool others = false;
  std::istringstream stream{std::string(text)};
  for (std::string line; std::getline(stream, line);) {
    if (line.find(" - binfmt_misc ") == line.npos) continue;
    std::istringstream fields(line);
    std::string field;
    for (int i = 0; i < 3; ++i) {
      field.clear();
      std::getline(fields, field, ' ');
    }
    (field == device ? this_one : others) = true;
  }
  const binfmt::MountedInstances found = binfmt::FindInstances(text, device);
  FUZZ_CHECK(found.this_one == this_one && found.others == others);
  return 0;
}
