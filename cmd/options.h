// SPDX-License-Identifier: Apache-2.0
// Command-line options: one table for each applet, which is parsed by and
// rendered as the help.
#ifndef CMD_OPTIONS_H_
#define CMD_OPTIONS_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "binfmt/base/error.h"

namespace cmd {

// A row of an option table.
struct Option {
  char letter = '\0';     // the short form; '\0': there is none
  std::string_view name;  // the long form, without dashes
  // In the help: "PATH"; empty: takes no value. What begins with a small letter
  // and has a "|" lists all values: "yes|no".
  std::string_view value_name;
  std::string_view help;  // lines of at most 54 columns
  // Stores the VALUE of the option NAME, empty for an option without a value,
  // in TARGET. Fails with kMisuse where it makes no sense.
  binfmt::Expected<void> (*store)(void* target, std::string_view name,
                                  std::string_view value) = nullptr;
  void* target = nullptr;
  // Any unambiguous beginning of the name will do, as with getopt(1). Only for
  // the options of QEMU's qemu-binfmt-conf.sh, which scripts abbreviate: an
  // abbreviation of others would change its meaning with each new option.
  bool may_abbreviate = false;
  // An empty value means something. That of any other option is a mistake: a
  // variable that a script did not set.
  bool may_be_empty = false;
};

constexpr char kNoLetter = '\0';

// Rows for the usual kinds of options: one without a value, one whose value is
// kept, and one that may be given several times.
Option FlagOption(char letter, const char* name, const char* help, bool* flag);
Option StringOption(char letter, const char* name, const char* value_name,
                    const char* help, std::optional<std::string>* value);
Option StringOption(char letter, const char* name, const char* value_name,
                    const char* help, std::string* value);
Option ListOption(char letter, const char* name, const char* value_name,
                  const char* help, std::vector<std::string>* values);

// A row of all its fields but the last one.
Option MakeOption(char letter, const char* name, const char* value_name,
                  const char* help, void* target,
                  decltype(Option::store) store);

// A row whose value kStore(*TARGET, name, value) stores.
template <auto kStore, typename T>
Option OptionFor(char letter, const char* name, const char* value_name,
                 const char* help, T* target) {
  return MakeOption(
      letter, name, value_name, help, target,
      [](void* pointer, std::string_view given, std::string_view value) {
        return kStore(*static_cast<T*>(pointer), given, value);
      });
}

// What every applet takes.
struct CommonOptions {
  std::string dir;  // where binfmt_misc is mounted
  bool dry_run = false;
  bool quiet = false;
  bool json = false;
  bool kmsg = false;
  bool if_possible = false;
  bool help = false;
};

struct CommandLine {
  CommonOptions common;
  std::vector<std::string> operands;
  // The names of the options that were given and are not common.
  std::vector<std::string_view> own_options;
  // What is wrong with the line (kMisuse). The common options in front of the
  // fault count: --kmsg says where to report it.
  std::optional<binfmt::Error> error;
};

// Reads ARGS by the table OWN and that of the common options. The forms are -n,
// -nq, -D DIR, -DDIR, --dir DIR and --dir=DIR; options and operands may be
// mixed; what follows "--" is an operand. Calls the setters of OWN in the order
// of the options, unless the line is wrong or has --help, behind which nothing
// is an error. RUNS_COMMAND: the first operand is a command, and what follows
// it no option; there is no --json.
CommandLine ParseCommandLine(std::span<const Option> own,
                             std::span<const char* const> args,
                             bool runs_command = false);

// The help text of the table OWN and of the common options: a line or more for
// each option.
std::string OptionsHelp(std::span<const Option> own, bool runs_command = false);

}  // namespace cmd

#endif  // CMD_OPTIONS_H_
