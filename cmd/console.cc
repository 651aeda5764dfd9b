// SPDX-License-Identifier: Apache-2.0
#include "cmd/console.h"

#include <cstdarg>

#include "binfmt/io.h"
#include "binfmt/text.h"

namespace cmd {
namespace {

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

// Where stderr takes nothing either, there is nobody left to tell.
void WriteLine(std::string_view program, std::string_view text) {
  (void)binfmt::WriteAll(kStandardError, binfmt::Fill("@: @\n", program, text));
}

}  // namespace

void Console::Keep(const char* types, const char* format, ...) {
  if (quiet_) return;
  va_list args;
  va_start(args, format);
  out_ += binfmt::internal::FillList(types, format, args);
  va_end(args);
}

void Console::Note(std::string_view text) {
  if (!quiet_) WriteLine(program_, binfmt::Fill("note: @", text));
}

void Console::Complain(const binfmt::Error& error) {
  const int status = StatusOf(error.cause());
  if (if_possible_ && status >= kExitNotMounted &&
      status <= kExitWouldNotLast) {
    WriteLine(program_, binfmt::Fill("note: @", error.text()));
    return;
  }
  WriteLine(program_,
            status == kExitMisuse
                ? binfmt::Fill("@; see \"@ --help\"", error.text(), program_)
                : error.text());
  Fail(status);
}

void Console::Fail(int status) {
  status_ = status_ == kExitOk || status_ == status ? status : kExitFailed;
}

bool Console::CanReport() {
  if (quiet_) return true;
  const int error = binfmt::ProbeWritable(kStandardOutput);
  if (error == 0) return true;
  Complain(binfmt::SystemError("write to", "standard output", error));
  return false;
}

void Console::Flush() {
  if (out_.empty()) return;
  const int error = binfmt::WriteAll(kStandardOutput, out_);
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
