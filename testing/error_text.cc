// SPDX-License-Identifier: Apache-2.0
#include "testing/error_text.h"

#include "absl/strings/str_cat.h"
#include "testing/errno_name.h"

namespace binfmtbox_testing {
namespace {

const char* CauseName(binfmt::Cause cause) {
  switch (cause) {
    case binfmt::Cause::kFailed:
      return "failed";
    case binfmt::Cause::kMisuse:
      return "misuse";
    case binfmt::Cause::kNotMounted:
      return "not mounted";
    case binfmt::Cause::kNoSupport:
      return "no support";
    case binfmt::Cause::kDenied:
      return "denied";
    case binfmt::Cause::kWouldNotLast:
      return "would not last";
  }
  return "no cause";
}

}  // namespace

std::string ErrorText(const binfmt::Error& error) {
  return absl::StrCat(CauseName(error.cause()), " ", ErrnoName(error.errnum()),
                      ": ", error.text());
}

std::string ErrorText(const std::optional<binfmt::Error>& error) {
  return error ? ErrorText(*error) : "ok";
}

}  // namespace binfmtbox_testing
