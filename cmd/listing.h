// SPDX-License-Identifier: Apache-2.0
// The entries of binfmt_misc, and what this program knows about each.
#ifndef CMD_LISTING_H_
#define CMD_LISTING_H_

#include <string_view>

#include "absl/base/attributes.h"
#include "arch_table/table.h"
#include "binfmt/array.h"
#include "binfmt/entry.h"
#include "binfmt/hash_index.h"
#include "binfmt/record.h"
#include "cmd/recognise.h"

namespace cmd {

// An entry and what this program knows about it.
struct Line {
  const binfmt::Entry* entry;
  const arch_table::Target* target;  // nullptr: none
  const binfmt::Entry* shadowed_by;  // nullptr: none
  bool interpreter_there = false;    // executable, in this mount namespace
  bool ours = false;
  bool wanted = false;  // by the operands
  // Known of a wanted one only: is the file that the kernel holds open another
  // than the one at the interpreter's path?
  bool older_file = false;

  bool held() const { return (entry->record.flags & binfmt::kFixBinary) != 0; }
  // Will the kernel be able to start the interpreter?
  bool startable() const {
    return interpreter_there || held() ||
           entry->record.type == binfmt::RecordType::kBpf;
  }
};

// Entries in match order with all that can be said of each.
class Listing {
 public:
  // ENTRIES must outlive it.
  explicit Listing(const binfmt::Array<binfmt::Entry>& entries
                       ABSL_ATTRIBUTE_LIFETIME_BOUND);

  binfmt::Array<Line>& lines() ABSL_ATTRIBUTE_LIFETIME_BOUND { return lines_; }

  // The line that takes TARGET's programs; nullptr: none.
  Line* Handler(const arch_table::Target& target);

  // The line of the entry NAME; nullptr: there is none.
  Line* Named(std::string_view name);

 private:
  Recogniser recogniser_;
  binfmt::Array<Line> lines_;
  binfmt::NameIndex names_;  // of lines_
};

}  // namespace cmd

#endif  // CMD_LISTING_H_
