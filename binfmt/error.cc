// SPDX-License-Identifier: Apache-2.0
#include "binfmt/error.h"

#include <cstring>

#include "binfmt/text.h"

namespace binfmt {

Error::Error() = default;
Error::Error(const Error&) = default;
Error::Error(Error&&) noexcept = default;
Error& Error::operator=(const Error&) = default;
Error& Error::operator=(Error&&) noexcept = default;
Error::~Error() = default;

Error Ok() { return Error(); }

Error Failure(const char* text, int errnum, Cause cause) {
  return Failure(text, {}, errnum, cause);
}

Error Failure(const char* format, std::initializer_list<std::string_view> args,
              int errnum, Cause cause) {
  Error error;
  error.cause = cause;
  error.errnum = errnum;
  error.text = Fill(format, args);
  return error;
}

Error Misuse(const char* format, std::initializer_list<std::string_view> args) {
  return Failure(format, args, 0, Cause::kMisuse);
}

Error SystemError(std::string_view what, std::string_view object, int errnum,
                  Cause cause) {
  return Failure("cannot @ %: @", {what, object, std::strerror(errnum)}, errnum,
                 cause);
}

}  // namespace binfmt
