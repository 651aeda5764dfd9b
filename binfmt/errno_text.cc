// SPDX-License-Identifier: Apache-2.0
#include "binfmt/errno_text.h"

#include <cerrno>
#include <cstddef>

namespace binfmt {
namespace {

// Number and text by turns: without a pointer there is nothing to relocate.
// strerror(3) of musl is 2 KB.
constexpr char kTexts[] =
    "\x01Operation not permitted\0"
    "\x02No such file or directory\0"
    "\x04Interrupted system call\0"
    "\x05I/O error\0"
    "\x06No such device or address\0"
    "\x07"
    "Argument list too long\0"
    "\x08"
    "Exec format error\0"
    "\x09"
    "Bad file descriptor\0"
    "\x0aNo child process\0"
    "\x0bResource temporarily unavailable\0"
    "\x0cOut of memory\0"
    "\x0dPermission denied\0"
    "\x0e"
    "Bad address\0"
    "\x10Resource busy\0"
    "\x11"
    "File exists\0"
    "\x12"
    "Cross-device link\0"
    "\x13No such device\0"
    "\x14Not a directory\0"
    "\x15Is a directory\0"
    "\x16Invalid argument\0"
    "\x17Too many open files in system\0"
    "\x18Too many open files\0"
    "\x1aText file busy\0"
    "\x1b"
    "File too large\0"
    "\x1cNo space left on device\0"
    "\x1eRead-only file system\0"
    "\x1fToo many links\0"
    "\x20"
    "Broken pipe\0"
    "\x24"
    "File name too long\0"
    "\x26"
    "Function not implemented\0"
    "\x28Too many levels of symbolic links\0"
    "\x7aQuota exceeded\0"
    "\x74Stale file handle\0"
    "\x5fNot supported\0";

}  // namespace

const char* DescribeErrno(int errnum) {
  for (size_t i = 0; i + 1 < sizeof(kTexts);) {
    const bool found = kTexts[i] == errnum;
    const char* text = &kTexts[++i];
    if (found) return text;
    while (kTexts[i++] != '\0') {
    }
  }
  return "unknown error";
}

}  // namespace binfmt
