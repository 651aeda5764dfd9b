// SPDX-License-Identifier: Apache-2.0
// How results look on a terminal; elsewhere they have neither colour nor width.
#ifndef CMD_STYLE_H_
#define CMD_STYLE_H_

#include <cstddef>
#include <string_view>

#include "binfmt/text.h"
#include "cmd/console.h"

namespace cmd {

struct Style {
  // Around what deserves attention. Empty where there is no colour: where
  // stdout is no terminal, $NO_COLOR is not empty (no-color.org), or $TERM is
  // dumb.
  const char* on = "";
  const char* off = "";
  size_t width = static_cast<size_t>(-1);  // in columns
};

// The style for what CONSOLE prints on stdout.
Style StyleOf(const Console& console);

// The end of PATH, printable, with "..." before, where it has more than WIDTH
// bytes. No less than the last 16.
binfmt::Text EndOfPath(std::string_view path, size_t width);

}  // namespace cmd

#endif  // CMD_STYLE_H_
