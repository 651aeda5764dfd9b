// SPDX-License-Identifier: Apache-2.0
#include "cmd/register_request.h"

#include "absl/algorithm/container.h"

namespace cmd {

bool RegisterRequest::IsNamed(const arch_table::Target* target) const {
  return absl::c_linear_search(named, target);
}

}  // namespace cmd
