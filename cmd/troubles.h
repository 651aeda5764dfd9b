// SPDX-License-Identifier: Apache-2.0
// What who holds has complained of, so that a lasting trouble is told once.
#ifndef CMD_TROUBLES_H_
#define CMD_TROUBLES_H_

#include <cstddef>
#include <cstdint>

#include "binfmt/error.h"
#include "cmd/console.h"

namespace cmd {

// Outlives the turns of a hold and so keeps nothing on the heap: a checksum of
// each text.
class Troubles {
 public:
  // What the turn before did not tell is news.
  void BeginTurn();

  // Complains of ERROR, unless it is ok or this turn or the one before did.
  void Tell(const binfmt::Error& error, Console* console);

 private:
  // More at once than there are targets are told again in each turn.
  static constexpr size_t kMost = 64;

  struct Turn {
    uint32_t texts[kMost];
    size_t count = 0;

    bool Has(uint32_t text) const;
  };

  Turn now_;
  Turn before_;
};

}  // namespace cmd

#endif  // CMD_TROUBLES_H_
