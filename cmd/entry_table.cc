// SPDX-License-Identifier: Apache-2.0
#include "cmd/entry_table.h"

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "binfmt/base/message.h"
#include "binfmt/record/elf_header.h"
#include "binfmt/record/match.h"
#include "binfmt/record/overlap_index.h"
#include "cmd/target_matcher.h"
#include "cmd/targets.h"

namespace cmd {

using binfmt::Entry;
using binfmt::Expected;
using binfmt::Failed;
using binfmt::Record;

namespace {

// Enabled entries that are for one machine each.
class EntriesByMachine {
 public:
  // Adds ENTRY where it is such a one. Returns the first one before it that
  // takes files of it; nullptr: none.
  const Entry* Add(const Entry& entry) {
    const Record& record = entry.record;
    if (!binfmt::IsForOneMachine(record)) return nullptr;
    Group& group = GroupOf(record);
    const bool has_one_shape =
        group.entries.empty() ||
        (group.has_one_shape &&
         binfmt::SameShape(group.entries[0]->record, record));
    // Of one shape, one that takes some files of another takes all of them,
    // which a CoverIndex finds faster.
    const Entry* const taker =
        has_one_shape ? nullptr : FirstTaking(record, group);
    if (entry.enabled) {
      group.has_one_shape = has_one_shape;
      group.entries.push_back(&entry);
    }
    return taker;
  }

 private:
  struct Group {
    std::vector<const Entry*> entries;
    bool has_one_shape = true;
    binfmt::OverlapIndex index;  // of the first ones, as many as are INDEXED
    size_t indexed = 0;
  };

  static const Entry* FirstTaking(const Record& record, Group& group) {
    while (group.indexed < group.entries.size()) {
      group.index.Add(group.entries[group.indexed++]->record);
    }
    binfmt::OverlapIndex::Search search(group.index, record);
    while (const std::optional<size_t> found = search.Next()) {
      const Entry* const entry = group.entries[*found];
      if (binfmt::TakesFilesOf(entry->record, record)) return entry;
    }
    return nullptr;
  }

  Group& GroupOf(const Record& record) {
    std::string machine;
    for (const size_t position :
         {binfmt::kElfClassPosition, binfmt::kElfMachinePosition,
          binfmt::kElfMachinePosition + 1}) {
      machine += static_cast<char>(binfmt::ComparedAt(record, position).value);
    }
    const auto [place, is_new] = groups_.try_emplace(machine, all_.size());
    if (is_new) all_.emplace_back();
    return all_[place->second];
  }

  binfmt::PositionMap groups_;
  std::vector<Group> all_;
};

}  // namespace

EntryTable::EntryTable(const binfmt::Registry& registry,
                       std::span<const Entry> entries)
    : registry_(registry) {
  EntriesByMachine by_machine;
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
    // In match order, as all of ENTRIES.
    const Entry* const other = by_machine.Add(entry);
    if (other != nullptr &&
        (row.shadowed_by == nullptr || other < row.shadowed_by)) {
      row.shadowed_by = other;
    }
    if (entry.enabled) {
      enabled_.Add(entry.record);
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
    const Record& other = row.shadowed_by->record;
    return binfmt::Covers(other, record)
               ? Failed(0, "$0 never gets a program: $1 takes them first",
                        record.name, other.name)
               : Failed(0,
                        "$0 does not get all of its programs: $1 takes some "
                        "first",
                        record.name, other.name);
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
