// SPDX-License-Identifier: Apache-2.0
#include "binfmt/kernel/lifetime.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "binfmt/base/clock.h"
#include "binfmt/base/decimal.h"
#include "binfmt/base/file.h"
#include "binfmt/base/message.h"
#include "binfmt/kernel/instances.h"
#include "binfmt/kernel/namespaces.h"

namespace binfmt {
namespace {

constexpr size_t kMaxStatLength = 4096;
// The longest tick of the coarse clock is 10 ms.
constexpr int kMaxTickWait = 50;  // milliseconds
// USER_HZ, the same for every Linux program.
constexpr int64_t kTicksPerSecond = 100;
constexpr uint64_t kMaxTicks = uint64_t{1} << 38;  // 87 years
constexpr int64_t kNanosecondsPerSecond = 1'000'000'000;
// A file's time is that of the last tick, of 10 ms at most; twice that.
constexpr int64_t kLagOfFileTimes = 20'000'000;  // nanoseconds

constexpr char kMountNamespaceOfPidOne[] = "/proc/1/ns/mnt";

// Whether PATH leads to this process's mount namespace. False where either
// cannot be examined.
bool IsOwnMountNamespace(const char* path) {
  struct stat own;
  struct stat other;
  return stat("/proc/self/ns/mnt", &own) == 0 && stat(path, &other) == 0 &&
         own.st_ino == other.st_ino && own.st_dev == other.st_dev;
}

timespec ReadClock(clockid_t clock) {
  timespec now = {};
  clock_gettime(clock, &now);
  return now;
}

int64_t Nanoseconds(const timespec& time) {
  return int64_t{time.tv_sec} * kNanosecondsPerSecond + time.tv_nsec;
}

bool IsBefore(const timespec& a, const timespec& b) {
  return Nanoseconds(a) < Nanoseconds(b);
}

// When PID 1 was started, by the clock of file times, or up to 30 ms before, so
// that no later file seems older. 0 where /proc does not tell, so that nothing
// is.
timespec StartOfPidOne() {
  // proc(5): field 2, the name in parentheses, may hold blanks; starttime, in
  // clock ticks since boot, is field 22.
  constexpr size_t kFieldsBehindName = 22 - 2;
  const std::string stat =
      ReadFileAt(AT_FDCWD, "/proc/1/stat", kMaxStatLength).value_or("");
  const std::vector<std::string_view> fields =
      absl::StrSplit(std::string_view(stat).substr(stat.rfind(')') + 1), ' ');
  if (fields.size() <= kFieldsBehindName) return {};
  const std::optional<uint64_t> ticks =
      ParseDecimal(fields[kFieldsBehindName], kMaxTicks);
  if (!ticks) return {};
  // The clock that goes on is read last, so that the difference is too small
  // rather than too large.
  const int64_t now = Nanoseconds(ReadClock(CLOCK_REALTIME));
  const int64_t start =
      now - Nanoseconds(ReadClock(CLOCK_BOOTTIME)) +
      static_cast<int64_t>(*ticks) * (kNanosecondsPerSecond / kTicksPerSecond) -
      kLagOfFileTimes;
  timespec time = {};
  time.tv_sec = static_cast<time_t>(start / kNanosecondsPerSecond);
  time.tv_nsec = static_cast<long>(start % kNanosecondsPerSecond);
  return time;
}

// Whether the instance on DIR is mounted in PID 1's mount namespace, too. False
// where that cannot be read.
bool PidOneHasMounted(const std::string& dir) {
  struct stat facts;
  if (stat(dir.c_str(), &facts) != 0) return false;
  const ErrnoOr<MountedInstances> mounted =
      ReadInstances("/proc/1/mountinfo", facts.st_dev);
  return mounted && mounted->this_one;
}

sigset_t HeldSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGPWR);
  sigaddset(&signals, SIGCHLD);
  return signals;
}

}  // namespace

timespec TimeBetweenInstances() {
  const timespec now = ReadClock(CLOCK_REALTIME);
  // Bounded, since the clock may be set back meanwhile.
  for (int i = 0; i < kMaxTickWait; ++i) {
    if (IsBefore(now, ReadClock(CLOCK_REALTIME_COARSE))) break;
    SleepMilliseconds(1);
  }
  return now;
}

bool InstanceIsOlderThan(const std::string& dir, const timespec& time) {
  struct stat facts;
  return stat((dir + "/status").c_str(), &facts) == 0 &&
         !IsBefore(time, facts.st_atim);
}

bool MountNamespaceLasts() {
  switch (CurrentUserNamespace()) {
    case UserNamespace::kUnknown:
      return true;
    case UserNamespace::kFirst:
      return InFirstPidNamespace() &&
             IsOwnMountNamespace(kMountNamespaceOfPidOne);
    case UserNamespace::kOther:
      break;
  }
  // The namespace of PID 1 ends with it.
  if (getpid() == 1) return false;
  return IsOwnMountNamespace(kMountNamespaceOfPidOne) ||
         IsOwnMountNamespace(
             absl::StrCat("/proc/", getppid(), "/ns/mnt").c_str());
}

Expected<void> CheckLasts(const std::string& dir) {
  if (MountNamespaceLasts()) return {};
  const bool lasts = IsOwnMountNamespace(kMountNamespaceOfPidOne)
                         ? InstanceIsOlderThan(dir, StartOfPidOne())
                         : PidOneHasMounted(dir);
  if (!lasts) return WouldNotLast(dir);
  return {};
}

Error WouldNotLast(const std::string& dir) {
  return Error(
      0,
      Message("binfmt_misc on $0 is held by this process's mount namespace "
              "only, and all entries would go with it: mount it on the host "
              "first, or use --host (in a container: with --pid=host, a pod: "
              "hostPID: true), or stay with --hold",
              dir) +
          (CurrentUserNamespace() == UserNamespace::kOther
               ? "; for one command: binfmtbox run COMMAND"
               : ""),
      Cause::kWouldNotLast);
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
    timespec time = {};
    time.tv_sec = static_cast<time_t>(left / 1000);
    time.tv_nsec = static_cast<long>(left % 1000) * 1000000;
    const int signal = sigtimedwait(&signals, nullptr, &time);
    if (signal > 0 && signal != SIGCHLD) return true;
    while (waitpid(-1, nullptr, WNOHANG) > 0) {
    }
  }
}

}  // namespace binfmt
