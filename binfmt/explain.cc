// SPDX-License-Identifier: Apache-2.0
// The kernel's refusals in words: one errno has many causes, and the record
// tells which.
#include <cerrno>

#include "binfmt/errno_text.h"
#include "binfmt/registry.h"
#include "binfmt/text.h"

namespace binfmt {
Error ExplainRefusal(const Record& record, int errnum, std::string_view dir) {
  const Text interpreter = Printable(record.interpreter);
  const bool opens_interpreter = (record.flags & kFixBinary) != 0;
  Text why;
  switch (errnum) {
    case EINVAL:
      // The record was checked before.
      why = "the kernel calls the record invalid"_fmt;
      break;
    case EEXIST:
      why = Fill(
          "another process registered an entry of that name meanwhile; see it "
          "with: binfmtbox status %"_fmt,
          record.name);
      break;
    case ENAMETOOLONG:
      why = "the name or the interpreter's path is too long"_fmt;
      break;
    case ENOENT:
      why = opens_interpreter ? Fill(
                                    "the interpreter @ was not found when the "
                                    "kernel opened it (flag F)"_fmt,
                                    interpreter)
                              : Fill("% is gone"_fmt, dir);
      break;
    case EACCES:
      why = Fill(
          "the kernel may not execute the interpreter @: no x permission, a "
          "mount with noexec, or a directory that may not be searched"_fmt,
          interpreter);
      break;
    case ETXTBSY:
      why = Fill(
          "the interpreter @ is open for writing; try again when its writer is "
          "done"_fmt,
          interpreter);
      break;
    case ENOTDIR:
    case ELOOP:
      why = Fill("the path of the interpreter @ does not lead to a file: @"_fmt,
                 interpreter, DescribeErrno(errnum));
      break;
    case ENOSPC:
      why =
          "the user namespace's limit of interpreters held by flag F is "
          "reached (sysctl user.max_binfmt_misc_interpreters)"_fmt;
      break;
    case ENOMEM:
      why =
          "the kernel has no memory for it (the memory cgroup's limit counts "
          "too)"_fmt;
      break;
    default:
      why = DescribeErrno(errnum);
      break;
  }
  return Failure(errnum, "cannot register %: @"_fmt, record.name, why);
}

}  // namespace binfmt
