// SPDX-License-Identifier: Apache-2.0
#include "cmd/console.h"

#include <unistd.h>

#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "binfmt/base/file.h"
#include "binfmt/base/printable.h"
#include "binfmt/base/terminal.h"

namespace cmd {
namespace {

using binfmt::Cause;
using binfmt::ErrnoOr;

// The causes stand in the order of their statuses.
int StatusOf(Cause cause) { return static_cast<int>(cause) + kExitFailed; }
static_assert(static_cast<int>(Cause::kMisuse) + kExitFailed == kExitMisuse);
static_assert(static_cast<int>(Cause::kWouldNotLast) + kExitFailed ==
              kExitWouldNotLast);

// The levels of the kernel's log: KERN_ERR, KERN_WARNING, KERN_INFO.
constexpr char kError[] = "<3>";
constexpr char kWarning[] = "<4>";
constexpr char kInfo[] = "<6>";
// One write makes one line of the log, and fails with more than 976 bytes
// (LOG_LINE_MAX of Linux 5.10).
constexpr size_t kMaxLogLine = 900;
constexpr size_t kMaxKept = 1 << 20;

}  // namespace

std::string Console::Line(std::string_view text) const {
  return absl::StrCat(program_, ": ", text, "\n");
}

void Console::WriteLine(std::string_view level, std::string_view text) const {
  while (kmsg_) {
    // Opened for each line: the kernel silently drops all but ten of an open
    // file's lines within five seconds (printk_devkmsg=ratelimit).
    const binfmt::UniqueFd fd =
        binfmt::OpenAt(AT_FDCWD, "/dev/kmsg", O_WRONLY | O_APPEND);
    if (!fd.ok() ||
        !binfmt::WriteAll(
            fd.get(), absl::StrCat(level, Line(text.substr(0, kMaxLogLine))))) {
      break;
    }
    if (text.size() <= kMaxLogLine) return;
    text.remove_prefix(kMaxLogLine);
  }
  // Where stderr accepts nothing either, nobody can be told.
  (void)binfmt::WriteAll(STDERR_FILENO, Line(text));
}

void Console::Answer(std::string_view text) {
  out_.append(text);
  if (out_.size() > kMaxKept) Flush();
}

void Console::Warn(std::string_view text) {
  WriteLine(kWarning, absl::StrCat("note: ", text));
}

void Console::Complain(const binfmt::Error& error) {
  const int status = StatusOf(error.cause());
  if (if_possible_ && status >= kExitNotMounted) {
    return Warn(error.text());
  }
  std::string line = error.text();
  if (status == kExitMisuse) {
    line += absl::StrCat("; see \"", binfmt::Printable(called_), " --help\"");
  }
  WriteLine(kError, line);
  AddStatus(status);
}

void Console::AddStatus(int status) {
  if (status == kExitOk) return;
  status_ = status_ == kExitOk || status_ == status ? status : kExitFailed;
}

bool Console::HasWritten(const ErrnoOr<void>& result) {
  if (!result) {
    Complain(
        binfmt::SystemError("write to", "standard output", result.error()));
  }
  return result.has_value();
}

bool Console::CanReport() {
  return quiet_ || kmsg_results_ ||
         HasWritten(binfmt::ProbeWritable(STDOUT_FILENO));
}

bool Console::IsShown() const {
  return kmsg_results_ || binfmt::TerminalWidth(STDOUT_FILENO);
}

void Console::Flush() {
  const std::string out = std::exchange(out_, "");
  if (out.empty() || has_lost_) return;
  if (kmsg_results_) {
    for (const std::string_view line :
         absl::StrSplit(absl::StripSuffix(out, "\n"), '\n')) {
      WriteLine(kInfo, line);
    }
    return;
  }
  has_lost_ = !HasWritten(binfmt::WriteAll(STDOUT_FILENO, out));
}

int Console::Finish() {
  Flush();
  return status_;
}

}  // namespace cmd
