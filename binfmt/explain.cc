// SPDX-License-Identifier: Apache-2.0
// The kernel's refusals in words: one errno has many causes, and the record
// tells which.
#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "binfmt/kernel.h"
#include "binfmt/registry.h"
#include "binfmt/text.h"

namespace binfmt {
namespace {

// The record was checked before, so an EINVAL is a kernel that is too old for
// one of its parts.
std::string WhyInvalid(const Record& record) {
  const KernelVersion kernel = RunningKernel();
  if ((record.flags & (kTransparent | kLoader | kStartDisabled)) != 0) {
    return absl::StrCat("the flags ", FlagLetters(record.flags),
                        " hold a letter that this kernel (", kernel.text,
                        ") does not know; T, L and D came with Linux 7.3");
  }
  if ((record.flags & kFixBinary) != 0 && kernel.IsBefore(4, 8)) {
    return absl::StrCat("flag F needs Linux 4.8, this is ", kernel.text,
                        "; use --persistent no");
  }
  if (record.offset + record.magic.size() > 128 && kernel.IsBefore(5, 1)) {
    return absl::StrCat("this kernel (", kernel.text,
                        ") looks at the first 128 bytes of a file only");
  }
  return "the kernel calls the record invalid";
}

}  // namespace

Error ExplainRefusal(const Record& record, int errnum, std::string_view dir) {
  const std::string interpreter = Printable(record.interpreter);
  const bool opens_interpreter = (record.flags & kFixBinary) != 0;
  std::string why;
  switch (errnum) {
    case EINVAL:
      why = WhyInvalid(record);
      break;
    case EEXIST:
      why = absl::StrCat("another process registered an entry of that name "
                         "meanwhile; see it with: binfmtbox status ",
                         Printable(record.name));
      break;
    case ENAMETOOLONG:
      why = "the name or the interpreter's path is too long";
      break;
    case ENOENT:
      why = opens_interpreter
                ? absl::StrCat("the interpreter ", interpreter,
                               " was not found when the kernel opened it "
                               "(flag F)")
                : absl::StrCat(Printable(dir), " is gone");
      break;
    case EACCES:
      why = absl::StrCat("the kernel may not execute the interpreter ",
                         interpreter,
                         ": no x permission, a mount with noexec, or a "
                         "directory that may not be searched");
      break;
    case ETXTBSY:
      why = absl::StrCat("the interpreter ", interpreter,
                         " is open for writing; try again when its writer is "
                         "done");
      break;
    case ENOTDIR:
    case ELOOP:
      why = absl::StrCat("the path of the interpreter ", interpreter,
                         " does not lead to a file: ", std::strerror(errnum));
      break;
    case ENOSPC:
      why = "the user namespace's limit of interpreters held by flag F is "
            "reached (sysctl user.max_binfmt_misc_interpreters)";
      break;
    case ENOMEM:
      why = "the kernel has no memory for it (the memory cgroup's limit counts "
            "too)";
      break;
    default:
      why = std::strerror(errnum);
      break;
  }
  return Failure(absl::StrCat("cannot register ", Printable(record.name), ": ",
                              why),
                 errnum);
}

}  // namespace binfmt
