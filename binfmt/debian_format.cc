// SPDX-License-Identifier: Apache-2.0
#include "binfmt/debian_format.h"

#include <cerrno>

#include "binfmt/binfmt_d.h"

namespace binfmt {
namespace {

// Each key in the order of writing, and a letter: a flag's, or the place of its
// value. Places 1 to 7 are those of a record's fields.
constexpr std::string_view kKeys =
    " package 1 interpreter 6 detector 8 magic 4 offset 3 mask 5 extension 9 "
    "expose_interpreter 0 credentials C preserve P fix_binary F ";
enum {
  kPackage = 1,
  kType,
  kOffset,
  kMagic,
  kMask,
  kInterpreter,
  kFlags,
  kDetector,
  kExtension,
  kPlaces
};

}  // namespace

bool IsDebianFormat(std::string_view text) {
  Text row;
  unsigned line = 0;
  if (!NextRecordLine(&text, &line, &row)) return false;
  std::string_view words = row;
  for (const char c : TakeUntil(' ', &words)) {
    const int letter = c | ('a' - 'A');
    if (c != '_' && (letter < 'a' || letter > 'z')) return false;
  }
  return true;
}

Error ParseDebianFormat(std::string_view text, std::string_view name,
                        Text* rule, unsigned* line) {
  Text values[kPlaces];
  Flags flags = 0;
  unsigned interpreter_line = 0;
  bool complete = false;
  Text row;
  for (*line = 0; NextRecordLine(&text, line, &row);) {
    std::string_view value = row;
    const std::string_view key = TakeUntil(' ', &value);
    const Text word = Fill(" @ ", key);
    const size_t found = kKeys.find(word);
    const char letter = key.size() < 2 || found == std::string_view::npos
                            ? '\0'
                            : kKeys[found + word.size()];
    Flags flag;
    const bool is_flag = ParseFlagLetters(std::string_view(&letter, 1), &flag);
    const bool yes = value == "yes";
    if (letter == '\0' || (is_flag && !yes && value != "no") ||
        (letter == '1' && !values[kPackage].empty())) {
      return Failure(EINVAL, "no key and value of a format file: \"% %\""_fmt,
                     key, value);
    }
    if (is_flag) {
      flags = static_cast<Flags>(yes ? flags | flag : flags & ~flag);
    } else {
      values[letter - '0'] = Text(value);
    }
    if (letter == '0' + kInterpreter) interpreter_line = *line;
    const bool by_name = !values[kExtension].empty();
    complete =
        !values[kInterpreter].empty() && by_name == values[kMagic].empty();
    if (!complete) continue;
    // Now, so that each later line is judged where it stands.
    *rule =
        Fill(":@:@:@:@:@:@:@"_fmt,
             name == "-" ? std::string_view(values[kPackage]) : name,
             by_name ? "E" : "M", values[kOffset],
             values[by_name ? kExtension : kMagic], values[kMask],
             values[kDetector].empty() ? std::string_view(values[kInterpreter])
                                       : std::string_view(kRunDetectors),
             FlagLetters(flags));
    Record record;
    if (Error error = ParseRecord(*rule, &record); !error.ok()) return error;
  }
  if (!complete) {
    return Failure(
        EINVAL, "a format file has an interpreter, and magic or extension"_fmt);
  }
  *line = interpreter_line;
  return Ok();
}

Text FormatDebian(std::string_view rule) {
  std::string_view fields[kPlaces];
  for (int i = 0; i <= kFlags; ++i) fields[i] = TakeUntil(':', &rule);
  if (fields[kType] == "E") {
    fields[kExtension] = fields[kMagic];
    fields[kMagic] = "";
  }
  Text text;
  std::string_view keys = kKeys.substr(1);
  while (!keys.empty()) {
    const std::string_view key = TakeUntil(' ', &keys);
    const char letter = TakeUntil(' ', &keys)[0];
    std::string_view value =
        fields[kFlags].find(letter) == std::string_view::npos ? "no" : "yes";
    if (letter < 'A') value = fields[letter - '0'];
    if (!value.empty()) text = Fill("@@ @\n"_fmt, text, key, value);
  }
  return text;
}

}  // namespace binfmt
