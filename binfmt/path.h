// SPDX-License-Identifier: Apache-2.0
// Why a path leads nowhere.
#ifndef BINFMT_PATH_H_
#define BINFMT_PATH_H_

#include <string_view>

#include "absl/base/attributes.h"
#include "binfmt/error.h"
#include "binfmt/text.h"

namespace binfmt {

// Does PATH lead to something? An automount point that nobody answers is there,
// unlike a loop of links, though opening either is ELOOP.
bool IsThere(const Text& path);

// Where the symbolic link PATH leads; empty, and errno, where it can't be read.
Text LinkTarget(const char* path);

// What follows the last slash.
std::string_view BaseName(std::string_view path ABSL_ATTRIBUTE_LIFETIME_BOUND);

// Does PATH lead to a FIFO?
bool IsPipe(const Text& path);

// Adds to ERROR, an EACCES on the way to PATH, which directory this process may
// not search, and the fix. False where there is none.
bool AddClosedDirectory(const Text& path, Error* error);

}  // namespace binfmt

#endif  // BINFMT_PATH_H_
