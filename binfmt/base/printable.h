// SPDX-License-Identifier: Apache-2.0
// Foreign bytes made safe for a terminal, a log line, and a message.
#ifndef BINFMT_BASE_PRINTABLE_H_
#define BINFMT_BASE_PRINTABLE_H_

#include <string>
#include <string_view>

namespace binfmt {

// BYTES with everything that could disturb a terminal or a line, or pass for
// what it is not, written as \xHH: control characters, characters that turn
// the direction of text, separate lines or join what is around them, those
// without a meaning, the backslash, and all bytes that are not part of
// well-formed UTF-8.
std::string Printable(std::string_view bytes);

}  // namespace binfmt

#endif  // BINFMT_BASE_PRINTABLE_H_
