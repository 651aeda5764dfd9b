// SPDX-License-Identifier: Apache-2.0
// Waiting, with an end.
#ifndef BINFMT_CLOCK_H_
#define BINFMT_CLOCK_H_

#include <cstdint>

namespace binfmt {

// Milliseconds since some time in the past, never going back.
int64_t MonotonicMilliseconds();

// Sleeps that long, or less where a signal comes.
void SleepMilliseconds(int64_t milliseconds);

}  // namespace binfmt

#endif  // BINFMT_CLOCK_H_
