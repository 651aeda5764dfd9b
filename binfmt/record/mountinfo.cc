// SPDX-License-Identifier: Apache-2.0
#include "binfmt/record/mountinfo.h"

#include <vector>

#include "absl/strings/str_split.h"

namespace binfmt {

bool ListsDevice(std::string_view mountinfo, std::string_view device) {
  for (const std::string_view line : absl::StrSplit(mountinfo, '\n')) {
    // The mount's number, its parent's, the device, and the rest.
    const std::vector<std::string_view> fields =
        absl::StrSplit(line, absl::MaxSplits(' ', 3));
    if (fields.size() > 2 && fields[2] == device) return true;
  }
  return false;
}

}  // namespace binfmt
