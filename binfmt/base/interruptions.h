// SPDX-License-Identifier: Apache-2.0
// How often a system call that a signal interrupts is tried again.
#ifndef BINFMT_BASE_INTERRUPTIONS_H_
#define BINFMT_BASE_INTERRUPTIONS_H_

#include <cerrno>

namespace binfmt {

// Counts the interruptions of one operation. They are bounded: a file system
// may say EINTR for ever.
class Interruptions {
 public:
  // Whether a call that failed with ERRNUM is to be tried again.
  bool MayRetry(int errnum) { return errnum == EINTR && ++count_ < kMost; }

 private:
  static constexpr int kMost = 100;

  int count_ = 0;
};

}  // namespace binfmt

#endif  // BINFMT_BASE_INTERRUPTIONS_H_
