// SPDX-License-Identifier: Apache-2.0
// Prints what a system call that does nothing takes on this machine, and what
// the first write to a page takes, in ns: the least of some rounds.
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <limits>

namespace {

constexpr int kRounds = 20;
constexpr int kCalls = 100000;
constexpr int kPages = 2000;

// The least time of TRY_ONCE(), which does something COUNT times, for each.
template <typename Function>
double Nanoseconds(int count, Function try_once) {
  double least = std::numeric_limits<double>::max();
  for (int round = 0; round < kRounds; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    try_once();
    const std::chrono::duration<double, std::nano> taken =
        std::chrono::steady_clock::now() - begin;
    least = std::min(least, taken.count() / count);
  }
  return least;
}

void Call() {
  for (int i = 0; i < kCalls; ++i) syscall(SYS_getppid);
}

void Touch() {
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  const size_t size = page * kPages;
  void* const memory = mmap(nullptr, size, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return;
  madvise(memory, size, MADV_NOHUGEPAGE);
  for (size_t at = 0; at < size; at += page) {
    static_cast<volatile char*>(memory)[at] = 1;
  }
  munmap(memory, size);
}

}  // namespace

int main() {
  std::printf("%.0f %.0f\n", Nanoseconds(kCalls, Call),
              Nanoseconds(kPages, Touch));
}
