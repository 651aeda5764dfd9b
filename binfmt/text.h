// SPDX-License-Identifier: Apache-2.0
// Foreign bytes made fit for a terminal, a record and a table.
#ifndef BINFMT_TEXT_H_
#define BINFMT_TEXT_H_

#include <string>
#include <string_view>

namespace binfmt {

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
