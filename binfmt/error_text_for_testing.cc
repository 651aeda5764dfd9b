// SPDX-License-Identifier: Apache-2.0
#include "binfmt/error_text_for_testing.h"

#include <cerrno>

namespace binfmt {
namespace {

const char* CauseText(Cause cause) {
  switch (cause) {
    case Cause::kNone:
      return "none";
    case Cause::kFailed:
      return "failed";
    case Cause::kMisuse:
      return "misuse";
    case Cause::kNotMounted:
      return "not mounted";
    case Cause::kNoSupport:
      return "no support";
    case Cause::kDenied:
      return "denied";
    case Cause::kWouldNotLast:
      return "would not last";
  }
  return "no cause";
}

}  // namespace

std::string ErrnoText(int errnum) {
  switch (errnum) {
    case EPERM:
      return "EPERM";
    case ENOENT:
      return "ENOENT";
    case ENOEXEC:
      return "ENOEXEC";
    case ENOMEM:
      return "ENOMEM";
    case EACCES:
      return "EACCES";
    case EBUSY:
      return "EBUSY";
    case EEXIST:
      return "EEXIST";
    case EXDEV:
      return "EXDEV";
    case ENODEV:
      return "ENODEV";
    case ENOTDIR:
      return "ENOTDIR";
    case EISDIR:
      return "EISDIR";
    case EINVAL:
      return "EINVAL";
    case ETXTBSY:
      return "ETXTBSY";
    case ENOSPC:
      return "ENOSPC";
    case EROFS:
      return "EROFS";
    case ENAMETOOLONG:
      return "ENAMETOOLONG";
    case ELOOP:
      return "ELOOP";
    default:
      return std::to_string(errnum);
  }
}

std::string ErrorText(const Error& error) {
  if (error.ok()) return "ok";
  return std::string(CauseText(error.cause())) + " " +
         ErrnoText(error.errnum()) + ": " + std::string(error.text());
}

}  // namespace binfmt
