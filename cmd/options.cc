// SPDX-License-Identifier: Apache-2.0
#include "cmd/options.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "binfmt/registry.h"
#include "binfmt/text.h"

namespace cmd {

using binfmt::operator""_fmt;

const binfmt::Format kCommonOptions =
    "  -D, --dir DIR          where binfmt_misc is mounted (default\n"
    "                         /proc/sys/fs/binfmt_misc)\n"
    "  -n, --dry-run          say what would be done and change nothing\n"
    "  -q, --quiet            print errors only\n"
    "      --json             print one JSON object instead of text\n"
    "      --kmsg             write to the kernel's log instead of stdout and\n"
    "                         stderr\n"
    "      --if-possible      exit 0, with a note, where binfmt_misc can't be\n"
    "                         used here\n"
    "  -h, --help             print this text\n"_fmt;

namespace {

// Where the parts of an option stand in a line of help.
constexpr size_t kLetterColumn = 3;
constexpr size_t kDashesColumn = 6;
constexpr size_t kNameColumn = 8;

using binfmt::Error;
using binfmt::Misuse;
using binfmt::Printable;

struct Option {
  std::string_view name;   // empty: there is none
  std::string_view value;  // what the help calls the value; empty: takes none
  bool is_common = false;
};

void Take(const Option& option, std::string_view value, CommandLine* line) {
  CommonOptions& common = line->common;
  if (!option.is_common) {
    line->options.push_back({binfmt::Text(option.name), value});
    return;
  }
  // Their first letters differ.
  switch (option.name[0]) {
    case 'd':
      if (option.name == "dir") {
        common.dir = binfmt::Text(value);
      } else {
        common.dry_run = true;
      }
      break;
    case 'q':
      common.quiet = true;
      break;
    case 'j':
      common.json = true;
      break;
    case 'k':
      common.kmsg = true;
      break;
    case 'i':
      common.if_possible = true;
      break;
    default:
      common.help = true;
      break;
  }
}

// Walks the arguments; an option's value may be the next one.
class Parser {
 public:
  Parser(binfmt::Format own, absl::Span<const char* const> args,
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
  // The option called NAME or, where that is empty, with LETTER.
  Option Find(std::string_view name, char letter) {
    if (help_.empty()) {
      help_ = binfmt::Fill("@@", own_, kCommonOptions);
      own_size_ = help_.size() - binfmt::Text(kCommonOptions).size();
    }
    std::string_view help = help_;
    while (!help.empty()) {
      std::string_view line = binfmt::TakeUntil('\n', &help);
      if (line.size() < kNameColumn || line.substr(kDashesColumn, 2) != "--") {
        continue;
      }
      const char its_letter = line[kLetterColumn];
      line.remove_prefix(kNameColumn);
      Option option;
      option.is_common = line.data() >= help_.data() + own_size_;
      option.name = binfmt::TakeUntil(' ', &line);
      if (!line.empty() && line[0] != ' ') {
        option.value = binfmt::TakeUntil(' ', &line);
      }
      if (name.empty() ? its_letter == letter : option.name == name) {
        return option;
      }
    }
    return Option();
  }

  // The option of qemu-binfmt-conf.sh that alone begins with NAME; empty: none.
  // Of our own no part will do: it would change its meaning with each new one.
  static binfmt::Text Whole(std::string_view name) {
    const binfmt::Text names =
        "debian systemd qemu-path qemu-suffix exportdir help credential "
        "persistent preserve-argv0 ignore-family"_fmt;
    std::string_view rest = names;
    std::string_view found;
    while (!rest.empty()) {
      const std::string_view whole = binfmt::TakeUntil(' ', &rest);
      if (!absl::StartsWith(whole, name)) continue;
      if (!found.empty()) return "";
      found = whole;
    }
    return binfmt::Text(found);
  }

  Error Long(std::string_view text) {
    const size_t equals = text.find('=');
    const std::string_view name = text.substr(0, equals);
    Option option = Find(name, '\0');
    if (option.name.empty()) option = Find(Whole(name), '\0');
    if (option.name.empty()) {
      return Misuse("unknown option \"--%\""_fmt, name);
    }
    if (equals == std::string_view::npos) return TakeWithNext(option);
    if (option.value.empty()) {
      return Misuse("option --@ takes no value"_fmt, option.name);
    }
    Take(option, text.substr(equals + 1), line_);
    return binfmt::Ok();
  }

  Error Letters(std::string_view letters) {
    while (!letters.empty()) {
      const Option option = Find("", letters[0]);
      if (option.name.empty() || letters[0] == ' ') {
        return Misuse("unknown option \"-%\""_fmt, letters.substr(0, 1));
      }
      letters.remove_prefix(1);
      if (letters.empty()) return TakeWithNext(option);
      if (!option.value.empty()) {
        Take(option, letters, line_);
        return binfmt::Ok();
      }
      Take(option, "", line_);
    }
    return binfmt::Ok();
  }

  Error TakeWithNext(const Option& option) {
    if (option.value.empty()) {
      Take(option, "", line_);
      return binfmt::Ok();
    }
    if (next_ == args_.size()) {
      return Misuse("option --@ needs a value, @"_fmt, option.name,
                    option.value);
    }
    Take(option, args_[next_++], line_);
    return binfmt::Ok();
  }

  binfmt::Format own_;
  // The applet's own options first. Made when the first option is looked for.
  binfmt::Text help_;
  size_t own_size_ = 0;
  absl::Span<const char* const> args_;
  CommandLine* line_;
  size_t next_ = 0;
};

}  // namespace

bool GivenOption::Is(const char* other) const { return name == other; }

Error ParseCommandLine(binfmt::Format own, absl::Span<const char* const> args,
                       CommandLine* line) {
  *line = CommandLine();
  line->common.dir = binfmt::kDefaultDir;
  Error error = Parser(own, args, line).Run();
  // --help wins over what is wrong behind it.
  if (line->common.help) return binfmt::Ok();
  if (error.ok() && line->common.dir.empty()) {
    return Misuse("option --dir needs a directory"_fmt);
  }
  return error;
}

}  // namespace cmd
