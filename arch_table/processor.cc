// SPDX-License-Identifier: Apache-2.0
#include "arch_table/processor.h"

#if defined(__x86_64__)
#include <cpuid.h>

namespace arch_table {
namespace {

constexpr bool HasAll(unsigned bits, unsigned wanted) {
  return (bits & wanted) == wanted;
}

}  // namespace

int ProcessorLevel() {
  unsigned a = 0, b = 0, basic = 0, extended = 0, d = 0;
  __get_cpuid(0x80000001, &a, &b, &extended, &d);
  __get_cpuid(1, &a, &b, &basic, &d);
  constexpr unsigned kBasic2 = bit_SSE3 | bit_SSSE3 | bit_CMPXCHG16B |
                               bit_SSE4_1 | bit_SSE4_2 | bit_POPCNT;
  if (!HasAll(basic, kBasic2) || !HasAll(extended, bit_LAHF_LM)) return 1;
  constexpr unsigned kBasic3 =
      bit_FMA | bit_MOVBE | bit_OSXSAVE | bit_AVX | bit_F16C;
  constexpr unsigned kAvxState = 0x6;
  constexpr unsigned kAvx512State = 0xe6;
  unsigned features = 0, state = 0, c = 0;
  if (!HasAll(basic, kBasic3) || !HasAll(extended, bit_LZCNT) ||
      __get_cpuid_count(7, 0, &a, &features, &c, &d) == 0 ||
      !HasAll(features, bit_BMI | bit_AVX2 | bit_BMI2)) {
    return 2;
  }
  // The registers that the kernel saves.
  __asm__("xgetbv" : "=a"(state), "=d"(d) : "c"(0));
  if (!HasAll(state, kAvxState)) return 2;
  constexpr unsigned kAvx512 =
      bit_AVX512F | bit_AVX512DQ | bit_AVX512CD | bit_AVX512BW | bit_AVX512VL;
  return HasAll(features, kAvx512) && HasAll(state, kAvx512State) ? 4 : 3;
}

}  // namespace arch_table

#else

int arch_table::ProcessorLevel() { return 1; }

#endif
