// SPDX-License-Identifier: Apache-2.0
#include "cmd/plan.h"

#include <cerrno>
#include <utility>

#include "binfmt/io.h"
#include "binfmt/text.h"
#include "cmd/recognise.h"

namespace cmd {
namespace {

using arch_table::Target;
using binfmt::Error;
using binfmt::Failure;
using binfmt::Fill;

constexpr size_t kMaxFileLength = 1 << 20;

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
  std::vector<int> native_;
};

bool IsForOtherMachine(const Planned& item, const binfmt::ElfFile& own) {
  return item.interpreter.is_elf &&
         !binfmt::SameMachine(item.interpreter.elf, own);
}

}  // namespace

Error Plan::Add(binfmt::Record record, const Target* target,
                binfmt::Interpreter interpreter) {
  Error error = binfmt::CheckInterpreterFlags(record.interpreter, interpreter,
                                              record.flags);
  if (!error.ok()) return error;
  for (const Planned& item : items_) {
    if (item.record.name != record.name) continue;
    return item.record == record
               ? binfmt::Ok()
               : Failure(0, "% is asked for twice, and differently",
                         record.name);
  }
  items_.push_back({std::move(record), target, std::move(interpreter)});
  return binfmt::Ok();
}

Error Plan::AddTarget(const Target& target) {
  FoundInterpreter found;
  Error error = binfmt::Ok();
  if (options_.interpreter.empty()) {
    error = FindInterpreter(target, options_.search, &found);
  } else {
    found.path = options_.interpreter;
    error = binfmt::InspectInterpreter(found.path, &found.facts);
  }
  if (!error.ok()) return error;
  binfmt::Record record;
  record.name = target.EntryName();
  record.magic = std::string(target.magic());
  record.mask = std::string(target.mask());
  record.interpreter = found.path;
  if (options_.persistent) record.flags |= binfmt::kFixBinary;
  if (options_.credential.value_or(false)) {
    record.flags |= binfmt::kCredentials | binfmt::kOpenBinary;
  }
  if (options_.preserve_argv0 == Choice::kYes ||
      (options_.preserve_argv0 == Choice::kAuto &&
       UnderstandsPreservedArgv0(found.path, kernel_))) {
    record.flags |= binfmt::kPreserveArgv0;
  }
  return Add(std::move(record), &target, std::move(found.facts));
}

Error Plan::AddRule(std::string_view text) {
  binfmt::Record record;
  Error error = binfmt::ParseRecord(text, &record);
  if (error.ok()) error = binfmt::CheckRecord(record);
  binfmt::Interpreter interpreter;
  if (error.ok()) {
    error = binfmt::InspectInterpreter(record.interpreter, &interpreter);
  }
  if (!error.ok()) return error;
  return Add(std::move(record), nullptr, std::move(interpreter));
}

void Plan::AddFile(const std::string& file, Console* console) {
  std::string text;
  const int errnum = file == "-"
                         ? binfmt::ReadAll(0, kMaxFileLength, &text)
                         : binfmt::ReadFileAt(binfmt::kCurrentDir, file.c_str(),
                                              kMaxFileLength, &text);
  if (errnum != 0) {
    console->Complain(binfmt::SystemError("read", file, errnum));
    return;
  }
  std::string_view rest = text;
  for (unsigned number = 1; !rest.empty(); ++number) {
    const size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (line.empty() || line[0] == '#' || line[0] == ';') continue;
    if (Error error = AddRule(line); !error.ok()) {
      error.SetText("%:@: @", file, binfmt::Decimal(number), error.text());
      console->Complain(error);
    }
  }
}

void Plan::Vet(bool all, bool ignore_native, binfmt::Guard* guard,
               Console* console) {
  binfmt::ElfFile own;
  // Without /proc the interpreters are believed to fit.
  const bool know_own = binfmt::ReadOwnElf(&own).ok();
  const Recogniser recogniser;
  Natives natives;
  for (const Planned& item : items_) {
    for (const Target& target : arch_table::Targets()) {
      if (recogniser.Takes(item.record, target)) natives.Ask(&target);
    }
    if (know_own && IsForOtherMachine(item, own)) {
      natives.Ask(arch_table::FindByHeader(item.interpreter.head));
    }
  }
  if (Error error = natives.Answer(); !error.ok()) {
    console->Complain(error);
    items_.clear();
    return;
  }
  std::vector<Planned> kept;
  kept.reserve(items_.size());
  for (Planned& item : items_) {
    guard->AddInterpreter(item.record.interpreter, item.interpreter.head);
    if (Error error = guard->Check(item.record, {}, {}); !error.ok()) {
      // "all" leaves this machine's own out without a word.
      if (!all || item.target == nullptr) console->Complain(error);
      continue;
    }
    const Target* native = nullptr;
    for (const Target& target : arch_table::Targets()) {
      if (recogniser.Takes(item.record, target) && natives.Has(&target)) {
        native = &target;
      }
    }
    if (native != nullptr && !ignore_native) {
      if (all && item.target != nullptr) continue;
      console->Complain(Failure(
          0,
          "%: this machine runs programs for @ by itself; register it all the "
          "same with --ignore-family yes",
          item.record.name, native->name()));
      continue;
    }
    if (know_own && IsForOtherMachine(item, own)) {
      const Target* machine = arch_table::FindByHeader(item.interpreter.head);
      if (!natives.Has(machine)) {
        console->Complain(Failure(
            ENOEXEC,
            "%: interpreter % is built for @, which this machine does not run",
            item.record.name, item.record.interpreter,
            machine == nullptr ? "another machine" : machine->name()));
        continue;
      }
    }
    kept.push_back(std::move(item));
  }
  items_ = std::move(kept);
}

}  // namespace cmd
