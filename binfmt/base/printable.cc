// SPDX-License-Identifier: Apache-2.0
#include "binfmt/base/printable.h"

#include <cstddef>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"

namespace binfmt {
namespace {

// The length of the well-formed UTF-8 sequence at the start of BYTES, at most
// four, or 0 where there is none. Overlong forms and surrogates are malformed
// (Unicode, table 3-7).
size_t Utf8SequenceLength(std::string_view bytes) {
  const auto at = [bytes](size_t i) {
    return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0u;
  };
  const auto continues = [at](size_t i) { return (at(i) & 0xc0u) == 0x80u; };
  const unsigned lead = at(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return continues(1) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    if (!continues(1) || !continues(2)) return 0;
    if (lead == 0xe0 && at(1) < 0xa0) return 0;
    if (lead == 0xed && at(1) > 0x9f) return 0;
    return 3;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    if (!continues(1) || !continues(2) || !continues(3)) return 0;
    if (lead == 0xf0 && at(1) < 0x90) return 0;
    if (lead == 0xf4 && at(1) > 0x8f) return 0;
    return 4;
  }
  return 0;
}

bool IsControl(std::string_view character) {
  const auto lead = static_cast<unsigned char>(character[0]);
  // U+0080 to U+009F are the control characters of C1.
  return lead < 0x20 || lead == 0x7f ||
         (lead == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0);
}

bool IsPlainAscii(char c) { return c >= ' ' && c <= '~' && c != '\\'; }

}  // namespace

std::string Printable(std::string_view bytes) {
  // Nearly everything is: a run spends a tenth of its instructions here without
  // this look.
  if (absl::c_all_of(bytes, IsPlainAscii)) return std::string(bytes);
  std::string text;
  while (!bytes.empty()) {
    const size_t length = Utf8SequenceLength(bytes);
    const std::string_view character =
        bytes.substr(0, length == 0 ? 1 : length);
    bytes.remove_prefix(character.size());
    if (length != 0 && character != "\\" && !IsControl(character)) {
      text.append(character);
      continue;
    }
    for (const char c : character) {
      absl::StrAppend(
          &text, "\\x",
          absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad2));
    }
  }
  return text;
}

}  // namespace binfmt
