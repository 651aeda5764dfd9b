// SPDX-License-Identifier: Apache-2.0
#include "binfmt/script.h"

#include "absl/strings/strip.h"
#include "binfmt/record.h"

namespace binfmt {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

}  // namespace

bool ParseScript(std::string_view head, Text* interpreter) {
  head = head.substr(0, kMatchWindow);
  // A shorter file has zero bytes behind it, which end a path as blanks do.
  bool complete = head.size() < kMatchWindow;
  if (!absl::ConsumePrefix(&head, "#!")) return false;
  size_t start = 0;
  while (start < head.size() && IsBlank(head[start])) ++start;
  size_t end = start;
  while (end < head.size() && !IsBlank(head[end]) && head[end] != '\n' &&
         head[end] != '\0') {
    ++end;
  }
  complete = complete || end < head.size();
  if (!complete || (end < head.size() && end == start && head[end] == '\n')) {
    return false;
  }
  *interpreter = head.substr(start, end - start);
  return true;
}

}  // namespace binfmt
