// SPDX-License-Identifier: Apache-2.0
// Words for errno.
#ifndef BINFMT_ERRNO_TEXT_H_
#define BINFMT_ERRNO_TEXT_H_

#include "binfmt/format.h"

namespace binfmt {

// What ERRNUM means, as POSIX words it; the same on every libc. Knows those
// that the system calls of this program fail with; "unknown error" for others.
Format DescribeErrno(int errnum);

}  // namespace binfmt

#endif  // BINFMT_ERRNO_TEXT_H_
