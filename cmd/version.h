// SPDX-License-Identifier: Apache-2.0
// What this build is.
#ifndef CMD_VERSION_H_
#define CMD_VERSION_H_

namespace cmd {

// "0.1.0", from the file VERSION.
extern const char kVersion[];

// The source revision: git's commit, with "-dirty" where the tree differed from
// it; "unknown" where the build did not know (see toolchains/revision.sh).
extern const char kRevision[];

// Processor and libc that it was built for: "aarch64-linux-musl".
extern const char kBuildTarget[];

}  // namespace cmd

#endif  // CMD_VERSION_H_
