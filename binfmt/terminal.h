// SPDX-License-Identifier: Apache-2.0
// Is somebody looking?
#ifndef BINFMT_TERMINAL_H_
#define BINFMT_TERMINAL_H_

namespace binfmt {

// How many columns the terminal FD has; 0 where it does not say (a serial
// line), -1 where FD is no terminal.
int TerminalWidth(int fd);

}  // namespace binfmt

#endif  // BINFMT_TERMINAL_H_
