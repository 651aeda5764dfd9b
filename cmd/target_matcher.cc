// SPDX-License-Identifier: Apache-2.0
#include "cmd/target_matcher.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "arch_table/emulators.h"
#include "arch_table/names.h"
#include "arch_table/program.h"
#include "binfmt/kernel/install.h"
#include "binfmt/record/elf_header.h"
#include "binfmt/record/match.h"

namespace cmd {

using arch_table::Target;
using binfmt::Record;

namespace {

constexpr size_t kVersionEnd = 24;  // e_version, which is 1 everywhere

// The target whose magic RECORD has; nullptr: none.
const Target* RowOf(const Record& record) {
  if (record.type != binfmt::RecordType::kMagic || record.offset != 0) {
    return nullptr;
  }
  const Target* target = arch_table::FindByHeader(record.magic);
  return target != nullptr && target->magic() == record.magic ? target
                                                              : nullptr;
}

size_t PositionOf(const Target& target) {
  return static_cast<size_t>(&target - arch_table::Targets().data());
}

// The beginning of a program for each row of the table.
const std::string& SampleHeaderOf(const Target& target) {
  static const auto& headers = *new std::vector<std::string>([] {
    std::vector<std::string> result;
    for (const Target& row : arch_table::Targets()) {
      result.push_back(arch_table::SampleHeader(row));
    }
    return result;
  }());
  return headers[PositionOf(target)];
}

// What ordinary programs of a target have in common, as rules that take them.
struct Ordinary {
  Record system_v;  // those whose EI_OSABI is 0
  Record gnu;       // also those where it is 3: static programs that use IFUNC
};

Ordinary MakeOrdinary(const Target& target) {
  Ordinary made;
  Record& record = made.system_v;
  record.magic = SampleHeaderOf(target).substr(
      0, std::max(target.mask().size(), kVersionEnd));
  record.mask.assign(kVersionEnd, '\xff');
  // e_type is 2 (EXEC) or 3 (DYN).
  record.mask[binfmt::kElfTypePosition + (target.is_big_endian ? 1 : 0)] =
      '\xfe';
  if (target.mask().size() > kVersionEnd) {
    record.mask += target.mask().substr(kVersionEnd);
  }
  made.gnu = record;
  made.gnu.mask[binfmt::kElfOsAbiPosition] = '\xfc';
  return made;
}

// Each target's is made once, where it is asked for: of many records, most are
// told apart by the header alone.
const Ordinary& OrdinaryProgramsOf(const Target& target) {
  static auto& made = *new std::vector<std::unique_ptr<const Ordinary>>(
      arch_table::Targets().size());
  std::unique_ptr<const Ordinary>& programs = made[PositionOf(target)];
  if (programs == nullptr) {
    programs = std::make_unique<const Ordinary>(MakeOrdinary(target));
  }
  return *programs;
}

}  // namespace

const Target* TargetOf(const Record& record) {
  // No two rows take the same file.
  const Target* found = RowOf(record);
  if (found != nullptr && found->mask() == record.mask) return found;
  found = nullptr;
  for (const Target& target : arch_table::Targets()) {
    if (!Takes(record, target)) continue;
    if (found != nullptr) return nullptr;
    found = &target;
  }
  return found;
}

bool Takes(const Record& record, const Target& target) {
  return record.type == binfmt::RecordType::kMagic &&
         binfmt::Matches(record, {SampleHeaderOf(target), ""}) &&
         binfmt::Covers(record, OrdinaryProgramsOf(target).system_v);
}

bool TakesSome(const Record& record, const Target& target) {
  return record.type == binfmt::RecordType::kMagic &&
         binfmt::CanOverlap(record, OrdinaryProgramsOf(target).gnu);
}

bool IsOurs(const Record& record) { return IsOursFor(RowOf(record), record); }

bool IsOursFor(const Target* target, const Record& record) {
  if (target == nullptr || record.offset != 0 ||
      target->magic() != record.magic) {
    return false;
  }
  for (const arch_table::Emulator& emulator : arch_table::Emulators()) {
    if (emulator.Mask(*target) != record.mask) continue;
    const std::string name = emulator.EntryName(*target);
    // A helper of a run that died is ours as well.
    if (!name.empty() &&
        (record.name == name || record.name == emulator.package_entry ||
         binfmt::IsHelperName(record.name, name))) {
      return true;
    }
  }
  return false;
}

bool IsEntryOf(const Target& target, const Record& record) {
  return IsOursFor(&target, record) ||
         (arch_table::FindTarget(record.name) == &target &&
          TakesSome(record, target));
}

}  // namespace cmd
