// SPDX-License-Identifier: Apache-2.0
//
// Reads the data file: text in, facts and errors out. Part of the generator.

#ifndef ARCH_TABLE_SPEC_H_
#define ARCH_TABLE_SPEC_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace arch_table {

// The facts of one row; targets.txt explains each.
struct TargetSpec {
  int line = 0;
  std::string name;
  std::string family;
  std::string interpreter;
  bool is_64bit = false;
  bool is_big_endian = false;
  uint16_t machine = 0;
  uint32_t match_mask = 0;  // 0: e_flags do not matter
  uint32_t match_value = 0;
  uint32_t flags = 0;
  uint64_t load_address = 0x400000;
  std::vector<std::string> names;
  size_t docker_names = 0;  // how many of names, from the first, are Docker's
  std::string code;         // bytes
};

// What is wrong in one line of the data file; lines count from 1.
struct SpecError {
  int line;
  std::string message;
};

struct Spec {
  // The rows in which nothing is wrong.
  std::vector<TargetSpec> targets;
  // Everything that is wrong, in the order of lines.
  std::vector<SpecError> errors;
};

// Puts an error behind those of its line and of the lines before.
void AddError(SpecError error, std::vector<SpecError>* errors);

// Reads the text of a data file. Finds all errors that a row or a pair of names
// can have; whether two rows take the same file is FindOverlaps()'s to say.
Spec ParseSpec(std::string_view text);

}  // namespace arch_table

#endif  // ARCH_TABLE_SPEC_H_
