// SPDX-License-Identifier: Apache-2.0
#include "binfmt/entry.h"

#include <cerrno>
#include <cstring>

#include "absl/strings/strip.h"
#include "binfmt/text.h"

namespace binfmt {
namespace {

Error Malformed(std::string_view name, Format what) {
  return Failure(EINVAL, "entry \"%\" is not understood: @"_fmt, name, what);
}

// Takes the next line off TEXT; false at its end.
bool NextLine(std::string_view* text, std::string_view* line) {
  if (text->empty()) return false;
  *line = TakeUntil('\n', text);
  return true;
}

void ParseFlags(std::string_view letters, Entry* entry) {
  for (const char c : letters) {
    Flags flag;
    if (ParseFlagLetters(std::string_view(&c, 1), &flag)) {
      entry->record.flags |= flag;
    } else {
      entry->unknown_flags =
          Fill("@@", entry->unknown_flags, std::string_view(&c, 1));
    }
  }
}

}  // namespace

Error ParseEntry(std::string_view name, const Text& content, Entry* entry) {
  *entry = Entry();
  Record& record = entry->record;
  record.name = Text(name);
  std::string_view text = content;
  // Half the instructions of a search for a zero byte.
  if (std::strlen(content.c_str()) != content.size()) {
    return Malformed(name, "it holds a zero byte");
  }
  if (absl::ConsumePrefix(&text, "enabled\n")) {
    entry->enabled = true;
  } else if (!absl::ConsumePrefix(&text, "disabled\n")) {
    return Malformed(name, "it begins with neither enabled nor disabled"_fmt);
  }
  // An interpreter may hold a newline; it ends at the flags line.
  bool has_matcher = false;
  if (absl::ConsumePrefix(&text, "interpreter ")) {
    const size_t end = text.find("\nflags: ");
    if (end == std::string_view::npos) return Malformed(name, "no flags line");
    record.interpreter = Text(text.substr(0, end));
    text.remove_prefix(end + 1);
  } else if (absl::ConsumePrefix(&text, "bpf ")) {
    std::string_view program;
    NextLine(&text, &program);
    record.type = RecordType::kBpf;
    record.interpreter = Text(program);
    has_matcher = true;
  } else {
    return Malformed(name, "no interpreter line"_fmt);
  }
  bool has_flags = false;
  std::string_view line;
  while (NextLine(&text, &line)) {
    if (absl::ConsumePrefix(&line, "flags: ")) {
      has_flags = true;
      ParseFlags(line, entry);
    } else if (absl::ConsumePrefix(&line, "extension .")) {
      has_matcher = true;
      record.type = RecordType::kExtension;
      record.magic = Text(line);
      // The extension may hold a newline and is the last field.
      if (!text.empty()) {
        record.magic = Fill("@\n@", line, absl::StripSuffix(text, "\n"));
      }
      break;
    } else if (absl::ConsumePrefix(&line, "offset ")) {
      if (!ParseDecimal(line, 0x7fffffff, &record.offset)) {
        return Malformed(name, "the offset is no number"_fmt);
      }
    } else if (absl::ConsumePrefix(&line, "magic ")) {
      has_matcher = true;
      if (!Unhex(line, &record.magic)) {
        return Malformed(name, "the magic is not hex"_fmt);
      }
    } else if (absl::ConsumePrefix(&line, "mask ")) {
      if (!Unhex(line, &record.mask)) {
        return Malformed(name, "the mask is not hex"_fmt);
      }
    } else {
      entry->complete = false;
    }
  }
  if (!has_flags) return Malformed(name, "no flags line");
  if (!has_matcher) return Malformed(name, "neither magic nor extension"_fmt);
  if (!record.mask.empty() && record.mask.size() != record.magic.size()) {
    return Malformed(name, "mask and magic differ in length"_fmt);
  }
  return Ok();
}

Text FormatEntry(const Entry& entry) {
  const Record& record = entry.record;
  const Text head =
      Fill("@@@\nflags: @@\n"_fmt, entry.enabled ? "enabled" : "disabled",
           record.type == RecordType::kBpf ? "\nbpf " : "\ninterpreter ",
           record.interpreter, FlagLetters(record.flags), entry.unknown_flags);
  switch (record.type) {
    case RecordType::kMagic:
      return Fill("@offset @\nmagic @\n@@@"_fmt, head, Decimal(record.offset),
                  Hex(record.magic), record.mask.empty() ? "" : "mask ",
                  Hex(record.mask), record.mask.empty() ? "" : "\n");
    case RecordType::kExtension:
      return Fill("@extension .@\n"_fmt, head, record.magic);
    case RecordType::kBpf:
      break;
  }
  return head;
}

Entry EntryOf(const Record& record) {
  Entry entry;
  entry.record = record;
  entry.enabled = (record.flags & kStartDisabled) == 0;
  entry.record.flags &= static_cast<Flags>(~kStartDisabled);
  return entry;
}

}  // namespace binfmt
