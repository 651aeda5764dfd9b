// SPDX-License-Identifier: Apache-2.0
#include "binfmt/base/terminal.h"

#include <sys/ioctl.h>

namespace binfmt {

std::optional<size_t> TerminalWidth(int fd) {
  winsize size = {};
  if (ioctl(fd, TIOCGWINSZ, &size) != 0) return std::nullopt;
  return size.ws_col;
}

}  // namespace binfmt
