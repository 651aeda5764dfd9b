// SPDX-License-Identifier: Apache-2.0
#include "cmd/listing.h"

#include "binfmt/cover_index.h"
#include "binfmt/interpreter.h"
#include "binfmt/text.h"

namespace cmd {

using binfmt::Entry;

Listing::Listing(const binfmt::Array<Entry>& entries) {
  binfmt::Text checked_path;
  bool checked = false;
  binfmt::CoverIndex enabled;
  binfmt::Array<const Entry*> before;  // those of ENABLED
  lines_.reserve(entries.size());
  for (const Entry& entry : entries) {
    Line line{&entry, recogniser_.Recognise(entry.record), nullptr};
    // Neighbours often have one interpreter.
    if (entry.record.interpreter != checked_path) {
      checked_path = entry.record.interpreter;
      checked = binfmt::CanExecute(checked_path);
    }
    line.interpreter_there = checked;
    line.ours = IsOursFor(line.target, entry.record);
    const int shadow = enabled.FirstCovering(entry.record);
    if (shadow != binfmt::CoverIndex::kNone) {
      line.shadowed_by = before[shadow];
    }
    if (entry.enabled) {
      enabled.Add(entry.record);
      before.push_back(&entry);
    }
    lines_.push_back(line);
    names_.Add(entry.record.name);
  }
}

Line* Listing::Handler(const arch_table::Target& target) {
  for (Line& line : lines_) {
    if (!line.entry->enabled) continue;
    // What takes several targets, or none, has none.
    if (line.target != nullptr
            ? line.target == &target
            : recogniser_.Takes(line.entry->record, target)) {
      return &line;
    }
  }
  return nullptr;
}

Line* Listing::Named(std::string_view name) {
  const int position = names_.Find(name);
  return position == binfmt::NameIndex::kNone ? nullptr : &lines_[position];
}

}  // namespace cmd
