// SPDX-License-Identifier: Apache-2.0
#include "binfmt/kernel/install.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/base/attributes.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "binfmt/base/clock.h"
#include "binfmt/base/message.h"
#include "binfmt/base/position_map.h"
#include "binfmt/base/random.h"
#include "binfmt/kernel/running_kernel.h"
#include "binfmt/record/cover_index.h"
#include "binfmt/record/match.h"
#include "binfmt/record/overlap_index.h"

namespace binfmt {
namespace {

constexpr std::string_view kHelperInfix = ".binfmtbox-";

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
  return owner.substr(0, kMaxNameLength - kHelperInfix.size() - kRandomDigits);
}

// A name for a helper: unpredictable, so that nobody else can take it first;
// recognisable, so that the next run can clean up.
std::string HelperName(std::string_view owner) {
  return absl::StrCat(HelperStem(owner), kHelperInfix, RandomDigits());
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
        present_(present),
        wanted_(wanted),
        together_(options.together.empty() ? wanted : options.together),
        options_(options),
        misplaced_(together_.size()),
        taken_out_(present.size()),
        started_(guard, present) {
    for (const Record& record : wanted) handlers_.Add(record);
    for (const Record& record : together_) {
      planned_.try_emplace(record.name, &record - together_.data());
    }
    for (size_t i = together_.size(); i-- > 0;) {
      if ((together_[i].flags & kStartDisabled) == 0) {
        last_first_.Add(together_[i]);
      }
    }
    for (const Entry& entry : present) Index(entry);
    FindMisplaced();
  }

  Expected<std::vector<Outcome>> Run() {
    std::vector<Outcome> outcomes(wanted_.size());
    std::vector<size_t> additions;
    std::vector<std::string> texts;
    for (size_t i = 0; i < wanted_.size(); ++i) {
      Outcome& outcome = outcomes[i];
      Expected<std::string> text = FormatRecord(wanted_[i]);
      if (!text) {
        outcome.error = std::move(text.error());
        continue;
      }
      Settle(Decide(wanted_[i], outcome), outcome);
      if (outcome.change != Change::kAdded) continue;
      additions.push_back(i);
      texts.push_back(*std::move(text));
    }
    if (options_.dry_run) return outcomes;
    // In the order of WANTED, which is that of what overlaps.
    size_t done = 0;
    const auto add_before = [&](size_t end) -> Expected<void> {
      const size_t begin = done;
      while (done < additions.size() && additions[done] < end) ++done;
      const size_t count = done - begin;
      return Add(std::span(additions).subspan(begin, count),
                 std::span(texts).subspan(begin, count), outcomes);
    };
    for (size_t i = 0; i < wanted_.size(); ++i) {
      Outcome& outcome = outcomes[i];
      if (outcome.change == Change::kReplaced) {
        if (Expected<void> added = add_before(i); !added) {
          return std::move(added.error());
        }
        Settle(Replace(wanted_[i], outcome.shadows), outcome);
      } else if (outcome.change == Change::kUnchanged) {
        Settle(TryProgram(wanted_[i], wanted_[i].name, /*registered=*/false),
               outcome);
      }
    }
    if (Expected<void> added = add_before(wanted_.size()); !added) {
      return std::move(added.error());
    }
    for (size_t i = 0; i < wanted_.size(); ++i) {
      if (outcomes[i].change != Change::kFailed) {
        RemoveLeftovers(wanted_[i], outcomes[i]);
      }
    }
    return outcomes;
  }

 private:
  // Writes a failure into OUTCOME.
  static void Settle(Expected<void> result, Outcome& outcome) {
    if (result) return;
    outcome.change = Change::kFailed;
    outcome.error = std::move(result.error());
  }

  void Index(const Entry& entry) {
    const Record& record = entry.record;
    const auto position = static_cast<size_t>(&entry - present_.data());
    positions_.try_emplace(record.name, position);
    if (absl::StrContains(record.name, kHelperInfix)) {
      helpers_.push_back(position);
    }
    if (!entry.enabled) return;
    handlers_.Add(record);
    if (IsAskedFor(record)) return;
    overlaps_.Add(record);
    rivals_.push_back(position);
  }

  // Whether RECORD, an entry's, is asked for in this call.
  bool IsAskedFor(const Record& record) const {
    const auto place = planned_.find(record.name);
    return place != planned_.end() && together_[place->second].SameRule(record);
  }

  // The position of the last record of this call that takes all files of
  // RECORD, which is one of them: the one that is to get them.
  size_t LastTaker(const Record& record) const {
    const std::optional<size_t> last = last_first_.FirstCovering(record);
    // Only its BPF program knows what a record of type B takes.
    if (!last) return planned_.find(record.name)->second;
    return &last_first_[*last] - together_.data();
  }

  // Finds the records of this call whose files another one of it takes.
  void FindMisplaced() {
    CoverIndex enabled;
    for (const Entry& entry : present_) {
      if (entry.enabled) enabled.Add(entry.record);
    }
    for (const Record& record : together_) {
      if ((record.flags & kStartDisabled) != 0) continue;
      const std::optional<size_t> taker = enabled.FirstCovering(record);
      if (!taker || !IsAskedFor(enabled[*taker])) continue;
      const size_t last = LastTaker(record);
      if (together_[last].name != enabled[*taker].name) misplaced_[last] = true;
    }
  }

  // Registers the wanted records at the positions ADDITIONS, written as TEXTS.
  Expected<void> Add(std::span<const size_t> additions,
                     std::span<const std::string> texts,
                     std::span<Outcome> outcomes) {
    const Expected<std::vector<int>> errnums = registry_.Register(texts);
    if (!errnums) return errnums.error().Copy();
    for (size_t i = 0; i < additions.size(); ++i) {
      const Record& record = wanted_[additions[i]];
      Outcome& outcome = outcomes[additions[i]];
      if ((*errnums)[i] == EEXIST && HoldsAlready(record)) {
        outcome.change = Change::kUnchanged;
        continue;
      }
      Expected<void> done = Verify(record, (*errnums)[i]);
      if (done) done = TryProgram(record, record.name, /*registered=*/true);
      Settle(std::move(done), outcome);
    }
    return {};
  }

  // The entry NAME of those that are present.
  const Entry* FindEntry(const std::string& name) const {
    const auto found = positions_.find(name);
    return found == positions_.end() ? nullptr : &present_[found->second];
  }

  // Whether A, in front of B, takes all of B's files, or some where each is for
  // one machine.
  static bool TakesFilesOf(const Record& a, const Record& b) {
    return Covers(a, b) || (IsForOneMachine(a) && IsForOneMachine(b));
  }

  // Entries that take files of a record that is wanted, and were not asked for.
  struct Rivals {
    // One of them, in front of the entry of its name, takes all of its files.
    bool is_behind = false;
    // Names of those in front that take some of its files, and of all others.
    std::vector<std::string> narrower;
    std::vector<std::string> shadows;
    std::vector<size_t> going;  // in present_: those that it takes out
  };

  // OLD is the entry of the name of WANTED, if there is one.
  Rivals FindRivals(const Record& wanted, const Entry* old) const {
    // An error names one. Of those that are taken out all are named, each for
    // the first record that does it.
    const size_t most =
        options_.replace || options_.override_others ? kMaxShadows : 1;
    Rivals rivals;
    OverlapIndex::Search search(overlaps_, wanted);
    while (const std::optional<size_t> found = search.Next()) {
      const size_t position = rivals_[*found];
      const Entry& rival = present_[position];
      const bool is_in_front = old != nullptr && &rival < old;
      const bool decides = is_in_front && !rivals.is_behind;
      if (taken_out_[position] && !decides) continue;
      const std::string& name = rival.record.name;
      if (name == wanted.name) continue;
      // What a killed run left behind goes.
      if (IsHelperName(name, wanted.name) && rival.record.SameRule(wanted)) {
        continue;
      }
      const bool takes_all = TakesFilesOf(rival.record, wanted);
      rivals.is_behind |= is_in_front && takes_all;
      if (taken_out_[position]) continue;
      const bool goes =
          options_.TakesOutOthers() && TakesFilesOf(wanted, rival.record);
      if (goes) rivals.going.push_back(position);
      std::vector<std::string>& names =
          is_in_front && !takes_all ? rivals.narrower : rivals.shadows;
      if (goes || names.size() < most) {
        names.push_back(name);
      } else if (!options_.TakesOutOthers() && !decides &&
                 rivals.shadows.size() >= most) {
        break;  // no other one is named, or changes anything
      }
    }
    return rivals;
  }

  // Sets what is to be done for WANTED, unless it must not be installed.
  Expected<void> Decide(const Record& wanted, Outcome& outcome) {
    const Entry* const old = FindEntry(wanted.name);
    const Entry expected = EntryOf(wanted);
    const bool is_same = old != nullptr && SameEntry(*old, expected);
    Rivals rivals;
    bool is_misplaced = false;
    if (expected.enabled) {
      const std::optional<size_t> front = moved_.FirstCovering(wanted);
      if (front) misplaced_[LastTaker(wanted)] = true;
      // What takes its files comes after an equal rule of this call already.
      const bool is_settled = front && Covers(wanted, moved_[*front]);
      if (!is_settled) rivals = FindRivals(wanted, old);
      outcome.shadows = std::move(rivals.shadows);
      is_misplaced = misplaced_[planned_.find(wanted.name)->second];
    }
    const bool may_hold_other =
        is_same && registry_.HoldsOtherFile(wanted).value_or(true);
    const bool is_outdated = may_hold_other && options_.replace;
    if (is_same && !is_outdated && !rivals.is_behind && !is_misplaced) {
      outcome.change = Change::kUnchanged;
      outcome.may_hold_other_file = may_hold_other;
      return {};
    }
    Expected<void> harmless = guard_.Check(wanted, &handlers_);
    // Before, nothing ran the files that it takes, or an entry like it did.
    if (harmless && !IsForOneMachine(wanted)) {
      harmless = started_.Check(wanted, handlers_);
    }
    if (!harmless) return harmless;
    // What an equal entry is in front of already, it needs no option to take.
    const bool takes_more = rivals.is_behind || !rivals.narrower.empty() ||
                            (!is_same && !outcome.shadows.empty());
    outcome.shadows.insert(outcome.shadows.end(), rivals.narrower.begin(),
                           rivals.narrower.end());
    if (!options_.replace) {
      if (old != nullptr && !is_same) {
        Error error = Failed(EEXIST, "$0 is there and differs: ", wanted.name);
        error.Append(Difference(*old, expected));
        error.Append("; swap it with --replace");
        return error;
      }
      if (takes_more && !options_.override_others) {
        return Failed(
            EEXIST,
            "the entry $0 takes the files that $1 is for; take it out with "
            "--replace, or register in front of it with --override",
            outcome.shadows[0], wanted.name);
      }
    }
    // Also an equal entry has to be replaced to come in front of the others:
    // the order is the order of registration.
    const bool is_new = old == nullptr &&
                        (!options_.TakesOutOthers() || outcome.shadows.empty());
    outcome.change = is_new ? Change::kAdded : Change::kReplaced;
    if (expected.enabled) {
      moved_.Add(wanted);
      misplaced_[LastTaker(wanted)] = true;
    }
    for (const size_t position : rivals.going) taken_out_[position] = true;
    return {};
  }

  bool HoldsAlready(const Record& record) const {
    const Expected<Entry> entry = registry_.Read(record.name);
    return entry && SameEntry(*entry, EntryOf(record));
  }

  // Brings the entry of RECORD, which was just registered, into its state, and
  // checks whether the kernel holds what was asked.
  Expected<void> ReadBack(const Record& record) const {
    const Entry expected = EntryOf(record);
    if (!expected.enabled) {
      Expected<void> disabled =
          registry_.SetEnabled(record.name, false, &record);
      if (!disabled) return disabled;
    }
    Expected<Entry> entry = registry_.Read(record.name);
    if (!entry) return std::move(entry.error());
    if (SameEntry(*entry, expected)) return {};
    Error error =
        Failed(0, "the kernel holds $0 otherwise than asked: ", record.name);
    error.Append(Difference(*entry, expected));
    return error;
  }

  // The result of registering RECORD, which the kernel answered with ERRNUM (0:
  // it accepted). Removes the entry where it is not as it was asked.
  Expected<void> Verify(const Record& record, int errnum) const {
    if (errnum != 0) {
      return ExplainRefusal(record, errnum, registry_.dir());
    }
    Expected<void> verified = ReadBack(record);
    if (verified) return verified;
    Error& error = verified.error();
    if (error.errnum() == ENOENT) {
      error = Failed(
          ENOENT,
          "$0 was registered and is gone again: another process took it out",
          record.name);
      return verified;
    }
    error.Append(TakeBack(record));
    return verified;
  }

  // Removes what was registered as RECORD. Returns the end of a message about
  // it.
  std::string TakeBack(const Record& record) const {
    const Expected<void> removed = RemoveOwn(record);
    return removed ? "; it was taken out again"
                   : "; and " + removed.error().text();
  }

  // Removes the entry of RECORD, unless another process has put its own there.
  // One that is gone already is no error.
  Expected<void> RemoveOwn(const Record& record) const {
    return registry_.Remove(record.name, &record);
  }

  // Fails where a program does not run through the entry of RECORD, which is
  // OWNER or a helper of its. Then what was just REGISTERED is removed again.
  Expected<void> TryProgram(const Record& record, std::string_view owner,
                            bool registered) const {
    if (options_.try_program == nullptr) return {};
    const std::string why = options_.try_program(registry_, record);
    if (why.empty()) return {};
    Error error = Failed(0, "$0: no program ran: ", owner);
    Expected<void> removed;
    if (registered) removed = RemoveOwn(record);
    error.Append(absl::StrCat(why, "; ",
                              !removed     ? removed.error().text()
                              : registered ? "taken back"
                                           : "left alone"));
    return error;
  }

  // Registers one record and verifies it.
  Expected<void> RegisterOne(const Record& record) const {
    Expected<std::string> text = FormatRecord(record);
    if (!text) return std::move(text.error());
    Expected<std::vector<int>> errnums = registry_.Register({&*text, 1});
    if (!errnums) return std::move(errnums.error());
    return Verify(record, errnums->front());
  }

  // Replaces the entry of WANTED's name and, where others are to go, the
  // entries SHADOWS.
  Expected<void> Replace(const Record& wanted,
                         std::span<const std::string> shadows) const {
    Record helper = wanted;
    helper.name = HelperName(wanted.name);
    Expected<void> result = RegisterOne(helper);
    if (result) result = TryProgram(helper, wanted.name, /*registered=*/true);
    if (!result) return result;
    const Entry* const old = FindEntry(wanted.name);
    WaitForReaders();
    if (old != nullptr) {
      result = registry_.Remove(wanted.name,
                                old->understood ? &old->record : nullptr);
    }
    if (result) result = RegisterOne(wanted);
    if (!result) {
      // The helper may go only when the old entry is back.
      if (const Expected<void> restored = Restore(old); restored) {
        (void)RemoveOwn(helper);
      } else {
        result.error().Append("; " + restored.error().text());
        result.error().Append(
            Message(", so the new rule stays as $0", helper.name));
      }
      return result;
    }
    WaitForReaders();
    result = RemoveOwn(helper);
    if (!options_.TakesOutOthers()) return result;
    for (const std::string& name : shadows) {
      const Record& shadow = FindEntry(name)->record;
      // One that takes other files as well goes on with those.
      if (!TakesFilesOf(wanted, shadow)) continue;
      Expected<void> removed = RemoveOwn(shadow);
      // An entry of that name that was replaced before shadows nothing now.
      if (!removed && removed.error().errnum() == EBUSY) continue;
      if (result) result = std::move(removed);
    }
    return result;
  }

  // Registers OLD again, unless the registry still has it.
  Expected<void> Restore(const Entry* old) const {
    if (old == nullptr || registry_.Read(old->record.name)) return {};
    Expected<void> restored = RegisterOne(old->record);
    if (!restored || old->enabled) return restored;
    return registry_.SetEnabled(old->record.name, false, &old->record);
  }

  // Removes the helpers of OWNER that a killed run left behind.
  void RemoveLeftovers(const Record& owner, Outcome& outcome) const {
    for (const size_t position : helpers_) {
      const Record& helper = present_[position].record;
      if (IsHelperName(helper.name, owner.name) && helper.SameRule(owner)) {
        Settle(RemoveOwn(helper), outcome);
      }
    }
  }

  Registry& registry_;
  const Guard& guard_;
  const std::span<const Entry> present_;
  const std::span<const Record> wanted_;
  const std::span<const Record> together_;  // with the wanted ones
  const InstallOptions& options_;
  CoverIndex handlers_;          // what is wanted, and the enabled entries
  PositionMap planned_;          // in together_
  CoverIndex last_first_;        // those of together_ that get enabled
  std::vector<bool> misplaced_;  // those that have to come to the front
  std::vector<bool> taken_out_;  // of present_: those that a record takes out
  // Positions in present_: of each name, of what may be helpers, and of the
  // enabled entries that are not asked for, of which overlaps_ is the index.
  PositionMap positions_;
  std::vector<size_t> helpers_;
  std::vector<size_t> rivals_;
  OverlapIndex overlaps_;
  CoverIndex moved_;      // of what is wanted: what comes to the front
  StartedFiles started_;  // by those of present_
};

std::string FlagText(const Entry& entry) {
  const std::string letters =
      FlagLetters(entry.record.flags) + entry.unknown_flags;
  return letters.empty() ? "none" : letters;
}

}  // namespace

Expected<std::vector<Outcome>> Install(Registry& registry, const Guard& guard,
                                       std::span<const Entry> present,
                                       std::span<const Record> wanted,
                                       const InstallOptions& options) {
  return Installer(registry, guard, present, wanted, options).Run();
}

std::string Difference(const Entry& present, const Entry& wanted) {
  const Record& a = present.record;
  const Record& b = wanted.record;
  std::string text;
  const auto compare = [&](std::string_view what, std::string_view is,
                           std::string_view asked) {
    if (is == asked) return;
    if (!text.empty()) text += ", ";
    text += Message("$0 $1 instead of $2", what, is, asked);
  };
  compare("state", present.enabled ? "enabled" : "disabled",
          wanted.enabled ? "enabled" : "disabled");
  const auto type_a = static_cast<char>(a.type);
  const auto type_b = static_cast<char>(b.type);
  compare("type", {&type_a, 1}, {&type_b, 1});
  compare("flags", FlagText(present), FlagText(wanted));
  compare("interpreter", a.interpreter, b.interpreter);
  if (!a.SameRule(b)) {
    compare("offset", absl::StrCat(a.offset), absl::StrCat(b.offset));
    // Their bytes would fill lines.
    if (a.magic != b.magic || a.offset == b.offset) {
      text += absl::StrCat(
          text.empty() ? "another " : ", another ",
          a.magic == b.magic                                     ? "mask"
          : a.type == b.type && a.type == RecordType::kExtension ? "extension"
                                                                 : "magic");
    }
  }
  return text;
}

bool IsHelperName(std::string_view name, std::string_view owner) {
  return absl::ConsumePrefix(&name, HelperStem(owner)) &&
         absl::ConsumePrefix(&name, kHelperInfix) &&
         name.size() == kRandomDigits &&
         absl::c_all_of(name, absl::ascii_isxdigit);
}

}  // namespace binfmt
