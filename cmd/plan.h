// SPDX-License-Identifier: Apache-2.0
// What register is to register: records from targets, from rules, from files.
#ifndef CMD_PLAN_H_
#define CMD_PLAN_H_

#include <string_view>

#include "absl/base/attributes.h"
#include "arch_table/table.h"
#include "binfmt/array.h"
#include "binfmt/entry.h"
#include "binfmt/error.h"
#include "binfmt/guard.h"
#include "binfmt/hash_index.h"
#include "binfmt/interpreter.h"
#include "binfmt/kernel.h"
#include "binfmt/record.h"
#include "binfmt/text.h"
#include "cmd/console.h"
#include "cmd/interpreter_search.h"
#include "cmd/targets.h"

namespace cmd {

enum class Choice { kNo, kYes, kAuto };

// How records are made from targets.
struct RecordOptions {
  // kAuto: as the emulator is registered by its own project; QEMU's gets F, and
  // P where it is understood.
  Choice persistent = Choice::kAuto;      // flag F
  Choice credential = Choice::kAuto;      // flags O and C
  Choice preserve_argv0 = Choice::kAuto;  // flag P
  binfmt::Text interpreter;               // empty: search
  SearchOptions search;
  // The records are for files: an interpreter need not be there yet, nor this
  // kernel know the flags.
  bool for_files = false;
};

class Plan {
 public:
  // PRESENT, the entries that are there, must outlive the plan. One of them
  // keeps its C unless OPTIONS say otherwise: whoever set it needs sudo in a
  // container to go on working, and the next boot hook must not say no to it.
  Plan(const RecordOptions& options, const binfmt::Array<binfmt::Entry>* present
                                         ABSL_ATTRIBUTE_LIFETIME_BOUND)
      : options_(options),
        present_(present),
        kernel_(binfmt::RunningKernel()) {}

  // Makes room for COUNT more records.
  void Reserve(size_t count) {
    records_.reserve(count);
    targets_.reserve(count);
    interpreters_.reserve(count);
  }

  // The record for TARGET. Fails where its interpreter is missing (errnum
  // ENOENT) or can't be used. One that is missing will do for files where the
  // target was asked for BY_NAME. BEFORE is the target that was added a moment
  // ago, or nullptr: where both have one interpreter it is not looked at again.
  binfmt::Error AddTarget(const arch_table::Target& target, bool by_name,
                          const arch_table::Target* before);

  // Would AddTarget() or AddRule() fail with ENOENT?
  bool LacksInterpreter(const arch_table::Target& target) const;
  bool LacksInterpreter(std::string_view rule) const;

  // A raw record of the kernel's syntax. Fails with ENOENT where its
  // interpreter is missing.
  binfmt::Error AddRule(std::string_view text);

  // Takes out of the plan what GUARD refuses; what this machine runs by itself,
  // unless IGNORE_NATIVE; and what has an interpreter built for another
  // machine. Complains of each, but not of native targets that are not among
  // NAMED, which were asked for one by one. GUARD learns the interpreters.
  void Vet(const TargetList& named, bool ignore_native, binfmt::Guard* guard,
           Console* console);

  binfmt::Array<binfmt::Record>& records() ABSL_ATTRIBUTE_LIFETIME_BOUND {
    return records_;
  }
  const binfmt::Array<binfmt::Record>& records() const
      ABSL_ATTRIBUTE_LIFETIME_BOUND {
    return records_;
  }
  // The target of each record; nullptr: it is from a rule or a file.
  const TargetList& targets() const ABSL_ATTRIBUTE_LIFETIME_BOUND {
    return targets_;
  }

 private:
  binfmt::Error ReadRule(std::string_view text, binfmt::Record* record,
                         binfmt::Interpreter* interpreter) const;
  binfmt::Error SeekInterpreter(const arch_table::Target& target,
                                FoundInterpreter* found) const;
  // Has the entry NAME flag C?
  bool HasCredential(const binfmt::Text& name) const;
  binfmt::Error Add(const binfmt::Record& record,
                    const arch_table::Target* target,
                    const binfmt::Interpreter& interpreter);

  RecordOptions options_;
  const binfmt::Array<binfmt::Entry>* present_;
  binfmt::KernelVersion kernel_;
  FoundInterpreter last_;    // of a rule; neighbours often have one
  FoundInterpreter sought_;  // of a target, or why there is none
  binfmt::Error sought_error_;
  binfmt::NameIndex names_;  // of records_, until they are vetted
  // One of each for a record.
  binfmt::Array<binfmt::Record> records_;
  TargetList targets_;
  binfmt::Array<binfmt::Interpreter> interpreters_;
};

}  // namespace cmd

#endif  // CMD_PLAN_H_
