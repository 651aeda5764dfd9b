// SPDX-License-Identifier: Apache-2.0
#include "docs/document_for_testing.h"

#include <fstream>
#include <initializer_list>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"

namespace docs {

std::string ReadDocument(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file),
          std::istreambuf_iterator<char>()};
}

std::vector<std::string> LinesBetween(
    std::string_view text, std::string_view from,
    std::initializer_list<std::string_view> ends) {
  std::vector<std::string> lines;
  bool inside = false;
  for (const std::string_view line : absl::StrSplit(text, '\n')) {
    for (const std::string_view end : ends) {
      if (inside && absl::StartsWith(line, end)) return lines;
    }
    if (inside) lines.emplace_back(line);
    inside = inside || line == from;
  }
  return {};
}

}  // namespace docs
