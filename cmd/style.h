// SPDX-License-Identifier: Apache-2.0
// How results look on a terminal. Elsewhere they have no colour and no width.
#ifndef CMD_STYLE_H_
#define CMD_STYLE_H_

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

#include "cmd/console.h"

namespace cmd {

struct Style {
  // Around what deserves attention. Empty without colour: where stdout is no
  // terminal, $NO_COLOR is not empty (no-color.org), or $TERM is dumb.
  std::string_view on;
  std::string_view off;
  size_t width = std::numeric_limits<size_t>::max();  // in columns
};

// The style for what CONSOLE prints on stdout.
Style StyleOf(const Console& console);

// The end of PATH, printable, with "..." before it where it has more than WIDTH
// bytes. Never fewer than the last 16.
std::string EndOfPath(std::string_view path, size_t width);

}  // namespace cmd

#endif  // CMD_STYLE_H_
