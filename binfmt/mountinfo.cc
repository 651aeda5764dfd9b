// SPDX-License-Identifier: Apache-2.0
#include "binfmt/mountinfo.h"

#include "binfmt/text.h"

namespace binfmt {

bool ListsDevice(std::string_view mountinfo, std::string_view device) {
  while (!mountinfo.empty()) {
    std::string_view line = TakeUntil('\n', &mountinfo);
    TakeUntil(' ', &line);  // the mount's number
    TakeUntil(' ', &line);  // its parent's
    if (TakeUntil(' ', &line) == device) return true;
  }
  return false;
}

}  // namespace binfmt
