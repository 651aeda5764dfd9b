// SPDX-License-Identifier: Apache-2.0
#include "cmd/reported_errors.h"

#include <utility>

#include "absl/algorithm/container.h"

namespace cmd {

void ReportedErrors::BeginTurn() {
  before_ = std::move(now_);
  now_.clear();
}

void ReportedErrors::Report(const binfmt::Error& error, Console& console) {
  const std::string& text = error.text();
  if (absl::c_linear_search(now_, text)) return;
  if (now_.size() < kMax) now_.push_back(text);
  if (!absl::c_linear_search(before_, text)) console.Complain(error);
}

}  // namespace cmd
