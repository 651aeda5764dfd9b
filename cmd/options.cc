// SPDX-License-Identifier: Apache-2.0
#include "cmd/options.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "binfmt/base/message.h"
#include "binfmt/kernel/registry.h"

namespace cmd {
namespace {

using binfmt::Expected;
using binfmt::Misuse;

constexpr size_t kHelpColumn = 25;

std::vector<Option> CommonTable(CommonOptions* common) {
  return {
      {.letter = 'D',
       .name = "dir",
       .value_name = "DIR",
       .help = "where binfmt_misc is mounted (default\n"
               "/proc/sys/fs/binfmt_misc)",
       .set = SetString(&common->dir)},
      {.letter = 'n',
       .name = "dry-run",
       .help = "say what would be done and change nothing",
       .set = SetTrue(&common->dry_run)},
      {.letter = 'q',
       .name = "quiet",
       .help = "print errors only",
       .set = SetTrue(&common->quiet)},
      {.name = "json",
       .help = "print one JSON object instead of text",
       .set = SetTrue(&common->json)},
      {.name = "kmsg",
       .help = "write to the kernel's log instead of stdout and\n"
               "stderr",
       .set = SetTrue(&common->kmsg)},
      {.name = "if-possible",
       .help = "exit 0, with a note, where binfmt_misc can't be\n"
               "used here",
       .set = SetTrue(&common->if_possible)},
      {.letter = 'h',
       .name = "help",
       .help = "print this text",
       .set = SetTrue(&common->help),
       .may_abbreviate = true},
  };
}

// Walks the arguments; an option's value may be the next one.
class Parser {
 public:
  Parser(std::span<const Option> own, std::span<const Option> common,
         std::span<const char* const> args)
      : own_(own), common_(common), args_(args) {}

  // Sets the common options, and collects the others.

  Expected<void> Run() {
    while (next_ < args_.size()) {
      std::string_view arg = args_[next_++];
      Expected<void> result;
      if (arg == "--") {
        while (next_ < args_.size()) operands_.emplace_back(args_[next_++]);
      } else if (absl::ConsumePrefix(&arg, "--")) {
        result = ParseLong(arg);
      } else if (arg.size() > 1 && arg[0] == '-') {
        result = ParseLetters(arg.substr(1));
      } else {
        operands_.emplace_back(arg);
      }
      if (!result) return result;
    }
    return {};
  }

  // Calls the setters of the own options.
  Expected<void> SetOwn() const {
    for (const auto& [option, value] : given_) {
      Expected<void> set = option->set(option->name, value);
      if (!set) return set;
    }
    return {};
  }

  std::vector<std::string> TakeOperands() { return std::move(operands_); }

 private:
  // An option as it was given.
  struct GivenOption {
    const Option* option;
    std::string_view value;
  };

  template <typename Predicate>
  std::vector<const Option*> FindAll(Predicate matches) const {
    std::vector<const Option*> found;
    for (const std::span<const Option> table : {own_, common_}) {
      for (const Option& option : table) {
        if (matches(option)) found.push_back(&option);
      }
    }
    return found;
  }

  const Option* FindLong(std::string_view name) const {
    std::vector<const Option*> found =
        FindAll([name](const Option& option) { return option.name == name; });
    if (!found.empty()) return found[0];
    if (name.empty()) return nullptr;
    found = FindAll([name](const Option& option) {
      return option.may_abbreviate && absl::StartsWith(option.name, name);
    });
    return found.size() == 1 ? found[0] : nullptr;
  }

  void Take(const Option& option, std::string_view value) {
    const bool is_common = absl::c_any_of(
        common_, [&option](const Option& other) { return &option == &other; });
    if (is_common) {
      (void)option.set(option.name, value);
    } else {
      given_.push_back({&option, value});
    }
  }

  Expected<void> ParseLong(std::string_view text) {
    const size_t equals = text.find('=');
    const std::string_view name = text.substr(0, equals);
    const Option* const option = FindLong(name);
    if (option == nullptr) {
      return std::unexpected(Misuse("unknown option \"--$0\"", name));
    }
    if (equals == std::string_view::npos) return TakeWithNext(*option);
    if (option->value_name.empty()) {
      return std::unexpected(
          Misuse("option --$0 takes no value", option->name));
    }
    Take(*option, text.substr(equals + 1));
    return {};
  }

  Expected<void> ParseLetters(std::string_view letters) {
    while (!letters.empty()) {
      const char letter = letters[0];
      const std::vector<const Option*> found = FindAll(
          [letter](const Option& option) { return option.letter == letter; });
      if (found.empty() || letter == '\0') {
        return std::unexpected(
            Misuse("unknown option \"-$0\"", letters.substr(0, 1)));
      }
      letters.remove_prefix(1);
      if (letters.empty()) return TakeWithNext(*found[0]);
      if (!found[0]->value_name.empty()) {
        Take(*found[0], letters);
        return {};
      }
      Take(*found[0], "");
    }
    return {};
  }

  Expected<void> TakeWithNext(const Option& option) {
    if (option.value_name.empty()) {
      Take(option, "");
      return {};
    }
    if (next_ == args_.size()) {
      return std::unexpected(Misuse("option --$0 needs a value, $1",
                                    option.name, option.value_name));
    }
    Take(option, args_[next_++]);
    return {};
  }

  std::span<const Option> own_;
  std::span<const Option> common_;
  std::span<const char* const> args_;
  size_t next_ = 0;
  std::vector<GivenOption> given_;
  std::vector<std::string> operands_;
};

std::string TableHelp(std::span<const Option> table) {
  std::string help;
  for (const Option& option : table) {
    std::string line =
        option.letter == '\0'
            ? std::string("      ")
            : absl::StrCat("  -", std::string_view(&option.letter, 1), ", ");
    absl::StrAppend(&line, "--", option.name,
                    option.value_name.empty() ? "" : " ", option.value_name);
    line.resize(std::max(kHelpColumn, line.size() + 2), ' ');
    const std::string next_line =
        absl::StrCat("\n", std::string(kHelpColumn, ' '));
    absl::StrAppend(&help, line,
                    absl::StrReplaceAll(option.help, {{"\n", next_line}}),
                    "\n");
  }
  return help;
}

}  // namespace

OptionSetter SetTrue(bool* flag) {
  return [flag](std::string_view, std::string_view) -> Expected<void> {
    *flag = true;
    return {};
  };
}

OptionSetter SetString(std::string* target) {
  return [target](std::string_view, std::string_view value) -> Expected<void> {
    *target = value;
    return {};
  };
}

OptionSetter AppendString(std::vector<std::string>* values) {
  return [values](std::string_view, std::string_view value) -> Expected<void> {
    values->emplace_back(value);
    return {};
  };
}

CommandLine ParseCommandLine(std::span<const Option> own,
                             std::span<const char* const> args) {
  CommandLine line;
  line.common.dir = binfmt::kDefaultDir;
  const std::vector<Option> common = CommonTable(&line.common);
  Parser parser(own, common, args);
  Expected<void> result = parser.Run();
  line.operands = parser.TakeOperands();
  // --help wins over what is wrong behind it.
  if (line.common.help) return line;
  if (result && line.common.dir.empty()) {
    result = std::unexpected(Misuse("option --dir needs a directory"));
  }
  if (result) result = parser.SetOwn();
  if (!result) line.error = std::move(result.error());
  return line;
}

std::string OptionsHelp(std::span<const Option> own) {
  CommonOptions common;
  return absl::StrCat(TableHelp(own), TableHelp(CommonTable(&common)));
}

}  // namespace cmd
