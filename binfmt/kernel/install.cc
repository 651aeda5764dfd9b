// SPDX-License-Identifier: Apache-2.0
#include "binfmt/kernel/install.h"

#include <linux/membarrier.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/base/attributes.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "binfmt/base/clock.h"
#include "binfmt/base/message.h"
#include "binfmt/base/printable.h"
#include "binfmt/kernel/running_kernel.h"
#include "binfmt/record/cover_index.h"

namespace binfmt {
namespace {

constexpr std::string_view kHelperInfix = ".binfmtbox-";
constexpr size_t kHelperDigits = 8;

// Waits until no execve(2) that began before is still looking for its entry.
// Linux 7.3 looks without a lock: an execve(2) that has passed the place of a
// new entry and then finds the old one gone fails with ENOEXEC. membarrier(2)
// waits for such readers, except on machines with a single processor. There,
// sleeping lets a reader that was interrupted go on.
void WaitForReaders() {
  constexpr int64_t kMilliseconds = 10;
  if (RunningKernel().IsBefore(7, 3)) return;
  syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0);
  SleepMilliseconds(kMilliseconds);
}

// What the names of OWNER's helpers begin with: as much of its name as leaves a
// file name.
std::string_view HelperStem(std::string_view owner) {
  return owner.substr(0, kMaxNameLength - kHelperInfix.size() - kHelperDigits);
}

// A name for a helper: unpredictable, so that nobody else can take it first;
// recognisable, so that the next run can clean up.
std::string HelperName(std::string_view owner) {
  uint32_t bits = 0;
  // GRND_NONBLOCK: in early boot there is no entropy yet, and a name that can
  // be guessed is better than none.
  if (getrandom(&bits, sizeof(bits), GRND_NONBLOCK) !=
      static_cast<ssize_t>(sizeof(bits))) {
    bits = static_cast<uint32_t>(reinterpret_cast<uintptr_t>(&bits));
  }
  return absl::StrCat(HelperStem(owner), kHelperInfix,
                      absl::Hex(bits, absl::kZeroPad8));
}

bool SameEntry(const Entry& a, const Entry& b) {
  return a.record == b.record && a.enabled == b.enabled &&
         a.unknown_flags == b.unknown_flags;
}

std::string FlagText(const Entry& entry) {
  const std::string letters =
      absl::StrCat(FlagLetters(entry.record.flags), entry.unknown_flags);
  return letters.empty() ? "none" : letters;
}

// Does the work of Install() on one registry.
class Installer {
 public:
  Installer(Registry& registry ABSL_ATTRIBUTE_LIFETIME_BOUND,
            const Guard& guard ABSL_ATTRIBUTE_LIFETIME_BOUND,
            std::span<const Entry> present ABSL_ATTRIBUTE_LIFETIME_BOUND,
            std::span<const Record> wanted ABSL_ATTRIBUTE_LIFETIME_BOUND,
            const InstallOptions& options ABSL_ATTRIBUTE_LIFETIME_BOUND)
      : registry_(registry),
        guard_(guard),
        wanted_(wanted),
        options_(options),
        outcomes_(wanted.size()) {
    for (const Record& record : wanted) handlers_.Add(record);
    for (const Entry& entry : present) Index(entry);
  }

  Expected<std::vector<Outcome>> Run() {
    std::vector<size_t> additions;
    std::vector<std::string> texts;
    for (size_t i = 0; i < wanted_.size(); ++i) {
      Expected<std::string> text = FormatRecord(wanted_[i]);
      if (!text) {
        Fail(outcomes_[i], std::move(text.error()));
        continue;
      }
      Decide(wanted_[i], outcomes_[i]);
      if (outcomes_[i].change != Change::kAdded) continue;
      additions.push_back(i);
      texts.push_back(*std::move(text));
    }
    if (options_.dry_run) return std::move(outcomes_);
    if (Expected<void> added = Add(additions, texts); !added) {
      return std::unexpected(std::move(added.error()));
    }
    for (size_t i = 0; i < wanted_.size(); ++i) {
      Outcome& outcome = outcomes_[i];
      if (outcome.change == Change::kReplaced) Replace(wanted_[i], outcome);
      if (outcome.change != Change::kFailed) {
        RemoveLeftovers(wanted_[i].name, outcome);
      }
    }
    return std::move(outcomes_);
  }

 private:
  static void Fail(Outcome& outcome, Error error) {
    outcome.change = Change::kFailed;
    outcome.error = std::move(error);
  }

  void Index(const Entry& entry) {
    const Record& record = entry.record;
    entries_by_name_.insert_or_assign(record.name, &entry);
    if (absl::StrContains(record.name, kHelperInfix)) {
      helpers_.push_back(&record.name);
    }
    if (!entry.enabled) return;
    handlers_.Add(record);
    if (!IsForOneMachine(record)) return;
    overlaps_.Add(record);
    rivals_.push_back(&entry);
  }

  const Entry* FindEntry(std::string_view name) const {
    const auto found = entries_by_name_.find(name);
    return found == entries_by_name_.end() ? nullptr : found->second;
  }

  // Sets what is to be done for WANTED.
  void Decide(const Record& wanted, Outcome& outcome) const {
    if (Expected<void> harmless = guard_.Check(wanted, &handlers_); !harmless) {
      return Fail(outcome, std::move(harmless.error()));
    }
    const Entry* const old = FindEntry(wanted.name);
    // Whether an entry in front of the old one takes its files.
    bool is_behind = false;
    if (IsForOneMachine(wanted)) {
      for (const size_t position : overlaps_.Overlapping(wanted)) {
        const Entry* const rival = rivals_[position];
        const std::string& name = rival->record.name;
        if (name == wanted.name || IsHelperName(name, wanted.name)) continue;
        outcome.shadows.push_back(name);
        is_behind |= old != nullptr && rival < old;
      }
    }
    const bool is_same = old != nullptr && SameEntry(*old, EntryOf(wanted));
    const bool is_outdated = is_same && registry_.HoldsOlderFile(wanted);
    if (is_same && !is_outdated && !is_behind) {
      outcome.change = Change::kUnchanged;
      return;
    }
    if (!options_.replace) {
      if (std::optional<Error> conflict = Conflict(
              wanted, is_same ? nullptr : old, is_outdated, outcome.shadows)) {
        return Fail(outcome, *std::move(conflict));
      }
    }
    // Also an equal entry has to be replaced to come in front of the others:
    // the order is the order of registration.
    const bool is_new =
        old == nullptr && (!options_.replace || outcome.shadows.empty());
    outcome.change = is_new ? Change::kAdded : Change::kReplaced;
  }

  // Why WANTED must not be installed without --replace. DIFFERENT is the entry
  // of its name, where there is one that is not equal.
  std::optional<Error> Conflict(const Record& wanted, const Entry* different,
                                bool is_outdated,
                                std::span<const std::string> shadows) const {
    if (is_outdated) {
      return Failed(EEXIST,
                    "$0 is there, and holds the file from before $1 was "
                    "replaced; swap it with --replace",
                    wanted.name, wanted.interpreter);
    }
    if (different != nullptr) {
      return Error(EEXIST, absl::StrCat(Printable(wanted.name),
                                        " is there and differs: ",
                                        Difference(*different, EntryOf(wanted)),
                                        "; swap it with --replace"));
    }
    if (!shadows.empty() && !options_.override_others) {
      return Failed(
          EEXIST,
          "the entry $0 takes the files that $1 is for; take it out with "
          "--replace, or register in front of it with --override",
          shadows[0], wanted.name);
    }
    return std::nullopt;
  }

  // Registers the records at INDICES, whose texts are TEXTS, in one batch and
  // reads each back.
  Expected<void> Add(std::span<const size_t> indices,
                     std::span<const std::string> texts) {
    Expected<std::vector<int>> errnums = registry_.Register(texts);
    if (!errnums) return std::unexpected(std::move(errnums.error()));
    for (size_t i = 0; i < indices.size(); ++i) {
      const Record& record = wanted_[indices[i]];
      Outcome& outcome = outcomes_[indices[i]];
      const int errnum = (*errnums)[i];
      if (errnum == EEXIST && HoldsAlready(record)) {
        outcome.change = Change::kUnchanged;
      } else if (errnum != 0) {
        Fail(outcome, ExplainRefusal(record, errnum, registry_.dir()));
      } else if (Expected<void> verified = Verify(record); !verified) {
        Fail(outcome, std::move(verified.error()));
      }
    }
    return {};
  }

  bool HoldsAlready(const Record& record) const {
    const Expected<Entry> entry = registry_.Read(record.name);
    return entry && SameEntry(*entry, EntryOf(record));
  }

  // Checks that the kernel holds RECORD as it is; removes the entry where it
  // does not.
  Expected<void> Verify(const Record& record) const {
    const Entry expected = EntryOf(record);
    Expected<void> disabled;
    if (!expected.enabled) disabled = registry_.SetEnabled(record.name, false);
    Expected<Entry> entry = disabled
                                ? registry_.Read(record.name)
                                : std::unexpected(std::move(disabled.error()));
    if (entry && SameEntry(*entry, expected)) return {};
    const std::string name = Printable(record.name);
    if (!entry && entry.error().errnum() == ENOENT) {
      return std::unexpected(Failed(
          ENOENT,
          "$0 was registered and is gone again: another process took it out",
          record.name));
    }
    Error error =
        entry
            ? Error(0, absl::StrCat(
                           Message("the kernel holds $0 otherwise than asked: ",
                                   record.name),
                           Difference(*entry, expected)))
            : std::move(entry.error());
    const Expected<void> removed = registry_.Remove(record.name);
    error.Append(removed ? "; it was taken out again"
                         : absl::StrCat("; and ", removed.error().text()));
    return std::unexpected(std::move(error));
  }

  // Registers one record and verifies it.
  Expected<void> RegisterOne(const Record& record) {
    Expected<std::string> text = FormatRecord(record);
    if (!text) return std::unexpected(std::move(text.error()));
    Expected<std::vector<int>> errnums = registry_.Register({&*text, 1});
    if (!errnums) return std::unexpected(std::move(errnums.error()));
    if (const int errnum = errnums->front(); errnum != 0) {
      return std::unexpected(ExplainRefusal(record, errnum, registry_.dir()));
    }
    return Verify(record);
  }

  void Replace(const Record& wanted, Outcome& outcome) {
    Record helper = wanted;
    helper.name = HelperName(wanted.name);
    Expected<void> replaced = RegisterOne(helper);
    if (replaced) replaced = SwapBehind(helper.name, wanted, outcome.shadows);
    if (!replaced) Fail(outcome, std::move(replaced.error()));
  }

  // With HELPER in front, replaces what is behind it by WANTED.
  Expected<void> SwapBehind(const std::string& helper, const Record& wanted,
                            std::span<const std::string> shadows) {
    const Entry* const old = FindEntry(wanted.name);
    WaitForReaders();
    Expected<void> result;
    if (old != nullptr) result = registry_.Remove(wanted.name);
    if (result) result = RegisterOne(wanted);
    if (!result) {
      // The helper may go only when the old entry is back.
      if (const Expected<void> restored = Restore(old); restored) {
        (void)registry_.Remove(helper);
      } else {
        result.error().Append(absl::StrCat("; ", restored.error().text(),
                                           ", so the new rule stays as ",
                                           Printable(helper)));
      }
      return result;
    }
    WaitForReaders();
    result = registry_.Remove(helper);
    if (!options_.replace) return result;
    for (const std::string& name : shadows) {
      Expected<void> removed = registry_.Remove(name);
      if (result) result = std::move(removed);
    }
    return result;
  }

  // Registers OLD again, unless the registry still has it.
  Expected<void> Restore(const Entry* old) {
    if (old == nullptr || registry_.Read(old->record.name)) return {};
    Expected<void> restored = RegisterOne(old->record);
    if (!restored || old->enabled) return restored;
    return registry_.SetEnabled(old->record.name, false);
  }

  // Removes the helpers of OWNER that a killed run left behind.
  void RemoveLeftovers(std::string_view owner, Outcome& outcome) const {
    for (const std::string* name : helpers_) {
      if (!IsHelperName(*name, owner)) continue;
      if (Expected<void> removed = registry_.Remove(*name); !removed) {
        Fail(outcome, std::move(removed.error()));
      }
    }
  }

  Registry& registry_;
  const Guard& guard_;
  const std::span<const Record> wanted_;
  const InstallOptions& options_;
  std::vector<Outcome> outcomes_;  // of wanted_
  absl::flat_hash_map<std::string_view, const Entry*> entries_by_name_;
  std::vector<const std::string*> helpers_;  // names that helpers may have
  CoverIndex handlers_;  // what is wanted, and the enabled entries
  // The enabled entries for one machine each, and an index of them.
  std::vector<const Entry*> rivals_;
  OverlapIndex overlaps_;
};

}  // namespace

Expected<std::vector<Outcome>> Install(Registry& registry, const Guard& guard,
                                       std::span<const Entry> present,
                                       std::span<const Record> wanted,
                                       const InstallOptions& options) {
  return Installer(registry, guard, present, wanted, options).Run();
}

std::string Difference(const Entry& present, const Entry& wanted) {
  std::vector<std::string> parts;
  const auto compare = [&](std::string_view what, const auto& text_of) {
    const std::string is = text_of(present);
    const std::string asked = text_of(wanted);
    if (is == asked) return;
    parts.push_back(
        absl::StrCat(what, Message(" $0 instead of $1", is, asked)));
  };
  compare("state", [](const Entry& entry) {
    return entry.enabled ? "enabled" : "disabled";
  });
  compare("type", [](const Entry& entry) {
    return std::string(1, static_cast<char>(entry.record.type));
  });
  compare("flags", FlagText);
  compare("interpreter",
          [](const Entry& entry) { return entry.record.interpreter; });
  if (!present.record.SameRule(wanted.record)) {
    compare("offset", [](const Entry& entry) {
      return absl::StrCat(entry.record.offset);
    });
    compare("magic", [](const Entry& entry) {
      return absl::BytesToHexString(entry.record.magic);
    });
    compare("mask", [](const Entry& entry) {
      return entry.record.mask.empty()
                 ? "none"
                 : absl::BytesToHexString(entry.record.mask);
    });
  }
  return absl::StrJoin(parts, ", ");
}

bool IsHelperName(std::string_view name, std::string_view owner) {
  return absl::ConsumePrefix(&name, HelperStem(owner)) &&
         absl::ConsumePrefix(&name, kHelperInfix) &&
         name.size() == kHelperDigits &&
         absl::c_all_of(name, absl::ascii_isxdigit);
}

}  // namespace binfmt
