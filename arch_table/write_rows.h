// SPDX-License-Identifier: Apache-2.0
//
// From the facts of the data file to the rows of table.cc: the bytes that the
// kernel compares, and the C++. Part of the generator.

#ifndef ARCH_TABLE_WRITE_ROWS_H_
#define ARCH_TABLE_WRITE_ROWS_H_

#include <string>
#include <vector>

#include "absl/types/span.h"
#include "arch_table/spec.h"

namespace arch_table {

// Takes a file if its first magic.size() bytes, ANDed with mask, are magic.
struct MatchRule {
  std::string magic;
  std::string mask;
};

// The one rule for all rows: compare what the emulator and the kernel compare,
// nothing else. That is
//   EI_MAG, EI_CLASS, EI_DATA, EI_VERSION   as they stand,
//   e_type                                  ET_EXEC or ET_DYN,
//   e_machine                               as it stands, both bytes,
//   e_flags                                 the bits of match-flags, if any.
// Free are EI_OSABI, EI_ABIVERSION and the padding behind it (AppImage and
// branded files run), e_version, e_entry, e_phoff and e_shoff.
MatchRule DeriveRule(const TargetSpec& target);

// Whether there is a file that both rules take.
bool Overlap(const MatchRule& a, const MatchRule& b);

// An error for each pair of rows that take the same file, at the later row.
std::vector<SpecError> FindOverlaps(absl::Span<const TargetSpec> targets);

// C++ that defines kTargets and kChecksum, to be included by table.cc.
std::string WriteRows(absl::Span<const TargetSpec> targets);

}  // namespace arch_table

#endif  // ARCH_TABLE_WRITE_ROWS_H_
