// SPDX-License-Identifier: Apache-2.0

#include "arch_table/emulators.h"

#include <cstdint>

namespace arch_table {
namespace {

using std::string_view_literals::operator""sv;

constexpr uint16_t kMachine386 = 3;
constexpr uint16_t kMachineX86_64 = 62;

constexpr std::string_view kUsualDirs = "/usr/bin /usr/local/bin";

// box64: system/box64.conf.cmake at 28dc8e6; box86: system/box86.conf.cmake at
// b01ad69, and Debian's package 0.3.4+dfsg-1 of box64; FEX: Data/binfmts at
// 1e9c311, and the older file name at 016c3c0; Rosetta: Apple's "Running Intel
// Binaries in Linux VMs with Rosetta". box64 takes 32-bit programs only if it
// was built for that.
constexpr Emulator kEmulators[] = {
    {.word = "qemu",
     .flag_letters = "F",
     .files = "qemu-$0-static qemu-$0 $0-binfmt-P",
     .dirs = "/usr/bin /usr/local/bin /usr/libexec/qemu-binfmt",
     .package = "qemu-user-static"},
    {.word = "box64",
     .x86_mask = "\xff\xff\xff\xff\xff\xff\xff\0\0\0\0\xff\xff\xff\xff\xff"
                 "\xfe\xff\xff\xff"sv,
     .x86_64_entry = "x86_64",
     .package_entry = "box64",
     .files = "box64",
     .dirs = kUsualDirs,
     .package = "box64"},
    {.word = "box86",
     .x86_mask = "\xff\xff\xff\xff\xff\xff\xff\0\xff\xff\xff\xff\xff\xff\xff"
                 "\xff\xfe\xff\xff\xff"sv,
     .i386_entry = "x86",
     .files = "box86",
     .dirs = kUsualDirs,
     .package = "box86"},
    {.word = "fex",
     .flag_letters = "POCF",
     .x86_mask = "\xff\xff\xff\xff\xff\xfe\xfe\0\0\0\0\xff\xff\xff\xff\xff"
                 "\xfe\xff\xff\xff"sv,
     .x86_64_entry = "FEX-x86_64",
     .i386_entry = "FEX-x86",
     .files = "FEX FEXInterpreter",
     .dirs = kUsualDirs,
     .package = "fex"},
    {.word = "rosetta",
     .flag_letters = "OCF",
     .x86_mask = "\xff\xff\xff\xff\xff\xfe\xfe\0\xff\xff\xff\xff\xff\xff\xff"
                 "\xff\xfe\xff\xff\xff"sv,
     .x86_64_entry = "rosetta",
     .files = "rosetta",
     // Lima mounts it on the first, Apple's documentation on the second.
     .dirs = "/mnt/lima-rosetta /media/rosetta",
     .package = "rosetta"},
};

}  // namespace

std::string Emulator::EntryName(const Target& target) const {
  if (is_qemu()) return target.EntryName();
  if (target.machine == kMachineX86_64) return std::string(x86_64_entry);
  return std::string(target.machine == kMachine386 ? i386_entry : "");
}

std::string_view Emulator::Mask(const Target& target) const {
  return is_qemu() ? target.mask() : x86_mask;
}

std::span<const Emulator> Emulators() { return kEmulators; }

const Emulator* FindEmulator(std::string_view word) {
  for (const Emulator& emulator : kEmulators) {
    if (emulator.word == word) return &emulator;
  }
  return nullptr;
}

}  // namespace arch_table
