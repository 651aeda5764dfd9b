// SPDX-License-Identifier: Apache-2.0
// A device, a newline and a mountinfo: the answer is that of a reader which
// takes the lines apart in another way.
#include <algorithm>
#include <sstream>
#include <string>

#include "binfmt/record/proc_files.h"
#include "testing/fuzz/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text = binfmtbox_fuzz::TextOf(data, size);
  const std::string device(binfmtbox_fuzz::TakePart(&text, '\n'));
  bool listed = false;
  std::istringstream stream{std::string(text)};
  for (std::string line; std::getline(stream, line);) {
    std::istringstream fields(line);
    std::string field;
    for (int i = 0; i < 3; ++i) {
      field.clear();
      std::getline(fields, field, ' ');
    }
    // A line that is cut short lists nothing.
    const bool complete = std::count(line.begin(), line.end(), ' ') >= 2;
    listed = listed || (complete && field == device);
  }
  FUZZ_CHECK(binfmt::ListsDevice(text, device) == listed);
  return 0;
}
