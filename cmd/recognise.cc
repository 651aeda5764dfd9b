// SPDX-License-Identifier: Apache-2.0
#include "cmd/recognise.h"

#include "arch_table/emulators.h"
#include "arch_table/program.h"
#include "binfmt/install.h"
#include "binfmt/match.h"
#include "binfmt/text.h"

namespace cmd {

Recogniser::Recogniser() {
  for (const arch_table::Target& target : arch_table::Targets()) {
    headers_.push_back(arch_table::SampleHeader(target).bytes());
  }
}

const arch_table::Target* Recogniser::Recognise(
    const binfmt::Record& record) const {
  if (record.type != binfmt::RecordType::kMagic) return nullptr;
  const arch_table::Target* found = nullptr;
  for (size_t i = 0; i < headers_.size(); ++i) {
    if (!binfmt::Matches(record, {headers_[i], ""})) continue;
    if (found != nullptr) return nullptr;
    found = &arch_table::Targets()[i];
  }
  return found;
}

bool Recogniser::Takes(const binfmt::Record& record,
                       const arch_table::Target& target) const {
  return record.type == binfmt::RecordType::kMagic &&
         binfmt::Matches(
             record, {headers_[&target - arch_table::Targets().data()], ""});
}

bool IsOurs(const binfmt::Record& record) {
  if (record.type != binfmt::RecordType::kMagic || record.offset != 0) {
    return false;
  }
  const arch_table::Target* target = arch_table::FindByHeader(record.magic);
  if (target == nullptr || target->magic() != record.magic) return false;
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
