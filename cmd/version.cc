// SPDX-License-Identifier: Apache-2.0
#include "cmd/version.h"

#include <limits.h>  // defines __GLIBC__ where that is the libc

#if defined(__x86_64__)
#define PROCESSOR "x86_64"
#elif defined(__aarch64__)
#define PROCESSOR "aarch64"
#elif defined(__arm__)
#define PROCESSOR "armv7"
#elif defined(__riscv) && __riscv_xlen == 64
#define PROCESSOR "riscv64"
#else
#define PROCESSOR "unknown"
#endif

#if defined(__GLIBC__)
#define LIBC "linux-gnu"
#else
#define LIBC "linux-musl"
#endif

namespace cmd {

const char kVersion[] =
#include "cmd/number.inc"
    ;

const char kRevision[] =
#include "cmd/revision.inc"
    ;

const char kBuildTarget[] = PROCESSOR "-" LIBC;

}  // namespace cmd
