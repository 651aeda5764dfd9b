// SPDX-License-Identifier: Apache-2.0
// The monotonic clock, and bounded sleeping.
#ifndef BINFMT_BASE_CLOCK_H_
#define BINFMT_BASE_CLOCK_H_

#include <cstdint>

namespace binfmt {

// Milliseconds since an unspecified time in the past. Never goes back.
int64_t MonotonicMilliseconds();

// Sleeps for MILLISECONDS, or less if a signal arrives.
void SleepMilliseconds(int64_t milliseconds);

}  // namespace binfmt

#endif  // BINFMT_BASE_CLOCK_H_
