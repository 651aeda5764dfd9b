// SPDX-License-Identifier: Apache-2.0
// A MemoryScope for each turn of a long test.
#ifndef BINFMT_TURN_FOR_TESTING_H_
#define BINFMT_TURN_FOR_TESTING_H_

#include "binfmt/memory.h"
#include "gtest/gtest.h"

namespace binfmt {

// Frees what a turn has used, unless the test has failed: googletest keeps what
// a failure says, and with the products' heap it lies in the same memory.
class Turn {
 public:
  Turn() : scope_(new MemoryScope) {}
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    if (!testing::Test::HasFailure()) delete scope_;
  }

 private:
  const MemoryScope* const scope_;
};

}  // namespace binfmt

#endif  // BINFMT_TURN_FOR_TESTING_H_
