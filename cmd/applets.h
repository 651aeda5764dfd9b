// SPDX-License-Identifier: Apache-2.0
// The table of applets: dispatch, --list, --install and the help read it.
#ifndef CMD_APPLETS_H_
#define CMD_APPLETS_H_

#include <string_view>

#include "absl/types/span.h"
#include "binfmt/array.h"
#include "binfmt/format.h"
#include "cmd/console.h"
#include "cmd/options.h"

namespace cmd {

struct Applet {
  const char* name;        // "register"
  const char* operands;    // for the usage line: " [TARGET]..."
  binfmt::Format summary;  // one imperative sentence
  binfmt::Format details;  // further lines for --help, ended by newlines, or ""
  binfmt::Format
      options;  // the help text of its own options (options.h), or ""
  // Does the applet's work. LINE is parsed and --help and the common options
  // that concern the console are dealt with.
  void (*run)(const CommandLine& line, Console* console);
};

// All applets, in the order of --list.
binfmt::Array<Applet> Applets();

// Finds the applet that NAME ("mount", "binfmt-mount") calls. False: none.
bool FindApplet(std::string_view name, Applet* applet);

// Runs APPLET with ARGS, those behind its name, AS_SCRIPT of QEMU, which
// register can stand in for. Returns the exit status.
int RunApplet(const Applet& applet, absl::Span<const char* const> args,
              bool as_script = false);

// One for each applet, in MODULE_applet.cc. Functions, since each pointer of a
// constant is a relocation of 24 bytes.
Applet MountApplet();
Applet RegisterApplet();
Applet StatusApplet();
Applet ClearApplet();

}  // namespace cmd

#endif  // CMD_APPLETS_H_
