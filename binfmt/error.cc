// SPDX-License-Identifier: Apache-2.0
#include "binfmt/error.h"

#include <utility>

#include "binfmt/errno_text.h"
#include "binfmt/text.h"

namespace binfmt {

Error::Error(Cause cause, int errnum, std::string text)
    : facts_(new Facts{cause, errnum, std::move(text)}) {}

void Error::Free() { delete facts_; }

std::string_view Error::text() const {
  return ok() ? std::string_view() : facts_->text;
}

void Error::SetText(const char* format,
                    std::initializer_list<std::string_view> args) {
  facts_->text = Fill(format, args);
}

void Error::AddText(const char* format,
                    std::initializer_list<std::string_view> args) {
  facts_->text += Fill(format, args);
}

Error Failure(const char* text, int errnum, Cause cause) {
  return Failure(text, {}, errnum, cause);
}

Error Failure(const char* format, std::initializer_list<std::string_view> args,
              int errnum, Cause cause) {
  return Error(cause, errnum, Fill(format, args));
}

Error Misuse(const char* format, std::initializer_list<std::string_view> args) {
  return Failure(format, args, 0, Cause::kMisuse);
}

Error SystemError(std::string_view what, std::string_view object, int errnum,
                  Cause cause) {
  return Failure("cannot @ %: @", {what, object, ErrnoText(errnum)}, errnum,
                 cause);
}

}  // namespace binfmt
