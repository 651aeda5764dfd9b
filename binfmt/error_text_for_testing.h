// SPDX-License-Identifier: Apache-2.0
// An error as one line, so that a test can compare all of it at once.
#ifndef BINFMT_ERROR_TEXT_FOR_TESTING_H_
#define BINFMT_ERROR_TEXT_FOR_TESTING_H_

#include <string>

#include "binfmt/error.h"

namespace binfmt {

// "ok", or "CAUSE ERRNO: TEXT", for example
//   "failed EINVAL: record "x": the magic is empty"
std::string ErrorText(const Error& error);

}  // namespace binfmt

#endif  // BINFMT_ERROR_TEXT_FOR_TESTING_H_
