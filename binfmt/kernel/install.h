// SPDX-License-Identifier: Apache-2.0
// Makes a registry hold the records that are wanted, and proves that it does.
#ifndef BINFMT_KERNEL_INSTALL_H_
#define BINFMT_KERNEL_INSTALL_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "binfmt/base/error.h"
#include "binfmt/kernel/guard.h"
#include "binfmt/kernel/registry.h"
#include "binfmt/record/entry.h"
#include "binfmt/record/record.h"

namespace binfmt {

enum class Change {
  kUnchanged,  // the entry was there, equal and enabled; it stays
  kAdded,
  kReplaced,
  // Another entry runs the programs; Install() never says so, its callers may.
  kLeftAlone,
  kFailed,  // see the outcome's error; the registry is as it was
};

// How many are named where they stay.
inline constexpr size_t kMaxShadows = 32;

struct Outcome {
  Change change = Change::kFailed;
  std::optional<Error> error;
  // An unchanged entry holds, by flag F, another file than the one at its
  // interpreter's path, or that can't be told (Registry::HoldsOtherFile()). It
  // works as before.
  bool may_hold_other_file = false;
  // Entries of other names that took the same files before; without an option
  // that lets it come to the front, one of them.
  std::vector<std::string> shadows;
};

struct InstallOptions {
  // Replace an entry of the same name where it differs, or may hold another
  // file, and take out entries of other names for the same files.
  bool replace = false;
  // Register in front of entries of other names for the same files, and leave
  // these there.
  bool override_others = false;
  // Whether those of other names are to go.
  bool TakesOutOthers() const { return replace && !override_others; }
  // Decide and check, but write nothing: outcomes say what would be done.
  bool dry_run = false;
  // Runs a program through REGISTRY's entry of RECORD, which is the first that
  // takes it. Returns why that failed; empty: it ran. Null: nothing is tried.
  std::string (*try_program)(const Registry& registry,
                             const Record& record) = nullptr;
  // Everything that was asked for in one call or one collection, where WANTED
  // is not all of it.
  std::span<const Record> together = {};
};

// Installs WANTED, whose names are distinct, each after GUARD has accepted it.
// PRESENT are the entries that REGISTRY holds (Registry::ReadAll()). Returns
// one outcome for each record.
//
// An entry that is there and equal is left alone, unless one in front of it
// takes its files. To go in front of what takes the same files, or some of
// them, needs an option. What was asked for together is free to overlap, and
// gets into its order; the last matches first. New ones are registered together
// (Registry::Register()). Each is read back and compared field by field; one
// that differs from what was asked, or whose program does not run, is removed
// again, so what stays is as harmless as what GUARD accepted. Only what has the
// rule and the interpreter that were written is ever removed: an entry that
// another process put in its place is not.
//
// A replacement has no moment without a rule. The new rule is registered under
// a helper name first and wins at once, since the newest entry matches first.
// Its program is tried there, before anything else changes. Then the old one is
// removed, then the final name registered, then the helper removed. A helper
// that a killed run left behind, with the same rule, is removed by the next
// run.
//
// Fails as a whole only where `register` cannot be opened.
Expected<std::vector<Outcome>> Install(Registry& registry, const Guard& guard,
                                       std::span<const Entry> present,
                                       std::span<const Record> wanted,
                                       const InstallOptions& options);

// How PRESENT, which the kernel holds, differs from WANTED, for a user: "flags
// OCF instead of PF, interpreter /x instead of /y, another mask". Empty where
// it does not.
std::string Difference(const Entry& present, const Entry& wanted);

// Whether NAME is one that Install() gives to a helper of the entry OWNER.
bool IsHelperName(std::string_view name, std::string_view owner);

}  // namespace binfmt

#endif  // BINFMT_KERNEL_INSTALL_H_
