// SPDX-License-Identifier: Apache-2.0
#include "cmd/register_plan.h"

#include <cerrno>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "arch_table/emulators.h"
#include "binfmt/base/message.h"
#include "binfmt/base/printable.h"
#include "binfmt/kernel/running_kernel.h"
#include "binfmt/record/record_formats.h"

namespace cmd {

using arch_table::Target;
using binfmt::Entry;
using binfmt::Error;
using binfmt::Expected;
using binfmt::Failed;
using binfmt::Printable;
using binfmt::Program;
using binfmt::Record;

namespace {

// Sets or clears flags as the user chose.
void Apply(Choice choice, binfmt::Flags flags, Record& record) {
  if (choice == Choice::kYes || choice == Choice::kPreferYes) {
    record.flags |= flags;
  } else if (choice == Choice::kNo) {
    record.flags &= static_cast<binfmt::Flags>(~flags);
  }
}

}  // namespace

bool RecordOptions::Accept(binfmt::Flags flags, bool named) const {
  const auto accepts = [=](Choice choice, binfmt::Flags flag) {
    return (flags & flag) != 0 ? choice != Choice::kNo || !named
                               : choice != Choice::kYes;
  };
  return accepts(persistent, binfmt::kFixBinary) &&
         accepts(credential, binfmt::kCredentials) &&
         accepts(preserve_argv0, binfmt::kPreserveArgv0);
}

PlanMaker::PlanMaker(const RecordOptions& options,
                     std::span<const Entry> present)
    : options_(options),
      present_(present),
      kernel_(binfmt::RunningKernel()),
      flag_p_(kernel_) {}

bool IsThere(std::span<const Entry> present, const Record& record) {
  const Entry expected = binfmt::EntryOf(record);
  return absl::c_any_of(present, [&](const Entry& entry) {
    return entry.record.name == record.name &&
           binfmt::SameEntry(entry, expected);
  });
}

Expected<void> PlanMaker::Add(PlanItem item, bool is_there) {
  const Record& record = item.record;
  if (!options_.for_files && !is_there) {
    Expected<void> checked = binfmt::CheckForKernel(record, kernel_);
    if (checked) {
      checked = binfmt::CheckInterpreterFlags(record.interpreter,
                                              item.interpreter, record.flags);
      if (!checked && checked.error().errnum() == ENOEXEC) {
        checked.error().Append(item.target == nullptr ? ", or neither flag"
                                                      : ", or --credential no");
      }
      // What is said of an interpreter does not name the record.
      if (!checked && item.target == nullptr) {
        checked.error().Prepend(binfmt::Message("$0: ", record.name));
      }
    }
    const std::string left = binfmt::LeftToContainers(
        record.interpreter, item.interpreter, record.flags);
    if (!left.empty()) {
      if (checked && item.target != nullptr && !item.interpreter.is_script) {
        checked = Error(ELIBBAD,
                        absl::StrCat(left,
                                     "; take a static one (qemu-user-static), "
                                     "or --persistent no"));
      }
      item.note = absl::StrCat(Printable(record.name), ": ", left);
    }
    if (!checked && (item.target != nullptr || !IsThere(present_, record))) {
      return checked;
    }
  }
  const auto [place, is_new] = by_name_.try_emplace(record.name, items_.size());
  if (is_new) {
    items_.push_back(std::move(item));
    return {};
  }
  if (items_[place->second].record == record) return {};
  return Failed(0, "$0 is asked for twice, and differently", record.name);
}

const Record* PlanMaker::FindPresent(std::string_view name) const {
  for (const Entry& entry : present_) {
    if (entry.record.name == name) return &entry.record;
  }
  return nullptr;
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

Expected<void> PlanMaker::AddTarget(const Target& target, bool by_name,
                                    bool may_be_missing) {
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
  const arch_table::Emulator& emulator = *options_.search.emulator;
  Record record;
  record.magic = target.magic();
  record.mask = emulator.Mask(target);
  record.name = emulator.EntryName(target);
  const Record* present = FindPresent(emulator.package_entry);
  if (present != nullptr && present->SameRule(record)) {
    record.name = emulator.package_entry;
  } else {
    present = FindPresent(record.name);
  }
  const bool named_path = !options_.interpreter.empty() ||
                          !options_.search.dir.empty() ||
                          options_.search.suffix.has_value();
  const bool is_held =
      present != nullptr && (present->flags & binfmt::kFixBinary) != 0 &&
      !last_found_->program && is_missing() &&
      (!named_path || present->interpreter == last_found_->path);
  const bool is_elsewhere =
      !is_held && is_missing() && may_be_missing && !options_.for_files;
  if (!last_found_->program && !is_held && !is_elsewhere &&
      !(options_.for_files && by_name && is_missing())) {
    return last_found_->program.error().Copy();
  }
  record.interpreter = is_held ? present->interpreter : last_found_->path;
  record.flags = binfmt::ParseFlagLetters(emulator.flag_letters).value_or(0);
  Apply(options_.persistent, binfmt::kFixBinary, record);
  const auto keeps = [present](binfmt::Flags flag) {
    return present != nullptr && (present->flags & flag) != 0;
  };
  Apply(options_.credential == Choice::kAuto && keeps(binfmt::kCredentials)
            ? Choice::kYes
            : options_.credential,
        binfmt::kCredentials | binfmt::kOpenBinary, record);
  const Program program = last_found_->program.value_or(Program());
  Apply(options_.preserve_argv0 == Choice::kAuto &&
                (is_held ? keeps(binfmt::kPreserveArgv0)
                         : flag_p_.Has(target, record.interpreter, program))
            ? Choice::kYes
            : options_.preserve_argv0,
        binfmt::kPreserveArgv0, record);
  PlanItem item = {std::move(record), &target, program, ""};
  if (is_elsewhere) {
    item.note = binfmt::Message(
        "$0: interpreter $1 is not here; programs run only where it is",
        item.record.name, item.record.interpreter);
  }
  return Add(std::move(item), is_held);
}

Expected<PlanMaker::ParsedRule> PlanMaker::ReadRule(
    std::string_view rule) const {
  Expected<Record> record = binfmt::ParseRecord(rule);
  if (!record) return std::move(record.error());
  // Every escape begins with a backslash, at which a search for all three would
  // stop.
  const auto are_backslashes = [](char a, char b) {
    return a == '\\' && b == '\\';
  };
  if (absl::c_adjacent_find(rule, are_backslashes) != rule.end() &&
      absl::StrContains(rule, R"(\\x)")) {
    return Failed(EINVAL, "$0: two backslashes before x are no byte; write one",
                  record->name);
  }
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
  const bool is_there = !program && IsThere(present_, *record);
  if (is_there) program = Program();
  if (!program) {
    // What is said of an interpreter does not name the record.
    Error error = std::move(program.error());
    error.Prepend(binfmt::Message("$0: ", record->name));
    if (record->interpreter == binfmt::kRunDetectors) {
      error.Append("; binfmt-support runs the format's detector: install it");
    }
    return error;
  }
  return ParsedRule{*std::move(record), *std::move(program), is_there};
}

bool PlanMaker::LacksInterpreter(std::string_view rule) const {
  const Expected<ParsedRule> read = ReadRule(rule);
  return !read && read.error().errnum() == ENOENT;
}

Expected<void> PlanMaker::AddRule(std::string_view rule) {
  Expected<ParsedRule> read = ReadRule(rule);
  if (!read) return std::move(read.error());
  return Add(
      {std::move(read->record), nullptr, std::move(read->interpreter), ""},
      read->is_there);
}

}  // namespace cmd
