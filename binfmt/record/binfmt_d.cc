// SPDX-License-Identifier: Apache-2.0
#include "binfmt/record/binfmt_d.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace binfmt {
namespace {

constexpr char kBlanks[] = " \t\r";

std::string_view StripBlanks(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
  return line.substr(0, line.find_last_not_of(kBlanks) + 1);
}

}  // namespace

std::vector<RecordLine> ParseBinfmtD(std::string_view file) {
  std::vector<RecordLine> lines;
  unsigned number = 0;
  for (std::string_view line : absl::StrSplit(file, '\n')) {
    ++number;
    line = StripBlanks(line);
    if (absl::ConsumePrefix(&line, kDisabledPrefix)) {
      lines.push_back({number, absl::StrCat(line, "D")});
    } else if (!line.empty() && line.front() != '#' && line.front() != ';') {
      lines.push_back({number, std::string(line)});
    }
  }
  return lines;
}

}  // namespace binfmt
