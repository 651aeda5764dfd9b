// SPDX-License-Identifier: Apache-2.0
// The heap of the products.
#ifndef BINFMT_MEMORY_H_
#define BINFMT_MEMORY_H_

namespace binfmt {

// In the products `operator delete` does nothing: an applet ends before it has
// used much, and without the code that frees, each is 6 % smaller. What goes
// on until it is told to end would grow: each of its turns stands in a scope,
// and what was allocated meanwhile goes with the scope.
//
// So nothing that outlives the scope may be allocated in it, nor grow in it.
// Does nothing where the C library's heap is used (tests, other hosts).
class MemoryScope {
 public:
  MemoryScope();
  ~MemoryScope();
  MemoryScope(const MemoryScope&) = delete;
  MemoryScope& operator=(const MemoryScope&) = delete;

 private:
  char* const next_;
  char* const end_;
};

}  // namespace binfmt

#endif  // BINFMT_MEMORY_H_
