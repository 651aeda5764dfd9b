// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "binfmt/base/error.h"
#include "binfmt/base/file.h"
#include "binfmt/base/message.h"
#include "binfmt/base/path.h"
#include "binfmt/kernel/record_files.h"
#include "binfmt/record/record_formats.h"
#include "cmd/applets.h"
#include "cmd/console.h"
#include "cmd/other_names.h"

namespace cmd {
namespace {

// Prints FILES, each behind its name; BRIEFLY: nothing but their records.
void Show(const std::vector<std::string>& files, bool briefly,
          Console& console) {
  for (const std::string& file : files) {
    const binfmt::ErrnoOr<std::string> text =
        binfmt::ReadFileAt(AT_FDCWD, file, binfmt::kMaxRecordFileLength);
    if (!text) {
      console.Complain(binfmt::SystemError("read", file, text.error()));
      continue;
    }
    console.Answer(absl::StrCat("# ", file, "\n"));
    if (!briefly) console.Answer(absl::StrCat(*text, "\n"));
    for (const binfmt::RecordLine& line : binfmt::ParseBinfmtD(*text)) {
      if (briefly) console.Answer(absl::StrCat(line.text, "\n"));
    }
  }
}

}  // namespace

int RunSystemdBinfmt(std::span<const char* const> args) {
  Console console("systemd-binfmt");
  const std::vector<std::string> files =
      binfmt::FindRecordFiles(binfmt::kSystemRecordDirs, /*any_name=*/false)
          .value_or(std::vector<std::string>());
  const auto call = [&console](const char* option, const char* value) {
    console.AddStatus(RunApplet({"register", "--mount", "--if-possible",
                                 "--replace", "--override", option, value}));
  };
  if (args.empty()) call("--system", nullptr);
  for (const char* arg : args) {
    const std::string_view word = arg;
    if (word == "--unregister") {
      console.AddStatus(RunApplet({"clear", "--if-possible", "--all"}));
    } else if (word == "--cat-config" || word == "--tldr") {
      Show(files, word == "--tldr", console);
    } else if (word == "--help") {
      console.Answer(
          "usage: systemd-binfmt [FILE]... | --unregister | --cat-config | "
          "--tldr\n");
    } else if (absl::StartsWith(word, "-")) {
      console.Complain(binfmt::Misuse("unknown option \"$0\"", word));
    } else {
      // A name without a directory means a file of those directories.
      for (const std::string& file : files) {
        if (binfmt::BaseName(file) == word) arg = file.c_str();
      }
      call("--file", arg);
    }
  }
  return console.Finish();
}

}  // namespace cmd
