// SPDX-License-Identifier: Apache-2.0
#include "cmd/recognise.h"

#include "arch_table/emulators.h"
#include "arch_table/program.h"
#include "binfmt/install.h"
#include "binfmt/match.h"
#include "binfmt/text.h"

namespace cmd {

namespace {

// The target whose magic RECORD has; nullptr: none.
const arch_table::Target* RowOf(const binfmt::Record& record) {
  if (record.type != binfmt::RecordType::kMagic || record.offset != 0) {
    return nullptr;
  }
  const arch_table::Target* target = arch_table::FindByHeader(record.magic);
  return target != nullptr && target->magic() == record.magic ? target
                                                              : nullptr;
}

}  // namespace

const arch_table::Target* Recogniser::Recognise(const binfmt::Record& record) {
  const arch_table::Target* found = RowOf(record);
  // No two rows take the same file.
  if (found != nullptr && found->mask() == record.mask) return found;
  found = nullptr;
  for (const arch_table::Target& target : arch_table::Targets()) {
    if (!Takes(record, target)) continue;
    if (found != nullptr) return nullptr;
    found = &target;
  }
  return found;
}

bool Recogniser::Takes(const binfmt::Record& record,
                       const arch_table::Target& target) {
  if (headers_.empty()) {
    for (const arch_table::Target& any : arch_table::Targets()) {
      headers_.push_back(arch_table::SampleHeader(any).bytes());
    }
  }
  return record.type == binfmt::RecordType::kMagic &&
         binfmt::Matches(
             record, {headers_[&target - arch_table::Targets().data()], ""});
}

bool IsOurs(const binfmt::Record& record) {
  return IsOursFor(RowOf(record), record);
}

bool IsOursFor(const arch_table::Target* target, const binfmt::Record& record) {
  if (target == nullptr || record.offset != 0 ||
      target->magic() != record.magic) {
    return false;
  }
  for (const arch_table::Emulator& emulator : arch_table::Emulators()) {
    const std::string_view name = emulator.EntryName(*target);
    // A helper of a run that died is ours as well.
    if (emulator.mask(*target) == record.mask && !name.empty() &&
        (record.name == name || binfmt::IsHelperName(record.name, name))) {
      return true;
    }
  }
  return false;
}

}  // namespace cmd
