// SPDX-License-Identifier: Apache-2.0
// Hex digits as the kernel reads them: in either case, without a locale.
#ifndef BINFMT_RECORD_HEX_DIGIT_H_
#define BINFMT_RECORD_HEX_DIGIT_H_

namespace binfmt {

// The value of the hex digit C, or -1 where C is none (hex_to_bin() of the
// kernel).
constexpr int HexDigitValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace binfmt

#endif  // BINFMT_RECORD_HEX_DIGIT_H_
