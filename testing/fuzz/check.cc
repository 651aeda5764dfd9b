// SPDX-License-Identifier: Apache-2.0
#include "testing/fuzz/check.h"

#include <cstdio>
#include <cstdlib>

namespace binfmtbox_fuzz {

void CheckFailed(const char* what, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
  std::abort();
}

std::string_view TextOf(const uint8_t* data, size_t size) {
  return std::string_view(reinterpret_cast<const char*>(data), size);
}

std::string_view TakePart(std::string_view* text, char delimiter) {
  const size_t end = text->find(delimiter);
  const std::string_view part = text->substr(0, end);
  text->remove_prefix(end == std::string_view::npos ? text->size() : end + 1);
  return part;
}

bool IsPrintable(std::string_view text) {
  while (!text.empty()) {
    const auto lead = static_cast<unsigned char>(text[0]);
    uint32_t code = lead;
    size_t more = 0;
    uint32_t smallest = 0x20;
    if (lead >= 0xf0) {
      code = lead & 0x07u;
      more = lead < 0xf8 ? 3 : SIZE_MAX;
      smallest = 0x10000;
    } else if (lead >= 0xe0) {
      code = lead & 0x0fu;
      more = 2;
      smallest = 0x800;
    } else if (lead >= 0xc0) {
      code = lead & 0x1fu;
      more = 1;
      smallest = 0xa0;  // below are C1 control characters, and overlong forms
    } else if (lead >= 0x7f) {
      return false;
    }
    if (more >= text.size()) return false;
    for (size_t i = 1; i <= more; ++i) {
      const auto next = static_cast<unsigned char>(text[i]);
      if ((next & 0xc0u) != 0x80) return false;
      code = code << 6 | (next & 0x3fu);
    }
    if (code < smallest || code > 0x10ffff) return false;
    if (code >= 0xd800 && code <= 0xdfff) return false;
    text.remove_prefix(more + 1);
  }
  return true;
}

}  // namespace binfmtbox_fuzz
