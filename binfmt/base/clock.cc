// SPDX-License-Identifier: Apache-2.0
#include "binfmt/base/clock.h"

#include <time.h>

namespace binfmt {

int64_t MonotonicMilliseconds() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1000000;
}

void SleepMilliseconds(int64_t milliseconds) {
  timespec time = {};
  time.tv_sec = static_cast<time_t>(milliseconds / 1000);
  time.tv_nsec = static_cast<long>(milliseconds % 1000) * 1000000;
  nanosleep(&time, nullptr);
}

}  // namespace binfmt
