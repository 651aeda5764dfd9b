// SPDX-License-Identifier: Apache-2.0
#include "cmd/entry_table.h"

#include <optional>

#include "binfmt/kernel/interpreter.h"
#include "binfmt/record/cover_index.h"
#include "cmd/target_matcher.h"

namespace cmd {

using binfmt::Entry;

EntryTable::EntryTable(std::span<const Entry> entries) {
  binfmt::CoverIndex enabled;
  std::vector<const Entry*> enabled_entries;
  // Neighbours often have one interpreter.
  std::string checked_path;
  bool checked = false;
  rows_.reserve(entries.size());
  for (const Entry& entry : entries) {
    EntryRow row{.entry = &entry, .target = TargetOf(entry.record)};
    if (entry.record.interpreter != checked_path) {
      checked_path = entry.record.interpreter;
      checked = binfmt::CanExecute(checked_path);
    }
    row.interpreter_exists = checked;
    row.ours = IsOursFor(row.target, entry.record);
    if (const std::optional<size_t> position =
            enabled.FirstCovering(entry.record)) {
      row.shadowed_by = enabled_entries[*position];
    }
    if (entry.enabled) {
      enabled.Add(entry.record);
      enabled_entries.push_back(&entry);
    }
    by_name_.insert_or_assign(entry.record.name, rows_.size());
    rows_.push_back(row);
  }
}

EntryRow* EntryTable::HandlerOf(const arch_table::Target& target) {
  for (EntryRow& row : rows_) {
    if (!row.entry->enabled) continue;
    // What takes several targets, or none, has no target of its own.
    if (row.target != nullptr ? row.target == &target
                              : Takes(row.entry->record, target)) {
      return &row;
    }
  }
  return nullptr;
}

EntryRow* EntryTable::Find(std::string_view name) {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &rows_[found->second];
}

}  // namespace cmd
