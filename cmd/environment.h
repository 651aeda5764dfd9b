// SPDX-License-Identifier: Apache-2.0
#ifndef CMD_ENVIRONMENT_H_
#define CMD_ENVIRONMENT_H_

#include <string_view>

namespace cmd {

// The value of the environment variable NAME, or nothing.
std::string_view Environment(std::string_view name);

}  // namespace cmd

#endif  // CMD_ENVIRONMENT_H_
