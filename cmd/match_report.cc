// SPDX-License-Identifier: Apache-2.0
#include "cmd/match_report.h"

#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "absl/base/attributes.h"
#include "arch_table/table.h"
#include "binfmt/array.h"
#include "binfmt/elf_header.h"
#include "binfmt/entry.h"
#include "binfmt/error.h"
#include "binfmt/format.h"
#include "binfmt/interpreter.h"
#include "binfmt/match.h"
#include "binfmt/record.h"
#include "binfmt/registry.h"
#include "binfmt/script.h"
#include "binfmt/text.h"
#include "cmd/json.h"
#include "cmd/targets.h"

namespace cmd {
namespace {

using arch_table::Target;
using binfmt::Entry;
using binfmt::Error;
using binfmt::Failure;
using binfmt::Fill;
using binfmt::Format;
using binfmt::operator""_fmt;
using binfmt::Record;
using binfmt::Text;

// exec_binprm(): depth > 5 is ELOOP.
constexpr int kMostHops = 5;
constexpr uint16_t kExec = 2;
constexpr uint16_t kDyn = 3;
constexpr size_t kHeaderLength = 64;

// The byte AT of BYTES in hex; OTHERWISE where they end before.
Text HexAt(std::string_view bytes, size_t at, char otherwise) {
  const char c = at < bytes.size() ? bytes.data()[at] : otherwise;
  return binfmt::Hex({&c, 1});
}

class Matcher {
 public:
  Matcher(const Overview& overview ABSL_ATTRIBUTE_LIFETIME_BOUND,
          const binfmt::Registry& registry ABSL_ATTRIBUTE_LIFETIME_BOUND,
          const binfmt::Array<Entry>& entries ABSL_ATTRIBUTE_LIFETIME_BOUND,
          bool is_json, Console* console)
      : overview_(overview),
        registry_(registry),
        entries_(entries),
        is_json_(is_json),
        console_(console) {}

  // Prints, and says why the file at PATH does not run.
  Error Run(std::string_view path);

 private:
  // One line, or one object of three keys: an entry or a file, what it is, what
  // comes of it.
  void PrintRow(const Text& name, const Text& what, const Text& result);
  void PrintEntry(const Entry& entry, const Entry* taker);
  // What program_ is, for people; its target, nullptr where it has none.
  Text Describe(const Target** target) const;

  const Overview& overview_;
  const binfmt::Registry& registry_;
  const binfmt::Array<Entry>& entries_;
  const bool is_json_;
  Console* const console_;
  // The file that the kernel has arrived at.
  Text path_;
  binfmt::Interpreter program_;
  JsonWriter json_;  // is written in any case, and printed where asked for
};

void Matcher::PrintRow(const Text& name, const Text& what, const Text& result) {
  json_.BeginObject();
  json_.Field("name", name);
  json_.Field("what", what);
  json_.Field("result", result);
  json_.EndObject();
  if (!is_json_) console_->Result("%: %, %\n"_fmt, name, what, result);
}

void Matcher::PrintEntry(const Entry& entry, const Entry* taker) {
  const Record& record = entry.record;
  const int position = binfmt::FirstMismatch(record, {program_.head, path_});
  Format result = "would take it"_fmt;
  const Text* other = &record.magic;
  Text bytes;
  if (record.type == binfmt::RecordType::kBpf) {
    result = "can't be told"_fmt;
  } else if (position == binfmt::kNoExtension) {
    result = "extension is not @"_fmt;
  } else if (position != binfmt::kMatches) {
    const auto at = static_cast<size_t>(position);
    const size_t i = at - record.offset;
    bytes = Fill("byte @ is @, not @, mask @"_fmt, binfmt::Decimal(at),
                 HexAt(program_.head, at, '\0'), HexAt(record.magic, i, '\0'),
                 HexAt(record.mask, i, '\xff'));
    other = &bytes;
    result = "@";
  } else if (&entry == taker) {
    result = "takes it";
  } else if (taker != nullptr && entry.enabled) {
    result = entry.modified != 0 && entry.modified == taker->modified
                 ? Format("as old as @")
                 : "shadowed by @"_fmt;
    other = &taker->record.name;
  }
  PrintRow(record.name, entry.enabled ? "enabled" : "disabled",
           Fill(result, *other));
}

Text Matcher::Describe(const Target** target) const {
  if (!program_.is_elf) return "no ELF file";
  const binfmt::ElfFile& elf = program_.elf;
  // The kernel's loader never reads EI_VERSION, and an object file has a
  // machine, too.
  char head[kHeaderLength] = {};
  program_.head.copy(head, sizeof(head));
  head[binfmt::kElfVersionPosition] = 1;
  head[binfmt::kElfTypePosition] = elf.is_big_endian ? 0 : kExec;
  head[binfmt::kElfTypePosition + 1] = elf.is_big_endian ? kExec : 0;
  *target = arch_table::FindByHeader({head, sizeof(head)});
  return Fill("ELF @-bit @-endian @ @@@"_fmt, elf.is_64bit ? "64" : "32",
              elf.is_big_endian ? "big" : "little",
              *target == nullptr ? binfmt::Decimal(elf.machine)
                                 : Text((*target)->name()),
              elf.type == kExec  ? "EXEC"
              : elf.type == kDyn ? "DYN"
                                 : "other",
              elf.loader_path.empty() ? "" : ", loader ", elf.loader_path);
}

Error Matcher::Run(std::string_view path) {
  path_ = path;
  Error error = InspectProgram("% @", path_, &program_);
  if (error.ok() && !program_.is_readable) {
    error = binfmt::SystemError("read", path_, EACCES);
  }
  if (!error.ok()) return error;
  Format limit = "five interpreters are the most"_fmt;
  int left = kMostHops;
  for (;;) {
    const Entry* taker = nullptr;
    for (const Entry& entry : entries_) {
      if (taker == nullptr && overview_.enabled && entry.enabled &&
          binfmt::Matches(entry.record, {program_.head, path_})) {
        taker = &entry;
      }
    }
    if (json_.text().empty()) {
      json_.BeginObject();
      json_.Key("entries");
      json_.BeginArray();
      for (const Entry& entry : entries_) PrintEntry(entry, taker);
      json_.EndArray();
      json_.Key("steps");
      json_.BeginArray();
    }
    const Target* target = nullptr;
    const Text what = Describe(&target);
    Text next;
    const Text* other = &next;
    binfmt::Flags flags = 0;
    bool is_native = false;
    Format result = "unknown";
    if (taker != nullptr) {
      flags = taker->record.flags;
      next = taker->record.interpreter;
      other = &taker->record.name;
      result = (flags & binfmt::kFixBinary) != 0
                   ? "taken by @, flag F holds its interpreter"_fmt
                   : "taken by @"_fmt;
    } else if (binfmt::ParseScript(program_.head, &next)) {
      result = "#!@";
    } else if (program_.is_readable) {
      result = "nothing";
      if (!program_.elf.is_loadable || target == nullptr) {
        error = Failure(0, "no entry takes it"_fmt);
      } else if (!IsNative(target)) {
        error = NoEntry(target);
      } else {
        result = "native";
        is_native = true;
        next = program_.elf.loader_path;
      }
    }
    PrintRow(path_, what, Fill(result, *other));
    if (next.empty()) break;
    path_ = next;
    error = InspectProgram(is_native ? "loader % @" : "interpreter % @", path_,
                           &program_);
    if (is_native) break;
    if ((flags & binfmt::kFixBinary) != 0 &&
        (!error.ok() || registry_.HoldsOlderFile(taker->record))) {
      program_ = binfmt::Interpreter();
      error = binfmt::Ok();
    }
    if (error.ok() && --left < 0) error = Failure(0, limit);
    if (!error.ok()) break;
    if (left > 0 &&
        (flags & (binfmt::kOpenBinary | binfmt::kTransparent)) != 0) {
      limit = "flag O or C allows one interpreter only"_fmt;
      left = 0;
    }
  }
  json_.EndArray();
  json_.Field("enabled", overview_.enabled);
  json_.Field("saved", registry_.saved());
  json_.Field("runs", error.ok());
  json_.EndObject();
  if (is_json_) console_->Result("@\n", json_.text());
  return error;
}

}  // namespace

void ReportMatch(std::string_view file, const Overview& overview,
                 const binfmt::Registry& registry,
                 const binfmt::Array<Entry>& entries, bool json,
                 Console* console) {
  if (registry.saved()) {
    console->Note("a copy: order by modification times, newest first"_fmt);
  }
  if (!overview.enabled) console->Note("binfmt_misc is disabled"_fmt);
  const Error error =
      Matcher(overview, registry, entries, json, console).Run(file);
  if (!error.ok()) console->Complain(error);
}

}  // namespace cmd
