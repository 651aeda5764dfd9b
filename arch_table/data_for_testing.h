// SPDX-License-Identifier: Apache-2.0
//
// Reads the data that the tests of this package compare with.

#ifndef ARCH_TABLE_DATA_FOR_TESTING_H_
#define ARCH_TABLE_DATA_FOR_TESTING_H_

#include <string>
#include <string_view>
#include <vector>

namespace arch_table {

// The lines of a file, each split at blanks and tabs, without comments ("#" to
// the end of the line) and empty lines. Empty if the file cannot be read.
std::vector<std::vector<std::string>> ReadColumns(const std::string& path);

// Bytes as lower-case hex digits, and back.
std::string ToHex(std::string_view bytes);
std::string FromHex(std::string_view digits);

}  // namespace arch_table

#endif  // ARCH_TABLE_DATA_FOR_TESTING_H_
