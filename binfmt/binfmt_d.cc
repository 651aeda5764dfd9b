// SPDX-License-Identifier: Apache-2.0
#include "binfmt/binfmt_d.h"

#include "absl/strings/strip.h"
#include "binfmt/text.h"

namespace binfmt {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

}  // namespace

bool NextRecordLine(std::string_view* rest, unsigned* number,
                    std::string_view* line) {
  while (!rest->empty()) {
    ++*number;
    *line = TakeUntil('\n', rest);
    while (!line->empty() && IsBlank(line->front())) line->remove_prefix(1);
    while (!line->empty() && IsBlank(line->back())) line->remove_suffix(1);
    if (absl::ConsumePrefix(line, kDisabledPrefix)) {
      *line = Fill("@D", *line);
      return true;
    }
    if (!line->empty() && line->front() != '#' && line->front() != ';') {
      return true;
    }
  }
  return false;
}

}  // namespace binfmt
