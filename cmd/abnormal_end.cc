// SPDX-License-Identifier: Apache-2.0
// How the program ends when it cannot go on: with one line on stderr and exit
// status_without_memory where memory runs out, by a trap where a check of the
// C++ library or of abseil fails. Their own ways would throw, which the
// products cannot, or print with vfprintf(3), which would be 10 KB of each.
#include "cmd/abnormal_end.h"

#include <stdlib.h>
#include <unistd.h>

#include <cstddef>
#include <new>
#include <version>

#include "absl/base/config.h"

constinit int cmd::status_without_memory = 1;

void* operator new(size_t size) {
  if (void* memory = malloc(size)) return memory;
  constexpr char kLine[] = "binfmtbox: out of memory\n";
  // Where stderr accepts nothing, nobody can be told.
  [[maybe_unused]] const ssize_t put =
      write(STDERR_FILENO, kLine, sizeof(kLine) - 1);
  _exit(cmd::status_without_memory);
}

void operator delete(void* memory) noexcept { free(memory); }

void operator delete(void* memory, size_t) noexcept { free(memory); }

#if defined(_LIBCPP_VERSION)
// libc++'s documented way to override its termination handler.
_LIBCPP_BEGIN_NAMESPACE_STD
[[noreturn]] void __libcpp_verbose_abort(const char*, ...) noexcept {
  __builtin_trap();
}
_LIBCPP_END_NAMESPACE_STD

// abseil has no way to override its own, which StrAppend() calls for a string
// of more than max_size(). Were it linked as well, the linker would say so.
namespace absl {
ABSL_NAMESPACE_BEGIN
[[noreturn]] void ThrowStdLengthError(const char*) { __builtin_trap(); }
ABSL_NAMESPACE_END
}  // namespace absl
#endif
