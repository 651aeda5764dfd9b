// SPDX-License-Identifier: Apache-2.0
// Decimal numbers without blanks, signs or overflow.
#ifndef BINFMT_BASE_DECIMAL_H_
#define BINFMT_BASE_DECIMAL_H_

#include <cstdint>
#include <optional>
#include <string_view>

namespace binfmt {

// TEXT, which must be decimal digits only, as a number of at most MAX, which is
// less than 2^60. Nothing where it is anything else. absl::SimpleAtoi() also
// takes blanks and a sign, which the kernel does not.
std::optional<uint64_t> ParseDecimal(std::string_view text, uint64_t max);

}  // namespace binfmt

#endif  // BINFMT_BASE_DECIMAL_H_
