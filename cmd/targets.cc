// SPDX-License-Identifier: Apache-2.0
#include "cmd/targets.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <utility>

#include "absl/algorithm/container.h"
#include "arch_table/names.h"
#include "arch_table/program.h"
#include "binfmt/base/message.h"
#include "binfmt/kernel/native.h"
#include "binfmt/record/elf_header.h"
#include "cmd/suggestion.h"

namespace cmd {

using arch_table::Target;
using binfmt::Expected;

namespace {

constexpr char kExec = 2;  // e_type
constexpr size_t kHeaderLength = 64;

// Whether this program runs under an emulator: the machine's kernel does not
// know its own target.
bool IsEmulated() {
  static const bool emulated = [] {
    const Target* own = OwnTarget();
    if (own == nullptr) return false;
    const Expected<TargetList> native = FindNative({own});
    return native ? native->empty() : native.error().errnum() == ENOSYS;
  }();
  return emulated;
}

}  // namespace

const Target* OwnTarget() {
  static const Target* const own = arch_table::FindByHeader(binfmt::OwnHead());
  return own;
}

Expected<const Target*> ParseTarget(std::string_view word) {
  if (const Target* target = arch_table::FindTarget(word)) return target;
  binfmt::Error error = binfmt::Misuse("unknown target \"$0\"", word);
  error.Append(SuggestTarget(word));
  if (word.starts_with('/')) error.Append("; --file reads records");
  if (word.starts_with(':')) error.Append("; --rule takes a record");
  return error;
}

Expected<void> ParseTargets(const std::vector<std::string>& words,
                            TargetList& targets, bool& all) {
  for (const std::string& word : words) {
    if (word == "all") {
      all = true;
      continue;
    }
    Expected<const Target*> target = ParseTarget(word);
    if (!target) return std::move(target.error());
    if (!absl::c_linear_search(targets, *target)) targets.push_back(*target);
  }
  return {};
}

std::vector<std::string> SplitWords(std::string_view list) {
  // absl::StrSplit() with these separators costs a kilobyte.
  constexpr std::string_view kSeparators = " \t\n,";
  std::vector<std::string> words;
  size_t end = 0;
  while (true) {
    const size_t start = list.find_first_not_of(kSeparators, end);
    if (start == std::string_view::npos) return words;
    end = std::min(list.find_first_of(kSeparators, start), list.size());
    words.emplace_back(list.substr(start, end - start));
  }
}

Expected<TargetList> FindNative(const TargetList& targets, bool emulated) {
  std::vector<std::string> probes;
  for (const Target* target : targets) {
    probes.push_back(arch_table::NativeProbe(*target));
  }
  Expected<std::vector<bool>> native = binfmt::FindNative(probes, emulated);
  if (!native) return std::move(native.error());
  TargetList found;
  for (size_t i = 0; i < targets.size(); ++i) {
    if ((*native)[i]) found.push_back(targets[i]);
  }
  return found;
}

bool IsSibling(const Target& target) {
  const Target* own = OwnTarget();
  return own == nullptr || own->SameFamily(target);
}

bool IsNative(const Target& target) {
  if (!IsSibling(target) && !IsEmulated()) return false;
  Expected<TargetList> native = FindNative({&target});
  if (!native && native.error().errnum() == ENOSYS) {
    native = FindNative({&target}, /*emulated=*/true);
  }
  return native && !native->empty();
}

const Target* TargetOf(const binfmt::Program& program) {
  if (!program.elf) return nullptr;
  // The kernel's loader never reads EI_VERSION, and an object file has a
  // machine as well.
  std::string head = program.head;
  head.resize(kHeaderLength, '\0');
  const bool big_endian = program.elf->is_big_endian;
  head[binfmt::kElfVersionPosition] = 1;
  head[binfmt::kElfTypePosition] = big_endian ? 0 : kExec;
  head[binfmt::kElfTypePosition + 1] = big_endian ? kExec : 0;
  return arch_table::FindByHeader(head);
}

bool RunsNatively(const binfmt::Program& program) {
  if (binfmt::IsForOwnMachine(program.head)) return true;
  const Target* target = TargetOf(program);
  return target != nullptr && IsNative(*target);
}

binfmt::Error NoEntry(const Target& target) {
  return binfmt::Failed(0,
                        "no entry takes programs for $0; register one with: "
                        "binfmtbox register $1",
                        target.name, target.name);
}

}  // namespace cmd
