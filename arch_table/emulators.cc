// SPDX-License-Identifier: Apache-2.0

#include "arch_table/emulators.h"

#include <cstdint>

namespace arch_table {
namespace {

using std::string_view_literals::operator""sv;

constexpr uint16_t kMachine386 = 3;
constexpr uint16_t kMachineX86_64 = 62;

constexpr std::string_view kQemuFiles[] = {"qemu-$0-static", "qemu-$0",
                                           "$0-binfmt-P"};
constexpr std::string_view kQemuDirs[] = {"/usr/bin", "/usr/local/bin",
                                          "/usr/libexec/qemu-binfmt"};
constexpr std::string_view kUsualDirs[] = {"/usr/bin", "/usr/local/bin"};
constexpr std::string_view kBox64Files[] = {"box64"};
constexpr std::string_view kBox86Files[] = {"box86"};
constexpr std::string_view kFexFiles[] = {"FEX", "FEXInterpreter"};
constexpr std::string_view kRosettaFiles[] = {"rosetta"};
// Lima mounts Rosetta on the first, Apple's documentation on the second.
constexpr std::string_view kRosettaDirs[] = {"/mnt/lima-rosetta",
                                             "/media/rosetta"};

// box64: system/box64.conf.cmake at 28dc8e6; box86: system/box86.conf.cmake at
// b01ad69; FEX: Data/binfmts at 1e9c311, and the older file name at 016c3c0;
// Rosetta: Apple's "Running Intel Binaries in Linux VMs with Rosetta". box64
// takes 32-bit programs only if it was built for that.
constexpr Emulator kEmulators[] = {
    {.word = "qemu",
     .flag_letters = "F",
     .x86_mask = "",
     .x86_64_entry = "",
     .i386_entry = "",
     .files = kQemuFiles,
     .dirs = kQemuDirs,
     .package = "qemu-user-static"},
    {.word = "box64",
     .flag_letters = "",
     .x86_mask = "\xff\xff\xff\xff\xff\xff\xff\0\0\0\0\xff\xff\xff\xff\xff"
                 "\xfe\xff\xff\xff"sv,
     .x86_64_entry = "x86_64",
     .i386_entry = "",
     .files = kBox64Files,
     .dirs = kUsualDirs,
     .package = "box64"},
    {.word = "box86",
     .flag_letters = "",
     .x86_mask = "\xff\xff\xff\xff\xff\xff\xff\0\xff\xff\xff\xff\xff\xff\xff"
                 "\xff\xfe\xff\xff\xff"sv,
     .x86_64_entry = "",
     .i386_entry = "x86",
     .files = kBox86Files,
     .dirs = kUsualDirs,
     .package = "box86"},
    {.word = "fex",
     .flag_letters = "POCF",
     .x86_mask = "\xff\xff\xff\xff\xff\xfe\xfe\0\0\0\0\xff\xff\xff\xff\xff"
                 "\xfe\xff\xff\xff"sv,
     .x86_64_entry = "FEX-x86_64",
     .i386_entry = "FEX-x86",
     .files = kFexFiles,
     .dirs = kUsualDirs,
     .package = "fex"},
    {.word = "rosetta",
     .flag_letters = "OCF",
     .x86_mask = "\xff\xff\xff\xff\xff\xfe\xfe\0\xff\xff\xff\xff\xff\xff\xff"
                 "\xff\xfe\xff\xff\xff"sv,
     .x86_64_entry = "rosetta",
     .i386_entry = "",
     .files = kRosettaFiles,
     .dirs = kRosettaDirs,
     .package = "rosetta"},
};

}  // namespace

std::string_view Emulator::EntryName(const Target& target) const {
  if (is_qemu()) return target.entry_name;
  if (target.machine == kMachineX86_64) return x86_64_entry;
  return target.machine == kMachine386 ? i386_entry : "";
}

std::string_view Emulator::Mask(const Target& target) const {
  return is_qemu() ? target.mask : x86_mask;
}

std::span<const Emulator> Emulators() { return kEmulators; }

const Emulator* FindEmulator(std::string_view word) {
  for (const Emulator& emulator : kEmulators) {
    if (emulator.word == word) return &emulator;
  }
  return nullptr;
}

}  // namespace arch_table
