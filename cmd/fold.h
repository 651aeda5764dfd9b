// SPDX-License-Identifier: Apache-2.0
// Lines that fit a terminal.
#ifndef CMD_FOLD_H_
#define CMD_FOLD_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "cmd/console.h"

namespace cmd {

// How many columns a line of results may have: as many as the terminal on
// stdout, at least 40, and 80 where it does not tell; kUnlimited where stdout
// is no terminal, or results go to the kernel's log.
inline constexpr size_t kUnlimited = static_cast<size_t>(-1);
size_t LineWidth(const Console& console);

// LINE, which ends in a newline, broken at blanks so that its parts have at
// most WIDTH columns where they can; all but the first are indented. Colours
// have no width.
std::string Fold(std::string_view line, size_t width);

}  // namespace cmd

#endif  // CMD_FOLD_H_
