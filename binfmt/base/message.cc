// SPDX-License-Identifier: Apache-2.0
#include "binfmt/base/message.h"

#include <cstddef>

#include "binfmt/base/printable.h"

namespace binfmt::internal {

std::string FillIn(std::string_view format,
                   std::initializer_list<std::string_view> args) {
  std::string text;
  for (;;) {
    const size_t dollar = format.find('$');
    text.append(format.substr(0, dollar));
    if (dollar == format.npos) return text;
    const char digit = format[dollar + 1];
    if (digit == '$') {
      text.push_back('$');
    } else {
      text.append(Printable(std::data(args)[digit - '0']));
    }
    format.remove_prefix(dollar + 2);
  }
}

Error MakeError(int errnum, Cause cause, std::string_view format,
                std::initializer_list<std::string_view> args) {
  return Error(errnum, FillIn(format, args), cause);
}

}  // namespace binfmt::internal
