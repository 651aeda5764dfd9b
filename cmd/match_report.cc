// SPDX-License-Identifier: Apache-2.0
#include "cmd/match_report.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "arch_table/table.h"
#include "binfmt/base/error.h"
#include "binfmt/base/message.h"
#include "binfmt/kernel/exec_chain.h"
#include "binfmt/kernel/interpreter.h"
#include "binfmt/record/elf_header.h"
#include "binfmt/record/match.h"
#include "binfmt/record/record.h"
#include "cmd/entry_table.h"
#include "cmd/fold.h"
#include "cmd/json.h"
#include "cmd/targets.h"

namespace cmd {
namespace {

using arch_table::Target;
using binfmt::Entry;
using binfmt::Error;
using binfmt::ExecStep;
using binfmt::Record;

constexpr uint16_t kExec = 2;
constexpr uint16_t kDyn = 3;

std::string_view TypeWord(uint16_t type) {
  if (type == kExec) return "EXEC";
  return type == kDyn ? "DYN" : "other";
}

// What PROGRAM is, for people. HANDLER starts it; nullptr: none does.
std::string Describe(const binfmt::Program& program, const Record* handler) {
  if (!program.is_readable) {
    return handler != nullptr && (handler->flags & binfmt::kFixBinary) != 0
               ? "held open by flag F"
               : "can't be read";
  }
  if (!program.elf) return "no ELF file";
  const binfmt::ElfFile& elf = *program.elf;
  const Target* target = TargetOf(program);
  return absl::StrCat(
      "ELF ", elf.is_64bit ? "64" : "32", "-bit ",
      elf.is_big_endian ? "big" : "little", "-endian ",
      target == nullptr ? absl::StrCat(elf.machine) : std::string(target->name),
      " ", TypeWord(elf.type), elf.loader_path.empty() ? "" : ", loader ",
      elf.loader_path);
}

// What happens to STEP's file.
std::string DescribeTaker(const ExecStep& step) {
  if (const Record* handler = step.taker.handler) {
    return absl::StrCat("taken by ", handler->name,
                        (handler->flags & binfmt::kFixBinary) != 0
                            ? ", flag F holds its interpreter"
                            : "");
  }
  if (!step.taker.interpreter.empty()) {
    return absl::StrCat("#!", step.taker.interpreter);
  }
  if (!step.program->is_readable) return "assumed to run";
  return step.is_native ? "native" : "nothing";
}

// The byte AT of BYTES in hex; OTHERWISE where they end before.
std::string HexAt(std::string_view bytes, size_t at, char otherwise) {
  const char c = at < bytes.size() ? bytes[at] : otherwise;
  return absl::BytesToHexString({&c, 1});
}

// Whether ENTRY takes FILE, which TAKER (nullptr: none) really does, and why
// not.
std::string DescribeEntry(const Entry& entry, const ExecStep& file,
                          const Entry* taker) {
  const Record& record = entry.record;
  if (record.type == binfmt::RecordType::kBpf) return "can't be told";
  const std::string& head = file.program->head;
  const int position = binfmt::FirstMismatch(record, {head, file.path});
  if (position == binfmt::kNoExtension) {
    return absl::StrCat("extension is not ", record.magic);
  }
  if (position != binfmt::kMatches) {
    const auto at = static_cast<size_t>(position);
    const size_t i = at - record.offset;
    return absl::StrCat("byte ", at, " is ", HexAt(head, at, '\0'), ", not ",
                        HexAt(record.magic, i, '\0'), ", mask ",
                        HexAt(record.mask, i, '\xff'));
  }
  if (&entry == taker) return "takes it";
  if (taker == nullptr || !entry.enabled) return "would take it";
  const bool same_age =
      entry.modified != 0 && entry.modified == taker->modified;
  return absl::StrCat(same_age ? "as old as " : "shadowed by ",
                      taker->record.name);
}

// Prints rows of three fields: an entry or a file, what it is, and what
// follows.
class RowPrinter {
 public:
  RowPrinter(bool as_json, Console& console)
      : as_json_(as_json), console_(console) {}

  void Print(std::string_view name, std::string_view what,
             std::string_view result) {
    if (as_json_) {
      json_.BeginObject();
      json_.Field("name", name);
      json_.Field("what", what);
      json_.Field("result", result);
      json_.EndObject();
    } else {
      console_.Result(
          Fold(binfmt::Message("$0: $1, $2\n", name, what, result), width_));
    }
  }

  JsonWriter& json() { return json_; }

 private:
  const bool as_json_;
  Console& console_;
  const size_t width_ = LineWidth(console_);
  JsonWriter json_;
};

}  // namespace

void ReportMatch(const std::string& file, bool enabled,
                 const binfmt::Registry& registry,
                 std::span<const Entry> entries, bool as_json,
                 Console& console) {
  if (registry.saved()) {
    console.Note("a copy: order by modification times, newest first");
  }
  if (!enabled) console.Note("binfmt_misc is disabled");

  const auto find_entry =
      [&](const binfmt::Candidate& candidate) -> const Entry* {
    if (!enabled) return nullptr;
    for (const Entry& entry : entries) {
      // Bytes that cannot be read cannot be judged, but an extension can.
      if (entry.enabled &&
          (!candidate.head.empty() ||
           entry.record.type == binfmt::RecordType::kExtension) &&
          binfmt::Matches(entry.record, candidate)) {
        return &entry;
      }
    }
    return nullptr;
  };
  const auto find_handler =
      [&](const binfmt::Candidate& candidate) -> const Record* {
    const Entry* entry = find_entry(candidate);
    return entry == nullptr ? nullptr : &entry->record;
  };
  const auto holds_other_file = [&](const Record& handler) {
    return registry.HoldsOtherFile(handler).value_or(false);
  };
  binfmt::ProgramCache programs;
  binfmt::ExecChain chain = binfmt::WalkExec(
      file, {find_handler, holds_other_file, RunsNatively, programs});
  std::optional<Error> error = std::move(chain.error);
  if (chain.steps.empty()) {
    if (error) console.Complain(*error);
    return;
  }

  RowPrinter printer(as_json, console);
  JsonWriter& json = printer.json();
  json.BeginObject();
  json.BeginArray("entries");
  const ExecStep& first = chain.steps.front();
  const Entry* taker = find_entry({first.program->head, first.path});
  for (const Entry& entry : entries) {
    printer.Print(entry.record.name, entry.enabled ? "enabled" : "disabled",
                  DescribeEntry(entry, first, taker));
  }
  json.EndArray();
  json.BeginArray("steps");
  const Record* handler = nullptr;
  for (const ExecStep& step : chain.steps) {
    printer.Print(step.path, Describe(*step.program, handler),
                  DescribeTaker(step));
    handler = step.taker.handler;
  }
  json.EndArray();

  const ExecStep& last = chain.steps.back();
  if (DescribeTaker(last) == "nothing") {
    const Target* target = TargetOf(*last.program);
    const bool is_program = target != nullptr && last.program->elf &&
                            last.program->elf->is_loadable;
    error = is_program ? NoEntry(*target) : Error(0, "no entry takes it");
    // What would help; nothing of a copy can be enabled.
    const binfmt::Candidate candidate = {last.program->head, last.path};
    for (const Entry& entry : entries) {
      if (registry.saved() || !binfmt::Matches(entry.record, candidate)) {
        continue;
      }
      error = enabled ? Disabled(entry.record.name)
                      : binfmt::Failed(0,
                                       "no entry takes it while binfmt_misc is "
                                       "disabled; enable it with: echo 1 > "
                                       "$0/status",
                                       registry.dir());
      break;
    }
  }
  json.Field("enabled", enabled);
  json.Field("saved", registry.saved());
  json.Field("runs", !error.has_value());
  json.EndObject();
  if (as_json) console.Result(absl::StrCat(json.text(), "\n"));
  if (error) console.Complain(*error);
}

}  // namespace cmd
