// SPDX-License-Identifier: Apache-2.0
//
// The words that people have for an architecture.

#ifndef ARCH_TABLE_NAMES_H_
#define ARCH_TABLE_NAMES_H_

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "arch_table/table.h"

namespace arch_table {

// The target that `word` stands for, whatever vocabulary it comes from; upper
// and lower case are the same. nullptr if nobody calls a target that.
//
// Words are the targets' names and aliases, and by rule also
//   qemu-NAME           an entry name, or the emulator's file name
//   qemu-NAME-static    the emulator's file name
//   linux/WORD          a Docker platform, such as "linux/arm64/v8"
const Target* FindTarget(std::string_view word);

// The positions of those of `words` that the user may have meant by `word`, the
// nearest first, or of those alone that are `word`; upper and lower case are
// the same. None if nothing is near. A word longer than any name costs no work.
std::vector<size_t> NearestWords(std::string_view word,
                                 std::span<const std::string_view> words);

// At most `max_count` words that the user may have meant by one that
// FindTarget() does not know: names or aliases, the nearest first, each of
// another target. Of a GNU triplet or a Nix double, "aarch64-linux-gnu", it is
// the part that is a target's.
std::vector<std::string_view> NearestNames(std::string_view word,
                                           size_t max_count);

}  // namespace arch_table

#endif  // ARCH_TABLE_NAMES_H_
