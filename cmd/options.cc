// SPDX-License-Identifier: Apache-2.0
#include "cmd/options.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "binfmt/base/message.h"
#include "binfmt/kernel/registry.h"
#include "cmd/suggestion.h"

namespace cmd {
namespace {

using binfmt::Error;
using binfmt::Expected;
using binfmt::Misuse;

constexpr size_t kHelpColumn = 25;
constexpr size_t kHelpLength = 4096;

// The options OWN, and behind them the common ones.
std::vector<Option> WholeTable(std::span<const Option> own,
                               CommonOptions* common, bool runs_command) {
  const Option common_table[] = {
      StringOption('D', "dir", "DIR",
                   "where binfmt_misc is mounted (default\n"
                   "/proc/sys/fs/binfmt_misc)",
                   &common->dir),
      FlagOption('n', "dry-run", "say what would be done and change nothing",
                 &common->dry_run),
      FlagOption('q', "quiet", "print errors only", &common->quiet),
      FlagOption(kNoLetter, "json", "print one JSON object instead of text",
                 &common->json),
      FlagOption(kNoLetter, "kmsg",
                 "write to the kernel's log instead of stdout and\n"
                 "stderr",
                 &common->kmsg),
      FlagOption(kNoLetter, "if-possible",
                 runs_command ? "start COMMAND without handlers, with a note,\n"
                                "where there can be none"
                              : "exit 0, with a note, where binfmt_misc can't "
                                "be\nused here",
                 &common->if_possible),
      FlagOption('h', "help", "print this text", &common->help),
  };
  std::vector<Option> table(own.size() + std::size(common_table));
  absl::c_copy(common_table, absl::c_copy(own, table.begin()));
  table.back().may_abbreviate = true;  // --help
  // What a command prints is its own.
  if (runs_command) {
    std::erase_if(table,
                  [](const Option& option) { return option.name == "json"; });
  }
  return table;
}

Error NeedsValue(const Option& option) {
  return Misuse("option --$0 needs a value, $1", option.name,
                option.value_name);
}

bool HasFixedValues(const Option& option) {
  return absl::StrContains(option.value_name, '|') &&
         absl::ascii_islower(option.value_name[0]);
}

// Walks the arguments twice, for a mistake anywhere keeps the own options from
// being set: first it sets the common options, then the own ones.
class Parser {
 public:
  // OWN_COUNT options of TABLE are the applet's own. Operands go to LINE.
  Parser(std::span<const Option> table, size_t own_count,
         std::span<const char* const> args, bool runs_command,
         CommandLine& line)
      : table_(table),
        own_count_(own_count),
        args_(args),
        runs_command_(runs_command),
        line_(line) {}

  Expected<void> Run(bool sets_own) {
    sets_own_ = sets_own;
    next_ = 0;
    line_.operands.clear();
    line_.own_options.clear();
    bool only_operands = false;
    while (next_ < args_.size()) {
      std::string_view arg = args_[next_++];
      if (only_operands || arg.size() < 2 || arg[0] != '-') {
        line_.operands.push_back(std::string(arg));
        only_operands |= runs_command_;
        continue;
      }
      if (arg == "--") {
        only_operands = true;
        continue;
      }
      Expected<void> result = absl::ConsumePrefix(&arg, "--")
                                  ? ParseLong(arg)
                                  : ParseLetters(arg.substr(1));
      if (!result) return result;
    }
    return {};
  }

 private:
  const Option* FindLong(std::string_view name) const {
    const Option* found = nullptr;
    size_t beginnings = 0;
    for (const Option& option : table_) {
      if (option.name == name) return &option;
      if (option.may_abbreviate && !name.empty() &&
          absl::StartsWith(option.name, name)) {
        found = &option;
        ++beginnings;
      }
    }
    return beginnings == 1 ? found : nullptr;
  }

  const Option* FindLetter(char letter) const {
    for (const Option& option : table_) {
      if (option.letter == letter) return &option;
    }
    return nullptr;
  }

  // "--" and the names of all options that are near NAME, as a suggestion.
  std::string SuggestOption(std::string_view name) const {
    std::string names;
    for (const Option& option : table_) {
      names += absl::StrCat(" --", option.name);
    }
    return Suggest(absl::StrCat("--", name), names, ' ');
  }

  Expected<void> Set(const Option& option, std::string_view value) {
    const bool is_own = &option < table_.data() + own_count_;
    if (is_own) line_.own_options.push_back(option.name);
    if (is_own != sets_own_) return {};
    if (HasFixedValues(option)) {
      const std::vector<std::string_view> values =
          absl::StrSplit(option.value_name, '|');
      if (!absl::c_linear_search(values, value)) {
        Error error = Misuse("option --$0 takes $1, not \"$2\"", option.name,
                             JoinAlternatives(values), value);
        error.Append(Suggest(value, option.value_name, '|'));
        return error;
      }
    }
    if (value.empty() && !option.value_name.empty() && !option.may_be_empty) {
      return NeedsValue(option);
    }
    return option.store(option.target, option.name, value);
  }

  Expected<void> ParseLong(std::string_view text) {
    const size_t equals = text.find('=');
    const std::string_view name = text.substr(0, equals);
    const Option* const option = FindLong(name);
    if (option == nullptr) {
      Error error = Misuse("unknown option \"--$0\"", name);
      error.Append(SuggestOption(name));
      return error;
    }
    if (equals == std::string_view::npos) return SetWithNext(*option);
    if (option->value_name.empty()) {
      return Misuse("option --$0 takes no value", option->name);
    }
    return Set(*option, text.substr(equals + 1));
  }

  Expected<void> ParseLetters(std::string_view letters) {
    const std::string_view whole = letters;
    for (;;) {
      const Option* const option = FindLetter(letters[0]);
      if (option == nullptr) {
        Error error = Misuse("unknown option \"-$0\"", letters.substr(0, 1));
        if (whole.size() > 2) error.Append(SuggestOption(whole));
        return error;
      }
      letters.remove_prefix(1);
      if (letters.empty()) return SetWithNext(*option);
      if (!option->value_name.empty()) return Set(*option, letters);
      if (Expected<void> set = Set(*option, ""); !set) return set;
    }
  }

  Expected<void> SetWithNext(const Option& option) {
    if (option.value_name.empty()) return Set(option, "");
    if (next_ == args_.size()) return NeedsValue(option);
    return Set(option, args_[next_++]);
  }

  std::span<const Option> table_;
  size_t own_count_;
  std::span<const char* const> args_;
  bool runs_command_;
  CommandLine& line_;
  bool sets_own_ = false;
  size_t next_ = 0;
};

Expected<void> StoreTrue(bool& flag, std::string_view, std::string_view) {
  flag = true;
  return {};
}

Expected<void> StoreString(std::string& target, std::string_view,
                           std::string_view value) {
  target = value;
  return {};
}

Expected<void> StoreOptional(std::optional<std::string>& target,
                             std::string_view, std::string_view value) {
  target = value;
  return {};
}

Expected<void> StoreAtEnd(std::vector<std::string>& values, std::string_view,
                          std::string_view value) {
  values.push_back(std::string(value));
  return {};
}

}  // namespace

Option MakeOption(char letter, const char* name, const char* value_name,
                  const char* help, void* target,
                  decltype(Option::store) store) {
  return {.letter = letter,
          .name = name,
          .value_name = value_name,
          .help = help,
          .store = store,
          .target = target};
}

Option FlagOption(char letter, const char* name, const char* help, bool* flag) {
  return OptionFor<StoreTrue>(letter, name, "", help, flag);
}

Option StringOption(char letter, const char* name, const char* value_name,
                    const char* help, std::string* value) {
  return OptionFor<StoreString>(letter, name, value_name, help, value);
}

Option StringOption(char letter, const char* name, const char* value_name,
                    const char* help, std::optional<std::string>* value) {
  return OptionFor<StoreOptional>(letter, name, value_name, help, value);
}

Option ListOption(char letter, const char* name, const char* value_name,
                  const char* help, std::vector<std::string>* values) {
  return OptionFor<StoreAtEnd>(letter, name, value_name, help, values);
}

CommandLine ParseCommandLine(std::span<const Option> own,
                             std::span<const char* const> args,
                             bool runs_command) {
  CommandLine line;
  line.common.dir = binfmt::kDefaultDir;
  const std::vector<Option> table = WholeTable(own, &line.common, runs_command);
  Parser parser(table, own.size(), args, runs_command, line);
  Expected<void> result = parser.Run(/*sets_own=*/false);
  // --help wins over what is wrong behind it.
  if (line.common.help) return line;
  if (result) result = parser.Run(/*sets_own=*/true);
  if (!result) line.error = std::move(result.error());
  return line;
}

std::string OptionsHelp(std::span<const Option> own, bool runs_command) {
  CommonOptions common;
  std::string help;
  // Of the longest, so that the text is not copied as it grows.
  help.reserve(kHelpLength);
  for (const Option& option : WholeTable(own, &common, runs_command)) {
    std::string line = "      --";
    if (option.letter != kNoLetter) {
      line[2] = '-';
      line[3] = option.letter;
      line[4] = ',';
    }
    line += option.name;
    if (!option.value_name.empty()) line += ' ';
    line += option.value_name;
    line.resize(std::max(kHelpColumn, line.size() + 2), ' ');
    help += line;
    for (const char c : option.help) {
      help += c;
      if (c == '\n') help.append(kHelpColumn, ' ');
    }
    help += '\n';
  }
  return help;
}

}  // namespace cmd
