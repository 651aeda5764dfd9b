// SPDX-License-Identifier: Apache-2.0
#include "binfmt/clock.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <ctime>

namespace binfmt {

timespec ReadClock(clockid_t clock) {
#if defined(SYS_clock_gettime64)
  constexpr long kClockGettime = SYS_clock_gettime64;  // 32 bits, since 5.1
#else
  constexpr long kClockGettime = SYS_clock_gettime;
#endif
  // The kernel's 64-bit layout, whatever the libc's is.
  int64_t time[2] = {0, 0};
  syscall(kClockGettime, clock, time);
  timespec result = {};
  result.tv_sec = static_cast<time_t>(time[0]);
  result.tv_nsec = static_cast<long>(time[1]);
  return result;
}

int64_t MonotonicMilliseconds() {
  const timespec now = ReadClock(CLOCK_MONOTONIC);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1000000;
}

void SleepMilliseconds(int64_t milliseconds) {
  timespec time;
  time.tv_sec = static_cast<time_t>(milliseconds / 1000);
  time.tv_nsec = static_cast<long>(milliseconds % 1000) * 1000000;
  nanosleep(&time, nullptr);
}

}  // namespace binfmt
