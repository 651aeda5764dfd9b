// SPDX-License-Identifier: Apache-2.0
// Positions in a list, by name or path.
#ifndef BINFMT_BASE_POSITION_MAP_H_
#define BINFMT_BASE_POSITION_MAP_H_

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace binfmt {

// An order in which lengths decide first, and then the last bytes. Names of
// entries and paths of emulators begin alike, so that to compare them from the
// front took a tenth of all instructions of `register all`.
struct ShorterFirst {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const {
    return a.size() != b.size()
               ? a.size() < b.size()
               : std::lexicographical_compare(a.rbegin(), a.rend(), b.rbegin(),
                                              b.rend());
  }
};

using PositionMap = std::map<std::string, size_t, ShorterFirst>;

}  // namespace binfmt

#endif  // BINFMT_BASE_POSITION_MAP_H_
