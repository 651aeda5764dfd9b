// SPDX-License-Identifier: Apache-2.0
// What links called update-binfmts and systemd-binfmt do: they take the words
// by which scripts call these programs, and run applets.
#ifndef CMD_OTHER_NAMES_H_
#define CMD_OTHER_NAMES_H_

#include <span>

namespace cmd {

// Runs "update-binfmts ARGS" of binfmt-support. Returns the exit status. There
// is no database: a format is what the kernel has, a package's format file, or
// a target.
int RunUpdateBinfmts(std::span<const char* const> args);

// Runs "systemd-binfmt ARGS". Returns the exit status, which is 0 where
// binfmt_misc can't be used, as systemd-binfmt has it. Unlike that, it takes
// nothing out before it registers.
int RunSystemdBinfmt(std::span<const char* const> args);

}  // namespace cmd

#endif  // CMD_OTHER_NAMES_H_
