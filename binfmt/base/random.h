// SPDX-License-Identifier: Apache-2.0
// Names that nobody else takes first.
#ifndef BINFMT_BASE_RANDOM_H_
#define BINFMT_BASE_RANDOM_H_

#include <cstddef>
#include <string>

namespace binfmt {

inline constexpr size_t kRandomDigits = 8;

// kRandomDigits hex digits that nobody can guess. In early boot, where there is
// no entropy yet, they only differ from those of others.
std::string RandomDigits();

}  // namespace binfmt

#endif  // BINFMT_BASE_RANDOM_H_
