// SPDX-License-Identifier: Apache-2.0
#include "cmd/box.h"

#include <cerrno>
#include <cstdint>

#include "arch_table/table.h"
#include "binfmt/link.h"
#include "binfmt/text.h"
#include "cmd/applets.h"
#include "cmd/console.h"
#include "cmd/version.h"

namespace cmd {
namespace {

using binfmt::Error;
using binfmt::Misuse;
using binfmt::Printable;
using binfmt::operator""_fmt;

constexpr binfmt::Format kUsage =
    "usage: binfmtbox APPLET [OPTION]... [OPERAND]...\n"
    "   or: binfmtbox --list | --version | --help\n"
    "   or: binfmtbox --install [-s] [--bare] DIR\n"
    "   or: APPLET [OPTION]... [OPERAND]...    (by a link of that name)\n"
    "\n"
    "Make this machine run programs built for other processors.\n"
    "\n"_fmt;

constexpr binfmt::Format kUsageOptions =
    "\n"
    "  --list                    print the applets' names\n"
    "  --install [-s] [--bare] DIR\n"
    "                            make hard links (-s: symbolic ones) called\n"
    "                            binfmt-APPLET (--bare: APPLET) in DIR\n"
    "  --version                 print version, revision, table and target\n"
    "  --help                    print this text\n"
    "\n"
    "\"binfmtbox APPLET --help\" tells more.\n"_fmt;

// NUMBER as eight hex digits.
binfmt::Text Hex32(uint32_t number) {
  const char bytes[] = {
      static_cast<char>(number >> 24), static_cast<char>(number >> 16),
      static_cast<char>(number >> 8), static_cast<char>(number)};
  return binfmt::Hex(std::string_view(bytes, sizeof(bytes)));
}

binfmt::Text Usage() {
  binfmt::Text text = kUsage;
  for (const Applet& applet : Applets()) {
    text = binfmt::Fill("@  @@\n"_fmt, text, binfmt::Padded(applet.name, 26),
                        applet.summary);
  }
  return binfmt::Fill("@@", text, kUsageOptions);
}

binfmt::Text Version() {
  return binfmt::Fill(
      "binfmtbox @\nrevision @\ntable @, @ targets\nbuilt for @\n"_fmt,
      kVersion, kRevision, Hex32(arch_table::TableChecksum()),
      binfmt::Decimal(arch_table::Targets().size()), kBuildTarget);
}

absl::Span<const char* const> Rest(absl::Span<const char* const> args) {
  return absl::MakeSpan(args.data() + 1, args.size() - 1);
}

void Install(absl::Span<const char* const> args, Console* console) {
  bool symbolic = false;
  bool bare = false;
  bool only_operands = false;
  binfmt::Text dir;
  for (const std::string_view arg : args) {
    if (!only_operands && arg == "-s") {
      symbolic = true;
    } else if (!only_operands && arg == "--bare") {
      bare = true;
    } else if (!only_operands && arg == "--") {
      only_operands = true;
    } else if (!only_operands && arg.size() > 1 && arg[0] == '-') {
      console->Complain(Misuse("unknown option \"%\""_fmt, arg));
      return;
    } else if (!dir.empty() || arg.empty()) {
      console->Complain(Misuse("--install takes one directory"_fmt));
      return;
    } else {
      dir = binfmt::Text(arg);
    }
  }
  if (dir.empty()) {
    console->Complain(Misuse("--install needs a directory"_fmt));
    return;
  }
  if (!console->CanReport()) return;
  for (const Applet& applet : Applets()) {
    const binfmt::Text path =
        binfmt::Fill("@/@@", dir, bare ? "" : "binfmt-", applet.name);
    bool made;
    if (Error error = binfmt::LinkToSelf(path, symbolic, &made); !error.ok()) {
      console->Complain(error);
      // Whatever it is, the other links would meet it too, but for a file that
      // is in the way of this one.
      if (error.errnum() != EEXIST) return;
      continue;
    }
    console->Result("%@", path, made ? "\n" : ": unchanged\n");
  }
}

}  // namespace

int RunBox(absl::Span<const char* const> args) {
  Console console("binfmtbox");
  const std::string_view word = args.empty() ? "--help" : args[0];
  if (Applet applet; FindApplet(word, &applet)) {
    return RunApplet(applet, Rest(args));
  }
  const bool alone = args.size() <= 1;
  if ((word == "--help" || word == "-h") && alone) {
    console.Answer(Usage());
  } else if (word == "--list" && alone) {
    for (const Applet& applet : Applets()) {
      console.Answer(binfmt::Fill("@\n", applet.name));
    }
  } else if (word == "--version" && alone) {
    console.Answer(Version());
  } else if (word == "--install") {
    Install(Rest(args), &console);
  } else if (word.empty() || word[0] != '-') {
    return NoSuchApplet(word);
  } else if (word == "--help" || word == "-h" || word == "--list" ||
             word == "--version") {
    console.Complain(
        Misuse("unexpected operand \"%\" behind @"_fmt, args[1], word));
  } else {
    console.Complain(Misuse("unknown option \"%\""_fmt, word));
  }
  return console.Finish();
}

int NoSuchApplet(std::string_view name) {
  Console console("binfmtbox");
  console.Complain(binfmt::Failure(
      0, "there is no applet \"%\"; see \"binfmtbox --list\""_fmt, name));
  return kExitNoApplet;
}

}  // namespace cmd
