// SPDX-License-Identifier: Apache-2.0
// Paths, and why one leads nowhere.
#ifndef BINFMT_BASE_PATH_H_
#define BINFMT_BASE_PATH_H_

#include <string>
#include <string_view>

#include "absl/base/attributes.h"
#include "binfmt/base/error.h"

namespace binfmt {

// Whether stat(2) finds something at PATH. That does not trigger an automount:
// it tells an automount point that nobody serves from a loop of links, although
// opening either one fails with ELOOP.
bool Exists(const std::string& path);

// Whether PATH leads to a FIFO.
bool IsFifo(const std::string& path);

// The target of the symbolic link PATH.
ErrnoOr<std::string> ReadLink(const std::string& path);

// The part of PATH behind its last slash.
std::string_view BaseName(std::string_view path ABSL_ATTRIBUTE_LIFETIME_BOUND);

// For a PATH on which a call failed with EACCES: names the first directory that
// this process may not search, and the fix, to be appended to an error: "; the
// directory ...". Empty where all may be searched.
std::string UnsearchableDirectory(const std::string& path);

}  // namespace binfmt

#endif  // BINFMT_BASE_PATH_H_
