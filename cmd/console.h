// SPDX-License-Identifier: Apache-2.0
// The one place that prints, and the exit status that goes with it.
#ifndef CMD_CONSOLE_H_
#define CMD_CONSOLE_H_

#include <string>
#include <string_view>
#include <utility>

#include "binfmt/base/error.h"

namespace cmd {

// The exit statuses of the contract.
enum ExitStatus {
  kExitOk = 0,
  kExitFailed = 1,
  kExitMisuse = 2,
  kExitNotMounted = 3,
  kExitNoSupport = 4,
  kExitDenied = 5,
  kExitWouldNotLast = 6,
  kExitNoApplet = 127,
  // Of run, as of env(1).
  kExitNoHandlers = 125,
  kExitCannotStart = 126,
  kExitNoCommand = 127,
};

class Console {
 public:
  // PROGRAM begins every line on stderr. CALLED are the words by which it was
  // called, for the pointer to the help; empty: PROGRAM.
  explicit Console(std::string program, std::string called = "")
      : program_(std::move(program)), called_(std::move(called)) {
    if (called_.empty()) called_ = program_;
  }

  // Only errors: no notes and no results.
  void set_quiet(bool quiet) { quiet_ = quiet; }
  bool quiet() const { return quiet_; }
  // Causes for which the surroundings are to blame (exit status 3 to 6) become
  // notes and leave the exit status alone.
  void set_if_possible(bool if_possible) { if_possible_ = if_possible; }

  // Lines go to the kernel's log, /dev/kmsg, in place of stderr and, where
  // RESULTS, of stdout. They go to stderr where that cannot be opened.
  void set_kmsg(bool messages, bool results) {
    kmsg_ = messages;
    kmsg_results_ = messages && results;
  }

  bool logs_results() const { return kmsg_results_; }

  // Whether results go straight to a terminal, or to the kernel's log, which is
  // shown on one.
  bool IsShown() const;

  // Keeps TEXT for stdout, which is written when the program ends, or when it
  // is long. The results of a change: nothing with --quiet.
  void Result(std::string_view text) {
    if (!quiet_) Answer(text);
  }
  // The same for what the user asked to see, such as a help text.
  void Answer(std::string_view text);

  // A line "PROGRAM: note: TEXT" on stderr.
  void Note(std::string_view text) {
    if (!quiet_) Warn(text);
  }
  // The same with --quiet, too.
  void Warn(std::string_view text);

  // A line "PROGRAM: TEXT" on stderr, with a pointer to the help for misuse;
  // and the exit status of the error's cause. Different causes together make
  // kExitFailed.
  void Complain(const binfmt::Error& error);

  // Whether stdout accepts output, or nothing is to be printed. Complains where
  // it does not. Ask before a change whose result could not be reported.
  bool CanReport();

  // The exit status so far. With --hold, an error may be resolved later.
  int status() const { return status_; }
  void set_status(int status) { status_ = status; }
  // Adds the exit status of another piece of work. Different failures together
  // make kExitFailed.
  void AddStatus(int status);

  // Writes what was kept. Complains where that fails.
  void Flush();

  // Flush(); returns the program's exit status.
  int Finish();

 private:
  // "PROGRAM: TEXT", with a newline.
  std::string Line(std::string_view text) const;
  // Writes that line to stderr or, at LEVEL, to the kernel's log.
  void WriteLine(std::string_view level, std::string_view text) const;

  // Whether RESULT of writing to stdout is a success; complains where not.
  bool HasWritten(const binfmt::ErrnoOr<void>& result);

  std::string program_;
  std::string called_;
  std::string out_;
  bool has_lost_ = false;  // stdout takes no more
  bool quiet_ = false;
  bool if_possible_ = false;
  bool kmsg_ = false;
  bool kmsg_results_ = false;
  int status_ = kExitOk;
};

}  // namespace cmd

#endif  // CMD_CONSOLE_H_
