// SPDX-License-Identifier: Apache-2.0
#include "cmd/environment.h"

#include <unistd.h>

#include "absl/strings/strip.h"

namespace cmd {

std::string_view Environment(std::string_view name) {
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    std::string_view line = *entry;
    if (absl::ConsumePrefix(&line, name) && absl::ConsumePrefix(&line, "=")) {
      return line;
    }
  }
  return "";
}

}  // namespace cmd
