// SPDX-License-Identifier: Apache-2.0
// A command line, words with a NUL byte between: what is understood can be
// written in another way and says the same.
#include <string>
#include <string_view>
#include <vector>

#include "binfmt/base/error.h"
#include "cmd/applets.h"
#include "cmd/options.h"
#include "testing/fuzz/check.h"

namespace {

using cmd::CommandLine;
using cmd::CommonOptions;
using cmd::Option;

// A command line, and its own options as words in the long form.
struct Parsed {
  CommandLine line;
  std::vector<std::string> own;
};

binfmt::Expected<void> NoteFlag(void* words, std::string_view name,
                                std::string_view) {
  static_cast<std::vector<std::string>*>(words)->push_back("--" +
                                                           std::string(name));
  return {};
}

binfmt::Expected<void> NoteValue(void* words, std::string_view name,
                                 std::string_view value) {
  static_cast<std::vector<std::string>*>(words)->push_back(
      "--" + std::string(name) + "=" + std::string(value));
  return {};
}

// Parses WORDS by TABLE, which only notes what was given.
Parsed Parse(std::vector<Option> table, const std::vector<std::string>& words) {
  Parsed parsed;
  for (Option& option : table) {
    option.store = option.value_name.empty() ? NoteFlag : NoteValue;
    option.target = &parsed.own;
  }
  std::vector<const char*> args;
  for (const std::string& word : words) args.push_back(word.c_str());
  parsed.line = ParseCommandLine(table, args);
  return parsed;
}

void Check(const std::vector<Option>& table,
           const std::vector<std::string>& words) {
  const Parsed parsed = Parse(table, words);
  const CommandLine& line = parsed.line;
  if (line.error) {
    FUZZ_CHECK(line.error->cause() == binfmt::Cause::kMisuse);
    FUZZ_CHECK(!line.error->text().empty());
    FUZZ_CHECK(binfmtbox_fuzz::IsPrintable(line.error->text()));
    return;
  }
  FUZZ_CHECK(line.operands.size() <= words.size());
  const CommonOptions& common = line.common;
  // --help wins over what is wrong behind it, which is then not read.
  if (common.help) return;

  FUZZ_CHECK(!common.dir.empty());
  std::vector<std::string> canonical = {"--dir=" + common.dir};
  if (common.dry_run) canonical.push_back("--dry-run");
  if (common.json) canonical.push_back("--json");
  if (common.kmsg) canonical.push_back("--kmsg");
  if (common.quiet) canonical.push_back("--quiet");
  if (common.if_possible) canonical.push_back("--if-possible");
  canonical.insert(canonical.end(), parsed.own.begin(), parsed.own.end());
  canonical.push_back("--");
  canonical.insert(canonical.end(), line.operands.begin(), line.operands.end());
  const Parsed again = Parse(table, canonical);
  const CommonOptions& again_common = again.line.common;
  FUZZ_CHECK(!again.line.error);
  FUZZ_CHECK(again_common.dir == common.dir);
  FUZZ_CHECK(again_common.dry_run == common.dry_run);
  FUZZ_CHECK(again_common.json == common.json);
  FUZZ_CHECK(again_common.kmsg == common.kmsg);
  FUZZ_CHECK(again_common.quiet == common.quiet);
  FUZZ_CHECK(again_common.if_possible == common.if_possible);
  FUZZ_CHECK(!again_common.help);
  FUZZ_CHECK(again.line.operands == line.operands);
  FUZZ_CHECK(again.own == parsed.own);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text = binfmtbox_fuzz::TextOf(data, size);
  std::vector<std::string> words;
  while (!text.empty()) {
    words.emplace_back(binfmtbox_fuzz::TakePart(&text, '\0'));
  }
  for (const auto& applet : cmd::Applets()) Check(applet->Options(), words);
  return 0;
}
