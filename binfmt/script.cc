// SPDX-License-Identifier: Apache-2.0
#include "binfmt/script.h"

#include <cstddef>

#include "binfmt/record.h"

namespace binfmt {

bool ParseScript(const Text& head, Text* interpreter) {
  // The NUL behind a Text ends a path as the zero bytes behind a short file do.
  const char* start = head.c_str();
  if (start[0] != '#' || start[1] != '!') return false;
  start += 2;
  while (*start == ' ' || *start == '\t') ++start;
  const char* end = start;
  while (*end != '\0' && *end != ' ' && *end != '\t' && *end != '\n') ++end;
  if (end == start && *end == '\n') return false;
  if (end == head.c_str() + kMatchWindow) return false;
  *interpreter =
      end == start ? "."
                   : std::string_view(start, static_cast<size_t>(end - start));
  return true;
}

}  // namespace binfmt
