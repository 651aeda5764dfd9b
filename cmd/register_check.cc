// SPDX-License-Identifier: Apache-2.0
#include "cmd/register_check.h"

#include <cerrno>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "arch_table/table.h"
#include "binfmt/base/error.h"
#include "binfmt/base/message.h"
#include "binfmt/base/printable.h"
#include "binfmt/record/elf_header.h"
#include "cmd/target_matcher.h"
#include "cmd/targets.h"

namespace cmd {
namespace {

using arch_table::Target;
using binfmt::Error;
using binfmt::Expected;
using binfmt::Failed;
using binfmt::Printable;
using binfmt::Record;

// A set of targets about which the kernel is asked once.
class NativeTargets {
 public:
  void Add(const Target* target) {
    if (!absl::c_linear_search(targets_, target)) targets_.push_back(target);
  }

  Expected<void> Ask() {
    Expected<std::vector<bool>> native = FindNative(targets_);
    if (!native) return std::unexpected(std::move(native.error()));
    native_ = *std::move(native);
    return {};
  }

  bool Contains(const Target* target) const {
    for (size_t i = 0; i < targets_.size(); ++i) {
      if (targets_[i] == target) return native_[i];
    }
    return false;
  }

 private:
  TargetList targets_;
  std::vector<bool> native_;
};

class Checker {
 public:
  explicit Checker(binfmt::Guard& guard)
      : guard_(guard), own_(binfmt::ParseElf(binfmt::OwnHead())) {}

  // Notes which targets the kernel has to be asked about for ITEM.
  void Add(const PlanItem& item) {
    guard_.AddInterpreter(item.record.interpreter, item.interpreter.head);
    for (const Target* target : TakenTargets(item)) {
      // Only siblings can be native; each question costs as much as ten
      // open(2).
      if (own_target_ == nullptr || own_target_->SameFamily(*target)) {
        natives_.Add(target);
      }
    }
    if (!IsForOtherMachine(item.interpreter)) return;
    if (const Target* machine =
            arch_table::FindByHeader(item.interpreter.head)) {
      natives_.Add(machine);
    }
  }

  Expected<void> AskKernel() { return natives_.Ask(); }

  // Fails where ITEM must not be registered.
  Expected<void> Check(const PlanItem& item, bool ignore_native) const {
    const Record& record = item.record;
    const std::string name = Printable(record.name);
    const Target* native = nullptr;
    for (const Target* target : TakenTargets(item)) {
      if (natives_.Contains(target)) native = target;
    }
    // The guard first: nothing overrides it.
    if (Expected<void> accepted = guard_.Check(record, nullptr); !accepted) {
      if (item.target == nullptr || item.target != native) return accepted;
      return std::unexpected(Failed(EPERM,
                                    "$0: this machine runs programs for $1 by "
                                    "itself, and none would start any more",
                                    record.name, native->name));
    }
    if (native != nullptr && !ignore_native) {
      return std::unexpected(
          Failed(EPERM,
                 "$0: this machine runs programs for $1 by itself; register it "
                 "all the same with --ignore-family yes",
                 record.name, native->name));
    }
    if (!IsForOtherMachine(item.interpreter)) return {};
    const Target* machine = arch_table::FindByHeader(item.interpreter.head);
    if (natives_.Contains(machine)) return {};
    return std::unexpected(Error(
        ENOEXEC,
        absl::StrCat(name, ": interpreter ", Printable(record.interpreter),
                     " is built for ",
                     machine == nullptr ? "another machine" : machine->name,
                     ", which this machine does not run")));
  }

 private:
  // The targets whose programs ITEM's record takes.
  TargetList TakenTargets(const PlanItem& item) const {
    // No two rows of the table take the same file.
    if (item.target != nullptr && item.record.mask == item.target->mask()) {
      return {item.target};
    }
    TargetList taken;
    for (const Target& target : arch_table::Targets()) {
      if (matcher_.Takes(item.record, target)) taken.push_back(&target);
    }
    return taken;
  }

  bool IsForOtherMachine(const binfmt::Program& interpreter) const {
    return interpreter.elf && own_ &&
           !binfmt::SameMachine(*interpreter.elf, *own_);
  }

  binfmt::Guard& guard_;
  std::optional<binfmt::ElfFile> own_;
  // This program's; nullptr: the table was built without it.
  const Target* own_target_ = arch_table::FindByHeader(binfmt::OwnHead());
  TargetMatcher matcher_;
  NativeTargets natives_;
};

}  // namespace

std::vector<PlanItem> CheckPlan(std::vector<PlanItem> plan,
                                const RegisterRequest& request,
                                binfmt::Guard& guard, Console& console) {
  Checker checker(guard);
  for (const PlanItem& item : plan) checker.Add(item);
  if (const Expected<void> asked = checker.AskKernel(); !asked) {
    console.Complain(asked.error());
    return {};
  }
  std::vector<PlanItem> accepted;
  for (PlanItem& item : plan) {
    const Expected<void> checked =
        checker.Check(item, request.ignore_family == Choice::kYes);
    if (checked) {
      accepted.push_back(std::move(item));
      continue;
    }
    // "all" silently leaves out this machine's own.
    if (item.target == nullptr || request.IsNamed(item.target) ||
        checked.error().errnum() != EPERM) {
      console.Complain(checked.error());
    }
  }
  return accepted;
}

}  // namespace cmd
