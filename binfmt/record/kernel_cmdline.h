// SPDX-License-Identifier: Apache-2.0
// The kernel's command line, read as the kernel reads it.
#ifndef BINFMT_RECORD_KERNEL_CMDLINE_H_
#define BINFMT_RECORD_KERNEL_CMDLINE_H_

#include <string_view>

#include "absl/base/attributes.h"

namespace binfmt {

// The value of the last parameter NAME in LINE; empty where there is none. As
// next_arg() and parse_args() of the kernel read it: blanks separate
// parameters, double quotes around a value or a whole parameter hold it
// together and are not part of it, nothing escapes them, and what follows "--"
// belongs to init.
std::string_view FindParameter(
    std::string_view line ABSL_ATTRIBUTE_LIFETIME_BOUND, std::string_view name);

}  // namespace binfmt

#endif  // BINFMT_RECORD_KERNEL_CMDLINE_H_
