// SPDX-License-Identifier: Apache-2.0
//
// Writes rows as C++ for table.cc. Part of the generator.

#ifndef ARCH_TABLE_WRITE_ROWS_H_
#define ARCH_TABLE_WRITE_ROWS_H_

#include <string>

#include "absl/types/span.h"
#include "arch_table/spec.h"

namespace arch_table {

// C++ that defines kTargets and kChecksum, to be included by table.cc.
std::string WriteRows(absl::Span<const TargetSpec> targets);

}  // namespace arch_table

#endif  // ARCH_TABLE_WRITE_ROWS_H_
