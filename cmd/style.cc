// SPDX-License-Identifier: Apache-2.0
#include "cmd/style.h"

#include <algorithm>

#include "binfmt/terminal.h"
#include "cmd/environment.h"

namespace cmd {
namespace {

constexpr int kStandardOutput = 1;
constexpr size_t kLeastOfAPath = 16;

}  // namespace

Style StyleOf(const Console& console) {
  Style style;
  const int width =
      console.logs_results() ? -1 : binfmt::TerminalWidth(kStandardOutput);
  if (width > 0) style.width = static_cast<size_t>(width);
  if (width >= 0 && Environment("NO_COLOR").empty() &&
      Environment("TERM") != "dumb") {
    style.on = "\x1b[33m";
    style.off = "\x1b[m";
  }
  return style;
}

binfmt::Text EndOfPath(std::string_view path, size_t width) {
  const binfmt::Text text = binfmt::Printable(path);
  width = std::max(width, kLeastOfAPath);
  if (text.size() <= width) return text;
  size_t cut = text.size() - width + 3;
  // Not within a character of UTF-8.
  while (cut < text.size() && (text[cut] & 0xc0) == 0x80) ++cut;
  return binfmt::Fill("...@", text.substr(cut));
}

}  // namespace cmd
