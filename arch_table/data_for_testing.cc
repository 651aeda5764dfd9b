// SPDX-License-Identifier: Apache-2.0

#include "arch_table/data_for_testing.h"

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_split.h"

namespace arch_table {

std::vector<std::vector<std::string>> ReadColumns(const std::string& path) {
  std::string text;
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return {};
  char buffer[4096];
  size_t size = 0;
  while ((size = std::fread(buffer, 1, sizeof(buffer), file)) > 0) {
    text.append(buffer, size);
  }
  std::fclose(file);

  std::vector<std::vector<std::string>> lines;
  for (std::string_view line : absl::StrSplit(text, '\n')) {
    line = line.substr(0, line.find('#'));
    std::vector<std::string> columns =
        absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty());
    if (!columns.empty()) lines.push_back(std::move(columns));
  }
  return lines;
}

std::string ToHex(std::string_view bytes) {
  return absl::BytesToHexString(bytes);
}

std::string FromHex(std::string_view digits) {
  std::string bytes;
  if (!absl::HexStringToBytes(digits, &bytes)) std::abort();
  return bytes;
}

}  // namespace arch_table
