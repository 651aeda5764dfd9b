// SPDX-License-Identifier: Apache-2.0
#include "binfmt/terminal.h"

#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace binfmt {

int TerminalWidth(int fd) {
  winsize size;
  // By number: what is a terminal knows the request.
  if (syscall(SYS_ioctl, fd, TIOCGWINSZ, &size) != 0) return -1;
  return size.ws_col;
}

}  // namespace binfmt
