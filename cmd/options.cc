// SPDX-License-Identifier: Apache-2.0
#include "cmd/options.h"

#include <cstddef>

#include "absl/strings/strip.h"
#include "binfmt/registry.h"
#include "binfmt/text.h"

namespace cmd {
namespace {

using binfmt::Error;
using binfmt::Misuse;
using binfmt::Printable;

constexpr Option kCommonOptions[] = {
    {'D', "dir", "DIR", "where binfmt_misc is mounted"},
    {'n', "dry-run", nullptr, "say what would be done and change nothing"},
    {'q', "quiet", nullptr, "print errors only"},
    {0, "json", nullptr, "print one JSON object instead of text"},
    {0, "if-possible", nullptr,
     "exit 0, with a note, where binfmt_misc can't be used here"},
    {'h', "help", nullptr, "print this text"},
};

// The column at which an option's help begins.
constexpr size_t kHelpColumn = 28;

template <typename Predicate>
const Option* Find(absl::Span<const Option> own, Predicate matches) {
  for (const Option& option : own) {
    if (matches(option)) return &option;
  }
  for (const Option& option : kCommonOptions) {
    if (matches(option)) return &option;
  }
  return nullptr;
}

void Take(const Option* option, std::string_view value, CommandLine* line) {
  CommonOptions& common = line->common;
  const std::string_view name = option->name;
  if (option < kCommonOptions ||
      option >= kCommonOptions + sizeof(kCommonOptions) / sizeof(Option)) {
    line->options.push_back({option, value});
  } else if (name == "dir") {
    common.dir = std::string(value);
  } else if (name == "dry-run") {
    common.dry_run = true;
  } else if (name == "quiet") {
    common.quiet = true;
  } else if (name == "json") {
    common.json = true;
  } else if (name == "if-possible") {
    common.if_possible = true;
  } else {
    common.help = true;
  }
}

// Walks the arguments; an option's value may be the next one.
class Parser {
 public:
  Parser(absl::Span<const Option> own, absl::Span<const char* const> args,
         CommandLine* line)
      : own_(own), args_(args), line_(line) {}

  Error Run() {
    while (next_ < args_.size()) {
      std::string_view arg = args_[next_++];
      Error error = binfmt::Ok();
      if (arg == "--") {
        while (next_ < args_.size()) {
          line_->operands.push_back(args_[next_++]);
        }
      } else if (absl::ConsumePrefix(&arg, "--")) {
        error = Long(arg);
      } else if (arg.size() > 1 && arg[0] == '-') {
        error = Letters(arg.substr(1));
      } else {
        line_->operands.push_back(arg);
      }
      if (!error.ok()) return error;
    }
    return binfmt::Ok();
  }

 private:
  Error Long(std::string_view text) {
    const size_t equals = text.find('=');
    const std::string_view name = text.substr(0, equals);
    const Option* option =
        Find(own_, [&](const Option& o) { return name == o.name; });
    if (option == nullptr) {
      return Misuse("unknown option \"--%\"", {name});
    }
    if (equals != std::string_view::npos) {
      if (option->value == nullptr) {
        return Misuse("option --@ takes no value", {option->name});
      }
      Take(option, text.substr(equals + 1), line_);
      return binfmt::Ok();
    }
    return TakeWithNext(option, binfmt::Fill("--@", {option->name}));
  }

  Error Letters(std::string_view letters) {
    while (!letters.empty()) {
      const char letter = letters[0];
      letters.remove_prefix(1);
      const Option* option =
          Find(own_, [&](const Option& o) { return o.letter == letter; });
      if (option == nullptr) {
        return Misuse("unknown option \"-%\"", {std::string_view(&letter, 1)});
      }
      if (option->value == nullptr) {
        Take(option, "", line_);
        continue;
      }
      if (!letters.empty()) {
        Take(option, letters, line_);
        return binfmt::Ok();
      }
      return TakeWithNext(option,
                          binfmt::Fill("-@", {std::string_view(&letter, 1)}));
    }
    return binfmt::Ok();
  }

  Error TakeWithNext(const Option* option, std::string_view spelling) {
    if (option->value == nullptr) {
      Take(option, "", line_);
      return binfmt::Ok();
    }
    if (next_ == args_.size()) {
      return Misuse("option @ needs a value @", {spelling, option->value});
    }
    Take(option, args_[next_++], line_);
    return binfmt::Ok();
  }

  absl::Span<const Option> own_;
  absl::Span<const char* const> args_;
  CommandLine* line_;
  size_t next_ = 0;
};

void AppendHelp(const Option& option, std::string* text) {
  std::string left = "  ";
  if (option.letter != 0) {
    binfmt::Append(&left, {"-", std::string_view(&option.letter, 1), ", "});
  } else {
    left += "    ";
  }
  binfmt::Append(&left, {"--", option.name});
  if (option.value != nullptr) binfmt::Append(&left, {" ", option.value});
  if (left.size() + 2 > kHelpColumn) {
    left += '\n';
    left.append(kHelpColumn, ' ');
  } else {
    left.resize(kHelpColumn, ' ');
  }
  binfmt::Append(text, {left, option.help, "\n"});
}

}  // namespace

Error ParseCommandLine(absl::Span<const Option> own,
                       absl::Span<const char* const> args, CommandLine* line) {
  *line = CommandLine();
  line->common.dir = binfmt::kDefaultDir;
  Error error = Parser(own, args, line).Run();
  // --help wins over what is wrong behind it.
  if (line->common.help) return binfmt::Ok();
  if (error.ok() && line->common.dir.empty()) {
    return Misuse("option --dir needs a directory", {});
  }
  return error;
}

Error ParseYesNo(const GivenOption& given, bool* value) {
  if (given.value == "yes" || given.value == "no") {
    *value = given.value == "yes";
    return binfmt::Ok();
  }
  return Misuse("option --@ takes yes or no, not \"%\"",
                {given.option->name, given.value});
}

std::string OptionHelp(absl::Span<const Option> own) {
  std::string text;
  for (const Option& option : own) AppendHelp(option, &text);
  for (const Option& option : kCommonOptions) AppendHelp(option, &text);
  return text;
}

}  // namespace cmd
