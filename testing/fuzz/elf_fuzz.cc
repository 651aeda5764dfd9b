// SPDX-License-Identifier: Apache-2.0
// The first bytes of a file: what ParseElf() says of them agrees with itself
// and with the architecture table.
#include <optional>
#include <string>

#include "arch_table/table.h"
#include "binfmt/record/elf_header.h"
#include "testing/fuzz/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using binfmt::ElfFile;
  const std::string_view head = binfmtbox_fuzz::TextOf(data, size);
  const std::optional<ElfFile> elf = binfmt::ParseElf(head);
  const arch_table::Target* target = arch_table::FindByHeader(head);
  if (!elf) return 0;
  FUZZ_CHECK(size >= (elf->is_64bit ? 64u : 52u));
  FUZZ_CHECK(elf->loader_path.empty() ||
             elf->loader == ElfFile::Loader::kPresent);
  FUZZ_CHECK(elf->loader_path.find('\0') == std::string::npos);
  FUZZ_CHECK(elf->loader_path.size() <= size);
  if (target != nullptr) {
    FUZZ_CHECK(target->machine == elf->machine);
    FUZZ_CHECK(target->is_64bit == elf->is_64bit);
    FUZZ_CHECK(target->is_big_endian == elf->is_big_endian);
    FUZZ_CHECK(elf->type == 2 || elf->type == 3);
  }
  // More of the same file changes none of the header's facts.
  const std::optional<ElfFile> longer =
      binfmt::ParseElf(std::string(head) + std::string(100, '\0'));
  FUZZ_CHECK(longer.has_value());
  FUZZ_CHECK(longer->machine == elf->machine);
  FUZZ_CHECK(longer->is_64bit == elf->is_64bit);
  FUZZ_CHECK(longer->type == elf->type);
  FUZZ_CHECK(longer->flags == elf->flags);
  return 0;
}
