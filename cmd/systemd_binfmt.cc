// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include <cerrno>
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

using binfmt::Expected;

// Prints FILES, each behind its name; BRIEFLY: nothing but their records.
void Show(const std::vector<std::string>& files, bool briefly,
          Console& console) {
  for (const std::string& file : files) {
    const binfmt::ErrnoOr<std::string> text =
        binfmt::ReadFileAt(AT_FDCWD, file, binfmt::kMaxRecordFileLength);
    // A link that leads nowhere masks files of its name, and says nothing.
    if (!text && text.error() == ENOENT) continue;
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

// The file that WORD means: a path, or a name in systemd-binfmt's directories.
// One of the current directory may be anybody's.
Expected<std::string> FindFile(
    std::string_view word, const Expected<std::vector<std::string>>& files) {
  if (absl::StrContains(word, '/')) return std::string(word);
  if (!files) return files.error().Copy();
  for (const std::string& file : *files) {
    if (binfmt::BaseName(file) == word) return file;
  }
  return binfmt::Failed(ENOENT,
                        "$0 is in no directory binfmt.d; a file elsewhere "
                        "needs its path",
                        word);
}

}  // namespace

int RunSystemdBinfmt(std::span<const char* const> args) {
  Console console("systemd-binfmt");
  const Expected<std::vector<std::string>> files =
      binfmt::FindRecordFiles(binfmt::kSystemRecordDirs, /*any_name=*/false);
  const auto call = [&console](const char* option, const char* value) {
    console.AddStatus(RunApplet({"register", "--mount", "--if-possible",
                                 "--replace", "--override", option, value}));
  };
  if (args.empty()) call("--system", nullptr);
  for (const std::string_view word : args) {
    if (word == "--unregister") {
      console.AddStatus(RunApplet({"clear", "--if-possible", "--all"}));
    } else if (word == "--cat-config" || word == "--tldr") {
      if (files) {
        Show(*files, word == "--tldr", console);
      } else {
        console.Complain(files.error());
      }
    } else if (word == "--help") {
      console.Answer(
          "usage: systemd-binfmt [FILE]... | --unregister | --cat-config | "
          "--tldr\n");
    } else if (absl::StartsWith(word, "-")) {
      console.Complain(binfmt::Misuse("unknown option \"$0\"", word));
    } else if (const Expected<std::string> file = FindFile(word, files)) {
      call("--file", file->c_str());
    } else {
      console.Complain(file.error());
    }
  }
  return console.Finish();
}

}  // namespace cmd
