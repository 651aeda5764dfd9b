// SPDX-License-Identifier: Apache-2.0
#include "binfmt/record/proc_files.h"

#include <cstddef>

namespace binfmt {
namespace {

// isspace() of the kernel, which includes the no-break space of Latin-1.
bool IsSpace(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r') || c == '\xa0';
}

}  // namespace

std::string_view FindParameter(std::string_view line, std::string_view name) {
  std::string_view found;
  while (!line.empty()) {
    if (IsSpace(line[0])) {
      line.remove_prefix(1);
      continue;
    }
    bool quoted = line[0] == '"';
    if (quoted) line.remove_prefix(1);
    bool in_quotes = quoted;
    size_t equals = 0;
    size_t end = 0;
    for (; end < line.size() && (in_quotes || !IsSpace(line[end])); ++end) {
      if (line[end] == '=' && equals == 0) equals = end;
      if (line[end] == '"') in_quotes = !in_quotes;
    }
    std::string_view value = line.substr(0, end);
    line.remove_prefix(end);
    if (equals == 0) {
      if (value == (quoted ? "--\"" : "--")) break;
      continue;
    }
    const bool wanted = value.substr(0, equals) == name;
    value.remove_prefix(equals + 1);
    if (value.starts_with('"')) {
      quoted = true;
      value.remove_prefix(1);
    }
    if (quoted && value.ends_with('"')) value.remove_suffix(1);
    if (wanted) found = value;
  }
  return found;
}

MountedInstances FindInstances(std::string_view mountinfo,
                               std::string_view device) {
  MountedInstances found;
  size_t at = 0;
  while ((at = mountinfo.find(" - binfmt_misc ", at)) != mountinfo.npos) {
    // Behind the mount's number and its parent's.
    size_t field = mountinfo.rfind('\n', at) + 1;
    field = mountinfo.find(' ', field) + 1;
    field = mountinfo.find(' ', field) + 1;
    const bool is_this_one = mountinfo.substr(field).starts_with(device) &&
                             mountinfo[field + device.size()] == ' ';
    (is_this_one ? found.this_one : found.others) = true;
    at = mountinfo.find('\n', at);
  }
  return found;
}

}  // namespace binfmt
