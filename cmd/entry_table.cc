// SPDX-License-Identifier: Apache-2.0
#include "cmd/entry_table.h"

#include <cstddef>
#include <optional>

#include "binfmt/base/message.h"
#include "cmd/target_matcher.h"
#include "cmd/targets.h"

namespace cmd {

using binfmt::Entry;
using binfmt::Expected;
using binfmt::Failed;
using binfmt::Record;

namespace {

// The first enabled entries that take all ordinary programs of each target.
class FirstTakers {
 public:
  const Entry* operator[](const arch_table::Target& target) const {
    return takers_[PositionOf(target)];
  }

  void Add(const EntryRow& row) {
    if (row.target != nullptr) return Keep(*row.target, *row.entry);
    // What takes programs of several has no target of its own.
    for (const arch_table::Target& target : arch_table::Targets()) {
      if (Takes(row.entry->record, target)) Keep(target, *row.entry);
    }
  }

 private:
  static size_t PositionOf(const arch_table::Target& target) {
    return static_cast<size_t>(&target - arch_table::Targets().data());
  }

  void Keep(const arch_table::Target& target, const Entry& entry) {
    const Entry*& taker = takers_[PositionOf(target)];
    if (taker == nullptr) taker = &entry;
  }

  std::vector<const Entry*> takers_ =
      std::vector<const Entry*>(arch_table::Targets().size());
};

}  // namespace

EntryTable::EntryTable(const binfmt::Registry& registry,
                       std::span<const Entry> entries)
    : registry_(registry) {
  FirstTakers takers;
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
            enabled_.FirstCovering(entry.record)) {
      row.shadowed_by = enabled_entries[*position];
    }
    // Its mask may compare less than one that takes all programs there are.
    const Entry* const taker =
        row.target == nullptr ? nullptr : takers[*row.target];
    // In match order, as all of ENTRIES.
    if (taker != nullptr &&
        (row.shadowed_by == nullptr || taker < row.shadowed_by)) {
      row.shadowed_by = taker;
    }
    if (entry.enabled) {
      enabled_.Add(entry.record);
      enabled_entries.push_back(&entry);
      takers.Add(row);
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

EntryRow* EntryTable::RowOf(const arch_table::Target& target) {
  if (EntryRow* const handler = HandlerOf(target)) return handler;
  for (EntryRow& row : rows_) {
    if (row.target == &target && !row.entry->enabled) return &row;
  }
  return nullptr;
}

binfmt::Error Disabled(std::string_view name) {
  return Failed(
      0, "$0 is disabled; enable it with: binfmtbox clear --enable $0", name);
}

Expected<void> EntryTable::Check(const EntryRow& row) {
  const Record& record = row.entry->record;
  if (!row.entry->enabled) {
    return Disabled(record.name);
  }
  if (row.shadowed_by != nullptr) {
    return Failed(0, "$0 never gets a program: $1 takes them first",
                  record.name, row.shadowed_by->record.name);
  }
  binfmt::ExecChain chain = Walk(record);
  if (!chain.error) return {};
  chain.error->Prepend(binfmt::Message("$0 runs no program: ", record.name));
  return *std::move(chain.error);
}

bool EntryTable::StartsForeignFiles(std::string_view program) {
  const binfmt::Record* handler = enabled_.FirstTaking({program, ""});
  return handler != nullptr && !binfmt::IsRootsAlone(Walk(*handler));
}

binfmt::ExecChain EntryTable::Walk(const binfmt::Record& handler) {
  const auto find_handler = [this](const binfmt::Candidate& file) {
    return enabled_.FirstTaking(file);
  };
  const auto holds_other_file = [this](const binfmt::Record& record) {
    return registry_.HoldsOtherFile(record).value_or(false);
  };
  return binfmt::WalkHandler(
      handler, {find_handler, holds_other_file, RunsNatively, programs_});
}

EntryRow* EntryTable::Find(std::string_view name) {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &rows_[found->second];
}

}  // namespace cmd
