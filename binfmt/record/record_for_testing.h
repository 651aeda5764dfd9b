// SPDX-License-Identifier: Apache-2.0
// Records of which only the rule matters.
#ifndef BINFMT_RECORD_RECORD_FOR_TESTING_H_
#define BINFMT_RECORD_RECORD_FOR_TESTING_H_

#include <cstdint>
#include <string>

#include "binfmt/record/record.h"

namespace binfmt {

inline Record Magic(uint32_t offset, const std::string& magic,
                    const std::string& mask = "") {
  Record record;
  record.offset = offset;
  record.magic = magic;
  record.mask = mask;
  return record;
}

inline Record Extension(const std::string& extension) {
  Record record;
  record.type = RecordType::kExtension;
  record.magic = extension;
  return record;
}

}  // namespace binfmt

#endif  // BINFMT_RECORD_RECORD_FOR_TESTING_H_
