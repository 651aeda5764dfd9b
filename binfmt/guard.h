// SPDX-License-Identifier: Apache-2.0
// Keeps a rule out that would stop the machine's own programs from starting.
//
// binfmt_misc is asked before the kernel's own ELF and script loaders, so one
// rule that takes native files makes every execve(2) fail: with ELOOP where its
// interpreter is such a file too, with ENOENT where it is missing. Flag F does
// not help. What is left then is whatever process still runs.
#ifndef BINFMT_GUARD_H_
#define BINFMT_GUARD_H_

#include <cstddef>

#include "binfmt/array.h"
#include "binfmt/cover_index.h"
#include "binfmt/error.h"
#include "binfmt/hash_index.h"
#include "binfmt/record.h"
#include "binfmt/text.h"

namespace binfmt {

class Guard {
 public:
  // Looks at this program and at PID 1, whose files any rule must leave alone,
  // and makes further headers of this program's kind. PID 1 goes unseen where
  // /proc can't be read.
  Guard();

  // Remembers the first bytes of the interpreter at PATH, so that Check() needs
  // not read them again.
  void AddInterpreter(const Text& path, const Text& head);

  // Why RECORD must not be registered; ok where it may. Refused are
  //  - a mask without any bit, and a rule for ELF files that ends before
  //    e_machine or leaves it out: it takes native files, sooner or later;
  //  - a rule that takes this program, PID 1, scripts, or any program at all of
  //    this one's machine;
  //  - an interpreter that RECORD takes itself, or that HANDLERS (nullptr:
  //    there are none) take in a circle, or over more hops than the kernel goes
  //    (five, exec_binprm()), or at all where flag O or C forbids the next hop.
  Error Check(const Record& record, const CoverIndex* handlers) const;

 private:
  struct Sample {
    Format what;  // for the message
    Text head;
    const char* link;  // to its path; nullptr: it has none
  };

  void AddSample(Format what, Text head, const char* link);
  Error CheckChain(const Record& record, const CoverIndex* handlers) const;
  Text HeadOf(const Text& path) const;

  // This program, PID 1, three scripts.
  static constexpr size_t kMostSamples = 5;

  Record own_kind_;  // takes every program of this machine's own kind
  Sample samples_[kMostSamples];
  size_t sample_count_ = 0;
  // Path and first bytes of each known interpreter.
  NameIndex paths_;
  Array<Text> heads_;
};

}  // namespace binfmt

#endif  // BINFMT_GUARD_H_
