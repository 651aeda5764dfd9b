// SPDX-License-Identifier: Apache-2.0
// The raw batch: the product's own code writes records to the registry, without
// a check before it and without reading back. No applet does that; what
// `register` takes beyond this is the cost of its checks.
//
// It writes the records of the file "records.bin", each behind its length in
// two bytes, low first.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "binfmt/base/error.h"
#include "binfmt/base/file.h"
#include "binfmt/kernel/registry.h"

int main() {
  constexpr size_t kMaxBytes = 1 << 24;
  const binfmt::ErrnoOr<std::string> file =
      binfmt::ReadFileAt(AT_FDCWD, "records.bin", kMaxBytes);
  if (!file) return 1;
  std::vector<std::string> records;
  for (std::string_view rest = *file; rest.size() > 2;) {
    const size_t length = static_cast<unsigned char>(rest[0]) |
                          static_cast<size_t>(rest[1] & 0xff) << 8;
    records.emplace_back(rest.substr(2, length));
    rest.remove_prefix(2 + length);
  }
  binfmt::Expected<binfmt::Registry> registry =
      binfmt::Registry::Open(binfmt::kDefaultDir);
  if (!registry) return 1;
  const binfmt::Expected<std::vector<int>> errnums =
      registry->Register(records);
  if (!errnums) return 1;
  for (const int errnum : *errnums) {
    if (errnum != 0) return 1;
  }
  return 0;
}
