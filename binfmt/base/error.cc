// SPDX-License-Identifier: Apache-2.0
#include "binfmt/base/error.h"

#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "binfmt/base/printable.h"

namespace binfmt {

Error::Error(int errnum, std::string text, Cause cause)
    : details_(new Details{cause, errnum, std::move(text)}) {}

void Error::Deleter::operator()(Details* details) const { delete details; }

Error Error::Copy() const { return Error(errnum(), text(), cause()); }

void Error::Append(std::string_view text) { details_->text.append(text); }

void Error::Prepend(std::string_view text) { details_->text.insert(0, text); }

Error SystemError(std::string_view what, std::string_view object, int errnum,
                  Cause cause) {
  return Error(errnum,
               absl::StrCat("cannot ", what, " ", Printable(object), ": ",
                            std::strerror(errnum)),
               cause);
}

}  // namespace binfmt
