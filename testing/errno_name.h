// SPDX-License-Identifier: Apache-2.0
// The names of errno values, for tests.
#ifndef TESTING_ERRNO_NAME_H_
#define TESTING_ERRNO_NAME_H_

#include <string>

namespace binfmtbox_testing {

// Returns "ENOENT" for 2 and so on, "0" for 0, and the number for values that
// tests do not meet. The text of strerror(3) differs between glibc and musl,
// and tests run with both.
std::string ErrnoName(int errnum);

}  // namespace binfmtbox_testing

#endif  // TESTING_ERRNO_NAME_H_
