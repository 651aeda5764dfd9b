// SPDX-License-Identifier: Apache-2.0
// Refuses rules that would stop the machine's own programs from starting.
//
// binfmt_misc is asked before the kernel's own ELF and script loaders, so one
// rule that takes native files makes every execve(2) fail: with ELOOP where its
// interpreter is such a file too, with ENOENT where it is missing. Flag F does
// not help. Only processes that already run are left then.
#ifndef BINFMT_KERNEL_GUARD_H_
#define BINFMT_KERNEL_GUARD_H_

#include <cerrno>
#include <list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/attributes.h"
#include "binfmt/base/error.h"
#include "binfmt/kernel/exec_chain.h"
#include "binfmt/kernel/interpreter.h"
#include "binfmt/record/cover_index.h"
#include "binfmt/record/entry.h"
#include "binfmt/record/record.h"

namespace binfmt {

class Guard {
 public:
  // Whether this machine runs PROGRAM, a loadable ELF file, natively.
  using NativeTest = bool (*)(const Program& program);

  // Reads the headers of this program and of PID 1, whose files every rule must
  // leave alone. PID 1 is not considered where /proc cannot be read. ACTION is
  // what is refused, for messages; it must outlive the guard.
  explicit Guard(NativeTest is_native, std::string_view action = "register");

  // Remembers the interpreter at PATH, so that it is not inspected again.
  void AddInterpreter(const std::string& path, const Program& interpreter) {
    programs_.Add(path, interpreter);
  }

  // Refuses (EPERM; ENOEXEC where only its interpreter would not start)
  //  - a mask without any bit, and a rule for ordinary ELF files that ends
  //    before e_machine or leaves it out: sooner or later it takes native ones;
  //  - a rule that takes this program, PID 1, scripts, or any ordinary program
  //    of this program's machine;
  //  - unless HANDLERS is null, an interpreter that the kernel cannot start, as
  //    far as its file can be opened: RECORD takes it itself, or HANDLERS do in
  //    a circle, over more interpreters than the kernel starts, or where flag O
  //    or C forbids a further one; it is a script, or dynamic, and what it
  //    needs is missing; this machine does not run it (exec_chain.h).
  // "Ordinary": the header is as linkers write it for Linux. EI_OSABI is 0 or
  // 3, the rest of e_ident 0, e_version 1, and the program headers follow.
  Expected<void> Check(const Record& record, const CoverIndex* handlers) const;

  // "refused to ACTION RECORD: WHY"
  Error Refuse(const Record& record, std::string_view why,
               int errnum = EPERM) const;

  // What happens behind HANDLER when it has taken a file. FRONT (nullptr: none)
  // comes before HANDLERS. An entry that holds its interpreter by flag F is
  // judged by the file at its path, where there is one.
  ExecChain Walk(const Record& handler, const Record* front,
                 const CoverIndex& handlers) const;

  // The first place that lets others than root have a say in what HANDLER's
  // interpreter is, as far as it has one and this user namespace tells: where
  // ids have no name here, root of the outside may have them.
  std::string FindForeignPlace(const Record& handler) const;

 private:
  // A file that no rule may take.
  struct Sample {
    std::string_view what;  // for the message
    std::string head;
    std::string link;  // a link in /proc to its path; empty: it has none
  };

  Expected<void> CheckChain(const Record& record,
                            const CoverIndex& handlers) const;

  NativeTest is_native_;
  std::string_view action_;
  Record own_kind_;  // takes every ordinary program of this machine's own kind
  std::vector<Sample> samples_;
  mutable ProgramCache programs_;
};

// The files that the kernel starts when the entries of a registry have taken
// others.
class StartedFiles {
 public:
  // GUARD and ENTRIES must outlive it.
  StartedFiles(const Guard& guard ABSL_ATTRIBUTE_LIFETIME_BOUND,
               std::span<const Entry> entries ABSL_ATTRIBUTE_LIFETIME_BOUND)
      : guard_(guard), entries_(entries) {}

  // Refuses RECORD (EPERM) where an enabled entry that runs programs would run
  // none any more, since RECORD takes a file that the kernel starts for it.
  // HANDLERS are as for Guard::Check(). The first call walks from each entry.
  Expected<void> Check(const Record& record, const CoverIndex& handlers);

 private:
  struct File {
    const Record* by;
    std::string path;
    const Program* program;
  };

  void Find();

  const Guard& guard_;
  const std::span<const Entry> entries_;
  bool is_found_ = false;  // not until they are needed
  std::list<File> files_;
};

}  // namespace binfmt

#endif  // BINFMT_KERNEL_GUARD_H_
