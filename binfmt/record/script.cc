// SPDX-License-Identifier: Apache-2.0
#include "binfmt/record/script.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/strip.h"
#include "binfmt/record/record.h"

namespace binfmt {

std::optional<std::string> ParseScript(std::string_view head) {
  head = head.substr(0, kMatchWindow);
  std::string_view line = head;
  if (!absl::ConsumePrefix(&line, "#!")) return std::nullopt;
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  // A NUL ends the path, as the zero bytes behind a short file do.
  const size_t end = line.find_first_of(std::string_view(" \t\n\0", 4));
  if (end == std::string_view::npos && head.size() == kMatchWindow) {
    return std::nullopt;
  }
  if (line.starts_with('\n')) return std::nullopt;
  const std::string_view path = line.substr(0, end);
  return path.empty() ? "." : std::string(path);
}

}  // namespace binfmt
