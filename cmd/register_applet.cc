// SPDX-License-Identifier: Apache-2.0
// register: makes the kernel start an emulator for foreign programs.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "arch_table/emulators.h"
#include "arch_table/names.h"
#include "arch_table/table.h"
#include "binfmt/base/decimal.h"
#include "binfmt/base/error.h"
#include "binfmt/base/message.h"
#include "binfmt/base/printable.h"
#include "binfmt/kernel/mount.h"
#include "binfmt/kernel/running_kernel.h"
#include "binfmt/record/proc_files.h"
#include "cmd/applets.h"
#include "cmd/environment.h"
#include "cmd/print_format.h"
#include "cmd/register_request.h"
#include "cmd/register_run.h"
#include "cmd/targets.h"

namespace cmd {
namespace {

using arch_table::Emulator;
using arch_table::Target;
using binfmt::Expected;
using binfmt::FileFormat;
using binfmt::Misuse;
using binfmt::Printable;

constexpr uint32_t kMaxWaitSeconds = 86400;

OptionSetter SetYesNo(Choice* choice) {
  return [choice](std::string_view name,
                  std::string_view value) -> Expected<void> {
    if (value != "yes" && value != "no") {
      return std::unexpected(
          Misuse("option --$0 takes yes or no, not \"$1\"", name, value));
    }
    *choice = value == "yes" ? Choice::kYes : Choice::kNo;
    return {};
  };
}

OptionSetter SetYesNoAuto(Choice* choice) {
  return [choice](std::string_view name,
                  std::string_view value) -> Expected<void> {
    if (value == "auto") {
      *choice = Choice::kAuto;
      return {};
    }
    if (value == "yes" || value == "no") return SetYesNo(choice)(name, value);
    return std::unexpected(
        Misuse("option --$0 takes yes, no or auto, not \"$1\"", name, value));
  };
}

OptionSetter SetDirectory(std::string* dir) {
  return
      [dir](std::string_view name, std::string_view value) -> Expected<void> {
        if (value.empty() || value[0] != '/') {
          return std::unexpected(
              Misuse("option --$0 needs an absolute path", name));
        }
        // "DIR/" is DIR, or the same entry would differ from itself.
        while (value.size() > 1 && value.back() == '/') value.remove_suffix(1);
        *dir = value;
        return {};
      };
}

OptionSetter SetSeconds(int64_t* milliseconds) {
  return [milliseconds](std::string_view name,
                        std::string_view value) -> Expected<void> {
    const std::optional<uint32_t> seconds =
        binfmt::ParseDecimal(value, kMaxWaitSeconds);
    if (!seconds) {
      return std::unexpected(Misuse(
          "option --$0 takes a number of seconds, at most $1, not \"$2\"", name,
          kMaxWaitSeconds, value));
    }
    *milliseconds = int64_t{*seconds} * 1000;
    return {};
  };
}

constexpr AppletHelp kHelp = {
    .name = "register",
    .operands = "[TARGET]...",
    .summary =
        "Register QEMU's user-mode emulators as handlers of foreign "
        "programs.",
    .details =
        "A TARGET is written as QEMU (aarch64), Docker (linux/arm64), "
        "Debian\n"
        "(armhf), uname (armv7l) or Go (mips64le) write it; all is every "
        "target\n"
        "that has an interpreter and that this machine does not run by "
        "itself.\n"
        "Without TARGET: the words of $QEMU_TARGET_LIST, else of\n"
        "$qemu_target_list, else, with --cmdline, of binfmt.targets=, else "
        "all.\n",
};

class Register : public Applet {
 public:
  Register() : Applet(kHelp) {}

  std::vector<Option> Options() override;

  void Run(const CommandLine& line, Console& console) override {
    request_.common = line.common;
    Expected<void> ready = CompleteRequest(line.operands);
    if (!ready) return console.Complain(ready.error());
    if (!console.CanReport()) return;
    RunRegister(request_, console);
  }

  void BehaveAsScript() override {
    request_.mount = true;
    request_.record.search.dir = "/usr/local/bin";
    request_.record.search.suffix = "";
    request_.record.persistent = Choice::kNo;
    request_.record.credential = Choice::kNo;
    request_.record.preserve_argv0 = Choice::kNo;
  }

 private:
  // The files that --systemd and --debian write, wherever these options stand.
  struct ScriptFiles {
    FileFormat format;
    std::string_view default_dir;
  };

  Expected<void> CompleteRequest(const std::vector<std::string>& operands);
  Expected<void> CheckOptions() const;
  void ChooseOutput();
  Expected<void> ReadCmdline();
  Expected<std::vector<std::string>> TargetWords(
      const std::vector<std::string>& operands) const;
  Expected<void> ReadTargets(const std::vector<std::string>& words);
  Expected<void> ExpandAll();

  RegisterRequest request_;
  bool cmdline_option_ = false;
  std::string cmdline_;  // the kernel's, with --cmdline
  std::string systemd_;  // the value of --systemd
  std::optional<ScriptFiles> script_files_;
  bool exports_ = false;
  std::optional<FileFormat> print_;
};

std::vector<Option> Register::Options() {
  RecordOptions& record = request_.record;
  return {
      {.letter = 'I',
       .name = "interpreter",
       .value_name = "PATH",
       .help = "this interpreter (for one target)",
       .set = [&record](std::string_view,
                        std::string_view value) -> Expected<void> {
         record.interpreter = value;
         if (!value.empty()) return {};
         return std::unexpected(Misuse("option --interpreter needs a path"));
       }},
      {.letter = 'Q',
       .name = "qemu-path",
       .value_name = "DIR",
       .help = "the directory of the interpreters",
       .set = SetDirectory(&record.search.dir),
       .may_abbreviate = true},
      {.letter = 'F',
       .name = "qemu-suffix",
       .value_name = "SUFFIX",
       .help = "what follows qemu-NAME in their names",
       .set = [&record](std::string_view,
                        std::string_view value) -> Expected<void> {
         record.search.suffix = value;
         return {};
       },
       .may_abbreviate = true},
      {.name = "emulator",
       .value_name = "NAME",
       .help = "qemu (default), box64, box86, fex or rosetta",
       .set = [&record](std::string_view,
                        std::string_view value) -> Expected<void> {
         const Emulator* emulator = arch_table::FindEmulator(value);
         if (emulator == nullptr) {
           return std::unexpected(Misuse("unknown emulator \"$0\"", value));
         }
         record.search.emulator = emulator;
         return {};
       }},
      {.letter = 'p',
       .name = "persistent",
       .value_name = "yes|no",
       .help = "open the interpreter now, so that it is found in\n"
               "every container (flag F; default yes)",
       .set = SetYesNo(&record.persistent),
       .may_abbreviate = true},
      {.letter = 'c',
       .name = "credential",
       .value_name = "yes|no",
       .help = "run setuid programs with their owner's rights\n"
               "(flags O and C; default no)",
       .set = SetYesNo(&record.credential),
       .may_abbreviate = true},
      {.letter = 'g',
       .name = "preserve-argv0",
       .value_name = "yes|no|auto",
       .help = "hand argv[0] over (flag P; default\n"
               "auto: where it is understood)",
       .set = SetYesNoAuto(&record.preserve_argv0),
       .may_abbreviate = true},
      {.letter = 'i',
       .name = "ignore-family",
       .value_name = "yes|no",
       .help = "register what this machine runs by itself,\n"
               "too (default no)",
       .set = SetYesNo(&request_.ignore_family),
       .may_abbreviate = true},
      {.name = "if-missing",
       .help = "leave out targets whose programs run already",
       .set = SetTrue(&request_.if_missing)},
      {.name = "replace",
       .help = "swap entries that differ, without a gap",
       .set = SetTrue(&request_.install.replace)},
      {.name = "override",
       .help = "register in front of other handlers",
       .set = SetTrue(&request_.install.override_others)},
      {.name = "rule",
       .value_name = "RECORD",
       .help = "register this record of the kernel's syntax",
       .set = AppendString(&request_.rules)},
      {.letter = 'f',
       .name = "file",
       .value_name = "FILE|DIR|-",
       .help = "register records, binfmt.d or Debian files",
       .set = AppendString(&request_.files)},
      {.name = "system",
       .help = "register what systemd-binfmt would",
       .set = SetTrue(&request_.system)},
      {.name = "print",
       .value_name = "FORMAT",
       .help = "print only: record, binfmt.d or debian",
       .set = SetFormat(&print_)},
      {.letter = 'e',
       .name = "exportdir",
       .value_name = "DIR",
       .help = "write files only",
       .set =
           [this](std::string_view name, std::string_view value) {
             exports_ = true;
             return SetDirectory(&request_.dir)(name, value);
           },
       .may_abbreviate = true},
      {.letter = 's',
       .name = "systemd",
       .value_name = "CPU|ALL",
       .help = "write binfmt.d files, into /etc/binfmt.d unless -e",
       .set = [this](std::string_view,
                     std::string_view value) -> Expected<void> {
         systemd_ = value == "ALL" ? "all" : value;
         script_files_ = {FileFormat::kLine, "/etc/binfmt.d"};
         return {};
       },
       .may_abbreviate = true},
      {.letter = 'd',
       .name = "debian",
       .help = "write Debian's, into /usr/share/binfmts unless -e",
       .set = [this](std::string_view, std::string_view) -> Expected<void> {
         script_files_ = {FileFormat::kDebian, "/usr/share/binfmts"};
         return {};
       },
       .may_abbreviate = true},
      {.name = "cmdline",
       .help = "read binfmt.targets= and binfmt.flags= of the kernel\n"
               "command line",
       .set = SetTrue(&cmdline_option_)},
      {.name = "binfmt-d",
       .value_name = "DIR",
       .help = "leave the records in DIR, too, for systemd-binfmt",
       .set = SetDirectory(&request_.dir)},
      {.name = "mount",
       .help = "mount binfmt_misc first, as binfmt-mount does",
       .set = SetTrue(&request_.mount)},
      {.name = "module",
       .value_name = "FILE",
       .help = "with --mount: the kernel module to load",
       .set = SetString(&request_.mounting.module)},
      {.name = "userns",
       .help = "with --mount: in any user namespace",
       .set = SetTrue(&request_.mounting.allow_user_namespace)},
      {.name = "host",
       .help = "with --mount: in PID 1's mount namespace, too",
       .set = SetTrue(&request_.mounting.on_host)},
      {.name = "verify",
       .help = "run a small program through each handler, and take\n"
               "back what does not run it",
       .set = SetTrue(&request_.verify)},
      {.name = "wait",
       .value_name = "SEC",
       .help = "wait for interpreters that are not there yet",
       .set = SetSeconds(&request_.wait)},
      {.name = "hold",
       .help = "stay until SIGTERM or SIGINT and put back what gets\n"
               "lost",
       .set = SetTrue(&request_.hold)},
  };
}

Expected<void> Register::CompleteRequest(
    const std::vector<std::string>& operands) {
  request_.install.dry_run = request_.common.dry_run;
  request_.mounting.dry_run = request_.common.dry_run;
  request_.mounting.holds = request_.hold;
  ChooseOutput();
  if (Expected<void> checked = CheckOptions(); !checked) return checked;
  if (cmdline_option_) {
    if (Expected<void> read = ReadCmdline(); !read) return read;
  }
  Expected<std::vector<std::string>> words = TargetWords(operands);
  if (!words) return std::unexpected(std::move(words.error()));
  return ReadTargets(*words);
}

// Decides whether records are registered or written, and where to.
void Register::ChooseOutput() {
  if (exports_) request_.print = FileFormat::kLine;
  if (script_files_) {
    request_.missing_too = true;
    request_.print = script_files_->format;
    const std::string_view exportdir = Environment("EXPORTDIR");
    if (request_.dir.empty()) {
      request_.dir = exportdir.empty() ? script_files_->default_dir : exportdir;
    }
  }
  if (print_) request_.print = print_;
  request_.record.for_files = request_.print.has_value();
}

Expected<void> Register::CheckOptions() const {
  const binfmt::MountOptions& mounting = request_.mounting;
  if (!request_.mount && (mounting.on_host || mounting.allow_user_namespace ||
                          !mounting.module.empty())) {
    return std::unexpected(
        Misuse("options --host, --module and --userns go with --mount"));
  }
  if (request_.verify && request_.hold) {
    return std::unexpected(
        Misuse("options --hold and --verify don't go together"));
  }
  return {};
}

// Reads the kernel's command line, and the flags in it where no option decides
// them.
Expected<void> Register::ReadCmdline() {
  if (request_.mount) {
    Expected<void> mounted = binfmt::MountProc(request_.mounting.dry_run);
    if (!mounted) return mounted;
  }
  Expected<std::string> cmdline = binfmt::ReadKernelCmdline();
  if (!cmdline) return std::unexpected(std::move(cmdline.error()));
  cmdline_ = *std::move(cmdline);
  RecordOptions& record = request_.record;
  for (const char& flag : binfmt::FindParameter(cmdline_, "binfmt.flags")) {
    if (flag == 'C') {
      if (record.credential == Choice::kAuto) record.credential = Choice::kYes;
    } else if (flag == 'P') {
      if (record.preserve_argv0 == Choice::kAuto) {
        record.preserve_argv0 = Choice::kYes;
      }
    } else if (flag != 'F') {  // F is the default
      return std::unexpected(
          Misuse("unknown flag \"$0\" in binfmt.flags= of the kernel command "
                 "line, which takes C, F and P",
                 std::string_view(&flag, 1)));
    }
  }
  return {};
}

// The words that name targets: operands, or what stands in for them.
Expected<std::vector<std::string>> Register::TargetWords(
    const std::vector<std::string>& operands) const {
  std::vector<std::string> words;
  for (const std::string& operand : operands) {
    for (std::string& word : SplitWords(operand)) {
      words.push_back(std::move(word));
    }
  }
  if (!systemd_.empty()) words.push_back(systemd_);
  if (words.empty() && !operands.empty()) {
    return std::unexpected(Misuse("an operand names no target"));
  }
  if (!words.empty() || !request_.rules.empty() || !request_.files.empty() ||
      request_.system) {
    return words;
  }
  for (const std::string_view list :
       {Environment("QEMU_TARGET_LIST"), Environment("qemu_target_list"),
        binfmt::FindParameter(cmdline_, "binfmt.targets")}) {
    words = SplitWords(list);
    if (!words.empty()) return words;
  }
  return std::vector<std::string>{"all"};
}

Expected<void> Register::ReadTargets(const std::vector<std::string>& words) {
  const Emulator& emulator = *request_.record.search.emulator;
  for (const std::string& word : words) {
    if (word == "all") {
      request_.all = true;
      continue;
    }
    Expected<const Target*> target = ParseTarget(word);
    if (!target) return std::unexpected(std::move(target.error()));
    if (emulator.EntryName(**target).empty()) {
      return std::unexpected(Misuse("$0 does not run programs for $1",
                                    emulator.word, (*target)->name));
    }
    if (!request_.IsNamed(*target)) request_.named.push_back(*target);
  }
  if (!request_.record.interpreter.empty() &&
      (request_.all || request_.named.size() != 1)) {
    return std::unexpected(Misuse("option --interpreter goes with one target"));
  }
  return ExpandAll();
}

// Lists the targets, for the machine that $HOST_ARCH names if files are
// written.
Expected<void> Register::ExpandAll() {
  const bool uses_host = request_.all || request_.record.for_files;
  const std::string_view word = uses_host ? Environment("HOST_ARCH") : "";
  const Target* host = arch_table::FindTarget(word);
  if (host == nullptr && !word.empty()) {
    return std::unexpected(Misuse("unknown HOST_ARCH \"$0\"", word));
  }
  request_.for_other_machine = request_.record.for_files && host != nullptr;
  if (!request_.all) {
    request_.targets = request_.named;
    return {};
  }
  for (const Target& target : arch_table::Targets()) {
    if (request_.record.search.emulator->EntryName(target).empty()) continue;
    if (host != nullptr && host->SameFamily(target) &&
        (request_.ignore_family != Choice::kYes ||
         host->SameInterpreter(target))) {
      continue;
    }
    request_.targets.push_back(&target);
  }
  return {};
}

}  // namespace

std::unique_ptr<Applet> RegisterApplet() {
  return std::make_unique<Register>();
}

}  // namespace cmd
