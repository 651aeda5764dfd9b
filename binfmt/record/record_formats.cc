// SPDX-License-Identifier: Apache-2.0
#include "binfmt/record/record_formats.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <expected>
#include <iterator>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "binfmt/base/message.h"

namespace binfmt {
namespace {

constexpr char kBlanks[] = " \t\r";

std::string_view StripBlanks(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
  return line.substr(0, line.find_last_not_of(kBlanks) + 1);
}

// The values of a format file.
struct Values {
  std::string_view package;
  std::string_view interpreter;
  std::string_view detector;
  std::string_view magic;
  std::string_view offset;
  std::string_view mask;
  std::string_view extension;
  std::string_view expose_interpreter;
  Flags flags = 0;
};

struct Key {
  std::string_view name;
  std::string_view Values::*value;  // null: "yes" sets flags, "no" clears them
  Flags flags = 0;
};

// In the order in which FormatDebian() writes them.
constexpr Key kKeys[] = {
    {"package", &Values::package},
    {"interpreter", &Values::interpreter},
    {"detector", &Values::detector},
    {"magic", &Values::magic},
    {"offset", &Values::offset},
    {"mask", &Values::mask},
    {"extension", &Values::extension},
    {"expose_interpreter", &Values::expose_interpreter},
    {"credentials", nullptr, kCredentials | kOpenBinary},
    {"preserve", nullptr, kPreserveArgv0},
    {"fix_binary", nullptr, kFixBinary},
};

// Puts VALUE where KEY belongs. Fails where there is no such key, and where it
// cannot have this value.
Expected<void> Assign(std::string_view key, std::string_view value,
                      Values* values) {
  for (const Key& known : kKeys) {
    if (known.name != key) continue;
    if (known.value != nullptr) {
      if (key == "package" && !values->package.empty()) {
        return Failed(EINVAL, "a second package, \"$0\"", value);
      }
      // update-binfmts writes it between colons.
      if (value.find(':') != value.npos) {
        return Failed(EINVAL,
                      "a colon in $0, which ends it; in magic and mask it is "
                      "\"\\x3a\"",
                      key);
      }
      values->*known.value = value;
    } else if (value == "yes") {
      values->flags |= known.flags;
    } else if (value == "no") {
      values->flags &= static_cast<Flags>(~known.flags);
    } else {
      return Failed(EINVAL, "$0 is yes or no, not \"$1\"", key, value);
    }
    return {};
  }
  return Failed(EINVAL, "no key and value of a format file: \"$0 $1\"", key,
                value);
}

// An interpreter, and either a magic or an extension.
bool IsComplete(const Values& values) {
  return !values.interpreter.empty() &&
         values.magic.empty() != values.extension.empty();
}

std::string RuleOf(std::string_view name, const Values& values) {
  const bool by_magic = values.extension.empty();
  const std::string flags = FlagLetters(values.flags);
  std::string rule;
  for (const std::string_view field :
       {name == "-" ? values.package : name,
        std::string_view(by_magic ? "M" : "E"), values.offset,
        by_magic ? values.magic : values.extension, values.mask,
        values.detector.empty() ? values.interpreter : kRunDetectors,
        std::string_view(flags)}) {
    rule += ':';
    rule += field;
  }
  return rule;
}

// How many lines FILE has, with the last one even where it lacks a newline.
unsigned CountLines(std::string_view file) {
  const auto newlines = std::count(file.begin(), file.end(), '\n');
  return static_cast<unsigned>(newlines) +
         (file.empty() || file.ends_with('\n') ? 0 : 1);
}

}  // namespace

std::vector<RecordLine> ParseBinfmtD(std::string_view file) {
  std::vector<RecordLine> lines;
  unsigned number = 0;
  for (std::string_view line : absl::StrSplit(file, '\n')) {
    ++number;
    line = StripBlanks(line);
    const bool disabled = absl::ConsumePrefix(&line, kDisabledPrefix);
    if (!disabled && (line.empty() || line[0] == '#' || line[0] == ';')) {
      continue;
    }
    lines.push_back({number, absl::StrCat(line, disabled ? "D" : "")});
  }
  return lines;
}

bool IsDebianFormat(std::string_view file) {
  const std::vector<RecordLine> lines = ParseBinfmtD(file);
  if (lines.empty()) return false;
  const std::string_view line = lines.front().text;
  const std::string_view word = line.substr(0, line.find_first_of(" \t"));
  return absl::c_all_of(
      word, [](unsigned char c) { return c == '_' || absl::ascii_isalpha(c); });
}

DebianFormat ParseDebianFormat(std::string_view file, std::string_view name) {
  const std::vector<RecordLine> lines = ParseBinfmtD(file);
  Values values;
  unsigned interpreter_line = 0;
  std::string rule;
  for (const RecordLine& line : lines) {
    std::string_view value = line.text;
    const std::string_view key = value.substr(0, value.find(' '));
    value.remove_prefix(std::min(key.size() + 1, value.size()));
    if (Expected<void> known = Assign(key, value, &values); !known) {
      return {line.number, std::unexpected(std::move(known.error()))};
    }
    if (key == "interpreter") interpreter_line = line.number;
    if (!IsComplete(values)) continue;
    // Checked at each line from now on, so that an error names the line at
    // fault.
    rule = RuleOf(name, values);
    if (Expected<Record> record = ParseRecord(rule); !record) {
      return {line.number, std::unexpected(std::move(record.error()))};
    }
  }
  if (!IsComplete(values)) {
    return {CountLines(file),
            std::unexpected(Error(EINVAL,
                                  "a format file has an interpreter, and magic "
                                  "or extension"))};
  }
  return {interpreter_line, std::move(rule)};
}

DebianFormat ParseDebianDatabase(std::string_view file, std::string_view name) {
  constexpr size_t kType = 1;
  std::string_view keys[] = {
      "package",     "",         "offset",      "",         "mask",
      "interpreter", "detector", "credentials", "preserve", "fix_binary"};
  std::vector<std::string_view> values = absl::StrSplit(file, '\n');
  values.resize(std::size(keys));
  keys[kType + 2] = values[kType];  // magic or extension
  std::string text;
  for (size_t i = 0; i < values.size(); ++i) {
    if (keys[i].empty() || values[i].empty()) continue;
    text += absl::StrCat(keys[i], " ", values[i], "\n");
  }
  return ParseDebianFormat(text, name);
}

std::string FormatDebian(std::string_view rule) {
  // The rule begins with its delimiter: the first field is empty.
  std::vector<std::string_view> fields = absl::StrSplit(rule, ':');
  fields.resize(8);
  const bool by_extension = fields[2] == "E";
  Values values;
  values.package = fields[1];
  values.offset = fields[3];
  (by_extension ? values.extension : values.magic) = fields[4];
  values.mask = fields[5];
  values.interpreter = fields[6];
  values.flags = ParseFlagLetters(fields[7]).value_or(0);
  std::string text;
  for (const Key& key : kKeys) {
    std::string_view value;
    if (key.value != nullptr) {
      value = values.*key.value;
    } else {
      value = (values.flags & key.flags) == key.flags ? "yes" : "no";
    }
    if (!value.empty()) text += absl::StrCat(key.name, " ", value, "\n");
  }
  return text;
}

Expected<std::string> FormatForFile(const Record& record, FileFormat format) {
  Expected<std::string> rule = FormatRecord(record);
  if (!rule) return rule;
  const bool disabled = (record.flags & kStartDisabled) != 0;
  std::string text;
  std::string read_back;
  if (format == FileFormat::kDisplay) {
    text =
        Message("$0 ($1):\n", record.name, disabled ? "disabled" : "enabled");
    const bool by_extension = record.type == RecordType::kExtension;
    for (const RecordLine& line : ParseBinfmtD(
             absl::StrCat("type ", by_extension ? "extension" : "magic", "\n",
                          FormatDebian(*rule)))) {
      constexpr size_t kWidth = 12;
      const size_t key = line.text.find(' ');
      text.append(kWidth - std::min(key, kWidth), ' ');
      text += absl::StrCat(line.text.substr(0, key), " =",
                           line.text.substr(key), "\n");
    }
    return text;
  }
  if (format == FileFormat::kDebian) {
    text = FormatDebian(*rule);
    // It has no word for a disabled record.
    if (!disabled) {
      read_back = ParseDebianFormat(text, record.name).record.value_or("");
    }
  } else {
    text = absl::StrCat(disabled ? kDisabledPrefix : "", *rule, "\n");
    const std::vector<RecordLine> lines = ParseBinfmtD(*rule);
    if (!lines.empty()) read_back = lines.front().text;
  }
  if (read_back != *rule) {
    return Failed(EINVAL, "$0: a file of this format can't hold it",
                  record.name);
  }
  return text;
}

}  // namespace binfmt
