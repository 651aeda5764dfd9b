// SPDX-License-Identifier: Apache-2.0
#include "binfmt/record/mountinfo.h"

#include "absl/strings/str_split.h"

namespace binfmt {

bool ListsDevice(std::string_view mountinfo, std::string_view device) {
  for (const std::string_view line : absl::StrSplit(mountinfo, '\n')) {
    // The mount's number, its parent's, the device, and the rest.
    int index = 0;
    for (const std::string_view field : absl::StrSplit(line, ' ')) {
      if (index++ == 2 && field == device) return true;
    }
  }
  return false;
}

}  // namespace binfmt
