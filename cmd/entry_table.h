// SPDX-License-Identifier: Apache-2.0
// The entries of binfmt_misc, and what this program knows about each.
#ifndef CMD_ENTRY_TABLE_H_
#define CMD_ENTRY_TABLE_H_

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
#include "binfmt/kernel/exec_chain.h"
#include "binfmt/kernel/interpreter.h"
#include "binfmt/kernel/registry.h"
#include "binfmt/record/cover_index.h"
#include "binfmt/record/entry.h"

namespace cmd {

// An entry and what this program knows about it.
struct EntryRow {
  const binfmt::Entry* entry;
  const arch_table::Target* target;  // nullptr: none
  // The first enabled one in front that takes all its files, or all ordinary
  // programs of its target; nullptr: none.
  const binfmt::Entry* shadowed_by = nullptr;
  bool interpreter_exists =
      false;  // and is executable, in this mount namespace
  bool ours = false;
  bool wanted = false;  // by the operands
  // Only set for wanted rows: whether the kernel holds another file open than
  // the one at the interpreter's path. Nothing: that can't be told.
  std::optional<bool> other_file = false;

  // Whether the interpreter is looked up by its path at each start.
  bool looks_up() const {
    return !held() && entry->record.type != binfmt::RecordType::kBpf;
  }
  bool held() const { return (entry->record.flags & binfmt::kFixBinary) != 0; }
};

// The error that the entry NAME is disabled, and how to enable it.
binfmt::Error Disabled(std::string_view name);

// Entries in match order, with all that can be said of each.
class EntryTable {
 public:
  // ENTRIES, those of REGISTRY, must outlive the table, as must REGISTRY.
  EntryTable(const binfmt::Registry& registry ABSL_ATTRIBUTE_LIFETIME_BOUND,
             std::span<const binfmt::Entry> entries
                 ABSL_ATTRIBUTE_LIFETIME_BOUND);

  std::vector<EntryRow>& rows() { return rows_; }

  // The row that takes TARGET's programs; nullptr: none.
  EntryRow* HandlerOf(const arch_table::Target& target);

  // The same or, where there is none, a row that is disabled and would.
  EntryRow* RowOf(const arch_table::Target& target);

  // The row of the entry NAME; nullptr: there is none.
  EntryRow* Find(std::string_view name);

  // Fails where ROW's entry runs no program at the moment, though binfmt_misc
  // is enabled: it is disabled, another one takes its files first, or the
  // kernel cannot start what it names (WalkHandler()).
  binfmt::Expected<void> Check(const EntryRow& row);

  // Whether an entry takes PROGRAM, an ELF file, and starts files that are not
  // known to be root's alone: then root must not start it.
  bool StartsForeignFiles(std::string_view program);

 private:
  // What happens after HANDLER has taken a file.
  binfmt::ExecChain Walk(const binfmt::Record& handler);

  const binfmt::Registry& registry_;
  std::vector<EntryRow> rows_;
  binfmt::PositionMap by_name_;
  binfmt::CoverIndex enabled_;
  binfmt::ProgramCache programs_;
};

}  // namespace cmd

#endif  // CMD_ENTRY_TABLE_H_
