// SPDX-License-Identifier: Apache-2.0
// Makes a registry hold the records that are wanted, and proves that it does.
#ifndef BINFMT_INSTALL_H_
#define BINFMT_INSTALL_H_

#include "absl/types/span.h"
#include "binfmt/array.h"
#include "binfmt/entry.h"
#include "binfmt/error.h"
#include "binfmt/guard.h"
#include "binfmt/record.h"
#include "binfmt/registry.h"
#include "binfmt/text.h"

namespace binfmt {

enum class Change {
  kUnchanged,  // it was there, equal and enabled
  kAdded,
  kReplaced,
  kFailed,  // see the outcome's error; the registry is as it was
};

struct Outcome {
  Change change = Change::kFailed;
  Error error;
  // Entries of other names that took the same files before.
  Array<Text> shadows;
};

struct InstallOptions {
  // Swap an entry of the same name, or of another name for the same files,
  // where it differs.
  bool replace = false;
  // Register in front of entries of other names for the same files.
  bool override_others = false;
  // Asked before a record is written. What is read back is held against the
  // record, so it is as harmless or taken out again. Required.
  const Guard* guard = nullptr;
  // Decide and check, but write nothing: outcomes say what would be done.
  bool dry_run = false;
};

// Installs WANTED, whose names are distinct. PRESENT are the entries that
// REGISTRY holds (Registry::ReadAll()). OUTCOMES gets one for each record.
//
// An entry that is there and equal is left alone. New ones go in together, as
// Registry::Register() does it. Each is read back and compared field by field;
// one that differs from what was asked is taken out again.
//
// A replacement has no moment in which neither rule is there: the new rule
// goes in under a helper name first and wins at once, since the newest entry
// matches first; then the old one goes, then the final name comes, then the
// helper goes. A helper that a killed run left behind is taken out by the next
// run.
//
// Fails as a whole, with no outcome of use, only where `register` can't be
// opened.
Error Install(Registry* registry, absl::Span<const Entry> present,
              absl::Span<const Record> wanted, const InstallOptions& options,
              Array<Outcome>* outcomes);

// How A and B differ, for a user: "flags OCF instead of PF, interpreter /x
// instead of /y". PRESENT is what the kernel holds.
Text Difference(const Entry& present, const Entry& wanted);

// Is NAME one that Install() gives to the helper of the entry OWNER?
bool IsHelperName(std::string_view name, std::string_view owner);

}  // namespace binfmt

#endif  // BINFMT_INSTALL_H_
