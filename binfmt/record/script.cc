// SPDX-License-Identifier: Apache-2.0
#include "binfmt/record/script.h"

#include <algorithm>
#include <cstddef>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "binfmt/record/match.h"

namespace binfmt {
namespace {

constexpr const char* kStarts[] = {"#!/",    "#! /",   "#!\t/",  "#!  /",
                                   "#! \t/", "#!\t /", "#!\t\t/"};
constexpr const char* kDirectories[] = {"bin/", "usr/bin/", "usr/local/bin/",
                                        "sbin/", "usr/sbin/"};
constexpr const char* kInterpreters[] = {
    "sh",   "bash", "dash",    "ash",     "ksh",     "mksh",      "zsh",
    "csh",  "tcsh", "fish",    "env",     "perl",    "awk",       "gawk",
    "mawk", "sed",  "python",  "python3", "ruby",    "node",      "lua",
    "php",  "make", "busybox", "tclsh",   "wish",    "expect",    "guile",
    "gjs",  "nft",  "jq",      "raku",    "Rscript", "openrc-run"};

// Whether RECORD demands other bytes from position AT on than TEXT.
bool Contradicts(const Record& record, size_t at, std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const ComparedByte compared = ComparedAt(record, at + i);
    if (((compared.value ^ text[i]) & compared.bits) != 0) return true;
  }
  return false;
}

// Whether RECORD compares one of the first COUNT bytes.
bool ComparesWithin(const Record& record, size_t count) {
  for (size_t i = record.offset; i < count; ++i) {
    if (ComparedAt(record, i).bits != 0) return true;
  }
  return false;
}

// Ends of the names of scripts, and of loaders and programs without a version.
constexpr std::string_view kEnds =
    " sh bash csh ksh zsh fish pl py rb awk sed lua tcl php js mjs raku cgi R "
    "so run bin ";

}  // namespace

std::optional<std::string> ParseScript(std::string_view head) {
  head = head.substr(0, kMatchWindow);
  std::string_view line = head;
  if (!absl::ConsumePrefix(&line, "#!")) return std::nullopt;
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  // A NUL ends the path, as the zero bytes behind a short file do.
  const size_t end = line.find_first_of(std::string_view(" \t\n\0", 4));
  if (end == std::string_view::npos && head.size() == kMatchWindow) {
    return std::nullopt;
  }
  if (line.starts_with('\n')) return std::nullopt;
  const std::string_view path = line.substr(0, end);
  return path.empty() ? "." : std::string(path);
}

bool TakesScripts(const Record& record) {
  if (ComparedAt(record, 0).bits != 0 && ComparedAt(record, 1).bits != 0) {
    return !Contradicts(record, 0, "#!");
  }
  for (const std::string_view start : kStarts) {
    if (Contradicts(record, 0, start)) continue;
    if (ComparesWithin(record, start.size())) return true;
    for (const std::string_view directory : kDirectories) {
      if (Contradicts(record, start.size(), directory)) continue;
      const size_t at = start.size() + directory.size();
      for (const std::string_view interpreter : kInterpreters) {
        if (!Contradicts(record, at, interpreter) &&
            ComparesWithin(record, at + interpreter.size())) {
          return true;
        }
      }
    }
  }
  return false;
}

bool TakesUsualNames(const Record& record) {
  return record.type == RecordType::kExtension &&
         (absl::StrContains(kEnds, absl::StrCat(" ", record.magic, " ")) ||
          absl::c_all_of(record.magic, absl::ascii_isdigit));
}

}  // namespace binfmt
