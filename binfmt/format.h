// SPDX-License-Identifier: Apache-2.0
// Literals that take half their length in the executable.
#ifndef BINFMT_FORMAT_H_
#define BINFMT_FORMAT_H_

#include <cstddef>

#include "absl/base/attributes.h"

namespace binfmt {

// What the program has to say is a sixth of it, so these texts are packed when
// they are compiled: "cannot open %: @"_fmt. A byte that no text has (from 0x80
// on, and control characters) stands for two others, each of which may be such
// a byte again (byte pair encoding, P. Gage, 1994). Text(format) and
// Fill(format, ...) unpack it; nothing else reads it. Printable ASCII, with
// tabs and newlines, is its own packed form, so that short literals need no
// suffix.
//
// train_format.py chooses the pairs. Any choice is right; a new one makes the
// program smaller when its texts have changed much.
class Format {
 public:
  constexpr Format(const char* ascii = "") : packed_(ascii) {}

  constexpr const char* packed() const { return packed_; }
  constexpr bool empty() const { return *packed_ == '\0'; }

 private:
  const char* packed_;
};

namespace internal {

// CODE stands for SECOND behind FIRST: neither is a NUL or a character that
// Fill() replaces.
struct FormatPair {
  unsigned char code;
  unsigned char first;
  unsigned char second;
};

// In the order in which they are packed.
inline constexpr FormatPair kFormatPairs[] = {
#include "binfmt/format_pairs.inc"
};

// What the pairs stand for, by code: those from 0x80 on first, then control
// characters, of which some are plain.
struct FormatCodes {
  unsigned char halves[0x80 + 0x20][2] = {};

  constexpr FormatCodes() {
    for (const FormatPair& pair : kFormatPairs) {
      halves[(pair.code + 0x80) & 0xff][0] = pair.first;
      halves[(pair.code + 0x80) & 0xff][1] = pair.second;
    }
  }
};
inline constexpr FormatCodes kFormatCodes;

// The two that CODE stands for; nullptr where it is a character.
ABSL_ATTRIBUTE_ALWAYS_INLINE constexpr const unsigned char* HalvesOf(
    unsigned char code) {
  const unsigned at = (code + 0x80u) & 0xff;
  if (at >= sizeof(kFormatCodes.halves) / 2) return nullptr;
  const unsigned char* const halves = kFormatCodes.halves[at];
  return halves[0] == 0 ? nullptr : halves;
}

// How many characters one code stands for at most.
constexpr size_t LongestCode() {
  size_t lengths[0x100] = {};
  size_t longest = 1;
  for (size_t& length : lengths) length = 1;
  for (const FormatPair& pair : kFormatPairs) {
    lengths[pair.code] = lengths[pair.first] + lengths[pair.second];
    if (lengths[pair.code] > longest) longest = lengths[pair.code];
  }
  return longest;
}

// A struct, since compilers align a bare array of this length to 16 bytes.
template <size_t kSize>
struct PackedText {
  char bytes[kSize] = {};
};

// Packs the SIZE characters at TEXT where they are; returns how many are left.
constexpr size_t Pack(char* text, size_t size) {
  for (const FormatPair& pair : kFormatPairs) {
    const char first = static_cast<char>(pair.first);
    const char second = static_cast<char>(pair.second);
    size_t kept = 0;
    for (size_t i = 0; i < size; ++i, ++kept) {
      if (text[i] == first && i + 1 < size && text[i + 1] == second) {
        text[kept] = static_cast<char>(pair.code);
        ++i;
      } else {
        text[kept] = text[i];
      }
    }
    size = kept;
  }
  return size;
}

template <char... kChars>
struct Literal {
  static constexpr size_t kLength = sizeof...(kChars);

  static constexpr size_t PackedLength() {
    char text[] = {kChars..., '\0'};
    return Pack(text, kLength);
  }

  static constexpr auto MakePacked() {
    char text[] = {kChars..., '\0'};
    PackedText<PackedLength() + 1> packed;
    (void)Pack(text, kLength);
    for (size_t i = 0; i + 1 < sizeof(packed.bytes); ++i) {
      packed.bytes[i] = text[i];
    }
    return packed;
  }

  static constexpr auto kPacked = MakePacked();
};

}  // namespace internal

#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wgnu-string-literal-operator-template"
#endif

// A GNU extension, which GCC and clang have had since C++14: what C++20 does
// with a class as template argument.
template <typename Char, Char... kChars>
constexpr Format operator""_fmt() {
  return internal::Literal<kChars...>::kPacked.bytes;
}

#if defined(__clang__)
#pragma clang diagnostic pop
#endif

}  // namespace binfmt

#endif  // BINFMT_FORMAT_H_
