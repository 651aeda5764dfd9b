// SPDX-License-Identifier: Apache-2.0
#include "binfmt/error.h"

#include <new>

#include "binfmt/errno_text.h"
#include "binfmt/memory.h"
#include "binfmt/text.h"

namespace binfmt {

Error::Error(Cause cause, int errnum, Text text)
    : facts_(new (KeepBytes(sizeof(Facts))) Facts{cause, errnum, text}) {}

std::string_view Error::text() const {
  return ok() ? std::string_view() : facts_->text;
}

Error internal::FailureOf(int code, Text text) {
  const int cause = code >> 16;
  return Error(cause == 0 ? Cause::kFailed : static_cast<Cause>(cause),
               code & 0xffff, text);
}

Error SystemError(Format what, std::string_view object, int errnum,
                  Cause cause) {
  return Failure(Because(errnum, cause), "cannot @ %: @"_fmt, what, object,
                 DescribeErrno(errnum));
}

}  // namespace binfmt
