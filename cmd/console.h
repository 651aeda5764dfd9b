// SPDX-License-Identifier: Apache-2.0
// The one place that prints, and the exit status that goes with what was
// printed.
#ifndef CMD_CONSOLE_H_
#define CMD_CONSOLE_H_

#include <string_view>
#include <type_traits>
#include <utility>

#include "binfmt/error.h"
#include "binfmt/text.h"

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
};

class Console {
 public:
  // PROGRAM begins every line on stderr.
  explicit Console(binfmt::Text program) : program_(std::move(program)) {}

  // No notes and no results, errors only.
  void set_quiet(bool quiet) { quiet_ = quiet; }
  bool quiet() const { return quiet_; }
  // Causes for which the surroundings are to blame (exit status 3 to 6) become
  // notes and leave the exit status alone.
  void set_if_possible(bool if_possible) { if_possible_ = if_possible; }

  // Lines go to the kernel's log, /dev/kmsg, in place of stderr and, where
  // RESULTS, of stdout. Where it can't be opened they go to stderr.
  void set_kmsg(bool messages, bool results) {
    kmsg_ = messages;
    kmsg_results_ = messages && results;
  }

  bool logs_results() const { return kmsg_results_; }

  // Keeps text, made as binfmt::Fill() does, for stdout; it is written when the
  // program ends. Results of a change: nothing where the user wants quiet.
  template <typename... Args>
  void Result(binfmt::Format format, const Args&... args) {
    Keep(binfmt::internal::Types<Args...>(), format,
         binfmt::internal::Pass(args)...);
  }
  // What the user asked to see, such as a help text.
  void Answer(std::string_view text) { out_.Append(text); }

  // A line "PROGRAM: note: TEXT" on stderr.
  void Note(std::string_view text);
  template <typename... Args>
  void Note(binfmt::Format format, const Args&... args) {
    Note(std::string_view(binfmt::Fill(format, args...)));
  }

  // A line "PROGRAM: TEXT" on stderr for an error that is not ok, with a
  // pointer to the help where it is misuse; and the exit status that belongs to
  // its cause. Different causes together make kExitFailed.
  void Complain(const binfmt::Error& error);

  // Complains where stdout takes no output, so that nothing is changed whose
  // result can't be told. True where it does, or nothing is to be printed.
  bool CanReport();

  // The exit status so far; who holds may find that a trouble has healed.
  int status() const { return status_; }
  void set_status(int status) { status_ = status; }
  // That of another piece of work: different failures together make
  // kExitFailed.
  void AddStatus(int status);

  // Writes what was kept. Complains where it can't.
  void Flush();

  // Flush(); returns the program's exit status.
  int Finish();

 private:
  void Keep(unsigned types, binfmt::Format format, ...);
  // Writes a line "PROGRAM: TEXT" to stderr or, with LEVEL, to the kernel's
  // log.
  void WriteLine(const char* level, std::string_view text) const;

  binfmt::Text program_;
  binfmt::Bytes out_;
  bool quiet_ = false;
  bool if_possible_ = false;
  bool kmsg_ = false;
  bool kmsg_results_ = false;
  int status_ = kExitOk;
};

}  // namespace cmd

#endif  // CMD_CONSOLE_H_
