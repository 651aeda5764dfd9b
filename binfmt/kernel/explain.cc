// SPDX-License-Identifier: Apache-2.0
// The kernel's refusals in words. One errno has many causes, and the record
// tells which.
#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "binfmt/base/message.h"
#include "binfmt/kernel/registry.h"

namespace binfmt {
namespace {

std::string Reason(const Record& record, int errnum, std::string_view dir) {
  const std::string interpreter =
      Message("the interpreter $0", record.interpreter);
  switch (errnum) {
    case EINVAL:
      // CheckRecord() found nothing.
      return "the kernel calls the record invalid";
    case EEXIST:
      return Message(
          "another process registered an entry of that name meanwhile; see it "
          "with: binfmtbox status $0",
          record.name);
    case ENAMETOOLONG:
      return "the name or the interpreter's path is too long";
    case ENOENT:
      return (record.flags & kFixBinary) != 0
                 ? absl::StrCat(
                       interpreter,
                       " was not found when the kernel opened it (flag F)")
                 : Message("$0 is gone", dir);
    case EACCES:
      return absl::StrCat("the kernel may not execute ", interpreter,
                          ": no x permission, a mount with noexec, or a "
                          "directory that may not be searched");
    case ETXTBSY:
      return absl::StrCat(
          interpreter,
          " is open for writing; try again when its writer is done");
    case ENOTDIR:
    case ELOOP:
      return absl::StrCat("the path of ", interpreter,
                          " does not lead to a file: ", std::strerror(errnum));
    case ENOSPC:
      return "the user namespace's limit of interpreters held by flag F is "
             "reached (sysctl user.max_binfmt_misc_interpreters)";
    case ENOMEM:
      return "the kernel has no memory for it (the memory cgroup's limit "
             "counts too)";
    default:
      return std::strerror(errnum);
  }
}

}  // namespace

Error ExplainRefusal(const Record& record, int errnum, std::string_view dir) {
  return Error(errnum,
               absl::StrCat(Message("cannot register $0: ", record.name),
                            Reason(record, errnum, dir)));
}

}  // namespace binfmt
