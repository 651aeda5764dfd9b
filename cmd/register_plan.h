// SPDX-License-Identifier: Apache-2.0
// The plan of register: one record for each target and rule.
#ifndef CMD_REGISTER_PLAN_H_
#define CMD_REGISTER_PLAN_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/attributes.h"
#include "arch_table/table.h"
#include "binfmt/base/error.h"
#include "binfmt/base/position_map.h"
#include "binfmt/kernel/interpreter.h"
#include "binfmt/record/entry.h"
#include "binfmt/record/kernel_version.h"
#include "binfmt/record/record.h"
#include "cmd/interpreter_search.h"
#include "cmd/register_request.h"

namespace cmd {

// A record that is to be registered.
struct PlanItem {
  binfmt::Record record;
  const arch_table::Target* target;  // nullptr: from a rule or a file
  binfmt::Program interpreter;
  // For the user where it is registered; empty: nothing to say.
  std::string note;
};

// Whether PRESENT has an entry equal to RECORD, as the kernel makes it.
bool IsThere(std::span<const binfmt::Entry> present,
             const binfmt::Record& record);

// Makes the items of a plan, in the order of the calls. Names are distinct: a
// record that is added again is dropped, and one of the same name that differs
// is an error.
class PlanMaker {
 public:
  // PRESENT are the entries that exist. One of them keeps its flag C unless
  // OPTIONS say otherwise: its user needs sudo in a container to go on working,
  // and the next run of a boot hook must not take that away.
  PlanMaker(const RecordOptions& options ABSL_ATTRIBUTE_LIFETIME_BOUND,
            std::span<const binfmt::Entry> present
                ABSL_ATTRIBUTE_LIFETIME_BOUND);

  // Adds the record for TARGET. Fails where its interpreter is missing (errnum
  // ENOENT) or cannot be used; one that an entry of the record's name holds by
  // flag F may be gone, as it is after switch_root. A missing one will do for
  // files where the target was asked for BY_NAME, and elsewhere where it
  // MAY_BE_MISSING.
  binfmt::Expected<void> AddTarget(const arch_table::Target& target,
                                   bool by_name, bool may_be_missing);

  // Adds RULE, a raw record of the kernel's syntax. Fails with ENOENT where its
  // interpreter is missing. A record that an entry equals already is not
  // judged.
  binfmt::Expected<void> AddRule(std::string_view rule);

  // Whether AddTarget() or AddRule() would fail with ENOENT.
  bool LacksInterpreter(const arch_table::Target& target) const;
  bool LacksInterpreter(std::string_view rule) const;

  std::vector<PlanItem> TakeItems() { return std::move(items_); }

 private:
  struct ParsedRule {
    binfmt::Record record;
    binfmt::Program interpreter;
    bool is_there = false;  // see Add()
  };

  binfmt::Expected<ParsedRule> ReadRule(std::string_view rule) const;
  FoundInterpreter SeekInterpreter(const arch_table::Target& target) const;
  // The record of the entry NAME; nullptr: there is none.
  const binfmt::Record* FindPresent(std::string_view name) const;
  // Adds ITEM. One that IS_THERE is an entry already, and is not judged.
  binfmt::Expected<void> Add(PlanItem item, bool is_there);

  const RecordOptions& options_;
  std::span<const binfmt::Entry> present_;
  binfmt::KernelVersion kernel_;
  FlagPKnowledge flag_p_;
  // The last target and what was found for it: neighbours often have one
  // interpreter.
  const arch_table::Target* last_target_ = nullptr;
  std::optional<FoundInterpreter> last_found_;
  std::vector<PlanItem> items_;
  binfmt::PositionMap by_name_;  // positions in items_
};

}  // namespace cmd

#endif  // CMD_REGISTER_PLAN_H_
