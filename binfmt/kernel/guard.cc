// SPDX-License-Identifier: Apache-2.0
#include "binfmt/kernel/guard.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "binfmt/base/file.h"
#include "binfmt/base/message.h"
#include "binfmt/base/path.h"
#include "binfmt/base/position_map.h"
#include "binfmt/base/unique_fd.h"
#include "binfmt/record/elf_header.h"
#include "binfmt/record/match.h"
#include "binfmt/record/script.h"

namespace binfmt {
namespace {

constexpr std::string_view kElfMagic =
    "\x7f"
    "ELF";
constexpr char kDataLittleEndian = 1;
constexpr char kDataBigEndian = 2;
// The bits of the bytes from EI_OSABI to EI_NIDENT that are 0 in ordinary files
// of Linux: EI_OSABI is 0 (System V) or 3 (GNU), all others are 0.
constexpr unsigned char kOrdinaryIdent[] = {0xfc, 0xff, 0xff, 0xff, 0xff,
                                            0xff, 0xff, 0xff, 0xff};
constexpr size_t kElfVersionEnd = 24;  // of e_version
constexpr char kOwnProgram[] = "/proc/self/exe";
constexpr char kPid1[] = "/proc/1/exe";

// The first bytes of the file at PATH; empty where they cannot be read.
std::string ReadHead(const std::string& path) {
  const UniqueFd fd = OpenAt(AT_FDCWD, path, O_RDONLY | O_NONBLOCK);
  return fd.ok() ? ReadRange(fd.get(), 0, kMatchWindow).value_or("") : "";
}

bool ComparesNothing(const Record& record) {
  return !record.mask.empty() &&
         record.mask.find_first_not_of('\0') == std::string::npos;
}

// Whether RECORD demands other bytes of e_ident than ordinary files have from
// EI_OSABI on, as rules for marked files do (AppImage).
bool TakesMarkedFilesOnly(const Record& record) {
  for (size_t i = kElfOsAbiPosition; i < kElfTypePosition; ++i) {
    const ComparedByte compared = ComparedAt(record, i);
    if ((compared.value & kOrdinaryIdent[i - kElfOsAbiPosition]) != 0) {
      return true;
    }
  }
  return false;
}

// Whether RECORD takes some ordinary ELF files without a look at their machine.
// QEMU's rule for ppc64le, which Debian ships, leaves out the upper byte, but
// compares the byte order.
bool TakesAnyMachine(const Record& record) {
  const ComparedByte data = ComparedAt(record, kElfDataPosition);
  if (ComparedAt(record, kElfMachinePosition).bits == 0xff &&
      (ComparedAt(record, kElfMachinePosition + 1).bits == 0xff ||
       (data.bits == 0xff && data.value == kDataLittleEndian))) {
    return false;
  }
  for (size_t i = 0; i < kElfMagic.size(); ++i) {
    const ComparedByte compared = ComparedAt(record, i);
    if (((compared.value ^ kElfMagic[i]) & compared.bits) != 0) return false;
  }
  return !TakesMarkedFilesOnly(record);
}

}  // namespace

Guard::Guard(NativeTest is_native, std::string_view action)
    : is_native_(is_native),
      action_(action),
      samples_{{"this program itself (binfmtbox)", std::string(OwnHead()),
                kOwnProgram},
               {"PID 1", ReadHead(kPid1), kPid1}} {
  constexpr bool k64Bit = sizeof(void*) == 8;
  constexpr size_t kHeaderSize = k64Bit ? 64 : 52;
  own_kind_.magic = OwnHead().substr(0, kHeaderSize);
  own_kind_.mask.assign(kHeaderSize, '\0');
  const auto compare = [this](size_t position, size_t count) {
    std::fill_n(own_kind_.mask.begin() + position, count, '\xff');
  };
  // Class, byte order, type (ET_EXEC 2 or ET_DYN 3), machine and e_version.
  compare(0, kElfVersionPosition);
  compare(kElfTypePosition, kElfVersionEnd - kElfTypePosition);
  const bool is_big_endian = OwnHead()[kElfDataPosition] == kDataBigEndian;
  own_kind_.mask[kElfTypePosition + (is_big_endian ? 1 : 0)] = '\xfe';
  for (size_t i = kElfOsAbiPosition; i < kElfTypePosition; ++i) {
    own_kind_.magic[i] = '\0';
    own_kind_.mask[i] =
        static_cast<char>(kOrdinaryIdent[i - kElfOsAbiPosition]);
  }
  // e_phoff: the program headers follow; e_ehsize and e_phentsize.
  compare(k64Bit ? 32 : 28, sizeof(void*));
  compare(k64Bit ? 52 : 40, 4);
}

Error Guard::Refuse(const Record& record, std::string_view why,
                    int errnum) const {
  Error error = Failed(errnum, "refused to $0 $1: ", action_, record.name);
  error.Append(why);
  return error;
}

Expected<void> Guard::Check(const Record& record,
                            const CoverIndex* handlers) const {
  if (record.type == RecordType::kMagic && ComparesNothing(record)) {
    return Refuse(record, "its mask has no bit, so it takes every file");
  }
  for (const Sample& sample : samples_) {
    if (sample.head.empty()) continue;
    std::string path;
    // An extension takes programs, too: PID 1 may be /usr/bin/python3.11.
    if (record.type == RecordType::kExtension && !sample.link.empty()) {
      path = ReadLink(sample.link).value_or("");
      // An upgrade took the file away; its name is the same.
      path.resize(absl::StripSuffix(path, " (deleted)").size());
    }
    if (!Matches(record, {sample.head, path})) continue;
    return Refuse(
        record,
        Message("it takes $0, and nothing would start any more", sample.what));
  }
  if (record.type == RecordType::kMagic) {
    if (TakesScripts(record)) {
      return Refuse(record,
                    "it takes scripts, and those would not start any more");
    }
    if (CanOverlap(record, own_kind_)) {
      return Refuse(record,
                    "it takes some of this machine's own programs, and those "
                    "would not start any more");
    }
    if (TakesAnyMachine(record)) {
      return Refuse(record,
                    "it takes ELF files but does not compare e_machine (bytes "
                    "18 and 19), so it may take native ones");
    }
  }
  if (handlers == nullptr) return {};
  return CheckChain(record, *handlers);
}

ExecChain Guard::Walk(const Record& handler, const Record* front,
                      const CoverIndex& handlers) const {
  const auto find_handler = [&](const Candidate& file) -> const Record* {
    // Bytes that cannot be read cannot be judged, but an extension can.
    if (front != nullptr &&
        (!file.head.empty() || front->type == RecordType::kExtension) &&
        Matches(*front, file)) {
      return front;
    }
    return handlers.FirstTaking(file);
  };
  const auto holds_other_file = [](const Record&) { return false; };
  return WalkHandler(handler,
                     {find_handler, holds_other_file, is_native_, programs_});
}

std::string Guard::FindForeignPlace(const Record& handler) const {
  return WritableByOthers(Walk(handler, nullptr, CoverIndex()),
                          RootAsSeenHere());
}

Expected<void> Guard::CheckChain(const Record& record,
                                 const CoverIndex& handlers) const {
  const ExecChain chain = Walk(record, &record, handlers);
  const auto takes_itself = [this, &record] {
    return Refuse(record,
                  Message("it takes its own interpreter $0, so every start "
                          "would fail with ELOOP",
                          record.interpreter));
  };
  if (chain.steps.empty()) {
    // Whether the interpreter is there is not a question of safety.
    if (record.type != RecordType::kExtension ||
        !Matches(record, {"", record.interpreter})) {
      return {};
    }
    return takes_itself();
  }
  for (const ExecStep& step : chain.steps) {
    const Record* const taker = step.taker.handler;
    if (taker == nullptr || taker->name != record.name) continue;
    if (&step == &chain.steps.front()) return takes_itself();
    return Refuse(
        record, Message("its interpreter $0 leads back to it over $1, so "
                        "every start would fail with ELOOP",
                        record.interpreter,
                        chain.steps.front().taker.is_script ? "its #! line"
                                                            : "other entries"));
  }
  if (!chain.error) return {};
  const ExecStep& last = chain.steps.back();
  switch (chain.limit) {
    case ChainLimit::kTooMany:
      return Refuse(record,
                    "its interpreter needs more handlers behind one another "
                    "than the kernel's five");
    case ChainLimit::kLastInterpreter:
      if (last.taker.handler != nullptr) {
        return Refuse(record,
                      Message("with flag O or C its interpreter $0 may not be "
                              "handled by another entry ($1)",
                              last.path, last.taker.handler->name));
      }
      return Refuse(record,
                    Message("with flag O or C its interpreter $0 may not be a "
                            "script (the kernel fails with ENOEXEC)",
                            last.path));
    case ChainLimit::kNone:
      break;
  }
  return Refuse(
      record,
      absl::StrCat("its interpreter would not start: ", chain.error->text()),
      ENOEXEC);
}

void StartedFiles::Find() {
  is_found_ = true;
  PositionMap ways;
  CoverIndex enabled;
  for (const Entry& entry : entries_) {
    if (entry.enabled) enabled.Add(entry.record);
  }
  for (const Entry& entry : entries_) {
    if (!entry.enabled) continue;
    ExecChain chain = guard_.Walk(entry.record, nullptr, enabled);
    if (chain.error) continue;
    // Files that a record takes alike, in chains that go on alike, are looked
    // at twice: one chain may be that of the entry which the record replaces.
    std::string way = FlagLetters(entry.record.flags);
    for (ExecStep& step : chain.steps) {
      const std::string& path = step.path;
      if (++ways[absl::StrCat(way, "\n", step.program->head,
                              path.substr(path.rfind('.') + 1))] <= 2) {
        files_.emplace_back(&entry.record, path, step.program);
      }
      way += '.';
      if (const Record* taker = step.taker.handler) {
        way += FlagLetters(taker->flags);
      }
    }
  }
}

Expected<void> StartedFiles::Check(const Record& record,
                                   const CoverIndex& handlers) {
  if (!is_found_) Find();
  for (const File& file : files_) {
    if (file.by->name == record.name ||
        !Matches(record, {file.program->head, file.path}) ||
        !guard_.Walk(*file.by, &record, handlers).error) {
      continue;
    }
    return guard_.Refuse(record,
                         Message("it takes $0, which $1 starts, and programs "
                                 "of $1 would not start any more",
                                 file.path, file.by->name));
  }
  return {};
}

}  // namespace binfmt
