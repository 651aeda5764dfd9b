// SPDX-License-Identifier: Apache-2.0
#include "binfmt/error_text_for_testing.h"

#include "testing/errno_name.h"

namespace binfmt {
namespace {

const char* CauseText(Cause cause) {
  switch (cause) {
    case Cause::kNone:
      return "none";
    case Cause::kFailed:
      return "failed";
    case Cause::kMisuse:
      return "misuse";
    case Cause::kNotMounted:
      return "not mounted";
    case Cause::kNoSupport:
      return "no support";
    case Cause::kDenied:
      return "denied";
    case Cause::kWouldNotLast:
      return "would not last";
  }
  return "no cause";
}

}  // namespace

std::string ErrorText(const Error& error) {
  if (error.ok()) return "ok";
  return std::string(CauseText(error.cause())) + " " +
         binfmtbox_testing::ErrnoName(error.errnum()) + ": " +
         std::string(error.text());
}

}  // namespace binfmt
