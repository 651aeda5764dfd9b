// SPDX-License-Identifier: Apache-2.0
#include "cmd/reported_errors.h"

#include <utility>

namespace cmd {

void ReportedErrors::BeginTurn() {
  before_ = std::move(now_);
  now_.clear();
}

void ReportedErrors::Report(const binfmt::Error& error, Console& console) {
  if (now_.contains(error.text())) return;
  if (now_.size() < kMax) now_.insert(error.text());
  if (!before_.contains(error.text())) console.Complain(error);
}

}  // namespace cmd
