// SPDX-License-Identifier: Apache-2.0
#include "binfmt/errno_text.h"

#include <cerrno>

namespace binfmt {
namespace {

// Without a pointer for each there is nothing to relocate. strerror(3) of musl
// is 2 KB.
constexpr unsigned char kNumbers[] = {
    EPERM,        ENOENT,  EINTR,  EIO,     ENXIO,  E2BIG,      ENOEXEC,
    EBADF,        ECHILD,  EAGAIN, ENOMEM,  EACCES, EFAULT,     EBUSY,
    EEXIST,       EXDEV,   ENODEV, ENOTDIR, EISDIR, EINVAL,     ENFILE,
    EMFILE,       ETXTBSY, EFBIG,  ENOSPC,  EROFS,  EMLINK,     EPIPE,
    ENAMETOOLONG, ENOSYS,  ELOOP,  EDQUOT,  ESTALE, EOPNOTSUPP,
};

// In the same order, each ended by a NUL.
constexpr Format kTexts =
    "Operation not permitted\0"
    "No such file or directory\0"
    "Interrupted system call\0"
    "I/O error\0"
    "No such device or address\0"
    "Argument list too long\0"
    "Exec format error\0"
    "Bad file descriptor\0"
    "No child process\0"
    "Resource temporarily unavailable\0"
    "Out of memory\0"
    "Permission denied\0"
    "Bad address\0"
    "Resource busy\0"
    "File exists\0"
    "Cross-device link\0"
    "No such device\0"
    "Not a directory\0"
    "Is a directory\0"
    "Invalid argument\0"
    "Too many open files in system\0"
    "Too many open files\0"
    "Text file busy\0"
    "File too large\0"
    "No space left on device\0"
    "Read-only file system\0"
    "Too many links\0"
    "Broken pipe\0"
    "File name too long\0"
    "Function not implemented\0"
    "Too many levels of symbolic links\0"
    "Quota exceeded\0"
    "Stale file handle\0"
    "Not supported\0"_fmt;

}  // namespace

Format DescribeErrno(int errnum) {
  const char* text = kTexts.packed();
  for (const unsigned char number : kNumbers) {
    if (number == errnum) return text;
    while (*text++ != '\0') {
    }
  }
  return "unknown error";
}

}  // namespace binfmt
