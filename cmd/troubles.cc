// SPDX-License-Identifier: Apache-2.0
#include "cmd/troubles.h"

#include <string_view>

namespace cmd {
namespace {

// FNV-1a.
uint32_t Checksum(std::string_view text) {
  uint32_t sum = 2166136261u;
  for (const char c : text) {
    sum = (sum ^ static_cast<unsigned char>(c)) * 16777619u;
  }
  return sum;
}

}  // namespace

bool Troubles::Turn::Has(uint32_t text) const {
  for (size_t i = 0; i < count; ++i) {
    if (texts[i] == text) return true;
  }
  return false;
}

void Troubles::BeginTurn() {
  before_ = now_;
  now_.count = 0;
}

void Troubles::Tell(const binfmt::Error& error, Console* console) {
  if (error.ok()) return;
  const uint32_t text = Checksum(error.text());
  if (now_.Has(text)) return;
  if (now_.count < kMost) now_.texts[now_.count++] = text;
  if (!before_.Has(text)) console->Complain(error);
}

}  // namespace cmd
