// SPDX-License-Identifier: Apache-2.0
// Environment variables.
#ifndef CMD_ENVIRONMENT_H_
#define CMD_ENVIRONMENT_H_

#include <string_view>

namespace cmd {

// The value of the environment variable NAME; empty where it is not set.
std::string_view Environment(const char* name);

}  // namespace cmd

#endif  // CMD_ENVIRONMENT_H_
