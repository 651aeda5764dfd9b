// SPDX-License-Identifier: Apache-2.0
#include "cmd/plan.h"

#include <cerrno>
#include <utility>

#include "arch_table/emulators.h"
#include "binfmt/array.h"
#include "binfmt/elf_header.h"
#include "binfmt/text.h"
#include "cmd/recognise.h"

namespace cmd {
namespace {

using arch_table::Target;
using binfmt::Error;
using binfmt::Failure;
using binfmt::Fill;
using binfmt::operator""_fmt;

// A set of targets of which it is asked once what the machine runs by itself.
class Natives {
 public:
  void Ask(const Target* target) {
    for (const Target* known : targets_) {
      if (known == target) return;
    }
    targets_.push_back(target);
  }

  Error Answer() { return FindNative(targets_, &native_); }

  bool Has(const Target* target) const {
    for (size_t i = 0; i < targets_.size(); ++i) {
      if (targets_[i] == target) return native_[i] != 0;
    }
    return false;
  }

 private:
  TargetList targets_;
  binfmt::Array<int> native_;
};

// Judges records by what the machine is.
class Vetter {
 public:
  explicit Vetter(binfmt::Guard* guard) : guard_(guard) {
    (void)binfmt::ParseElf(binfmt::OwnHead(), &own_);
  }

  // Notes what has to be known of RECORD, which is for TARGET (nullptr: from a
  // rule), with its INTERPRETER.
  void Ask(const binfmt::Record& record, const Target* target,
           const binfmt::Interpreter& interpreter) {
    guard_->AddInterpreter(record.interpreter, interpreter.head);
    TargetList taken;
    if (target != nullptr && record.mask == target->mask()) {
      // No two rows of the table take the same file.
      taken.push_back(target);
    } else {
      for (const Target& any : arch_table::Targets()) {
        if (recogniser_.Takes(record, any)) taken.push_back(&any);
      }
    }
    for (const Target* one : taken) {
      // Siblings only can be native; each question costs as much as ten opens.
      if (own_target_ == nullptr || own_target_->family() == one->family()) {
        natives_.Ask(one);
      }
    }
    taken_.push_back(taken);
    if (!IsForOtherMachine(interpreter)) return;
    const Target* machine = arch_table::FindByHeader(interpreter.head);
    if (machine != nullptr) natives_.Ask(machine);
  }

  Error Answer() { return natives_.Answer(); }

  // Why RECORD, the one at NUMBER in the order of Ask(), with its INTERPRETER,
  // is not to be registered.
  Error Judge(const binfmt::Record& record, size_t number, const Target* target,
              const binfmt::Interpreter& interpreter,
              bool ignore_native) const {
    // The guard first: nothing overrides it.
    Error refusal = guard_->Check(record, nullptr);
    // What this machine runs by itself, although RECORD takes it.
    const Target* native = nullptr;
    for (const Target* taken : taken_[number]) {
      if (natives_.Has(taken)) native = taken;
    }
    if (!refusal.ok()) {
      if (target != nullptr && target == native) {
        refusal.SetText(
            "%: this machine runs programs for @ by itself, and none would "
            "start any more"_fmt,
            record.name, native->name());
      }
      return refusal;
    }
    if (native != nullptr && !ignore_native) {
      return Failure(EPERM,
                     "%: this machine runs programs for @ by itself; register "
                     "it all the same with --ignore-family yes"_fmt,
                     record.name, native->name());
    }
    if (!IsForOtherMachine(interpreter)) return binfmt::Ok();
    const Target* machine = arch_table::FindByHeader(interpreter.head);
    if (natives_.Has(machine)) return binfmt::Ok();
    return Failure(
        ENOEXEC,
        "%: interpreter % is built for @, which this machine does not run"_fmt,
        record.name, record.interpreter,
        machine == nullptr ? std::string_view("another machine")
                           : machine->name());
  }

 private:
  bool IsForOtherMachine(const binfmt::Interpreter& interpreter) const {
    return interpreter.is_elf && !binfmt::SameMachine(interpreter.elf, own_);
  }

  binfmt::Guard* guard_;
  Recogniser recogniser_;
  binfmt::Array<TargetList> taken_;  // by each record
  Natives natives_;
  binfmt::ElfFile own_;
  // This program's; nullptr: the table has been built without.
  const Target* own_target_ = arch_table::FindByHeader(binfmt::OwnHead());
};

}  // namespace

Error Plan::Add(const binfmt::Record& record, const Target* target,
                const binfmt::Interpreter& interpreter) {
  if (!options_.for_files) {
    Error error = binfmt::CheckForKernel(record, kernel_);
    if (error.ok()) {
      error = binfmt::CheckInterpreterFlags(record.interpreter, interpreter,
                                            record.flags);
    }
    if (!error.ok()) return error;
  }
  const int same_name = names_.Find(record.name);
  if (same_name != binfmt::NameIndex::kNone) {
    return records_[same_name] == record
               ? binfmt::Ok()
               : Failure(0, "% is asked for twice, and differently"_fmt,
                         record.name);
  }
  names_.Add(record.name);
  records_.push_back(record);
  targets_.push_back(target);
  interpreters_.push_back(interpreter);
  return binfmt::Ok();
}

bool Plan::HasCredential(const binfmt::Text& name) const {
  for (const binfmt::Entry& entry : *present_) {
    if (entry.record.name == name) {
      return (entry.record.flags & binfmt::kCredentials) != 0;
    }
  }
  return false;
}

Error Plan::SeekInterpreter(const Target& target,
                            FoundInterpreter* found) const {
  if (options_.interpreter.empty()) {
    return FindInterpreter(target, options_.search, found);
  }
  found->path = options_.interpreter;
  return binfmt::InspectInterpreter(found->path, &found->facts);
}

bool Plan::LacksInterpreter(const Target& target) const {
  FoundInterpreter found;
  return SeekInterpreter(target, &found).errnum() == ENOENT;
}

Error Plan::AddTarget(const Target& target, bool by_name,
                      const Target* before) {
  // An error that was told names the target.
  const bool known =
      before != nullptr && before->SameInterpreter(target) &&
      (sought_error_.ok() || (!by_name && sought_error_.errnum() == ENOENT));
  if (!known) sought_error_ = SeekInterpreter(target, &sought_);
  const FoundInterpreter& found = sought_;
  const Error error = sought_error_;
  if (!error.ok() &&
      !(options_.for_files && by_name && error.errnum() == ENOENT)) {
    return error;
  }
  binfmt::Record record;
  const arch_table::Emulator& emulator = *options_.search.emulator;
  record.name = emulator.EntryName(target);
  record.magic = binfmt::Text(target.magic());
  record.mask = binfmt::Text(emulator.mask(target));
  record.interpreter = found.path;
  (void)binfmt::ParseFlagLetters(emulator.flag_letters, &record.flags);
  const auto set = [&record](Choice choice, binfmt::Flags flags) {
    if (choice == Choice::kAuto) return;
    record.flags |= flags;
    if (choice == Choice::kNo) record.flags ^= flags;
  };
  set(options_.persistent, binfmt::kFixBinary);
  set(options_.credential == Choice::kAuto && HasCredential(record.name)
          ? Choice::kYes
          : options_.credential,
      binfmt::kCredentials | binfmt::kOpenBinary);
  set(options_.preserve_argv0 == Choice::kAuto &&
              UnderstandsPreservedArgv0(found.path, kernel_)
          ? Choice::kYes
          : options_.preserve_argv0,
      binfmt::kPreserveArgv0);
  return Add(record, &target, found.facts);
}

Error Plan::ReadRule(std::string_view text, binfmt::Record* record,
                     binfmt::Interpreter* interpreter) const {
  Error error = binfmt::ParseRecord(text, record);
  if (error.ok()) error = binfmt::CheckRecord(*record);
  if (!error.ok()) return error;
  if (options_.for_files || record->type == binfmt::RecordType::kBpf) {
    return error;
  }
  if (record->interpreter == last_.path) {
    *interpreter = last_.facts;
    return binfmt::Ok();
  }
  error = binfmt::InspectInterpreter(record->interpreter, interpreter);
  // What is said of an interpreter does not name the record.
  if (!error.ok()) error.SetText("%: @", record->name, error.text());
  return error;
}

bool Plan::LacksInterpreter(std::string_view rule) const {
  binfmt::Record record;
  binfmt::Interpreter interpreter;
  return ReadRule(rule, &record, &interpreter).errnum() == ENOENT;
}

Error Plan::AddRule(std::string_view text) {
  binfmt::Record record;
  binfmt::Interpreter interpreter;
  Error error = ReadRule(text, &record, &interpreter);
  if (!error.ok()) return error;
  last_.path = record.interpreter;
  last_.facts = interpreter;
  return Add(record, nullptr, interpreter);
}

void Plan::Vet(const TargetList& named, bool ignore_native,
               binfmt::Guard* guard, Console* console) {
  Vetter vetter(guard);
  for (size_t i = 0; i < records_.size(); ++i) {
    vetter.Ask(records_[i], targets_[i], interpreters_[i]);
  }
  const Error unanswered = vetter.Answer();
  if (!unanswered.ok()) console->Complain(unanswered);
  size_t kept = 0;
  for (size_t i = 0; unanswered.ok() && i < records_.size(); ++i) {
    const Error error = vetter.Judge(records_[i], i, targets_[i],
                                     interpreters_[i], ignore_native);
    if (error.ok()) {
      std::swap(records_[kept], records_[i]);
      std::swap(targets_[kept], targets_[i]);
      ++kept;
      continue;
    }
    // "all" leaves this machine's own out without a word.
    if (targets_[i] == nullptr || Contains(named, targets_[i]) ||
        error.errnum() != EPERM) {
      console->Complain(error);
    }
  }
  records_.resize(kept);
  targets_.resize(kept);
  interpreters_.clear();
}

}  // namespace cmd
