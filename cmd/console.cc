// SPDX-License-Identifier: Apache-2.0
#include "cmd/console.h"

#include <fcntl.h>

#include <algorithm>
#include <cstdarg>

#include "binfmt/io.h"
#include "binfmt/text.h"

namespace cmd {
namespace {

using binfmt::operator""_fmt;

constexpr int kStandardOutput = 1;
constexpr int kStandardError = 2;

int StatusOf(binfmt::Cause cause) {
  switch (cause) {
    case binfmt::Cause::kNone:
      return kExitOk;
    case binfmt::Cause::kFailed:
      return kExitFailed;
    case binfmt::Cause::kMisuse:
      return kExitMisuse;
    case binfmt::Cause::kNotMounted:
      return kExitNotMounted;
    case binfmt::Cause::kNoSupport:
      return kExitNoSupport;
    case binfmt::Cause::kDenied:
      return kExitDenied;
    case binfmt::Cause::kWouldNotLast:
      return kExitWouldNotLast;
  }
  return kExitFailed;
}

// The levels of the kernel's log: KERN_ERR, KERN_WARNING, KERN_INFO.
constexpr char kError[] = "3";
constexpr char kWarning[] = "4";
constexpr char kInfo[] = "6";
// One write makes one line of the log, and fails with more than 976 bytes
// (LOG_LINE_MAX of Linux 5.10).
constexpr size_t kMostOfALine = 900;

}  // namespace

void Console::WriteLine(const char* level, std::string_view text) const {
  while (kmsg_) {
    // Opened for each line: the kernel drops all but ten of an open file's
    // lines within five seconds, without a word (printk_devkmsg=ratelimit).
    const binfmt::UniqueFd fd =
        binfmt::OpenAt(binfmt::kCurrentDir, "/dev/kmsg", O_WRONLY | O_APPEND);
    if (!fd.ok() ||
        binfmt::WriteAll(fd.get(),
                         binfmt::Fill("<@>@: @\n"_fmt, level, program_,
                                      text.substr(0, kMostOfALine))) != 0) {
      break;
    }
    if (text.size() <= kMostOfALine) return;
    text.remove_prefix(kMostOfALine);
  }
  // Where stderr takes nothing either, there is nobody left to tell.
  (void)binfmt::WriteAll(kStandardError,
                         binfmt::Fill("@: @\n"_fmt, program_, text));
}

void Console::Keep(unsigned types, binfmt::Format format, ...) {
  if (quiet_) return;
  va_list args;
  va_start(args, format);
  out_.Append(binfmt::internal::FillList(types, format, args));
  va_end(args);
}

void Console::Note(std::string_view text) {
  if (!quiet_) WriteLine(kWarning, binfmt::Fill("note: @"_fmt, text));
}

void Console::Complain(const binfmt::Error& error) {
  const int status = StatusOf(error.cause());
  if (if_possible_ && status >= kExitNotMounted &&
      status <= kExitWouldNotLast) {
    WriteLine(kWarning, binfmt::Fill("note: @"_fmt, error.text()));
    return;
  }
  if (status == kExitMisuse) {
    WriteLine(kError,
              binfmt::Fill("@; see \"@ --help\""_fmt, error.text(), program_));
  } else {
    WriteLine(kError, error.text());
  }
  AddStatus(status);
}

void Console::AddStatus(int status) {
  if (status == kExitOk) return;
  status_ = status_ == kExitOk || status_ == status ? status : kExitFailed;
}

bool Console::CanReport() {
  if (quiet_ || kmsg_results_) return true;
  const int error = binfmt::ProbeWritable(kStandardOutput);
  if (error == 0) return true;
  Complain(binfmt::SystemError("write to", "standard output", error));
  return false;
}

void Console::Flush() {
  for (std::string_view rest = out_.view(); kmsg_results_ && !rest.empty();) {
    const size_t end = std::min(rest.find('\n'), rest.size() - 1);
    WriteLine(kInfo, rest.substr(0, end));
    rest.remove_prefix(end + 1);
  }
  if (kmsg_results_) out_.clear();
  if (out_.empty()) return;
  const int error = binfmt::WriteAll(kStandardOutput, out_.view());
  out_.clear();
  if (error != 0) {
    Complain(binfmt::SystemError("write to", "standard output", error));
  }
}

int Console::Finish() {
  Flush();
  return status_;
}

}  // namespace cmd
