// SPDX-License-Identifier: Apache-2.0
#include "cmd/box.h"

#include <cerrno>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "arch_table/names.h"
#include "arch_table/table.h"
#include "binfmt/base/error.h"
#include "binfmt/base/message.h"
#include "binfmt/base/printable.h"
#include "binfmt/kernel/links.h"
#include "cmd/applets.h"
#include "cmd/console.h"
#include "cmd/suggestion.h"
#include "cmd/version.h"

namespace cmd {
namespace {

using binfmt::Error;
using binfmt::Expected;
using binfmt::Failed;
using binfmt::Message;
using binfmt::Misuse;
using binfmt::Printable;

constexpr std::string_view kUsageOptions =
    "\n"
    "  --list                    print the applets' names\n"
    "  --install [-s] [--bare] DIR\n"
    "                            make hard links (-s: symbolic ones) called\n"
    "                            binfmt-APPLET (--bare: APPLET) in DIR\n"
    "  --version                 print version, revision, table and target\n"
    "  --help                    print this text\n"
    "\n";

std::string Usage(std::string_view called) {
  std::string text = absl::StrCat(
      Message("usage: $0 APPLET [OPTION]... [OPERAND]...", called),
      Message("\n   or: $0 help [APPLET] | --list | --version", called),
      Message("\n   or: $0 --install [-s] [--bare] DIR", called),
      "\n   or: APPLET [OPTION]... [OPERAND]...    (by a link of that name)\n"
      "\n"
      "Make this machine run programs built for other processors.\n"
      "\n");
  for (const auto& applet : Applets()) {
    std::string name(applet->name());
    name.resize(26, ' ');
    text += absl::StrCat("  ", name, applet->help().summary, "\n");
  }
  return absl::StrCat(text, kUsageOptions,
                      Message("\"$0 help APPLET\" tells more.\n", called));
}

std::string Version() {
  return absl::StrCat(
      "binfmtbox ", kVersion, "\nrevision ", kRevision, "\ntable ",
      absl::Hex(arch_table::TableChecksum(), absl::kZeroPad8), ", ",
      arch_table::Targets().size(), " targets\nbuilt for ", kBuildTarget, "\n");
}

void Install(std::span<const char* const> args, Console& console) {
  std::string_view dir;
  bool symbolic = false;
  bool bare = false;
  bool only_operands = false;
  for (const std::string_view arg : args) {
    if (only_operands || arg.size() < 2 || arg[0] != '-') {
      if (!dir.empty() || arg.empty()) {
        return console.Complain(Misuse("--install takes one directory"));
      }
      dir = arg;
    } else if (arg == "-s") {
      symbolic = true;
    } else if (arg == "--bare") {
      bare = true;
    } else if (arg == "--") {
      only_operands = true;
    } else {
      return console.Complain(Misuse("unknown option \"$0\"", arg));
    }
  }
  if (dir.empty()) {
    return console.Complain(Misuse("--install needs a directory"));
  }
  if (!console.CanReport()) return;
  for (const auto& applet : Applets()) {
    const std::string path =
        absl::StrCat(dir, bare ? "/" : "/binfmt-", applet->name());
    const Expected<bool> made = binfmt::LinkToSelf(path, symbolic);
    if (made) {
      console.Result(
          absl::StrCat(Printable(path), *made ? "\n" : ": unchanged\n"));
      continue;
    }
    console.Complain(made.error());
    // The other links would fail in the same way, unless a file is in the way
    // of this one.
    if (made.error().errnum() != EEXIST) return;
  }
}

// "; did you mean clear" for a WORD that is neither applet nor option: a
// mistyped one, what another tool says, or a target.
std::string SuggestApplet(std::string_view word) {
  if (arch_table::FindTarget(word) != nullptr) {
    return Message("; did you mean register $0", word);
  }
  // The applets, each before what other tools call it.
  std::string text = "--list --install --version --help";
  for (const auto& applet : Applets()) {
    text += absl::StrCat(" ", applet->name(), applet->help().other_words);
  }
  const std::vector<std::string_view> words = absl::StrSplit(text, ' ');
  std::vector<std::string_view> meant;
  for (size_t i : arch_table::NearestWords(word, words)) {
    while (words[i][0] != '-' && FindApplet(words[i]) == nullptr) --i;
    if (meant.size() < kMaxSuggestions &&
        !absl::c_linear_search(meant, words[i])) {
      meant.push_back(words[i]);
    }
  }
  return DidYouMean(meant);
}

}  // namespace

int RunBox(std::string_view called, std::span<const char* const> args) {
  Console console("binfmtbox", std::string(called));
  const std::string_view word = args.empty() ? "--help" : args[0];
  const bool is_help = word == "help" || word == "--help" || word == "-h";
  const bool is_list = word == "--list";
  const bool is_version = word == "--version" || word == "version";
  // "help APPLET" is "APPLET --help".
  const std::string_view name = is_help && args.size() > 1 ? args[1] : word;
  const size_t expected = is_help ? 2 : 1;
  if (word == "--install") {
    Install(args.subspan(1), console);
  } else if ((is_help || is_list || is_version) && args.size() > expected) {
    console.Complain(
        Misuse("unexpected operand \"$0\" after $1", args[expected], name));
  } else if (is_help && args.size() < expected) {
    console.Answer(Usage(called));
  } else if (is_list) {
    for (const auto& applet : Applets()) {
      console.Answer(Message("$0\n", applet->name()));
    }
  } else if (is_version) {
    console.Answer(Version());
  } else if (const std::unique_ptr<Applet> applet = FindApplet(name)) {
    const char* const help[] = {"--help"};
    return RunApplet(*applet, absl::StrCat(called, " ", name),
                     is_help ? help : args.subspan(1));
  } else if (name.starts_with('-')) {
    Error error = Misuse("unknown option \"$0\"", name);
    error.Append(SuggestApplet(name));
    console.Complain(error);
  } else {
    return NoSuchApplet(name);
  }
  return console.Finish();
}

int NoSuchApplet(std::string_view name) {
  Console console("binfmtbox");
  Error error = Failed(0, "there is no applet \"$0\"", name);
  error.Append(absl::StrContains(name, '/')
                   ? Message("; a program is run by: binfmtbox run $0", name)
                   : SuggestApplet(name));
  error.Append("; see \"binfmtbox --list\"");
  console.Complain(error);
  return kExitNoApplet;
}

}  // namespace cmd
