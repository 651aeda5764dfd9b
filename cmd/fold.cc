// SPDX-License-Identifier: Apache-2.0
#include "cmd/fold.h"

#include <unistd.h>

#include <algorithm>
#include <optional>

#include "binfmt/base/terminal.h"

namespace cmd {
namespace {

constexpr size_t kMinWidth = 40;
constexpr size_t kUsualWidth = 80;
constexpr size_t kIndent = 2;

// The columns of TEXT: its characters, without those of colours.
size_t Columns(std::string_view text) {
  size_t columns = 0;
  bool in_colour = false;
  for (const char c : text) {
    if (c == '\x1b') in_colour = true;
    if (!in_colour && (c & 0xc0) != 0x80) ++columns;
    if (c == 'm') in_colour = false;
  }
  return columns;
}

}  // namespace

size_t LineWidth(const Console& console) {
  if (console.logs_results()) return kUnlimited;
  const std::optional<size_t> width = binfmt::TerminalWidth(STDOUT_FILENO);
  if (!width) return kUnlimited;
  return *width == 0 ? kUsualWidth : std::max(*width, kMinWidth);
}

std::string Fold(std::string_view line, size_t width) {
  // Most do: columns are at most bytes.
  if (line.size() <= width) return std::string(line);
  std::string text;
  size_t column = 0;
  // Word by word, each with the blanks in front of it.
  while (!line.empty()) {
    const size_t begin = std::min(line.find_first_not_of(' '), line.size());
    const size_t end = std::min(line.find(' ', begin), line.size());
    const std::string_view word = line.substr(begin, end - begin);
    const size_t columns = Columns(word) - (word.ends_with('\n') ? 1 : 0);
    if (column > kIndent && column + begin + columns > width) {
      text += '\n';
      text.append(kIndent, ' ');
      column = kIndent;
    } else {
      text.append(begin, ' ');
      column += begin;
    }
    text += word;
    column += columns;
    line.remove_prefix(end);
  }
  return text;
}

}  // namespace cmd
