// SPDX-License-Identifier: Apache-2.0
#include "binfmt/record/entry.h"

#include <algorithm>
#include <cerrno>
#include <expected>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "binfmt/base/decimal.h"
#include "binfmt/base/message.h"

namespace binfmt {
namespace {

// Takes the first line, without its newline, off TEXT.
std::string_view TakeLine(std::string_view* text) {
  const std::string_view line = text->substr(0, text->find('\n'));
  text->remove_prefix(std::min(line.size() + 1, text->size()));
  return line;
}

void ParseFlags(std::string_view letters, Entry* entry) {
  for (size_t i = 0; i < letters.size(); ++i) {
    if (const std::optional<Flags> flag =
            ParseFlagLetters(letters.substr(i, 1))) {
      entry->record.flags |= *flag;
    } else {
      entry->unknown_flags.push_back(letters[i]);
    }
  }
}

// Reads TEXT into ENTRY. Returns what is wrong with it, or nullptr.
const char* Parse(std::string_view text, Entry* entry) {
  Record& record = entry->record;
  if (text.find('\0') != std::string_view::npos) {
    return "it holds a zero byte";
  }
  if (absl::ConsumePrefix(&text, "enabled\n")) {
    entry->enabled = true;
  } else if (!absl::ConsumePrefix(&text, "disabled\n")) {
    return "it begins with neither enabled nor disabled";
  }
  bool has_matcher = false;
  if (absl::ConsumePrefix(&text, "interpreter ")) {
    // The path may hold a newline; the flags line ends it.
    const size_t end = text.find("\nflags: ");
    if (end == std::string_view::npos) return "no flags line";
    record.interpreter = text.substr(0, end);
    text.remove_prefix(end + 1);
  } else if (absl::ConsumePrefix(&text, "bpf ")) {
    record.type = RecordType::kBpf;
    record.interpreter = TakeLine(&text);
    has_matcher = true;
  } else {
    return "no interpreter line";
  }
  bool has_flags = false;
  while (!text.empty()) {
    if (absl::ConsumePrefix(&text, "extension .")) {
      // The extension may hold a newline and is the last field.
      has_matcher = true;
      record.type = RecordType::kExtension;
      record.magic = absl::StripSuffix(text, "\n");
      break;
    }
    std::string_view line = TakeLine(&text);
    if (absl::ConsumePrefix(&line, "flags: ")) {
      has_flags = true;
      ParseFlags(line, entry);
    } else if (absl::ConsumePrefix(&line, "offset ")) {
      const std::optional<uint64_t> offset = ParseDecimal(line, INT32_MAX);
      if (!offset) return "the offset is no number";
      record.offset = *offset;
    } else if (absl::ConsumePrefix(&line, "magic ")) {
      if (!absl::HexStringToBytes(line, &record.magic)) {
        return "the magic is not hex";
      }
      has_matcher = true;
    } else if (absl::ConsumePrefix(&line, "mask ")) {
      if (!absl::HexStringToBytes(line, &record.mask)) {
        return "the mask is not hex";
      }
    } else {
      entry->complete = false;
    }
  }
  if (!has_flags) return "no flags line";
  if (!has_matcher) return "neither magic nor extension";
  if (!record.mask.empty() && record.mask.size() != record.magic.size()) {
    return "mask and magic differ in length";
  }
  return nullptr;
}

}  // namespace

Expected<Entry> ParseEntry(std::string_view name, std::string_view content) {
  Expected<Entry> entry;
  entry->record.name = name;
  if (const char* const why = Parse(content, &*entry)) {
    entry = std::unexpected(Error(
        EINVAL,
        absl::StrCat(Message("entry \"$0\" is not understood: ", name), why)));
  }
  return entry;
}

std::string FormatEntry(const Entry& entry) {
  const Record& record = entry.record;
  const bool is_bpf = record.type == RecordType::kBpf;
  std::string text = absl::StrCat(
      entry.enabled ? "enabled\n" : "disabled\n",
      is_bpf ? "bpf " : "interpreter ", record.interpreter,
      "\nflags: ", FlagLetters(record.flags), entry.unknown_flags, "\n");
  if (record.type == RecordType::kExtension) {
    text += absl::StrCat("extension .", record.magic, "\n");
  } else if (record.type == RecordType::kMagic) {
    text += absl::StrCat("offset ", record.offset, "\nmagic ",
                         absl::BytesToHexString(record.magic), "\n");
    if (!record.mask.empty()) {
      text += absl::StrCat("mask ", absl::BytesToHexString(record.mask), "\n");
    }
  }
  return text;
}

Entry EntryOf(const Record& record) {
  Entry entry;
  entry.record = record;
  entry.record.flags &= static_cast<Flags>(~kStartDisabled);
  entry.enabled = (record.flags & kStartDisabled) == 0;
  return entry;
}

bool SameEntry(const Entry& a, const Entry& b) {
  return a.record == b.record && a.enabled == b.enabled &&
         a.unknown_flags == b.unknown_flags;
}

}  // namespace binfmt
