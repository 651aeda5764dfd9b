// SPDX-License-Identifier: Apache-2.0
#include "binfmt/install.h"

#include <linux/membarrier.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "absl/base/attributes.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "binfmt/array.h"
#include "binfmt/clock.h"
#include "binfmt/cover_index.h"
#include "binfmt/hash_index.h"
#include "binfmt/kernel.h"
#include "binfmt/match.h"
#include "binfmt/memory.h"
#include "binfmt/text.h"

namespace binfmt {
namespace {

constexpr std::string_view kHelperInfix = ".binfmtbox-";
constexpr size_t kHelperDigits = 8;

// Waits until no execve(2) that began before is still looking for its entry.
// Linux 7.3 looks without a lock: one that has passed the place of a new entry
// and then finds the old one gone says ENOEXEC. membarrier(2) waits for such
// readers, but not where there is one processor only; there, sleeping lets the
// one that was interrupted go on.
void WaitForReaders() {
  constexpr int64_t kMilliseconds = 10;
  if (RunningKernel().IsBefore(7, 3)) return;
  syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0);
  SleepMilliseconds(kMilliseconds);
}

// An unpredictable name, so that nobody can take it first and be mistaken for
// us; recognisable, so that the next run can clean up.
Text HelperName(std::string_view owner) {
  uint32_t bits = 0;
  // GRND_NONBLOCK: in early boot there is no entropy yet, and a name that can
  // be guessed is better than none.
  if (getrandom(&bits, sizeof(bits), GRND_NONBLOCK) !=
      static_cast<ssize_t>(sizeof(bits))) {
    bits = static_cast<uint32_t>(reinterpret_cast<uintptr_t>(&bits));
  }
  const Text infix(kHelperInfix);
  // The name must stay a file name.
  owner = owner.substr(0, kMaxNameLength - infix.size() - kHelperDigits);
  char bytes[sizeof(bits)];
  std::memcpy(bytes, &bits, sizeof(bits));
  return Fill("@@@", owner, infix, Hex(std::string_view(bytes, sizeof(bytes))));
}

bool SameEntry(const Entry& a, const Entry& b) {
  return a.record == b.record && a.enabled == b.enabled &&
         a.unknown_flags == b.unknown_flags;
}

Text FlagText(const Entry& entry) {
  const Text letters =
      Fill("@@", FlagLetters(entry.record.flags), entry.unknown_flags);
  return letters.empty() ? "none" : letters;
}

// Does the work of Install() on one registry.
class Installer {
 public:
  Installer(Registry* registry,
            absl::Span<const Entry> present ABSL_ATTRIBUTE_LIFETIME_BOUND,
            const InstallOptions& options)
      : registry_(registry), present_(present), options_(options) {}

  Error Run(absl::Span<const Record> wanted, Array<Outcome>* outcomes) {
    for (const Record& record : wanted) handlers_.Add(record);
    for (const Entry& entry : present_) Index(entry);
    outcomes->clear();
    outcomes->resize(wanted.size());
    Array<int> additions;
    Array<Text> texts;
    for (size_t i = 0; i < wanted.size(); ++i) {
      Outcome& outcome = (*outcomes)[i];
      Text text;
      outcome.change = Decide(wanted[i], &text, &outcome);
      if (outcome.change != Change::kAdded) continue;
      additions.push_back(static_cast<int>(i));
      texts.push_back(text);
    }
    if (options_.dry_run) return Ok();
    if (Error error = Add(wanted, additions, texts, outcomes); !error.ok()) {
      return error;
    }
    for (size_t i = 0; i < wanted.size(); ++i) {
      Outcome& outcome = (*outcomes)[i];
      if (outcome.change == Change::kReplaced) Replace(wanted[i], &outcome);
      if (outcome.change != Change::kFailed)
        RemoveLeftovers(wanted[i], &outcome);
    }
    return Ok();
  }

 private:
  void Index(const Entry& entry) {
    const Record& record = entry.record;
    names_.Add(record.name);
    if (record.name.find(kHelperInfix) != std::string_view::npos) {
      helpers_.push_back(record.name);
    }
    if (!entry.enabled) return;
    handlers_.Add(record);
    if (!IsForOneMachine(record)) return;
    overlaps_.Add(record);
    rivals_.push_back(&entry);
  }

  const Entry* FindEntry(std::string_view name) const {
    const int position = names_.Find(name);
    return position == NameIndex::kNone ? nullptr : &present_[position];
  }

  // What is to be done for WANTED, whose text for the kernel is put into *TEXT.
  Change Decide(const Record& wanted, Text* text, Outcome* outcome) {
    outcome->error = FormatRecord(wanted, text);
    if (outcome->error.ok()) {
      outcome->error = options_.guard->Check(wanted, &handlers_);
    }
    if (!outcome->error.ok()) return Change::kFailed;
    const Entry* old = FindEntry(wanted.name);
    bool behind = false;
    Array<int> rivals;
    if (IsForOneMachine(wanted)) rivals = overlaps_.Overlapping(wanted);
    for (const int at : rivals) {
      const Entry* other = rivals_[at];
      const Text& name = other->record.name;
      if (name == wanted.name || IsHelperName(name, wanted.name)) continue;
      outcome->shadows.push_back(name);
      // What is in front of it takes the files.
      behind |= other < old;
    }
    const bool same = old != nullptr && SameEntry(*old, EntryOf(wanted));
    const bool outdated = same && registry_->HoldsOlderFile(wanted);
    if (same && !outdated && !behind) return Change::kUnchanged;
    if (options_.replace) {
      return old == nullptr && outcome->shadows.empty() ? Change::kAdded
                                                        : Change::kReplaced;
    }
    if (outdated) {
      outcome->error = Failure(EEXIST,
                               "% is there, and holds the file from before % "
                               "was replaced; swap it with --replace"_fmt,
                               wanted.name, wanted.interpreter);
      return Change::kFailed;
    }
    if (old != nullptr && !same) {
      outcome->error = Failure(
          EEXIST, "% is there and differs: @; swap it with --replace"_fmt,
          wanted.name, Difference(*old, EntryOf(wanted)));
      return Change::kFailed;
    }
    if (!outcome->shadows.empty() && !options_.override_others) {
      outcome->error =
          Failure(EEXIST,
                  "the entry % takes the files that % is for; take it out with "
                  "--replace, or register in front of it with --override"_fmt,
                  outcome->shadows[0], wanted.name);
      return Change::kFailed;
    }
    // In front of the others again: the order is the order of registration.
    return old == nullptr ? Change::kAdded : Change::kReplaced;
  }

  // Registers the records at INDICES, whose texts are TEXTS, in one batch and
  // reads each back.
  Error Add(absl::Span<const Record> wanted, const Array<int>& indices,
            const Array<Text>& texts, Array<Outcome>* outcomes) {
    Array<int> errnums;
    if (Error error = registry_->Register(texts, &errnums); !error.ok()) {
      return error;
    }
    for (size_t i = 0; i < indices.size(); ++i) {
      const Record& record = wanted[indices[i]];
      Outcome& outcome = (*outcomes)[indices[i]];
      if (errnums[i] == 0) {
        outcome.error = Verify(record);
      } else if (errnums[i] == EEXIST && HoldsAlready(record)) {
        outcome.change = Change::kUnchanged;
        continue;
      } else {
        outcome.error = ExplainRefusal(record, errnums[i], registry_->dir());
      }
      if (!outcome.error.ok()) outcome.change = Change::kFailed;
    }
    return Ok();
  }

  bool HoldsAlready(const Record& record) {
    Entry entry;
    return registry_->Read(record.name, &entry).ok() &&
           SameEntry(entry, EntryOf(record));
  }

  // Reads the entry of RECORD back; takes out one that is not what was asked.
  Error Verify(const Record& record) {
    MemoryScope look;
    Entry entry;
    const Entry expected = EntryOf(record);
    Error error =
        expected.enabled ? Ok() : registry_->SetEnabled(record.name, false);
    if (error.ok()) error = registry_->Read(record.name, &entry);
    if (error.ok() && SameEntry(entry, expected)) return Ok();
    look.Keep();
    if (error.errnum() == ENOENT) {
      return Failure(
          ENOENT,
          "% was registered and is gone again: another process took it out"_fmt,
          record.name);
    }
    if (error.ok()) {
      error = Failure(0, "the kernel holds % otherwise than asked: @"_fmt,
                      record.name, Difference(entry, expected));
    }
    const Error removal = registry_->Remove(record.name);
    if (removal.ok()) {
      error.AddText("; it was taken out again"_fmt);
    } else {
      error.AddText("; and @"_fmt, removal.text());
    }
    return error;
  }

  // Registers one record and verifies it.
  Error RegisterOne(const Record& record) {
    Text text;
    if (Error error = FormatRecord(record, &text); !error.ok()) return error;
    Array<int> errnums;
    if (Error error = registry_->Register({text}, &errnums); !error.ok()) {
      return error;
    }
    if (errnums[0] != 0) {
      return ExplainRefusal(record, errnums[0], registry_->dir());
    }
    return Verify(record);
  }

  void Replace(const Record& wanted, Outcome* outcome) {
    Record helper = wanted;
    helper.name = HelperName(wanted.name);
    if (outcome->error = RegisterOne(helper); !outcome->error.ok()) {
      outcome->change = Change::kFailed;
      return;
    }
    outcome->error = SwapBehind(helper, wanted, *outcome);
    if (!outcome->error.ok()) outcome->change = Change::kFailed;
  }

  // With the helper in front, exchanges what is behind it.
  Error SwapBehind(const Record& helper, const Record& wanted,
                   const Outcome& outcome) {
    const Entry* old = FindEntry(wanted.name);
    WaitForReaders();
    Error error = old == nullptr ? Ok() : registry_->Remove(wanted.name);
    if (error.ok()) error = RegisterOne(wanted);
    if (!error.ok()) {
      // The helper may go only when the old entry is back.
      const Error back = Restore(old);
      if (back.ok()) {
        (void)registry_->Remove(helper.name).ok();
      } else {
        error.AddText("; @, so the new rule stays as %"_fmt, back.text(),
                      helper.name);
      }
      return error;
    }
    WaitForReaders();
    error = registry_->Remove(helper.name);
    if (!options_.replace) return error;
    for (const Text& name : outcome.shadows) {
      if (Error removal = registry_->Remove(name); error.ok()) {
        error = std::move(removal);
      }
    }
    return error;
  }

  Error Restore(const Entry* old) {
    if (old == nullptr) return Ok();
    Entry now;
    if (registry_->Read(old->record.name, &now).ok()) return Ok();
    if (Error error = RegisterOne(old->record); !error.ok()) return error;
    return old->enabled ? Ok() : registry_->SetEnabled(old->record.name, false);
  }

  // Takes out the helpers of a run that died in between.
  void RemoveLeftovers(const Record& wanted, Outcome* outcome) {
    for (const Text& name : helpers_) {
      if (!IsHelperName(name, wanted.name)) continue;
      if (Error error = registry_->Remove(name); !error.ok()) {
        outcome->error = std::move(error);
        outcome->change = Change::kFailed;
      }
    }
  }

  Registry* registry_;
  absl::Span<const Entry> present_;
  InstallOptions options_;
  NameIndex names_;      // of present_
  Array<Text> helpers_;  // names that may be those of helpers
  CoverIndex handlers_;  // what is wanted, and what is there and enabled
  // What is there and enabled, for one machine.
  Array<const Entry*> rivals_;
  OverlapIndex overlaps_;  // of rivals_
};

}  // namespace

Error Install(Registry* registry, absl::Span<const Entry> present,
              absl::Span<const Record> wanted, const InstallOptions& options,
              Array<Outcome>* outcomes) {
  return Installer(registry, present, options).Run(wanted, outcomes);
}

Text Difference(const Entry& present, const Entry& wanted) {
  Text text;
  const auto add = [&](std::string_view what, const Text& is,
                       const Text& asked) {
    if (is == asked) return;
    text = Fill("@@@ % instead of %"_fmt, text, text.empty() ? "" : ", ", what,
                is, asked);
  };
  const auto state = [](const Entry& entry) {
    return Text(entry.enabled ? "enabled" : "disabled");
  };
  const auto type = [](const Entry& entry) {
    const char letter = static_cast<char>(entry.record.type);
    return Text(std::string_view(&letter, 1));
  };
  add("state", state(present), state(wanted));
  add("type", type(present), type(wanted));
  add("flags", FlagText(present), FlagText(wanted));
  add("interpreter", present.record.interpreter, wanted.record.interpreter);
  if (!present.record.SameRule(wanted.record)) {
    const auto mask = [](const Entry& entry) {
      return entry.record.mask.empty() ? "none" : Hex(entry.record.mask);
    };
    add("offset", Decimal(present.record.offset),
        Decimal(wanted.record.offset));
    add("magic", Hex(present.record.magic), Hex(wanted.record.magic));
    add("mask", mask(present), mask(wanted));
  }
  return text;
}

bool IsHelperName(std::string_view name, std::string_view owner) {
  owner = owner.substr(0, kMaxNameLength - kHelperInfix.size() - kHelperDigits);
  Text bytes;
  return absl::ConsumePrefix(&name, owner) &&
         absl::ConsumePrefix(&name, kHelperInfix) &&
         name.size() == kHelperDigits && Unhex(name, &bytes);
}

}  // namespace binfmt
