// SPDX-License-Identifier: Apache-2.0
#include "cmd/register_check.h"

#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include "absl/algorithm/container.h"
#include "arch_table/table.h"
#include "binfmt/base/error.h"
#include "binfmt/base/message.h"
#include "binfmt/record/cover_index.h"
#include "binfmt/record/elf_header.h"
#include "cmd/target_matcher.h"
#include "cmd/targets.h"

namespace cmd {
namespace {

using arch_table::Target;
using binfmt::Expected;
using binfmt::Failed;
using binfmt::Record;

class Checker {
 public:
  // HANDLERS: null where Install() judges the chain of interpreters later.
  Checker(binfmt::Guard& guard, const binfmt::CoverIndex* handlers)
      : guard_(guard), handlers_(handlers) {
    for (const Target& target : arch_table::Targets()) {
      if (IsSibling(target)) siblings_.push_back(&target);
    }
  }

  // Notes which targets the kernel has to be asked about for ITEM.
  void Add(const PlanItem& item) {
    guard_.AddInterpreter(item.record.interpreter, item.interpreter);
    for (const Target* target : siblings_) {
      if (TakesSomeOf(item, *target)) Ask(target);
    }
    if (!IsForOtherMachine(item.interpreter)) return;
    if (const Target* machine =
            arch_table::FindByHeader(item.interpreter.head)) {
      Ask(machine);
    }
  }

  Expected<void> AskKernel() {
    Expected<TargetList> native = FindNative(asked_);
    if (!native) return std::move(native.error());
    native_ = *std::move(native);
    return {};
  }

  // Fails where ITEM must not be registered.
  Expected<void> Check(const PlanItem& item, bool ignore_native) const {
    const Record& record = item.record;
    const Target* native = nullptr;
    for (const Target* target : siblings_) {
      if (IsNative(target) && TakesSomeOf(item, *target)) native = target;
    }
    // The guard first: nothing overrides it.
    Expected<void> accepted = guard_.Check(record, handlers_);
    if (!accepted && accepted.error().errnum() == EPERM) {
      if (item.target == nullptr || item.target != native) return accepted;
      return Failed(
          EPERM,
          "$0: this machine runs programs for $1 natively, and none of them "
          "would start any more",
          record.name, native->name);
    }
    if (native != nullptr && !ignore_native) {
      return Failed(
          EPERM,
          "$0: this machine runs programs for $1 natively; register it "
          "all the same with --ignore-family yes",
          record.name, native->name);
    }
    if (!IsForOtherMachine(item.interpreter)) return accepted;
    const Target* machine = arch_table::FindByHeader(item.interpreter.head);
    if (IsNative(machine)) return accepted;
    return Failed(
        ENOEXEC,
        "$0: interpreter $1 is built for $2, which this machine does not run",
        record.name, record.interpreter,
        machine == nullptr ? "another machine" : machine->name);
  }

 private:
  void Ask(const Target* target) {
    if (!absl::c_linear_search(asked_, target)) asked_.push_back(target);
  }

  bool IsNative(const Target* target) const {
    return absl::c_linear_search(native_, target);
  }

  // Whether ITEM's record takes some of TARGET's programs.
  static bool TakesSomeOf(const PlanItem& item, const Target& target) {
    // No two rows of the table take the same file.
    if (item.target != nullptr && item.record.mask == item.target->mask()) {
      return item.target == &target;
    }
    return TakesSome(item.record, target);
  }

  bool IsForOtherMachine(const binfmt::Program& interpreter) const {
    return interpreter.elf && !binfmt::IsForOwnMachine(interpreter.head);
  }

  binfmt::Guard& guard_;
  const binfmt::CoverIndex* handlers_;
  TargetList siblings_;  // which this machine may run natively
  TargetList asked_;     // about which the kernel is asked
  TargetList native_;    // what it said yes to
};

}  // namespace

std::vector<PlanItem> CheckPlan(std::vector<PlanItem> plan,
                                const RegisterRequest& request,
                                std::span<const binfmt::Entry> present,
                                binfmt::Guard& guard, Console& console) {
  const binfmt::CoverIndex none;
  Checker checker(guard, request.print ? &none : nullptr);
  for (const PlanItem& item : plan) checker.Add(item);
  if (const Expected<void> asked = checker.AskKernel(); !asked) {
    console.Complain(asked.error());
    return {};
  }
  std::vector<PlanItem> accepted;
  for (PlanItem& item : plan) {
    const Expected<void> checked =
        checker.Check(item, request.ignore_family == Choice::kYes);
    if (checked || (item.target == nullptr && IsThere(present, item.record))) {
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
