// SPDX-License-Identifier: Apache-2.0
#include "binfmt/base/printable.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"

namespace binfmt {
namespace {

// Characters up to LAST, at most 2048, in 4 bytes.
constexpr uint32_t Range(uint32_t first, uint32_t last) {
  return first << 11 | (last - first);
}

// Characters that show nothing themselves but change what is around them, or
// that mean nothing: Unicode's categories Cc, Cf, Zl, Zp, Cs and Co (15.0), and
// the backslash, which begins what stands for them.
constexpr uint32_t kHidden[] = {
    Range(0x0, 0x1f),        Range(0x5c, 0x5c),       Range(0x7f, 0x9f),
    Range(0xad, 0xad),       Range(0x600, 0x605),     Range(0x61c, 0x61c),
    Range(0x6dd, 0x6dd),     Range(0x70f, 0x70f),     Range(0x890, 0x891),
    Range(0x8e2, 0x8e2),     Range(0x180e, 0x180e),   Range(0x200b, 0x200f),
    Range(0x2028, 0x202e),   Range(0x2060, 0x206f),   Range(0xd800, 0xdfff),
    Range(0xe000, 0xe7ff),   Range(0xe800, 0xefff),   Range(0xf000, 0xf7ff),
    Range(0xf800, 0xf8ff),   Range(0xfdd0, 0xfdef),   Range(0xfeff, 0xfeff),
    Range(0xfff0, 0xfffb),   Range(0xfffe, 0xffff),   Range(0x110bd, 0x110bd),
    Range(0x110cd, 0x110cd), Range(0x13430, 0x1343f), Range(0x1bca0, 0x1bca3),
    Range(0x1d173, 0x1d17a)};
// Behind the last ideographs nothing is visible.
constexpr uint32_t kFirstBehindVisible = 0x323b0;

// The length of the well-formed UTF-8 sequence at the start of BYTES, at most
// four, if its character shows what it is; else 0.
size_t VisibleLength(std::string_view bytes) {
  const auto lead = static_cast<unsigned char>(bytes[0]);
  const auto length = static_cast<size_t>(std::max(std::countl_one(lead), 1));
  uint32_t code = lead;
  if (lead >= 0x80) {
    // A continuation byte would be alone.
    if (lead < 0xc0 || length > 4 || length > bytes.size()) return 0;
    code &= 0x7fu >> length;
  }
  for (const char c : bytes.substr(1, length - 1)) {
    if ((c & 0xc0) != 0x80) return 0;
    code = code << 6 | (c & 0x3f);
  }
  constexpr uint32_t kFirst[] = {0, 0, 0x80, 0x800, 0x10000};
  // Overlong forms are malformed.
  if (code < kFirst[length] || code >= kFirstBehindVisible) return 0;
  const bool is_hidden = absl::c_any_of(kHidden, [code](uint32_t range) {
    return code - (range >> 11) <= (range & 0x7ff);
  });
  return is_hidden ? 0 : length;
}

bool IsPlainAscii(char c) { return c >= ' ' && c <= '~' && c != '\\'; }

}  // namespace

std::string Printable(std::string_view bytes) {
  // Nearly everything is: a run spends a tenth of its instructions here without
  // this look.
  if (absl::c_all_of(bytes, IsPlainAscii)) return std::string(bytes);
  std::string text;
  while (!bytes.empty()) {
    const size_t length = VisibleLength(bytes);
    if (length != 0) {
      text.append(bytes.substr(0, length));
      bytes.remove_prefix(length);
      continue;
    }
    // What follows of its character is alone then.
    text += absl::StrCat("\\x", absl::Hex(static_cast<unsigned char>(bytes[0]),
                                          absl::kZeroPad2));
    bytes.remove_prefix(1);
  }
  return text;
}

}  // namespace binfmt
