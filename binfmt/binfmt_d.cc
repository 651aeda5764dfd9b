// SPDX-License-Identifier: Apache-2.0
#include "binfmt/binfmt_d.h"

#include "absl/strings/strip.h"
#include "binfmt/text.h"

namespace binfmt {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

}  // namespace

bool NextRecordLine(std::string_view* rest, unsigned* number, Text* line) {
  while (!rest->empty()) {
    ++*number;
    std::string_view row = TakeUntil('\n', rest);
    while (!row.empty() && IsBlank(row.front())) row.remove_prefix(1);
    while (!row.empty() && IsBlank(row.back())) row.remove_suffix(1);
    if (absl::ConsumePrefix(&row, kDisabledPrefix)) {
      *line = Fill("@D", row);
      return true;
    }
    if (!row.empty() && row.front() != '#' && row.front() != ';') {
      *line = Text(row);
      return true;
    }
  }
  return false;
}

}  // namespace binfmt
