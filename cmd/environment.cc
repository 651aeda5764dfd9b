// SPDX-License-Identifier: Apache-2.0
#include "cmd/environment.h"

#include <cstdlib>

namespace cmd {

std::string_view Environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace cmd
