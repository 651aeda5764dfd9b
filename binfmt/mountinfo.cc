// SPDX-License-Identifier: Apache-2.0
#include "binfmt/mountinfo.h"

#include <algorithm>

namespace binfmt {
namespace {

// Takes what stands before DELIMITER off TEXT, and that as well; all of it
// where there is none.
std::string_view Take(std::string_view* text, char delimiter) {
  const size_t end = std::min(text->find(delimiter), text->size());
  const std::string_view part = text->substr(0, end);
  text->remove_prefix(std::min(end + 1, text->size()));
  return part;
}

}  // namespace

bool ListsDevice(std::string_view mountinfo, std::string_view device) {
  while (!mountinfo.empty()) {
    std::string_view line = Take(&mountinfo, '\n');
    Take(&line, ' ');  // the mount's number
    Take(&line, ' ');  // its parent's
    if (Take(&line, ' ') == device) return true;
  }
  return false;
}

}  // namespace binfmt
