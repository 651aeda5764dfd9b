// SPDX-License-Identifier: Apache-2.0
// A command line, words with a NUL byte between: what is understood can be
// written in another way and says the same.
#include <string>
#include <vector>

#include "binfmt/error.h"
#include "binfmt/memory.h"
#include "cmd/applets.h"
#include "cmd/options.h"
#include "testing/fuzz/check.h"

namespace {

using binfmt::Error;
using cmd::CommandLine;
using cmd::GivenOption;

Error Parse(const cmd::Applet& applet, const std::vector<std::string>& words,
            CommandLine* line) {
  std::vector<const char*> args;
  args.reserve(words.size());
  for (const std::string& word : words) args.push_back(word.c_str());
  return ParseCommandLine(applet.options, args, line);
}

// GIVEN as one word.
std::string LongForm(const cmd::Applet& applet, const GivenOption& given) {
  const std::string name = "--" + std::string(given.name);
  const std::string whole = name + "=" + std::string(given.value);
  CommandLine line;
  return Parse(applet, {whole}, &line).ok() ? whole : name;
}

void Check(const cmd::Applet& applet, const std::vector<std::string>& words) {
  CommandLine line;
  const Error error = Parse(applet, words, &line);
  if (!error.ok()) {
    FUZZ_CHECK(error.cause() == binfmt::Cause::kMisuse);
    FUZZ_CHECK(!error.text().empty());
    FUZZ_CHECK(binfmtbox_fuzz::IsPrintable(error.text()));
    return;
  }
  FUZZ_CHECK(line.operands.size() <= words.size());
  // --help wins over what is wrong behind it, which is then not read.
  if (line.common.help) return;

  FUZZ_CHECK(!line.common.dir.empty());
  std::vector<std::string> canonical = {"--dir=" +
                                        std::string(line.common.dir)};
  if (line.common.dry_run) canonical.push_back("--dry-run");
  if (line.common.json) canonical.push_back("--json");
  if (line.common.kmsg) canonical.push_back("--kmsg");
  if (line.common.quiet) canonical.push_back("--quiet");
  if (line.common.if_possible) canonical.push_back("--if-possible");
  for (const GivenOption& given : line.options) {
    canonical.push_back(LongForm(applet, given));
  }
  canonical.push_back("--");
  for (const std::string_view operand : line.operands) {
    canonical.emplace_back(operand);
  }
  CommandLine again;
  FUZZ_CHECK(Parse(applet, canonical, &again).ok());
  FUZZ_CHECK(again.common.dir == line.common.dir);
  FUZZ_CHECK(again.common.dry_run == line.common.dry_run);
  FUZZ_CHECK(again.common.json == line.common.json);
  FUZZ_CHECK(again.common.kmsg == line.common.kmsg);
  FUZZ_CHECK(again.common.quiet == line.common.quiet);
  FUZZ_CHECK(again.common.if_possible == line.common.if_possible);
  FUZZ_CHECK(!again.common.help);
  FUZZ_CHECK(again.operands == line.operands);
  FUZZ_CHECK(again.options.size() == line.options.size());
  for (size_t i = 0; i < line.options.size(); ++i) {
    FUZZ_CHECK(again.options[i].name == line.options[i].name);
    FUZZ_CHECK(again.options[i].value == line.options[i].value);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const binfmt::MemoryScope scope;
  std::string_view text = binfmtbox_fuzz::TextOf(data, size);
  std::vector<std::string> words;
  while (!text.empty()) {
    words.emplace_back(binfmtbox_fuzz::TakePart(&text, '\0'));
  }
  for (const cmd::Applet& applet : cmd::Applets()) Check(applet, words);
  return 0;
}
