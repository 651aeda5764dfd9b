// SPDX-License-Identifier: Apache-2.0

#include "arch_table/emulators.h"

#include <cstdint>
#include <string_view>

#include "absl/types/span.h"

namespace arch_table {
namespace {

constexpr uint16_t kMachine386 = 3;
constexpr uint16_t kMachineX86_64 = 62;

// box64: system/box64.conf.cmake at 28dc8e6; box86: system/box86.conf.cmake at
// b01ad69; FEX: Data/binfmts at 1e9c311, and the older file name at 016c3c0;
// Rosetta: Apple's "Running Intel Binaries in Linux VMs with Rosetta". box64
// takes 32-bit programs only if it was built for that.
constexpr Emulator kEmulators[] = {
    {"qemu", "F", "", "", "", ""},
    {"box64", "",
     "\xff\xff\xff\xff\xff\xff\xff\0\0\0\0\xff\xff\xff\xff\xff\xfe\xff\xff\xff",
     "x86_64", "", "box64"},
    {"box86", "",
     "\xff\xff\xff\xff\xff\xff\xff\0\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff"
     "\xff\xff",
     "", "x86", "box86"},
    {"fex", "POCF",
     "\xff\xff\xff\xff\xff\xfe\xfe\0\0\0\0\xff\xff\xff\xff\xff\xfe\xff\xff\xff",
     "FEX-x86_64", "FEX-x86", "FEX or FEXInterpreter"},
    {"rosetta", "OCF",
     "\xff\xff\xff\xff\xff\xfe\xfe\0\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff"
     "\xff\xff",
     "rosetta", "", "rosetta"},
};

}  // namespace

std::string_view Emulator::EntryName(const Target& target) const {
  if (is_qemu()) return target.EntryName();
  if (target.machine() == kMachineX86_64) return name_64;
  return target.machine() == kMachine386 ? name_32 : "";
}

std::string_view Emulator::mask(const Target& target) const {
  if (is_qemu()) return target.mask();
  return {mask_bytes, sizeof(mask_bytes) - 1};
}

const char* Emulator::files() const {
  return is_qemu() ? "qemu-@-static, qemu-@ or @-binfmt-P" : file_names;
}

const char* Emulator::dirs() const {
  // Apple's documentation mounts Rosetta on the last, Lima on the one before.
  if (word[0] == 'r') return "/mnt/lima-rosetta or /media/rosetta";
  return is_qemu() ? "/usr/bin, /usr/local/bin or /usr/libexec/qemu-binfmt"
                   : "/usr/bin or /usr/local/bin";
}

absl::Span<const Emulator> Emulators() { return kEmulators; }

const Emulator* FindEmulator(std::string_view word) {
  for (const Emulator& emulator : kEmulators) {
    if (emulator.word == word) return &emulator;
  }
  return nullptr;
}

}  // namespace arch_table
