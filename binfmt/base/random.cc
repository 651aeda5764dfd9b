// SPDX-License-Identifier: Apache-2.0
#include "binfmt/base/random.h"

#include <sys/random.h>
#include <sys/types.h>
#include <unistd.h>

#include <cstdint>
#include <ctime>

#include "absl/strings/str_cat.h"

namespace binfmt {

std::string RandomDigits() {
  uint32_t bits = 0;
  // It does not wait for entropy.
  if (getrandom(&bits, sizeof(bits), GRND_NONBLOCK) !=
      static_cast<ssize_t>(sizeof(bits))) {
    timespec now = {};
    clock_gettime(CLOCK_MONOTONIC, &now);
    bits = static_cast<uint32_t>(now.tv_nsec) ^ static_cast<uint32_t>(getpid())
                                                    << 16;
  }
  return absl::StrCat(absl::Hex(bits, absl::kZeroPad8));
}

}  // namespace binfmt
