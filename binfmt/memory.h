// SPDX-License-Identifier: Apache-2.0
// The heap: memory that is never freed, or with its scope.
#ifndef BINFMT_MEMORY_H_
#define BINFMT_MEMORY_H_

#include <cstddef>

namespace binfmt {

// SIZE bytes, which stay until the MemoryScope ends in which they were asked
// for, or the program.
char* KeepBytes(size_t size);

// Memory that is not in use, at least *SIZE bytes, for something whose length
// is not known yet; *SIZE gets how much there is. The next KeepBytes() may give
// the same bytes to whoever asks.
char* FreeBytes(size_t* size);

// An applet ends before it has used much, so nothing is freed: in the products
// `operator delete` does nothing, and without the code that frees, each is 6 %
// smaller. What goes on until it is told to end would grow: each of its turns
// stands in a scope, and what was allocated meanwhile goes with the scope.
//
// So nothing that outlives the scope may be allocated in it, nor grow in it.
// Where the C library's heap is used (tests, other hosts), this goes for the
// bytes of KeepBytes() only.
class MemoryScope {
 public:
  MemoryScope();
  ~MemoryScope();

  // What was allocated so far, and will be, stays after all.
  void Keep() { keeps_ = true; }

  MemoryScope(const MemoryScope&) = delete;
  MemoryScope& operator=(const MemoryScope&) = delete;

 private:
  // What was in use when the scope began.
  void* const next_;
  void* const end_;
  bool keeps_ = false;
};

}  // namespace binfmt

#endif  // BINFMT_MEMORY_H_
