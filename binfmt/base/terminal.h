// SPDX-License-Identifier: Apache-2.0
// Terminal detection and width.
#ifndef BINFMT_BASE_TERMINAL_H_
#define BINFMT_BASE_TERMINAL_H_

#include <cstddef>
#include <optional>

namespace binfmt {

// The width of the terminal FD in columns, 0 where the terminal does not tell
// (a serial line). Nothing where FD is not a terminal.
std::optional<size_t> TerminalWidth(int fd);

}  // namespace binfmt

#endif  // BINFMT_BASE_TERMINAL_H_
