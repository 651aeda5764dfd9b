// SPDX-License-Identifier: Apache-2.0
// Programs run as users run them, with an end.
#ifndef BINFMT_BOUNDED_RUN_H_
#define BINFMT_BOUNDED_RUN_H_

#include "binfmt/text.h"

namespace binfmt {

// What came of a program.
struct Run {
  enum How : char {
    kExited,      // code: its exit status
    kKilled,      // code: the signal
    kNotStarted,  // code: the errno
    kNoAnswer,    // not ended in time, and killed
  };

  How how = kNotStarted;
  int code = 0;
  // The first line that it printed, on stdout or stderr, or its begin.
  Text output;
};

// Runs the file at PATH with ARGV0, ARGV1 (nullptr: none), an empty environment
// and no stdin, and waits MILLISECONDS. A program that takes longer is killed
// with its process group, which is its own. Of what it prints, a pipe's
// capacity is taken.
Run RunBounded(const char* path, const char* argv0, const char* argv1,
               int milliseconds);

// The same for PROGRAM, a complete ELF file, as its file were at
// /proc/self/fd/N: it is in memory, and, without close-on-exec, open in
// whatever interpreter the handlers of binfmt_misc start for it (with it the
// kernel would refuse, ENOENT). Fails without /proc, ENOENT as well.
Run RunFromMemory(const Text& program, const char* argv0, int milliseconds);

}  // namespace binfmt

#endif  // BINFMT_BOUNDED_RUN_H_
