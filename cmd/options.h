// SPDX-License-Identifier: Apache-2.0
// Options: one table an applet, which parses the command line and prints the
// help.
#ifndef CMD_OPTIONS_H_
#define CMD_OPTIONS_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "binfmt/error.h"

namespace cmd {

struct Option {
  char letter;        // 0: none
  const char* name;   // without the dashes
  const char* value;  // what the help calls the value; nullptr: takes none
  const char* help;   // one line
};

// What every applet takes.
struct CommonOptions {
  std::string dir;
  bool dry_run = false;
  bool json = false;
  bool help = false;
  bool quiet = false;
  bool if_possible = false;
};

// One option of a command line, in the order in which they were given.
struct GivenOption {
  const Option* option;
  std::string_view value;

  bool Is(std::string_view name) const { return option->name == name; }
};

struct CommandLine {
  CommonOptions common;
  std::vector<GivenOption> options;  // the applet's own
  std::vector<std::string_view> operands;
};

// Reads ARGS by OWN and the options that every applet takes: -n, -nq, -D DIR,
// -DDIR, --dir DIR, --dir=DIR; options and operands may be mixed; what follows
// "--" is an operand. Fails with kMisuse.
binfmt::Error ParseCommandLine(absl::Span<const Option> own,
                               absl::Span<const char* const> args,
                               CommandLine* line);

// Reads a value that is "yes" or "no".
binfmt::Error ParseYesNo(const GivenOption& given, bool* value);

// Lines "  -D, --dir DIR   help", one an option of OWN, then the common ones.
std::string OptionHelp(absl::Span<const Option> own);

}  // namespace cmd

#endif  // CMD_OPTIONS_H_
