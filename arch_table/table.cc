// SPDX-License-Identifier: Apache-2.0

#include "arch_table/table.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/types/span.h"

namespace arch_table {
namespace {

#include "arch_table/rows.inc"

constexpr size_t kPrefixLength = sizeof("qemu-") - 1;

std::string_view View(PoolSlice slice) {
  return std::string_view(kPool + slice.offset, slice.size);
}

}  // namespace

std::string_view Target::EntryName() const { return View(row_.entry_name); }
std::string_view Target::name() const {
  return EntryName().substr(kPrefixLength);
}
std::string_view Target::family() const { return View(row_.family); }
std::string_view Target::interpreter() const { return View(row_.interpreter); }
std::string_view Target::alias_text() const { return View(row_.aliases); }
std::string_view Target::docker_text() const {
  return row_.docker_size == 0 ? name()
                               : alias_text().substr(0, row_.docker_size);
}
std::string_view Target::magic() const { return View(row_.magic); }
std::string_view Target::mask() const { return View(row_.mask); }
std::string_view Target::code() const { return View(row_.code); }

std::vector<std::string_view> Target::Aliases() const {
  std::vector<std::string_view> aliases;
  std::string_view rest = alias_text();
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(' '), rest.size());
    aliases.push_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return aliases;
}

absl::Span<const Target> Targets() { return kTargets; }

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
