// SPDX-License-Identifier: Apache-2.0
// Foreign bytes made fit for a terminal, a record and a table.
#ifndef BINFMT_TEXT_H_
#define BINFMT_TEXT_H_

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace binfmt {

// FORMAT with each % and each @ replaced by the next of ARGS: % by its bytes as
// Printable() writes them, for what comes from outside; @ by the bytes as they
// are, for words of our own: Fill("cannot open %: @", {path, reason}). Once
// ARGS are at their end, % and @ stay.
//
// With a message behind every error this is what the program is made of:
// absl::StrCat() in its place makes the whole executable half as large again,
// since it builds an AlphaNum of 48 bytes of each part at each call.
std::string Fill(const char* format,
                 std::initializer_list<std::string_view> args);

void Append(std::string* text, std::initializer_list<std::string_view> parts);

std::string Decimal(uint64_t number);

// Reads TEXT, decimal digits only, as a number of at most LIMIT.
bool ParseDecimal(std::string_view text, uint32_t limit, uint32_t* number);

// BYTES with everything that could disturb a terminal or a line written as
// \xHH: control characters, DEL, backslash, and all bytes that are not part
// of well-formed UTF-8 (C1 control characters count as control characters).
std::string Printable(std::string_view bytes);

// Lower-case hex, two digits a byte: what the kernel writes in an entry file.
std::string Hex(std::string_view bytes);

// The bytes that HEX stands for; false for odd lengths and other characters.
bool Unhex(std::string_view hex, std::string* bytes);

// The length of the well-formed UTF-8 sequence at the start of BYTES, at most
// four, or 0 where there is none. Overlong forms and surrogates are refused.
int Utf8SequenceLength(std::string_view bytes);

}  // namespace binfmt

#endif  // BINFMT_TEXT_H_
