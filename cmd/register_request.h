// SPDX-License-Identifier: Apache-2.0
// What register was asked for, as its options and operands say.
#ifndef CMD_REGISTER_REQUEST_H_
#define CMD_REGISTER_REQUEST_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/algorithm/container.h"
#include "binfmt/base/error.h"
#include "binfmt/kernel/install.h"
#include "binfmt/kernel/mount.h"
#include "binfmt/record/record.h"
#include "binfmt/record/record_formats.h"
#include "cmd/interpreter_search.h"
#include "cmd/options.h"
#include "cmd/targets.h"

namespace cmd {

// kPreferYes is a default: unlike an option, it asks nothing of an entry that
// works.
enum class Choice { kNo, kYes, kAuto, kPreferYes };

// For OptionFor(): what VALUE says, "yes", "no" or "auto".
inline binfmt::Expected<void> StoreChoice(Choice& choice, std::string_view,
                                          std::string_view value) {
  choice = value == "yes"  ? Choice::kYes
           : value == "no" ? Choice::kNo
                           : Choice::kAuto;
  return {};
}

// How records are made from targets.
struct RecordOptions {
  // kAuto: as the emulator's own project registers it; QEMU's gets F, and P
  // where it is understood.
  Choice persistent = Choice::kAuto;      // flag F
  Choice credential = Choice::kAuto;      // flags O and C
  Choice preserve_argv0 = Choice::kAuto;  // flag P
  std::string interpreter;                // empty: search for it
  SearchOptions search;
  // The records are for files: an interpreter need not exist yet, nor this
  // kernel know the flags.
  bool for_files = false;

  // Whether an entry with FLAGS may stand in for one that is asked for: it has
  // what an option says yes to and, where its target was NAMED, lacks what one
  // says no to.
  bool Accept(binfmt::Flags flags, bool named) const;
  // Whether FLAGS lack C where that is preferred.
  bool LacksPreferred(binfmt::Flags flags) const {
    return credential == Choice::kPreferYes &&
           (flags & binfmt::kCredentials) == 0;
  }
};

struct RegisterRequest {
  CommonOptions common;
  RecordOptions record;
  binfmt::MountOptions mounting;
  binfmt::InstallOptions install;

  // What to register.
  TargetList targets;
  TargetList named;  // those of them that were asked for by name
  bool all = false;
  // With files: also those of "all" whose interpreter is missing.
  bool missing_too = false;
  // The files are for another machine, so this one is not asked what it runs.
  bool for_other_machine = false;
  std::vector<std::string> rules;
  std::vector<std::string> files;  // or directories; "-": stdin
  bool system = false;             // what systemd-binfmt would register

  // How to do it.
  bool mount = false;
  bool verify = false;
  bool hold = false;
  // Leave out targets whose programs run already, natively or, if nothing is to
  // be replaced, by an entry that holds its interpreter. Of "all" also those
  // whose entry's name is taken.
  bool if_missing = false;
  Choice ignore_family = Choice::kNo;  // yes: register native targets, too
  int64_t wait = 0;                    // for interpreters, in milliseconds

  // Set: nothing is registered, the records go to stdout or into dir.
  std::optional<binfmt::FileFormat> print;
  // Gets a file for each record. Empty: there is no such directory.
  std::string dir;

  // Whether TARGET was asked for by name.
  bool IsNamed(const arch_table::Target* target) const {
    return absl::c_linear_search(named, target);
  }
};

}  // namespace cmd

#endif  // CMD_REGISTER_REQUEST_H_
