// SPDX-License-Identifier: Apache-2.0
// Errors as one line, so that a test compares all of one at once.
#ifndef TESTING_ERROR_TEXT_H_
#define TESTING_ERROR_TEXT_H_

#include <optional>
#include <string>

#include "binfmt/base/error.h"

namespace binfmtbox_testing {

// "CAUSE ERRNO: TEXT", for example
//   "failed EINVAL: record "x": the magic is empty"
std::string ErrorText(const binfmt::Error& error);

// The same, or "ok" where there is no error.
std::string ErrorText(const std::optional<binfmt::Error>& error);

template <typename T>
std::string ErrorText(const binfmt::Expected<T>& expected) {
  return expected ? "ok" : ErrorText(expected.error());
}

}  // namespace binfmtbox_testing

#endif  // TESTING_ERROR_TEXT_H_
