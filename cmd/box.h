// SPDX-License-Identifier: Apache-2.0
// What binfmtbox does under its own name: call an applet, or describe itself.
#ifndef CMD_BOX_H_
#define CMD_BOX_H_

#include <span>
#include <string_view>

namespace cmd {

// Runs "binfmtbox ARGS", where CALLED stands for the first word. Returns the
// exit status.
int RunBox(std::string_view called, std::span<const char* const> args);

// Complains that no applet is called NAME, and suggests one. Returns the exit
// status 127.
int NoSuchApplet(std::string_view name);

}  // namespace cmd

#endif  // CMD_BOX_H_
