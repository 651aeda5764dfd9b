// SPDX-License-Identifier: Apache-2.0
#include "binfmt/error.h"

#include <cstring>

#include "absl/strings/str_cat.h"
#include "binfmt/text.h"

namespace binfmt {

Error SystemError(std::string_view what, std::string_view object, int errnum,
                  Cause cause) {
  return Failure(absl::StrCat("cannot ", what, " ", Printable(object), ": ",
                              std::strerror(errnum)),
                 errnum, cause);
}

}  // namespace binfmt
