// SPDX-License-Identifier: Apache-2.0
// Errors already reported during --hold, so that each is reported once.
#ifndef CMD_REPORTED_ERRORS_H_
#define CMD_REPORTED_ERRORS_H_

#include <string>
#include <vector>

#include "binfmt/base/error.h"
#include "cmd/console.h"

namespace cmd {

class ReportedErrors {
 public:
  // Begins the next look at what is held. An error that the last look did not
  // have is new.
  void BeginTurn();

  // Complains of ERROR, unless this turn or the one before did.
  void Report(const binfmt::Error& error, Console& console);

 private:
  // More at once than there are targets are reported again in each turn.
  static constexpr size_t kMax = 64;

  std::vector<std::string> now_;
  std::vector<std::string> before_;
};

}  // namespace cmd

#endif  // CMD_REPORTED_ERRORS_H_
