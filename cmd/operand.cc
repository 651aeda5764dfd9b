// SPDX-License-Identifier: Apache-2.0
#include "cmd/operand.h"

#include <string>

#include "absl/strings/strip.h"
#include "arch_table/names.h"
#include "binfmt/base/message.h"
#include "binfmt/record/record.h"
#include "cmd/suggestion.h"
#include "cmd/target_matcher.h"

namespace cmd {
namespace {

// What may be meant by OPERAND; empty where that may be an entry.
std::string Hint(const Operand& operand) {
  std::string hint = operand.is_name ? "" : SuggestTarget(operand.name);
  if (hint.empty() && !binfmt::CheckName(operand.name)) {
    hint = "; no entry can have that name";
  }
  return hint;
}

}  // namespace

binfmt::Expected<Operand> ReadOperand(std::string_view word,
                                      std::span<const binfmt::Entry> entries) {
  Operand operand;
  operand.is_name = absl::ConsumePrefix(&word, "name:");
  operand.name = word;
  if (operand.is_name) return operand;
  operand.target = arch_table::FindTarget(word);
  if (operand.target == nullptr) return operand;
  for (const binfmt::Entry& entry : entries) {
    if (entry.record.name == word &&
        !IsEntryOf(*operand.target, entry.record)) {
      return binfmt::Failed(
          0,
          "\"$0\" means the target $1, and is the name of an entry that takes "
          "none of its programs; for the entry say name:$0, for the target "
          "another of its words",
          word, operand.target->name);
    }
  }
  return operand;
}

binfmt::Error UnknownOperand(const Operand& operand) {
  binfmt::Error error = binfmt::Failed(
      0, "\"$0\" is neither an entry nor a target", operand.name);
  error.Append(Hint(operand));
  return error;
}

bool MayBeEntry(const Operand& operand) { return Hint(operand).empty(); }

}  // namespace cmd
