// SPDX-License-Identifier: Apache-2.0

#include "arch_table/table.h"

#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace arch_table {
namespace {

#include "arch_table/rows.inc"

}  // namespace

std::string Target::EntryName() const { return absl::StrCat("qemu-", name); }

std::vector<std::string_view> Target::Aliases() const {
  if (alias_words.empty()) return {};
  return absl::StrSplit(alias_words, ' ');
}

std::vector<std::string_view> Target::DockerNames() const {
  if (docker_names == 0) return {name};
  std::vector<std::string_view> words = Aliases();
  words.resize(docker_names);
  return words;
}

std::string_view Target::mask() const {
  return {kMasks[mask_number], rule_size};
}

std::span<const Target> Targets() { return kTargets; }

const Target* FindByHeader(std::string_view header) {
  for (const Target& target : Targets()) {
    const std::string_view magic = target.magic();
    const std::string_view mask = target.mask();
    if (header.size() < magic.size()) continue;
    // From the end, where e_machine tells most of them apart.
    size_t i = magic.size();
    while (i > 0 && (header[i - 1] & mask[i - 1]) == magic[i - 1]) --i;
    if (i == 0) return &target;
  }
  return nullptr;
}

uint32_t TableChecksum() { return kChecksum; }

}  // namespace arch_table
