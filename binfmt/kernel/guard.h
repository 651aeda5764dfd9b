// SPDX-License-Identifier: Apache-2.0
// Refuses rules that would stop the machine's own programs from starting.
//
// binfmt_misc is asked before the kernel's own ELF and script loaders, so one
// rule that takes native files makes every execve(2) fail: with ELOOP where its
// interpreter is such a file too, with ENOENT where it is missing. Flag F does
// not help. Only processes that already run are left then.
#ifndef BINFMT_KERNEL_GUARD_H_
#define BINFMT_KERNEL_GUARD_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "binfmt/base/error.h"
#include "binfmt/record/cover_index.h"
#include "binfmt/record/record.h"

namespace binfmt {

class Guard {
 public:
  // Reads the headers of this program and of PID 1, whose files every rule must
  // leave alone. PID 1 is not considered where /proc cannot be read.
  Guard();

  // Remembers HEAD, the first bytes of the interpreter at PATH, so that Check()
  // does not read them again.
  void AddInterpreter(const std::string& path, std::string_view head);

  // Refuses (EPERM)
  //  - a mask without any bit, and a rule for ELF files that ends before
  //    e_machine or leaves it out: sooner or later it takes native files;
  //  - a rule that takes this program, PID 1, scripts, or any program of this
  //    program's machine;
  //  - an interpreter that RECORD takes itself, or that HANDLERS (nullptr:
  //    none) take in a circle, or over more interpreters than the kernel starts
  //    (exec_chain.h), or at all where flag O or C forbids a further one.
  Expected<void> Check(const Record& record, const CoverIndex* handlers) const;

 private:
  // A file that no rule may take.
  struct Sample {
    std::string_view what;  // for the message
    std::string head;
    std::string link;  // a link in /proc to its path; empty: it has none
  };

  Expected<void> CheckChain(const Record& record,
                            const CoverIndex* handlers) const;
  std::string HeadOf(const std::string& path) const;

  Record own_kind_;  // takes every program of this machine's own kind
  std::vector<Sample> samples_;
  // The first bytes of each known interpreter, and their positions by its path.
  std::vector<std::string> heads_;
  absl::flat_hash_map<std::string, size_t> head_by_path_;
};

}  // namespace binfmt

#endif  // BINFMT_KERNEL_GUARD_H_
