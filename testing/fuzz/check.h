// SPDX-License-Identifier: Apache-2.0
// What every fuzz target needs: a word for what must hold, and input in parts.
#ifndef TESTING_FUZZ_CHECK_H_
#define TESTING_FUZZ_CHECK_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

// Ends the process where WHAT does not hold, so that libFuzzer keeps the input.
#define FUZZ_CHECK(what)                                                 \
  do {                                                                   \
    if (!(what)) binfmtbox_fuzz::CheckFailed(#what, __FILE__, __LINE__); \
  } while (false)

// libFuzzer's door, which every target defines.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace binfmtbox_fuzz {

[[noreturn]] void CheckFailed(const char* what, const char* file, int line);

// An input as the text that most targets take.
std::string_view TextOf(const uint8_t* data, size_t size);

// Takes what stands before the next DELIMITER off TEXT, or all of it.
std::string_view TakePart(std::string_view* text, char delimiter);

// Can TEXT be printed on a terminal as it stands: well-formed UTF-8 without
// control characters? Written apart from what Printable() does.
bool IsPrintable(std::string_view text);

}  // namespace binfmtbox_fuzz

#endif  // TESTING_FUZZ_CHECK_H_
