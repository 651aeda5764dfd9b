// SPDX-License-Identifier: Apache-2.0

#include "arch_table/spec.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "re2/re2.h"

namespace arch_table {
namespace {

constexpr size_t kMaxWord = 32;
// Far more than any exit(42) takes, far less than would bloat the target.
constexpr size_t kMaxCode = 32;
// The smallest page, and the most of them that a row can hold.
constexpr uint64_t kLoadUnit = 4096;
constexpr uint64_t kMaxLoad = UINT32_MAX * kLoadUnit;

// The grammars of a line and its parts. Built once; RE2 objects are safe to
// share.
struct Grammar {
  RE2 target{R"(target +([^ =]+)((?: +[^ =]+=[^ =]+)*))"};
  RE2 field{R"( +([^ =]+)=([^ =]+))"};
  RE2 words{R"( +(docker|names)((?: +[^ ]+)+))"};
  RE2 code{R"( +code +([^ ]+))"};
  RE2 name{R"([a-z0-9][a-z0-9_-]*)"};
  RE2 alias{R"([a-z0-9][a-z0-9_/-]*)"};
  RE2 number{R"(0|[1-9][0-9]*|0x[0-9a-f]+)"};
  RE2 hex{R"([0-9a-f]+)"};
  RE2 match_flags{R"(([^/]+)/([^/]+))"};
};

class Parser {
 public:
  Spec Parse(std::string_view text);

 private:
  void ParseLine(std::string line);
  void ParseTarget(const std::string& name, const std::string& fields);
  void ParseField(const std::string& key, const std::string& value);
  void ParseMatchFlags(const std::string& value);
  void ParseWords(const std::string& words, bool docker);
  void ParseCode(const std::string& digits);
  bool ParseNumber(const std::string& key, const std::string& value,
                   uint64_t min, uint64_t max, uint64_t* number);
  // Takes a word for the current row, unless it may not be one or is taken.
  bool ClaimWord(const std::string& word, const RE2& grammar);
  void FinishTarget();
  void CheckInterpreters();
  void Error(std::string message);
  void ErrorAt(int line, std::string message);

  const Grammar grammar_;
  Spec spec_;
  int line_ = 0;
  std::map<std::string, int> words_;  // every name and alias, and its line
  bool in_target_ = false;
  bool target_is_bad_ = false;
  TargetSpec target_;
  std::set<std::string> target_fields_;
};

Spec Parser::Parse(std::string_view text) {
  for (std::string_view line : absl::StrSplit(text, '\n')) {
    ++line_;
    ParseLine(std::string(line));
  }
  FinishTarget();
  CheckInterpreters();
  if (spec_.targets.empty() && spec_.errors.empty()) {
    ErrorAt(1, "no target in this file");
  }
  return std::move(spec_);
}

void Parser::ParseLine(std::string line) {
  line.resize(std::min(line.find('#'), line.size()));
  absl::StripTrailingAsciiWhitespace(&line);
  if (line.empty()) return;

  std::string first;
  std::string second;
  if (RE2::FullMatch(line, grammar_.target, &first, &second)) {
    FinishTarget();
    ParseTarget(first, second);
    return;
  }
  const bool is_words = RE2::FullMatch(line, grammar_.words, &first, &second);
  const bool is_code = !is_words && RE2::FullMatch(line, grammar_.code, &first);
  if (!is_words && !is_code) {
    // What follows a target line that cannot be read belongs to no other row.
    if (absl::StartsWith(line, "target")) {
      FinishTarget();
      in_target_ = true;
      target_ = TargetSpec();
    }
    Error(absl::StrCat("cannot read \"", absl::CHexEscape(line), "\""));
    return;
  }
  if (!in_target_) {
    Error(absl::StrCat(is_words ? first : "code", " before any target"));
    return;
  }
  if (is_words) {
    ParseWords(second, first == "docker");
  } else {
    ParseCode(first);
  }
}

void Parser::ParseTarget(const std::string& name, const std::string& fields) {
  in_target_ = true;
  target_is_bad_ = false;
  target_ = TargetSpec();
  target_fields_.clear();
  target_.line = line_;
  target_.name = name;
  target_.interpreter = name;
  ClaimWord(name, grammar_.name);

  std::string rest = fields;
  std::string key;
  std::string value;
  re2::StringPiece input(rest);
  while (RE2::Consume(&input, grammar_.field, &key, &value)) {
    if (!target_fields_.insert(key).second) {
      Error(absl::StrCat("field \"", absl::CHexEscape(key), "\" twice"));
      continue;
    }
    ParseField(key, value);
  }
  for (const char* required : {"family", "class", "order", "machine"}) {
    if (target_fields_.count(required) == 0) {
      Error(absl::StrCat("field \"", required, "\" is missing"));
    }
  }
  if (target_fields_.count("flags") == 0) {
    target_.flags = target_.match_value;
  }
  if ((target_.flags & target_.match_mask) != target_.match_value) {
    Error("the row does not take its own flags");
  }
  if (!target_.is_64bit && target_.load_address > UINT32_MAX) {
    Error("load is too large for class 32");
  }
}

void Parser::ParseField(const std::string& key, const std::string& value) {
  uint64_t number = 0;
  if (key == "family" || key == "interpreter") {
    if (!RE2::FullMatch(value, grammar_.name) || value.size() > kMaxWord) {
      Error(absl::StrCat(key, " \"", absl::CHexEscape(value),
                         "\" is not a name"));
      return;
    }
    (key == "family" ? target_.family : target_.interpreter) = value;
  } else if (key == "class") {
    if (value != "32" && value != "64") {
      Error(absl::StrCat("class is \"", absl::CHexEscape(value),
                         "\", not 32 or 64"));
    }
    target_.is_64bit = value == "64";
  } else if (key == "order") {
    if (value != "little" && value != "big") {
      Error(absl::StrCat("order is \"", absl::CHexEscape(value),
                         "\", not little or big"));
    }
    target_.is_big_endian = value == "big";
  } else if (key == "machine") {
    if (ParseNumber(key, value, 1, 0xffff, &number)) {
      target_.machine = static_cast<uint16_t>(number);
    }
  } else if (key == "flags") {
    if (ParseNumber(key, value, 0, UINT32_MAX, &number)) {
      target_.flags = static_cast<uint32_t>(number);
    }
  } else if (key == "load") {
    if (ParseNumber(key, value, kLoadUnit, kMaxLoad, &number)) {
      if (number % kLoadUnit != 0) {
        Error(absl::StrCat("load is \"", value, "\", not a multiple of ",
                           kLoadUnit));
      }
      target_.load_address = number;
    }
  } else if (key == "match-flags") {
    ParseMatchFlags(value);
  } else {
    Error(absl::StrCat("unknown field \"", absl::CHexEscape(key), "\""));
  }
}

void Parser::ParseMatchFlags(const std::string& value) {
  std::string mask_text;
  std::string value_text;
  if (!RE2::FullMatch(value, grammar_.match_flags, &mask_text, &value_text)) {
    Error(absl::StrCat("match-flags is \"", absl::CHexEscape(value),
                       "\", not MASK/VALUE"));
    return;
  }
  uint64_t mask = 0;
  uint64_t bits = 0;
  if (!ParseNumber("mask of match-flags", mask_text, 1, UINT32_MAX, &mask) ||
      !ParseNumber("value of match-flags", value_text, 0, UINT32_MAX, &bits)) {
    return;
  }
  if ((bits & ~mask) != 0) {
    Error("match-flags has a value outside its mask");
    return;
  }
  target_.match_mask = static_cast<uint32_t>(mask);
  target_.match_value = static_cast<uint32_t>(bits);
}

void Parser::ParseWords(const std::string& words, bool docker) {
  if (docker && target_.names.size() != target_.docker_names) {
    Error("docker behind names");
    return;
  }
  for (std::string_view word : absl::StrSplit(words, ' ', absl::SkipEmpty())) {
    std::string alias(word);
    if (ClaimWord(alias, grammar_.alias)) {
      target_.names.push_back(std::move(alias));
      if (docker) ++target_.docker_names;
    }
  }
}

void Parser::ParseCode(const std::string& digits) {
  std::string code;
  if (!RE2::FullMatch(digits, grammar_.hex) ||
      !absl::HexStringToBytes(digits, &code)) {
    Error(absl::StrCat("code \"", absl::CHexEscape(digits),
                       "\" is not pairs of digits 0-9a-f"));
    return;
  }
  target_.code += code;
  if (target_.code.size() > kMaxCode) {
    Error(absl::StrCat("more than ", kMaxCode, " bytes of code"));
  }
}

bool Parser::ParseNumber(const std::string& key, const std::string& value,
                         uint64_t min, uint64_t max, uint64_t* number) {
  uint64_t parsed = 0;
  if (!RE2::FullMatch(value, grammar_.number) ||
      !RE2::FullMatch(value, "(.*)", RE2::CRadix(&parsed)) || parsed < min ||
      parsed > max) {
    Error(absl::StrCat(key, " is \"", absl::CHexEscape(value),
                       "\", not a number from ", min, " to ", max));
    return false;
  }
  *number = parsed;
  return true;
}

bool Parser::ClaimWord(const std::string& word, const RE2& grammar) {
  if (!RE2::FullMatch(word, grammar)) {
    Error(absl::StrCat("\"", absl::CHexEscape(word), "\" is not a name"));
    return false;
  }
  if (word.size() > kMaxWord) {
    Error(absl::StrCat("\"", word, "\" is longer than ", kMaxWord, " bytes"));
    return false;
  }
  // Keeps derived names apart from stored ones without comparing the two.
  for (const char* prefix : {"qemu-", "linux/"}) {
    if (absl::StartsWith(word, prefix)) {
      Error(absl::StrCat("\"", word, "\": names with \"", prefix,
                         "\" follow by rule"));
      return false;
    }
  }
  if (absl::EndsWith(word, "-static")) {
    Error(
        absl::StrCat("\"", word, "\": names with \"-static\" follow by rule"));
    return false;
  }
  const auto [it, is_new] = words_.emplace(word, line_);
  if (!is_new) {
    Error(absl::StrCat("\"", word, "\" is already in line ", it->second));
  }
  return is_new;
}

void Parser::FinishTarget() {
  if (in_target_ && !target_is_bad_) {
    spec_.targets.push_back(std::move(target_));
  }
  in_target_ = false;
}

void Parser::CheckInterpreters() {
  // "i386" must mean a target, whichever row names it as interpreter.
  for (const TargetSpec& target : spec_.targets) {
    if (words_.count(target.interpreter) == 0) {
      ErrorAt(target.line, absl::StrCat("interpreter \"", target.interpreter,
                                        "\" is no target's name"));
    }
  }
}

void Parser::Error(std::string message) {
  target_is_bad_ = true;
  ErrorAt(line_, std::move(message));
}

void Parser::ErrorAt(int line, std::string message) {
  AddError({line, std::move(message)}, &spec_.errors);
}

}  // namespace

void AddError(SpecError error, std::vector<SpecError>* errors) {
  const auto behind = std::upper_bound(
      errors->begin(), errors->end(), error.line,
      [](int line, const SpecError& other) { return line < other.line; });
  errors->insert(behind, std::move(error));
}

Spec ParseSpec(std::string_view text) { return Parser().Parse(text); }

}  // namespace arch_table
