// SPDX-License-Identifier: Apache-2.0
// Matches() and the match order, which is the order of readdir(3), against the
// kernel: random rules are registered, random files executed, and the exit
// status of the handlers tells which of them the kernel chose. Deterministic;
// BINFMTBOX_FILES sets how many files, BINFMTBOX_SEED from where.
#include <dirent.h>

#include <algorithm>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "binfmt/record/entry.h"
#include "binfmt/record/match.h"
#include "binfmt/record/record.h"
#include "gtest/gtest.h"
#include "testing/elf.h"
#include "testing/error_text.h"
#include "testing/namespace.h"
#include "testing/process.h"

namespace binfmt {
namespace {

using binfmtbox_testing::ErrorText;
using binfmtbox_testing::KernelTest;
using binfmtbox_testing::kRegistry;
using binfmtbox_testing::NativeProgram;
using binfmtbox_testing::ReadFile;
using binfmtbox_testing::RunProgram;
using binfmtbox_testing::WriteFile;
using binfmtbox_testing::WriteOnce;

constexpr uint64_t kDefaultFiles = 20000;
constexpr uint64_t kDefaultSeed = 1;
constexpr int kRules = 5;
constexpr int kFilesPerRound = 8;

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

class MatchDifferentialTest : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    for (int i = 0; i < kRules; ++i) {
      interpreters_.push_back(MakeInterpreter("i" + std::to_string(i), i + 1));
    }
  }

  uint64_t Below(uint64_t n) { return engine_() % n; }
  bool OneIn(uint64_t n) { return Below(n) == 0; }

  // Few values, so that rules and files meet.
  char Byte() { return OneIn(3) ? '\0' : static_cast<char>('A' + Below(3)); }

  std::string Extension() {
    static const char* const extensions[] = {"a", "bb", "A", "a b", "bin", "1"};
    return extensions[Below(6)];
  }

  Record MakeRule(int i) {
    Record rule;
    rule.name = "rule" + std::to_string(i);
    rule.interpreter = interpreters_[static_cast<size_t>(i)];
    if (OneIn(5)) {
      rule.type = RecordType::kExtension;
      rule.magic = Extension();
      return rule;
    }
    const size_t size = OneIn(20) ? 100 + Below(157) : 1 + Below(4);
    if (OneIn(3)) rule.offset = static_cast<uint32_t>(Below(257 - size));
    if (OneIn(2)) rule.offset %= 3;
    const bool masked = OneIn(2);
    std::string magic;
    std::string mask;
    for (size_t k = 0; k < size; ++k) {
      magic.push_back(OneIn(10) ? static_cast<char>(Below(256)) : Byte());
      if (!masked) continue;
      mask.push_back(OneIn(2) ? '\xff' : static_cast<char>(Below(256)));
    }
    rule.magic = magic;
    rule.mask = mask;
    return rule;
  }

  // The bytes of a file: often what RULE asks for, with noise where it does not
  // look, and sometimes with a wrong byte.
  std::string MakeHead(const Record& rule) {
    std::string head;
    const uint64_t size = OneIn(6) ? Below(400) : Below(8);
    for (uint64_t i = 0; i < size; ++i) head.push_back(Byte());
    if (rule.type == RecordType::kMagic && !OneIn(4)) {
      const size_t end = rule.offset + rule.magic.size();
      if (head.size() < end) head.resize(end, Byte());
      for (size_t i = 0; i < rule.magic.size(); ++i) {
        const char mask = rule.mask.empty() ? '\xff' : rule.mask[i];
        head[rule.offset + i] = static_cast<char>(
            (rule.magic[i] & mask) | (static_cast<char>(Below(256)) & ~mask));
      }
      if (OneIn(3))
        head[Below(head.size())] ^= static_cast<char>(1u << Below(8));
      if (OneIn(4)) head.resize(Below(head.size() + 1));
    }
    return head;
  }

  // Such a rule leads on, perhaps to ELOOP. The interpreters' programs differ
  // in their status.
  bool TakesAnInterpreter(const Record& rule) const {
    for (size_t i = 0; i < interpreters_.size(); ++i) {
      const std::string program = NativeProgram(static_cast<uint8_t>(i + 1));
      if (Matches(rule, Candidate{program, interpreters_[i]})) return true;
    }
    return false;
  }

  // All entries in the order of readdir(3).
  static std::vector<Entry> ReadEntries() {
    std::vector<Entry> entries;
    DIR* const dir = opendir(kRegistry);
    if (dir == nullptr) return entries;
    while (const dirent* file = readdir(dir)) {
      const std::string name = file->d_name;
      if (name == "." || name == ".." || name == "register" ||
          name == "status") {
        continue;
      }
      Expected<Entry> entry = ParseEntry(name, ReadFile(EntryFile(name)));
      EXPECT_EQ(ErrorText(entry), "ok");
      if (entry) entries.push_back(*std::move(entry));
    }
    closedir(dir);
    return entries;
  }

  std::mt19937_64 engine_{FromEnvironment("BINFMTBOX_SEED", kDefaultSeed)};
  std::vector<std::string> interpreters_;
};

TEST_F(MatchDifferentialTest, KernelChoosesTheFirstThatMatches) {
  const uint64_t files = FromEnvironment("BINFMTBOX_FILES", kDefaultFiles);
  uint64_t done = 0;
  uint64_t taken = 0;
  uint64_t disagreements = 0;
  while (done < files) {
    std::vector<Record> rules;
    for (int i = 0; i < kRules; ++i) {
      Record rule = MakeRule(i);
      while (TakesAnInterpreter(rule)) rule = MakeRule(i);
      const Expected<std::string> text = FormatRecord(rule);
      ASSERT_EQ(ErrorText(text), "ok");
      ASSERT_EQ(RawRegister(*text), 0) << *text;
      rules.push_back(rule);
    }
    for (const Record& rule : rules) {
      if (OneIn(6)) {
        ASSERT_EQ(WriteOnce(EntryFile(rule.name), "0"), 0) << rule.name;
      }
    }
    const std::vector<Entry> entries = ReadEntries();
    ASSERT_EQ(entries.size(), rules.size());
    for (int k = 0; k < kFilesPerRound; ++k) {
      const std::string head = MakeHead(rules[Below(rules.size())]);
      // The script handler takes it where no rule does.
      if (head.substr(0, 2) == "#!") continue;
      ++done;
      const std::string path =
          File("file" + (OneIn(3) ? "" : "." + Extension()));
      std::string expected = "ENOEXEC";
      for (const Entry& entry : entries) {
        if (!entry.enabled || !Matches(entry.record, {head, path})) continue;
        const auto which = std::find(interpreters_.begin(), interpreters_.end(),
                                     entry.record.interpreter);
        expected = "exit " + std::to_string(which - interpreters_.begin() + 1);
        ++taken;
        break;
      }
      WriteFile(path, head, 0755);
      const std::string kernel = RunProgram(path);
      if (kernel == expected) continue;
      ++disagreements;
      ADD_FAILURE() << "file " << path << " " << absl::BytesToHexString(head)
                    << ": kernel " << kernel << ", binfmtbox " << expected;
      for (const Entry& entry : entries) {
        std::printf("%s %s", entry.record.name.c_str(),
                    FormatEntry(entry).c_str());
      }
    }
    for (const Record& rule : rules) {
      ASSERT_EQ(WriteOnce(EntryFile(rule.name), "-1"), 0) << rule.name;
    }
    ASSERT_LE(disagreements, 5u);
  }
  std::printf("files %" PRIu64 " taken %" PRIu64 " disagreements %" PRIu64 "\n",
              done, taken, disagreements);
  EXPECT_EQ(disagreements, 0u);
  EXPECT_GE(taken, files / 4);
}

}  // namespace
}  // namespace binfmt
