// SPDX-License-Identifier: Apache-2.0
// The raw batch: records are written to the registry by the product's own code,
// without a check before it, and without reading back. No applet does that;
// what `register` takes beyond this is what it makes sure of.
//
// It writes the records of the file "records.bin", each behind its length in
// two bytes, low first.
#include <cstddef>
#include <string_view>

#include "binfmt/array.h"
#include "binfmt/error.h"
#include "binfmt/io.h"
#include "binfmt/registry.h"
#include "binfmt/text.h"

int main() {
  constexpr size_t kMostBytes = 1 << 24;
  binfmt::Text file;
  if (binfmt::ReadFileAt(binfmt::kCurrentDir, "records.bin", kMostBytes,
                         &file) != 0) {
    return 1;
  }
  binfmt::Array<binfmt::Text> records;
  for (std::string_view rest = file; rest.size() > 2;) {
    const size_t length = static_cast<unsigned char>(rest[0]) |
                          static_cast<size_t>(rest[1] & 0xff) << 8;
    records.push_back(rest.substr(2, length));
    rest.remove_prefix(2 + length);
  }
  binfmt::Registry registry;
  binfmt::Array<int> errnums;
  binfmt::Error error = binfmt::Registry::Open(binfmt::kDefaultDir, &registry);
  if (error.ok())
    error = registry.Register({records.data(), records.size()}, &errnums);
  if (!error.ok()) return 1;
  for (const int errnum : errnums) {
    if (errnum != 0) return 1;
  }
  return 0;
}
