// SPDX-License-Identifier: Apache-2.0
// register: makes the kernel start an emulator for foreign programs.
#include <cstdint>
#include <string_view>

#include "absl/base/attributes.h"
#include "arch_table/emulators.h"
#include "arch_table/names.h"
#include "binfmt/array.h"
#include "binfmt/cmdline.h"
#include "binfmt/error.h"
#include "binfmt/mount.h"
#include "binfmt/record_files.h"
#include "binfmt/text.h"
#include "cmd/applets.h"
#include "cmd/environment.h"
#include "cmd/formats.h"
#include "cmd/plan.h"
#include "cmd/registrar.h"
#include "cmd/targets.h"

namespace cmd {
namespace {

using arch_table::Target;
using binfmt::Error;
using binfmt::FileFormat;
using binfmt::Misuse;
using binfmt::operator""_fmt;

constexpr uint32_t kMostSeconds = 86400;

constexpr binfmt::Format kOptions =
    "  -I, --interpreter PATH  this interpreter (for one target)\n"
    "  -Q, --qemu-path DIR    the directory of the interpreters\n"
    "  -F, --qemu-suffix SUFFIX  what follows qemu-NAME in their names\n"
    "      --emulator NAME    qemu (default), box64, box86, fex or rosetta\n"
    "  -p, --persistent yes|no  open the interpreter now, so that it is found "
    "in\n"
    "                         every container (flag F; default yes)\n"
    "  -c, --credential yes|no  run setuid programs with their owner's rights\n"
    "                         (flags O and C; default no)\n"
    "  -g, --preserve-argv0 yes|no|auto  hand argv[0] over (flag P; default\n"
    "                         auto: where it is understood)\n"
    "  -i, --ignore-family yes|no  register what this machine runs by itself,\n"
    "                         too (default no)\n"
    "      --if-missing       leave out targets whose programs run already\n"
    "      --replace          swap entries that differ, without a gap\n"
    "      --override         register in front of other handlers\n"
    "      --rule RECORD      register this record of the kernel's syntax\n"
    "  -f, --file FILE|DIR|-  register records, binfmt.d or Debian files\n"
    "      --system           register what systemd-binfmt would\n"
    "      --print FORMAT     print only: record, binfmt.d or debian\n"
    "  -e, --exportdir DIR    write files only\n"
    "  -s, --systemd CPU|ALL  write binfmt.d files, into /etc/binfmt.d unless "
    "-e\n"
    "  -d, --debian           write Debian's, into /usr/share/binfmts unless "
    "-e\n"
    "      --cmdline          read binfmt.targets= and binfmt.flags= of the "
    "kernel\n"
    "                         command line\n"
    "      --binfmt-d DIR     leave the records in DIR, too, for "
    "systemd-binfmt\n"
    "      --mount            mount binfmt_misc first, as binfmt-mount does\n"
    "      --module FILE      with --mount: the kernel module to load\n"
    "      --userns           with --mount: in any user namespace\n"
    "      --host             with --mount: in PID 1's mount namespace, too\n"
    "      --verify           run a small program through each handler, and "
    "take\n"
    "                         back what does not run it\n"
    "      --wait SEC         wait for interpreters that are not there yet\n"
    "      --hold             stay until SIGTERM or SIGINT and put back what "
    "gets\n"
    "                         lost\n"_fmt;

Error ReadChoice(const GivenOption& given, Choice* choice) {
  const bool may_be_auto = given.Is("preserve-argv0");
  if (given.value == "yes") {
    *choice = Choice::kYes;
  } else if (given.value == "no") {
    *choice = Choice::kNo;
  } else if (may_be_auto && given.value == "auto") {
    *choice = Choice::kAuto;
  } else {
    return Misuse("option --@ takes @, not \"%\""_fmt, given.name,
                  may_be_auto ? "yes, no or auto" : "yes or no", given.value);
  }
  return binfmt::Ok();
}

// Reads a value that is a directory.
Error ReadDirectory(const GivenOption& given, binfmt::Text* value) {
  std::string_view dir = given.value;
  if (dir.empty() || dir[0] != '/') {
    return Misuse("option --@ needs an absolute path"_fmt, given.name);
  }
  // "DIR/" is DIR, or the same entry would differ from itself.
  while (dir.size() > 1 && dir.back() == '/') dir.remove_suffix(1);
  *value = dir;
  return binfmt::Ok();
}

// Reads a value that is a number of seconds.
Error ReadSeconds(const GivenOption& given, int64_t* milliseconds) {
  uint32_t seconds;
  if (!binfmt::ParseDecimal(given.value, kMostSeconds, &seconds)) {
    return Misuse(
        "option --@ takes a number of seconds, at most @, not \"%\""_fmt,
        given.name, binfmt::Decimal(kMostSeconds), given.value);
  }
  *milliseconds = int64_t{seconds} * 1000;
  return binfmt::Ok();
}

// Turns on what the option NAME only turns on; false where it does more.
bool TurnOn(std::string_view name, RegisterSettings* settings,
            RegisterRequest* request) {
  std::string_view names =
      "mount userns host cmdline hold system replace override verify "
      "if-missing";
  for (bool* is_on :
       {&settings->mount, &settings->mounting.allow_user_namespace,
        &settings->mounting.on_host, &settings->cmdline, &settings->hold,
        &request->system, &settings->install.replace,
        &settings->install.override_others, &settings->verify,
        &settings->if_missing}) {
    if (binfmt::TakeUntil(' ', &names) != name) continue;
    *is_on = true;
    return true;
  }
  return false;
}

Error ReadSettings(const CommandLine& line, RegisterSettings* settings,
                   RegisterRequest* request) {
  if (line.as_script) {
    settings->mount = true;
    settings->record.search.dir = "/usr/local/bin";
    settings->record.search.suffix = binfmt::Text();
    settings->record.persistent = Choice::kNo;
    settings->record.credential = Choice::kNo;
    settings->record.preserve_argv0 = Choice::kNo;
  }
  settings->install.dry_run = line.common.dry_run;
  settings->mounting.dry_run = line.common.dry_run;
  // Of --systemd and --debian, which do not care for the order of options.
  std::string_view dir;
  FileFormat format = FileFormat::kNone;
  for (const GivenOption& given : line.options) {
    Error error = binfmt::Ok();
    if (TurnOn(given.name, settings, request)) continue;
    if (given.Is("module")) {
      settings->mounting.module = binfmt::Text(given.value);
    } else if (given.Is("wait")) {
      error = ReadSeconds(given, &settings->wait);
    } else if (given.Is("rule")) {
      request->rules.push_back(given.value);
    } else if (given.Is("systemd")) {
      dir = "/etc/binfmt.d";
      format = FileFormat::kLine;
      request->systemd = given.value == "ALL" ? "all" : given.value;
    } else if (given.Is("debian")) {
      dir = "/usr/share/binfmts";
      format = FileFormat::kDebian;
    } else if (given.Is("exportdir")) {
      error = ReadDirectory(given, &settings->dir);
      settings->print = FileFormat::kLine;
    } else if (given.Is("file")) {
      request->files.push_back(given.value);
    } else if (given.Is("interpreter")) {
      settings->record.interpreter = binfmt::Text(given.value);
      if (given.value.empty()) {
        error = Misuse("option --interpreter needs a path"_fmt);
      }
    } else if (given.Is("qemu-path")) {
      error = ReadDirectory(given, &settings->record.search.dir);
    } else if (given.Is("binfmt-d")) {
      error = ReadDirectory(given, &settings->dir);
    } else if (given.Is("qemu-suffix")) {
      settings->record.search.suffix = binfmt::Text(given.value);
    } else if (given.Is("emulator")) {
      settings->record.search.emulator = arch_table::FindEmulator(given.value);
      if (settings->record.search.emulator == nullptr) {
        error = Misuse("unknown emulator \"%\""_fmt, given.value);
      }
    } else if (Choice* choice =
                   given.Is("persistent")   ? &settings->record.persistent
                   : given.Is("credential") ? &settings->record.credential
                   : given.Is("preserve-argv0")
                       ? &settings->record.preserve_argv0
                   : given.Is("ignore-family") ? &settings->ignore_family
                                               : nullptr) {
      error = ReadChoice(given, choice);
    }
    if (!error.ok()) return error;
  }
  settings->mounting.holds = settings->hold;
  if (!dir.empty()) {
    request->missing_too = true;
    settings->print = format;
    const std::string_view other = Environment("EXPORTDIR");
    if (settings->dir.empty()) settings->dir = other.empty() ? dir : other;
  }
  if (Error error = ReadFormat(line, &settings->print); !error.ok()) {
    return error;
  }
  settings->record.for_files = settings->print != FileFormat::kNone;
  return binfmt::Ok();
}

// Reads the kernel's command line into LINE, and the flags in it into SETTINGS,
// where no option speaks of them.
Error ReadCmdline(RegisterSettings* settings, binfmt::Text* line) {
  if (settings->mount) {
    Error error = binfmt::MountProc(settings->mounting.dry_run);
    if (!error.ok()) return error;
  }
  if (Error error = binfmt::ReadCommandLine(line); !error.ok()) return error;
  RecordOptions& record = settings->record;
  for (const char& flag : binfmt::FindParameter(*line, "binfmt.flags")) {
    if (flag == 'C') {
      if (record.credential == Choice::kAuto) record.credential = Choice::kYes;
    } else if (flag == 'P') {
      if (record.preserve_argv0 == Choice::kAuto) {
        record.preserve_argv0 = Choice::kYes;
      }
    } else if (flag != 'F') {  // which is the default
      return Misuse(
          "unknown flag \"%\" in binfmt.flags= of the kernel command line, "
          "which takes C, F and P"_fmt,
          std::string_view(&flag, 1));
    }
  }
  return binfmt::Ok();
}

// What to register where the command line names nothing. CMDLINE is the
// kernel's, or empty.
binfmt::Array<std::string_view> DefaultWords(
    std::string_view cmdline ABSL_ATTRIBUTE_LIFETIME_BOUND) {
  for (const char* variable : {"QEMU_TARGET_LIST", "qemu_target_list"}) {
    binfmt::Array<std::string_view> words = SplitWords(Environment(variable));
    if (!words.empty()) return words;
  }
  binfmt::Array<std::string_view> words =
      SplitWords(binfmt::FindParameter(cmdline, "binfmt.targets"));
  if (words.empty()) words.push_back("all");
  return words;
}

Error ReadRequest(const CommandLine& line, const RegisterSettings& settings,
                  std::string_view cmdline, RegisterRequest* request) {
  binfmt::Array<std::string_view> words;
  for (const std::string_view operand : line.operands) {
    for (const std::string_view word : SplitWords(operand)) {
      words.push_back(word);
    }
  }
  if (!request->systemd.empty()) words.push_back(request->systemd);
  if (words.empty() && !line.operands.empty()) {
    return Misuse("an operand names no target"_fmt);
  }
  if (words.empty() && request->rules.empty() && request->files.empty() &&
      !request->system) {
    words = DefaultWords(cmdline);
  }
  for (const std::string_view word : words) {
    if (word == "all") {
      request->all = true;
      continue;
    }
    const Target* target;
    if (Error error = ParseTarget(word, &target); !error.ok()) return error;
    const arch_table::Emulator& emulator = *settings.record.search.emulator;
    if (emulator.EntryName(*target).empty()) {
      return Misuse("@ does not run programs for @"_fmt, emulator.word,
                    target->name());
    }
    if (!Contains(request->named, target)) request->named.push_back(target);
  }
  if (!settings.record.interpreter.empty() &&
      (request->all || request->named.size() != 1)) {
    return Misuse("option --interpreter goes with one target"_fmt);
  }
  const std::string_view word =
      request->all || settings.record.for_files ? Environment("HOST_ARCH") : "";
  const Target* host = arch_table::FindTarget(word);
  if (host == nullptr && !word.empty()) {
    return Misuse("unknown HOST_ARCH \"%\""_fmt, word);
  }
  request->for_other_machine = settings.record.for_files && host != nullptr;
  if (!request->all) {
    request->targets = request->named;
    return binfmt::Ok();
  }
  for (const Target& target : arch_table::Targets()) {
    if (settings.record.search.emulator->EntryName(target).empty()) continue;
    if (host != nullptr && host->SameFamily(target) &&
        (settings.ignore_family != Choice::kYes ||
         host->SameInterpreter(target))) {
      continue;
    }
    request->targets.push_back(&target);
  }
  return binfmt::Ok();
}

void Run(const CommandLine& line, Console* console) {
  RegisterSettings settings;
  RegisterRequest request;
  Error error = ReadSettings(line, &settings, &request);
  if (error.ok() && !settings.mount &&
      (settings.mounting.on_host || settings.mounting.allow_user_namespace ||
       !settings.mounting.module.empty())) {
    error = Misuse("options --host, --module and --userns go with --mount"_fmt);
  }
  if (error.ok() && settings.verify && settings.hold) {
    error = Misuse("options --hold and --verify don't go together"_fmt);
  }
  binfmt::Text cmdline;
  if (error.ok() && settings.cmdline) error = ReadCmdline(&settings, &cmdline);
  if (error.ok()) error = ReadRequest(line, settings, cmdline, &request);
  if (!error.ok()) {
    console->Complain(error);
    return;
  }
  if (!console->CanReport()) return;
  Register(line, settings, request, console);
}

}  // namespace

Applet RegisterApplet() {
  return {
      "register",
      " [TARGET]...",
      "Register QEMU's user-mode emulators as handlers of foreign programs."_fmt,
      "A TARGET is written as QEMU (aarch64), Docker (linux/arm64), Debian\n"
      "(armhf), uname (armv7l) or Go (mips64le) write it; all is every target\n"
      "that has an interpreter and that this machine does not run by itself.\n"
      "Without TARGET: the words of $QEMU_TARGET_LIST, else of\n"
      "$qemu_target_list, else, with --cmdline, of binfmt.targets=, else all.\n"_fmt,
      kOptions,
      Run,
  };
}

}  // namespace cmd
