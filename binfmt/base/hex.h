// SPDX-License-Identifier: Apache-2.0
// Hex digits. (HexStringToBytes() of abseil 20240722 reads in front of its
// table where a byte is 0x80 or more.)
#ifndef BINFMT_BASE_HEX_H_
#define BINFMT_BASE_HEX_H_

namespace binfmt {

// The value of a hex digit of either case; -1: C is none.
constexpr int HexDigitValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const int letter = c | 0x20;
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

}  // namespace binfmt

#endif  // BINFMT_BASE_HEX_H_
