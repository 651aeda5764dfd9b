// SPDX-License-Identifier: Apache-2.0
#include "cmd/listing.h"

#include "binfmt/interpreter.h"
#include "binfmt/match.h"
#include "binfmt/text.h"

namespace cmd {

using binfmt::Entry;

Listing::Listing(const binfmt::Array<Entry>& entries) {
  binfmt::Text checked_path;
  bool checked = false;
  for (const Entry& entry : entries) {
    Line line{&entry, recogniser_.Recognise(entry.record), nullptr};
    // Neighbours often have one interpreter.
    if (entry.record.interpreter != checked_path) {
      checked_path = entry.record.interpreter;
      checked = binfmt::CanExecute(checked_path);
    }
    line.interpreter_there = checked;
    line.ours = IsOurs(entry.record);
    line.shadowed_by = FindShadow(line);
    lines_.push_back(line);
  }
}

Line* Listing::Handler(const arch_table::Target& target) {
  for (Line& line : lines_) {
    if (line.entry->enabled && recogniser_.Takes(line.entry->record, target)) {
      return &line;
    }
  }
  return nullptr;
}

Line* Listing::Named(std::string_view name) {
  for (Line& line : lines_) {
    if (line.entry->record.name == name) return &line;
  }
  return nullptr;
}

const Entry* Listing::FindShadow(const Line& line) const {
  for (const Line& before : lines_) {
    if (before.entry->enabled &&
        binfmt::Covers(before.entry->record, line.entry->record)) {
      return before.entry;
    }
  }
  return nullptr;
}

}  // namespace cmd
