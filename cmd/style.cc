// SPDX-License-Identifier: Apache-2.0
#include "cmd/style.h"

#include <unistd.h>

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "binfmt/base/printable.h"
#include "binfmt/base/terminal.h"
#include "cmd/environment.h"

namespace cmd {
namespace {

constexpr size_t kMinPath = 16;

}  // namespace

Style StyleOf(const Console& console) {
  Style style;
  if (console.logs_results()) return style;
  const std::optional<size_t> width = binfmt::TerminalWidth(STDOUT_FILENO);
  if (!width) return style;
  if (*width > 0) style.width = *width;
  if (Environment("NO_COLOR").empty() && Environment("TERM") != "dumb") {
    style.on = "\x1b[33m";
    style.off = "\x1b[m";
  }
  return style;
}

std::string EndOfPath(std::string_view path, size_t width) {
  const std::string text = binfmt::Printable(path);
  width = std::max(width, kMinPath);
  if (text.size() <= width) return text;
  size_t cut = text.size() - width + 3;
  // Not within a character of UTF-8.
  while (cut < text.size() && (text[cut] & 0xc0) == 0x80) ++cut;
  return absl::StrCat("...", text.substr(cut));
}

}  // namespace cmd
