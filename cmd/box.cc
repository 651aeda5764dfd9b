// SPDX-License-Identifier: Apache-2.0
#include "cmd/box.h"

#include <cerrno>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "arch_table/table.h"
#include "binfmt/base/error.h"
#include "binfmt/base/message.h"
#include "binfmt/base/printable.h"
#include "binfmt/kernel/links.h"
#include "cmd/applets.h"
#include "cmd/console.h"
#include "cmd/version.h"

namespace cmd {
namespace {

using binfmt::Expected;
using binfmt::Failed;
using binfmt::Message;
using binfmt::Misuse;
using binfmt::Printable;

constexpr std::string_view kUsage =
    "usage: binfmtbox APPLET [OPTION]... [OPERAND]...\n"
    "   or: binfmtbox --list | --version | --help\n"
    "   or: binfmtbox --install [-s] [--bare] DIR\n"
    "   or: APPLET [OPTION]... [OPERAND]...    (by a link of that name)\n"
    "\n"
    "Make this machine run programs built for other processors.\n"
    "\n";

constexpr std::string_view kUsageOptions =
    "\n"
    "  --list                    print the applets' names\n"
    "  --install [-s] [--bare] DIR\n"
    "                            make hard links (-s: symbolic ones) called\n"
    "                            binfmt-APPLET (--bare: APPLET) in DIR\n"
    "  --version                 print version, revision, table and target\n"
    "  --help                    print this text\n"
    "\n"
    "\"binfmtbox APPLET --help\" tells more.\n";

std::string Usage() {
  std::string text(kUsage);
  for (const auto& applet : Applets()) {
    std::string name(applet->name());
    name.resize(26, ' ');
    absl::StrAppend(&text, "  ", name, applet->help().summary, "\n");
  }
  return absl::StrCat(text, kUsageOptions);
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

}  // namespace

int RunBox(std::span<const char* const> args) {
  Console console("binfmtbox");
  const std::string_view word = args.empty() ? "--help" : args[0];
  if (const std::unique_ptr<Applet> applet = FindApplet(word)) {
    return RunApplet(*applet, args.subspan(1));
  }
  const bool alone = args.size() <= 1;
  const bool is_help = word == "--help" || word == "-h";
  if (is_help && alone) {
    console.Answer(Usage());
  } else if (word == "--list" && alone) {
    for (const auto& applet : Applets()) {
      console.Answer(Message("$0\n", applet->name()));
    }
  } else if (word == "--version" && alone) {
    console.Answer(Version());
  } else if (word == "--install") {
    Install(args.subspan(1), console);
  } else if (word.empty() || word[0] != '-') {
    return NoSuchApplet(word);
  } else if (is_help || word == "--list" || word == "--version") {
    console.Complain(
        Misuse("unexpected operand \"$0\" behind $1", args[1], word));
  } else {
    console.Complain(Misuse("unknown option \"$0\"", word));
  }
  return console.Finish();
}

int NoSuchApplet(std::string_view name) {
  Console console("binfmtbox");
  console.Complain(
      Failed(0, "there is no applet \"$0\"; see \"binfmtbox --list\"", name));
  return kExitNoApplet;
}

}  // namespace cmd
