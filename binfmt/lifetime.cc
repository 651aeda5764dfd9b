// SPDX-License-Identifier: Apache-2.0
#include "binfmt/lifetime.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <limits>
#include <string_view>

#include "binfmt/clock.h"
#include "binfmt/io.h"
#include "binfmt/mountinfo.h"
#include "binfmt/namespaces.h"
#include "binfmt/text.h"

namespace binfmt {
namespace {

constexpr size_t kMaxStatLength = 4096;
constexpr size_t kMaxMountsLength = 1 << 20;
constexpr int kStartField = 22;
// The longest tick of the coarse clock is 10 ms.
constexpr int kMostTicks = 50;
// USER_HZ, the same for every Linux program.
constexpr uint32_t kTicksPerSecond = 100;

// Do both paths lead to one namespace? False where one can't be looked at.
bool SameNamespace(const Text& a, const Text& b) {
  struct stat facts_a;
  struct stat facts_b;
  return stat(a.c_str(), &facts_a) == 0 && stat(b.c_str(), &facts_b) == 0 &&
         facts_a.st_ino == facts_b.st_ino && facts_a.st_dev == facts_b.st_dev;
}

bool IsBefore(const timespec& a, const timespec& b) {
  return a.tv_sec != b.tv_sec ? a.tv_sec < b.tv_sec : a.tv_nsec < b.tv_nsec;
}

// When PID 1 was started, by the clock of file times. The far future where
// /proc does not tell, so that everything is older.
timespec StartOfPidOne() {
  timespec start = {};
  start.tv_sec = std::numeric_limits<time_t>::max();
  Text text;
  if (ReadFileAt(kCurrentDir, "/proc/1/stat", kMaxStatLength, &text) != 0) {
    return start;
  }
  // proc(5): the name in parentheses may hold blanks; starttime is field 22.
  std::string_view rest = text;
  rest.remove_prefix(std::min(text.rfind(')') + 1, text.size()));
  for (int field = 2; field < kStartField; ++field) {
    rest.remove_prefix(std::min(rest.find(' '), rest.size()));
    if (rest.empty()) return start;
    rest.remove_prefix(1);
  }
  uint32_t ticks;
  if (!ParseDecimal(rest.substr(0, rest.find(' ')), 0xffffffff, &ticks)) {
    return start;
  }
  const timespec real = ReadClock(CLOCK_REALTIME);
  const timespec boot = ReadClock(CLOCK_BOOTTIME);
  start.tv_sec =
      real.tv_sec - boot.tv_sec + static_cast<time_t>(ticks / kTicksPerSecond);
  return start;
}

// Is the instance on DIR mounted in PID 1's mount namespace, too? True where
// that can't be seen.
bool PidOneHasMounted(const Text& dir) {
  struct stat facts;
  Text mounts;
  if (stat(dir.c_str(), &facts) != 0 ||
      ReadFileAt(kCurrentDir, "/proc/1/mountinfo", kMaxMountsLength, &mounts) !=
          0) {
    return true;
  }
  // One instance is one device.
  return ListsDevice(mounts, Fill("@:@", Decimal(major(facts.st_dev)),
                                  Decimal(minor(facts.st_dev))));
}

sigset_t HeldSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGCHLD);
  return signals;
}

}  // namespace

timespec TimeBetweenInstances() {
  const timespec now = ReadClock(CLOCK_REALTIME);
  // Bounded: somebody may set the clock back.
  for (int i = 0; i < kMostTicks; ++i) {
    const timespec tick = ReadClock(CLOCK_REALTIME_COARSE);
    if (IsBefore(now, tick)) break;
    SleepMilliseconds(1);
  }
  return now;
}

bool InstanceIsOlder(const Text& dir, const timespec& then) {
  struct stat facts;
  if (stat(Fill("@/status"_fmt, dir).c_str(), &facts) != 0) return false;
  return !IsBefore(then, facts.st_ctim);
}

bool MountNamespaceLasts() {
  constexpr char kOwn[] = "/proc/self/ns/mnt";
  switch (CurrentUserNamespace()) {
    case UserNamespace::kUnknown:
      return true;
    case UserNamespace::kFirst:
      return InFirstPidNamespace() && SameNamespace(kOwn, "/proc/1/ns/mnt");
    case UserNamespace::kOther:
      break;
  }
  // PID 1 takes its namespace along.
  if (getpid() == 1) return false;
  return SameNamespace(kOwn, "/proc/1/ns/mnt") ||
         SameNamespace(kOwn, Fill("/proc/@/ns/mnt"_fmt,
                                  Decimal(static_cast<uint64_t>(getppid()))));
}

Error CheckLasts(const Text& dir) {
  if (MountNamespaceLasts()) return Ok();
  const bool held = SameNamespace("/proc/self/ns/mnt", "/proc/1/ns/mnt")
                        ? InstanceIsOlder(dir, StartOfPidOne())
                        : PidOneHasMounted(dir);
  return held ? Ok() : WouldNotLast(dir);
}

Error WouldNotLast(const Text& dir) {
  return Failure(
      Because(0, Cause::kWouldNotLast),
      "binfmt_misc on % is held by this process's mount namespace only, and "
      "all "
      "entries would go with it: mount it on the host first, or use --host "
      "(in a container: with --pid=host, a pod: hostPID: true), or stay with "
      "--hold"_fmt,
      dir);
}

void PrepareToHold() {
  const sigset_t signals = HeldSignals();
  sigprocmask(SIG_BLOCK, &signals, nullptr);
}

bool WaitForEnd(int milliseconds) {
  const sigset_t signals = HeldSignals();
  const int64_t end = MonotonicMilliseconds() + milliseconds;
  for (;;) {
    const int64_t left = end - MonotonicMilliseconds();
    if (left <= 0) return false;
    timespec time;
    time.tv_sec = static_cast<time_t>(left / 1000);
    time.tv_nsec = static_cast<long>(left % 1000) * 1000000;
    const int signal = sigtimedwait(&signals, nullptr, &time);
    if (signal == SIGTERM || signal == SIGINT) return true;
    while (waitpid(-1, nullptr, WNOHANG) > 0) {
    }
  }
}

}  // namespace binfmt
