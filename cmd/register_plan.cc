// SPDX-License-Identifier: Apache-2.0
#include "cmd/register_plan.h"

#include <cerrno>
#include <utility>

#include "arch_table/emulators.h"
#include "binfmt/base/message.h"
#include "binfmt/kernel/running_kernel.h"

namespace cmd {

using arch_table::Target;
using binfmt::Entry;
using binfmt::Error;
using binfmt::Expected;
using binfmt::Failed;
using binfmt::Program;
using binfmt::Record;

namespace {

// Sets or clears flags as the user chose.
void Apply(Choice choice, binfmt::Flags flags, Record& record) {
  if (choice == Choice::kYes) record.flags |= flags;
  if (choice == Choice::kNo) {
    record.flags &= static_cast<binfmt::Flags>(~flags);
  }
}

}  // namespace

PlanMaker::PlanMaker(const RecordOptions& options,
                     std::span<const Entry> present)
    : options_(options), present_(present), kernel_(binfmt::RunningKernel()) {}

Expected<void> PlanMaker::Add(PlanItem item) {
  const Record& record = item.record;
  if (!options_.for_files) {
    Expected<void> checked = binfmt::CheckForKernel(record, kernel_);
    if (checked) {
      checked = binfmt::CheckInterpreterFlags(record.interpreter,
                                              item.interpreter, record.flags);
    }
    if (!checked) return checked;
  }
  const auto [place, is_new] = by_name_.try_emplace(record.name, items_.size());
  if (is_new) {
    items_.push_back(std::move(item));
    return {};
  }
  if (items_[place->second].record == record) return {};
  return Failed(0, "$0 is asked for twice, and differently", record.name);
}

bool PlanMaker::HasCredential(std::string_view name) const {
  for (const Entry& entry : present_) {
    if (entry.record.name == name) {
      return (entry.record.flags & binfmt::kCredentials) != 0;
    }
  }
  return false;
}

FoundInterpreter PlanMaker::SeekInterpreter(const Target& target) const {
  if (options_.interpreter.empty()) {
    return FindInterpreter(target, options_.search);
  }
  return {options_.interpreter,
          binfmt::InspectInterpreter(options_.interpreter)};
}

bool PlanMaker::LacksInterpreter(const Target& target) const {
  const FoundInterpreter found = SeekInterpreter(target);
  return !found.program && found.program.error().errnum() == ENOENT;
}

Expected<void> PlanMaker::AddTarget(const Target& target, bool by_name) {
  const auto is_missing = [this] {
    return !last_found_->program &&
           last_found_->program.error().errnum() == ENOENT;
  };
  // An error that is reported names the target, so it is made for each.
  const bool reuses = last_target_ != nullptr &&
                      last_target_->SameInterpreter(target) &&
                      (last_found_->program || (!by_name && is_missing()));
  if (!reuses) last_found_ = SeekInterpreter(target);
  last_target_ = &target;
  if (!last_found_->program &&
      !(options_.for_files && by_name && is_missing())) {
    return last_found_->program.error().Copy();
  }
  const arch_table::Emulator& emulator = *options_.search.emulator;
  Record record;
  record.name = emulator.EntryName(target);
  record.magic = target.magic();
  record.mask = emulator.Mask(target);
  record.interpreter = last_found_->path;
  record.flags = binfmt::ParseFlagLetters(emulator.flag_letters).value_or(0);
  Apply(options_.persistent, binfmt::kFixBinary, record);
  Apply(options_.credential == Choice::kAuto && HasCredential(record.name)
            ? Choice::kYes
            : options_.credential,
        binfmt::kCredentials | binfmt::kOpenBinary, record);
  Apply(options_.preserve_argv0 == Choice::kAuto &&
                UnderstandsPreservedArgv0(record.interpreter, kernel_)
            ? Choice::kYes
            : options_.preserve_argv0,
        binfmt::kPreserveArgv0, record);
  return Add(
      {std::move(record), &target, last_found_->program.value_or(Program())});
}

Expected<PlanMaker::ParsedRule> PlanMaker::ReadRule(
    std::string_view rule) const {
  Expected<Record> record = binfmt::ParseRecord(rule);
  if (!record) return std::move(record.error());
  if (Expected<void> checked = binfmt::CheckRecord(*record); !checked) {
    return std::move(checked.error());
  }
  if (options_.for_files || record->type == binfmt::RecordType::kBpf) {
    return ParsedRule{*std::move(record), Program()};
  }
  // Neighbours often have one interpreter.
  if (!items_.empty() && items_.back().target == nullptr &&
      items_.back().record.interpreter == record->interpreter) {
    return ParsedRule{*std::move(record), items_.back().interpreter};
  }
  Expected<Program> program = binfmt::InspectInterpreter(record->interpreter);
  if (!program) {
    // What is said of an interpreter does not name the record.
    Error error = std::move(program.error());
    error.Prepend(binfmt::Message("$0: ", record->name));
    return error;
  }
  return ParsedRule{*std::move(record), *std::move(program)};
}

bool PlanMaker::LacksInterpreter(std::string_view rule) const {
  const Expected<ParsedRule> read = ReadRule(rule);
  return !read && read.error().errnum() == ENOENT;
}

Expected<void> PlanMaker::AddRule(std::string_view rule) {
  Expected<ParsedRule> read = ReadRule(rule);
  if (!read) return std::move(read.error());
  return Add({std::move(read->record), nullptr, std::move(read->interpreter)});
}

}  // namespace cmd
