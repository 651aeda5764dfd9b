// SPDX-License-Identifier: Apache-2.0
//
// What of an architecture's variants this machine's processor has.

#ifndef ARCH_TABLE_PROCESSOR_H_
#define ARCH_TABLE_PROCESSOR_H_

namespace arch_table {

// The highest level of x86-64 (its psABI's micro-architecture levels) that
// processor and kernel have, 1 to 4. 1 for programs of other architectures.
int ProcessorLevel();

}  // namespace arch_table

#endif  // ARCH_TABLE_PROCESSOR_H_
