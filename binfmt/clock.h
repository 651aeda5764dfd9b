// SPDX-License-Identifier: Apache-2.0
// Waiting, with an end.
#ifndef BINFMT_CLOCK_H_
#define BINFMT_CLOCK_H_

#include <cstdint>
#include <ctime>

namespace binfmt {

// clock_gettime(2) without the vDSO, whose look-up is 700 bytes of musl: no
// time is asked for often enough here.
timespec ReadClock(clockid_t clock);

// Milliseconds since some time in the past, never going back.
int64_t MonotonicMilliseconds();

// Sleeps that long, or less where a signal comes.
void SleepMilliseconds(int64_t milliseconds);

}  // namespace binfmt

#endif  // BINFMT_CLOCK_H_
