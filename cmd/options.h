// SPDX-License-Identifier: Apache-2.0
// Options: the help text is the table by which the command line is read.
#ifndef CMD_OPTIONS_H_
#define CMD_OPTIONS_H_

#include <string_view>

#include "absl/types/span.h"
#include "binfmt/array.h"
#include "binfmt/error.h"
#include "binfmt/format.h"
#include "binfmt/text.h"

namespace cmd {

// What every applet takes.
struct CommonOptions {
  binfmt::Text dir;
  bool dry_run = false;
  bool json = false;
  bool kmsg = false;
  bool help = false;
  bool quiet = false;
  bool if_possible = false;
};

// One option of a command line, in the order in which they were given.
struct GivenOption {
  binfmt::Text name;  // long, without the dashes
  std::string_view value;

  bool Is(const char* other) const;
};

struct CommandLine {
  CommonOptions common;
  binfmt::Array<GivenOption> options;  // the applet's own
  binfmt::Array<std::string_view> operands;
  // Called by the name of QEMU's qemu-binfmt-conf.sh, whose defaults hold.
  bool as_script = false;
};

// Reads ARGS, which must outlive *LINE, by OWN, an applet's part of the help
// text, and the options that every applet takes: -n, -nq, -D DIR,
// -DDIR, --dir DIR, --dir=DIR; options and operands may be mixed; what follows
// "--" is an operand. The options of QEMU's qemu-binfmt-conf.sh may be
// abbreviated, as getopt(1) lets it. Fails with kMisuse.
//
// The help text is the table of options, so that neither can differ from the
// other. A line of it that begins with
//   "  -p, --persistent yes|no  what it does"  or
//   "      --hold  what it does"
// declares an option; one word behind one blank is the value that it takes.
binfmt::Error ParseCommandLine(binfmt::Format own,
                               absl::Span<const char* const> args,
                               CommandLine* line);

// The help text of the options that every applet takes.
extern const binfmt::Format kCommonOptions;

}  // namespace cmd

#endif  // CMD_OPTIONS_H_
