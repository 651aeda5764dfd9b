// SPDX-License-Identifier: Apache-2.0
#include "testing/errno_name.h"

#include <cerrno>

#include "absl/strings/str_cat.h"

namespace binfmtbox_testing {

std::string ErrnoName(int errnum) {
  switch (errnum) {
#define NAME(e) \
  case e:       \
    return #e
    NAME(EACCES);
    NAME(EBADF);
    NAME(EBUSY);
    NAME(EEXIST);
    NAME(EFBIG);
    NAME(EINVAL);
    NAME(EIO);
    NAME(EISDIR);
    NAME(ELOOP);
    NAME(ENAMETOOLONG);
    NAME(ENODEV);
    NAME(ENOENT);
    NAME(ENOEXEC);
    NAME(ENOMEM);
    NAME(ENOSPC);
    NAME(ENOTDIR);
    NAME(EPERM);
    NAME(EROFS);
    NAME(ETXTBSY);
    NAME(EXDEV);
#undef NAME
    default:
      return absl::StrCat(errnum);
  }
}

}  // namespace binfmtbox_testing
