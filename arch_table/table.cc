// SPDX-License-Identifier: Apache-2.0

#include "arch_table/table.h"

#include <cstddef>

namespace arch_table {
namespace {

#include "arch_table/rows.inc"

}  // namespace

std::span<const Target> Targets() { return kTargets; }

const Target* FindByHeader(std::string_view header) {
  for (const Target& target : Targets()) {
    if (header.size() < target.magic.size()) continue;
    // From the end, where e_machine tells most of them apart.
    size_t i = target.magic.size();
    while (i > 0 &&
           (header[i - 1] & target.mask[i - 1]) == target.magic[i - 1]) {
      --i;
    }
    if (i == 0) return &target;
  }
  return nullptr;
}

uint32_t TableChecksum() { return kChecksum; }

}  // namespace arch_table
