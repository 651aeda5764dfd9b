// SPDX-License-Identifier: Apache-2.0
// register: makes the kernel start an emulator for foreign programs.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "arch_table/emulators.h"
#include "arch_table/names.h"
#include "arch_table/table.h"
#include "binfmt/base/decimal.h"
#include "binfmt/base/error.h"
#include "binfmt/base/message.h"
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

constexpr uint32_t kMaxWaitSeconds = 86400;

[[gnu::noinline]] Expected<void> StoreDirectory(std::string& dir,
                                                std::string_view name,
                                                std::string_view value) {
  if (value[0] != '/') {
    return Misuse("option --$0 needs an absolute path", name);
  }
  // "DIR/" is DIR, or the same entry would differ from itself.
  while (value.size() > 1 && value.back() == '/') value.remove_suffix(1);
  dir = value;
  return {};
}

Expected<void> StoreSeconds(int64_t& milliseconds, std::string_view name,
                            std::string_view value) {
  const std::optional<uint64_t> seconds =
      binfmt::ParseDecimal(value, kMaxWaitSeconds);
  if (!seconds) {
    return Misuse(
        "option --$0 takes a number of seconds, at most $1, not \"$2\"", name,
        kMaxWaitSeconds, value);
  }
  milliseconds = static_cast<int64_t>(*seconds) * 1000;
  return {};
}

Expected<void> StoreEmulator(const Emulator*& emulator, std::string_view,
                             std::string_view value) {
  emulator = arch_table::FindEmulator(value);
  return {};
}

// What concerns records that are made from targets, and what concerns the
// registry.
constexpr std::string_view kTargetOptions =
    " interpreter qemu-path qemu-suffix emulator persistent credential "
    "preserve-argv0 if-missing cmdline ";
constexpr std::string_view kRegistryOptions =
    " if-missing replace override binfmt-d mount module userns host verify "
    "hold ";

// The options of QEMU's qemu-binfmt-conf.sh.
constexpr std::string_view kScriptLetters = "QFpcgiesd";

constexpr AppletHelp kHelp = {
    .name = "register",
    .arguments = "[OPTION]... [TARGET]...",
    .summary =
        "Register QEMU's user-mode emulators as handlers of foreign "
        "programs.",
    .details = R"(
A TARGET is written as QEMU (aarch64), Docker (linux/arm64), Debian
(armhf), uname (armv7l) or Go (mips64le) write it; all is every target
that has an interpreter and that this machine does not run natively.
Without TARGET: the words of $QEMU_TARGET_LIST, else of
$qemu_target_list, else, with --cmdline, of binfmt.targets=, else all.

A RECORD is :NAME:M:OFFSET:MAGIC:MASK:INTERPRETER:FLAGS for files that have
the bytes MAGIC at OFFSET where MASK has ones (all, where it is empty), or
:NAME:E::EXTENSION::INTERPRETER:FLAGS for names that end in .EXTENSION. A
byte may be \xHH; FLAGS are none or some of POCF.

Examples:
  binfmtbox register --mount all
  binfmtbox register arm64 linux/arm/v7
  binfmtbox register --replace --credential yes arm64
  binfmtbox register --rule ':jar:E::jar::/usr/local/bin/run-jar:'
  binfmtbox register --file /etc/binfmt.d/wine.conf
)",
    .other_words = " install import add",
};

class Register : public Applet {
 public:
  Register() : Applet(kHelp) {}

  std::vector<Option> Options() override;

  void Run(const CommandLine& line, Console& console) override {
    request_.common = line.common;
    Expected<void> ready = CompleteRequest(line);
    if (!ready) return console.Complain(ready.error());
    if (!console.CanReport()) return;
    RunRegister(request_, console);
  }

  void BehaveAsScript() override {
    is_script_ = true;
    // Only now: make and others have variables of these names, too.
    host_arch_ = Environment("HOST_ARCH");
    exportdir_ = Environment("EXPORTDIR");
    request_.mount = true;
    request_.record.search.dir = "/usr/local/bin";
    request_.record.search.suffix = "";
    request_.record.persistent = Choice::kNo;
    request_.record.credential = Choice::kNo;
    request_.record.preserve_argv0 = Choice::kNo;
  }

  void BehaveAsImage() override {
    request_.mount = true;
    request_.if_missing = true;
    request_.record.credential = Choice::kPreferYes;
  }

 private:
  static Expected<void> StoreExportDir(Register& self, std::string_view name,
                                       std::string_view value) {
    self.request_.print = FileFormat::kLine;
    return StoreDirectory(self.request_.dir, name, value);
  }

  static Expected<void> StoreSystemd(Register& self, std::string_view,
                                     std::string_view value) {
    self.systemd_ = value == "ALL" ? "all" : value;
    self.script_format_ = FileFormat::kLine;
    return {};
  }

  static Expected<void> StoreDebian(Register& self, std::string_view,
                                    std::string_view) {
    self.script_format_ = FileFormat::kDebian;
    return {};
  }

  Expected<void> CompleteRequest(const CommandLine& line);
  // Fails where an option of LINE could do nothing.
  Expected<void> CheckOptions(const CommandLine& line) const;
  Expected<void> ChooseOutput();
  Expected<void> ReadCmdline();
  Expected<void> ReadTargets(const std::vector<std::string>& operands);
  Expected<void> ExpandAll();

  RegisterRequest request_;
  std::string_view host_arch_;
  std::string_view exportdir_;
  bool is_script_ = false;   // called as QEMU's: other defaults
  bool is_own_dir_ = false;  // files go where this machine reads them
  bool cmdline_option_ = false;
  std::string cmdline_;  // the kernel's, with --cmdline
  std::string systemd_;  // the value of --systemd
  // What --systemd and --debian write, wherever these options stand.
  std::optional<FileFormat> script_format_;
  std::optional<FileFormat> print_;
};

std::vector<Option> Register::Options() {
  RecordOptions& record = request_.record;
  std::vector<Option> options = {
      StringOption('I', "interpreter", "PATH",
                   "this interpreter (for one target)", &record.interpreter),
      OptionFor<StoreDirectory>('Q', "qemu-path", "DIR",
                                is_script_
                                    ? "the directory of the interpreters\n"
                                      "(default /usr/local/bin)"
                                    : "the directory of the interpreters",
                                &record.search.dir),
      StringOption('F', "qemu-suffix", "SUFFIX",
                   is_script_ ? "what follows qemu-NAME in their names\n"
                                "(default: nothing)"
                              : "what follows qemu-NAME in their names",
                   &record.search.suffix),
      OptionFor<StoreEmulator>(
          kNoLetter, "emulator", "qemu|box64|box86|fex|rosetta",
          "whose interpreter (default qemu)", &record.search.emulator),
      OptionFor<StoreChoice>(
          'p', "persistent", "yes|no",
          is_script_ ? "open the interpreter now, so that it is found in\n"
                       "every container (flag F; default no)"
                     : "open the interpreter now, so that it is found in\n"
                       "every container (flag F; default yes)",
          &record.persistent),
      OptionFor<StoreChoice>('c', "credential", "yes|no",
                             "run setuid programs with their owner's rights\n"
                             "(flags O and C; default no)",
                             &record.credential),
      OptionFor<StoreChoice>('g', "preserve-argv0", "yes|no|auto",
                             is_script_ ? "hand argv[0] over (flag P; default "
                                          "no)"
                                        : "hand argv[0] over (flag P; default\n"
                                          "auto: where it is understood)",
                             &record.preserve_argv0),
      OptionFor<StoreChoice>('i', "ignore-family", "yes|no",
                             "register what this machine runs natively,\n"
                             "too (default no)",
                             &request_.ignore_family),
      FlagOption(kNoLetter, "if-missing",
                 "leave out targets whose programs run already",
                 &request_.if_missing),
      FlagOption(kNoLetter, "replace",
                 "swap entries that differ, without a gap",
                 &request_.install.replace),
      FlagOption(kNoLetter, "override", "register in front of other handlers",
                 &request_.install.override_others),
      ListOption(kNoLetter, "rule", "RECORD",
                 "register this record of the kernel's syntax",
                 &request_.rules),
      ListOption('f', "file", "FILE|DIR|-",
                 "register records, binfmt.d or Debian files", &request_.files),
      FlagOption(kNoLetter, "system", "register what systemd-binfmt would",
                 &request_.system),
      OptionFor<StoreFormat>(kNoLetter, "print", "record|binfmt.d|debian",
                             "print only", &print_),
      OptionFor<StoreExportDir>('e', "exportdir", "DIR", "write files only",
                                this),
      OptionFor<StoreSystemd>(
          's', "systemd", "CPU|ALL",
          "write binfmt.d files, into /etc/binfmt.d unless -e", this),
      OptionFor<StoreDebian>(
          'd', "debian", "",
          "write Debian's, into /usr/share/binfmts unless -e", this),
      FlagOption(kNoLetter, "cmdline",
                 "read binfmt.targets= and binfmt.flags= of the kernel\n"
                 "command line",
                 &cmdline_option_),
      OptionFor<StoreDirectory>(
          kNoLetter, "binfmt-d", "DIR",
          "leave the records in DIR, too, for systemd-binfmt", &request_.dir),
      FlagOption(kNoLetter, "mount", "mount binfmt_misc first, as mount does",
                 &request_.mount),
      StringOption(kNoLetter, "module", "FILE",
                   "with --mount: the kernel module to load",
                   &request_.mounting.module),
      FlagOption(kNoLetter, "userns", "with --mount: in any user namespace",
                 &request_.mounting.allow_user_namespace),
      FlagOption(kNoLetter, "host",
                 "with --mount: in PID 1's mount namespace, too",
                 &request_.mounting.on_host),
      FlagOption(kNoLetter, "verify",
                 "run a small program through each handler, and\n"
                 "remove what does not run it",
                 &request_.verify),
      OptionFor<StoreSeconds>(kNoLetter, "wait", "SEC",
                              "wait for interpreters that are not there yet",
                              &request_.wait),
      FlagOption(kNoLetter, "hold",
                 "stay until SIGTERM, SIGINT or SIGPWR and put back\n"
                 "what gets lost",
                 &request_.hold),
  };
  for (Option& option : options) {
    option.may_abbreviate = absl::StrContains(kScriptLetters, option.letter);
    option.may_be_empty = option.name == "qemu-suffix";
  }
  return options;
}

Expected<void> Register::CompleteRequest(const CommandLine& line) {
  request_.install.dry_run = request_.common.dry_run;
  request_.mounting.dry_run = request_.common.dry_run;
  request_.mounting.holds = request_.hold;
  if (Expected<void> chosen = ChooseOutput(); !chosen) return chosen;
  if (Expected<void> checked = CheckOptions(line); !checked) return checked;
  if (cmdline_option_) {
    if (Expected<void> read = ReadCmdline(); !read) return read;
  }
  return ReadTargets(line.operands);
}

// Decides whether records are registered or written, and where to.
Expected<void> Register::ChooseOutput() {
  if (script_format_) {
    request_.missing_too = true;
    request_.print = script_format_;
    if (request_.dir.empty()) {
      std::string_view dir = exportdir_;
      if (dir.empty()) {
        dir = script_format_ == FileFormat::kLine ? "/etc/binfmt.d"
                                                  : "/usr/share/binfmts";
        is_own_dir_ = true;
      }
      // What EXPORTDIR says is this option's value.
      if (Expected<void> stored =
              StoreDirectory(request_.dir, "exportdir", dir);
          !stored) {
        return stored;
      }
    }
  }
  if (print_) request_.print = print_;
  request_.record.for_files = request_.print.has_value();
  return {};
}

Expected<void> Register::CheckOptions(const CommandLine& line) const {
  const bool has_records =
      !request_.rules.empty() || !request_.files.empty() || request_.system;
  const bool has_targets =
      !line.operands.empty() || !systemd_.empty() || !has_records;
  const arch_table::Emulator& emulator = *request_.record.search.emulator;
  for (const std::string_view name : line.own_options) {
    const std::string word = absl::StrCat(" ", name, " ");
    if (!has_targets && absl::StrContains(kTargetOptions, word)) {
      return Misuse(
          "option --$0 goes with targets, and does nothing for records", name);
    }
    if (request_.print && absl::StrContains(kRegistryOptions, word)) {
      return Misuse("option --$0 does nothing where records are only written",
                    name);
    }
    const bool is_suffix = name == "qemu-suffix";
    if (!request_.record.interpreter.empty() &&
        (is_suffix || name == "qemu-path")) {
      return Misuse("options --interpreter and --$0 don't go together", name);
    }
    if (is_suffix && !emulator.is_qemu()) {
      return Misuse("option --$0 does nothing for $1", name, emulator.word);
    }
  }
  if (request_.print && request_.dir.empty() && line.common.json) {
    return Misuse("options --json and --print don't go together");
  }
  const binfmt::MountOptions& mounting = request_.mounting;
  if (!request_.mount && (mounting.on_host || mounting.allow_user_namespace ||
                          !mounting.module.empty())) {
    return Misuse("options --host, --module and --userns go with --mount");
  }
  if (request_.verify && request_.hold) {
    return Misuse("options --hold and --verify don't go together");
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
  if (!cmdline) return std::move(cmdline.error());
  cmdline_ = *std::move(cmdline);
  RecordOptions& record = request_.record;
  for (const char& flag : binfmt::FindParameter(cmdline_, "binfmt.flags")) {
    Choice* const choice = flag == 'C'   ? &record.credential
                           : flag == 'P' ? &record.preserve_argv0
                                         : nullptr;
    if (choice != nullptr) {
      if (*choice == Choice::kAuto) *choice = Choice::kYes;
    } else if (flag != 'F') {  // F is the default
      return Misuse(
          "unknown flag \"$0\" in binfmt.flags= of the kernel command "
          "line, which takes C, F and P",
          std::string_view(&flag, 1));
    }
  }
  return {};
}

// Reads the words that name targets: OPERANDS, or what stands in for them.
Expected<void> Register::ReadTargets(const std::vector<std::string>& operands) {
  for (const std::string& operand : operands) {
    if (SplitWords(operand).empty()) {
      return Misuse("an operand names no target");
    }
  }
  std::vector<std::string> words = SplitWords(absl::StrJoin(operands, ","));
  if (!systemd_.empty()) words.push_back(systemd_);
  if (words.empty() && request_.rules.empty() && request_.files.empty() &&
      !request_.system) {
    for (const std::string_view list :
         {Environment("QEMU_TARGET_LIST"), Environment("qemu_target_list"),
          binfmt::FindParameter(cmdline_, "binfmt.targets"),
          std::string_view("all")}) {
      words = SplitWords(list);
      if (!words.empty()) break;
    }
  }
  const Emulator& emulator = *request_.record.search.emulator;
  Expected<void> parsed = ParseTargets(words, request_.named, request_.all);
  if (!parsed) return parsed;
  for (const Target* target : request_.named) {
    if (emulator.EntryName(*target).empty()) {
      return Misuse("$0 does not run programs for $1", emulator.word,
                    target->name);
    }
  }
  if (!request_.record.interpreter.empty() &&
      (request_.all || request_.named.size() != 1)) {
    return Misuse("option --interpreter goes with one target");
  }
  return ExpandAll();
}

// Lists the targets, for the machine that $HOST_ARCH names if files are
// written.
Expected<void> Register::ExpandAll() {
  const bool uses_host = request_.all || request_.record.for_files;
  const std::string_view word = uses_host ? host_arch_ : "";
  const Target* host = arch_table::FindTarget(word);
  if (host == nullptr && !word.empty()) {
    return Misuse("unknown HOST_ARCH \"$0\"", word);
  }
  request_.for_other_machine = request_.record.for_files && host != nullptr;
  if (request_.for_other_machine && !IsSibling(*host) && is_own_dir_) {
    return Misuse("files for $0 need a directory: --exportdir", word);
  }
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
