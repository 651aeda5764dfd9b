// SPDX-License-Identifier: Apache-2.0
//
// generate TARGETS.TXT [--only NAME,NAME...]
//
// Checks the data file and writes the rows of the table to stdout. --only keeps
// these targets; "all" is the same as no --only. The whole file is checked in
// any case. Exit status 1 and "FILE:LINE: message" on stderr for each error.

#include <algorithm>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_split.h"
#include "arch_table/spec.h"
#include "arch_table/write_rows.h"

namespace arch_table {
namespace {

int Generate(const std::string& path, std::string_view only) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) {
    std::cerr << path << ": cannot read\n";
    return 1;
  }

  Spec spec = ParseSpec(text.str());
  for (SpecError& error : FindOverlaps(spec.targets)) {
    AddError(std::move(error), &spec.errors);
  }
  for (const SpecError& error : spec.errors) {
    std::cerr << path << ":" << error.line << ": " << error.message << "\n";
  }
  if (!spec.errors.empty()) return 1;

  std::vector<TargetSpec> chosen;
  if (only == "all") {
    chosen = std::move(spec.targets);
  } else {
    const std::vector<std::string> names =
        absl::StrSplit(only, ',', absl::SkipEmpty());
    for (const TargetSpec& target : spec.targets) {
      if (std::find(names.begin(), names.end(), target.name) != names.end()) {
        chosen.push_back(target);
      }
    }
    for (const std::string& name : names) {
      const bool known = std::any_of(
          chosen.begin(), chosen.end(),
          [&name](const TargetSpec& target) { return target.name == name; });
      if (known) continue;
      std::cerr << path << ": --only: no target \"" << name << "\"\n";
      return 1;
    }
    if (chosen.empty()) {
      std::cerr << path << ": --only: names no target\n";
      return 1;
    }
  }

  std::cout << WriteRows(chosen) << std::flush;
  if (!std::cout) {
    std::cerr << "cannot write stdout\n";
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace arch_table

int main(int argc, char** argv) {
  if (argc == 2) return arch_table::Generate(argv[1], "all");
  if (argc == 4 && std::string_view(argv[2]) == "--only") {
    return arch_table::Generate(argv[1], argv[3]);
  }
  std::cerr << "usage: generate TARGETS.TXT [--only NAME,NAME...]\n";
  return 2;
}
