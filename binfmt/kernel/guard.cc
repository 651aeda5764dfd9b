// SPDX-License-Identifier: Apache-2.0
#include "binfmt/kernel/guard.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "binfmt/base/file.h"
#include "binfmt/base/message.h"
#include "binfmt/base/path.h"
#include "binfmt/base/unique_fd.h"
#include "binfmt/kernel/exec_chain.h"
#include "binfmt/record/elf_header.h"
#include "binfmt/record/match.h"

namespace binfmt {
namespace {

constexpr std::string_view kElfMagic =
    "\x7f"
    "ELF";
constexpr char kDataLittleEndian = 1;
constexpr char kDataBigEndian = 2;
constexpr size_t kMachineEnd = kElfMachinePosition + 2;
constexpr char kOwnProgram[] = "/proc/self/exe";
constexpr char kPid1[] = "/proc/1/exe";

// The first bytes of the file at PATH; empty where they cannot be read.
std::string ReadHead(const std::string& path) {
  const UniqueFd fd = OpenAt(AT_FDCWD, path, O_RDONLY | O_NONBLOCK);
  return fd.ok() ? ReadPrefix(fd.get(), kMatchWindow).value_or("") : "";
}

// The first of HANDLERS that takes FILE; nullptr where none does. Bytes that
// cannot be read cannot be judged, and such a file can mostly not be started
// either.
const Record* FindHandler(const CoverIndex& handlers, const Candidate& file) {
  std::optional<size_t> found;
  if (!file.head.empty()) {
    Record whole;  // compares all of the file that the kernel looks at
    whole.magic = file.head;
    whole.magic.resize(kMatchWindow);
    found = handlers.FirstCovering(whole);
  }
  Record extension;
  extension.type = RecordType::kExtension;
  extension.magic = file.path.substr(file.path.rfind('.') + 1);
  const std::optional<size_t> by_extension = handlers.FirstCovering(extension);
  if (!found || (by_extension && *by_extension < *found)) found = by_extension;
  return found ? &handlers[*found] : nullptr;
}

bool ComparesNothing(const Record& record) {
  return !record.mask.empty() &&
         record.mask.find_first_not_of('\0') == std::string::npos;
}

// Whether RECORD takes some ELF files without a look at their machine. QEMU's
// rule for ppc64le, which Debian ships, leaves out the upper byte, but compares
// the byte order.
bool TakesAnyMachine(const Record& record) {
  for (size_t i = 0; i < kElfMagic.size(); ++i) {
    const ComparedByte compared = ComparedAt(record, i);
    if (((compared.value ^ kElfMagic[i]) & compared.bits) != 0) return false;
  }
  if (ComparedAt(record, kElfMachinePosition).bits != 0xff) return true;
  const ComparedByte data = ComparedAt(record, kElfDataPosition);
  return ComparedAt(record, kElfMachinePosition + 1).bits != 0xff &&
         (data.bits != 0xff || data.value != kDataLittleEndian);
}

Error Refuse(const Record& record, std::string_view why) {
  Error error = Failed(EPERM, "refused to register $0: ", record.name);
  error.Append(why);
  return error;
}

Error RefuseLongChain(const Record& record) {
  return Refuse(record,
                "its interpreter needs more handlers behind one another than "
                "the kernel's five");
}

}  // namespace

Guard::Guard()
    : samples_{{"this program itself (binfmtbox)", std::string(OwnHead()),
                kOwnProgram},
               {"PID 1", ReadHead(kPid1), kPid1},
               {"every script", "#!/bin/sh\n", ""},
               {"every script", "#! /bin/sh\n", ""},
               {"every script", "#!/usr/bin/env sh\n", ""}} {
  // Class, byte order and machine of this program, position independent or not
  // (ET_EXEC 2, ET_DYN 3); nothing else of the header.
  own_kind_.magic = OwnHead().substr(0, kMachineEnd);
  std::string& mask = own_kind_.mask;
  mask.assign(kMachineEnd, '\xff');
  std::fill(mask.begin() + kElfVersionPosition, mask.begin() + kElfTypePosition,
            '\0');
  const bool is_big_endian = OwnHead()[kElfDataPosition] == kDataBigEndian;
  mask[kElfTypePosition + (is_big_endian ? 1 : 0)] = '\xfe';
}

void Guard::AddInterpreter(const std::string& path, std::string_view head) {
  if (head_by_path_.try_emplace(path, heads_.size()).second) {
    heads_.emplace_back(head);
  }
}

std::string Guard::HeadOf(const std::string& path) const {
  const auto known = head_by_path_.find(path);
  return known == head_by_path_.end() ? ReadHead(path) : heads_[known->second];
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
    }
    if (!Matches(record, {sample.head, path})) continue;
    return Refuse(
        record,
        Message("it takes $0, and nothing would start any more", sample.what));
  }
  if (record.type == RecordType::kMagic) {
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
  return CheckChain(record, handlers);
}

Expected<void> Guard::CheckChain(const Record& record,
                                 const CoverIndex* handlers) const {
  // RECORD comes before HANDLERS. Bytes that cannot be read cannot be judged,
  // but an extension can.
  const auto find_handler = [&](const Candidate& file) -> const Record* {
    if ((!file.head.empty() || record.type == RecordType::kExtension) &&
        Matches(record, file)) {
      return &record;
    }
    return handlers == nullptr ? nullptr : FindHandler(*handlers, file);
  };
  ChainDepth depth;
  for (const Record* current = &record;;) {
    if (depth.Add(current->flags) != ChainLimit::kNone) {
      return RefuseLongChain(record);
    }
    const std::string& path = current->interpreter;
    const std::string head = HeadOf(path);
    if (depth.is_last() && absl::StartsWith(head, "#!")) {
      return Refuse(record,
                    Message("with flag O or C its interpreter $0 may not be a "
                            "script (the kernel fails with ENOEXEC)",
                            path));
    }
    const Taker taker = FindTaker({head, path}, find_handler);
    if (taker.handler == nullptr) {
      if (taker.is_script && depth.Add(0) != ChainLimit::kNone) {
        return RefuseLongChain(record);
      }
      return {};
    }
    if (taker.handler == &record || taker.handler->name == record.name) {
      return Refuse(
          record,
          current == &record
              ? Message("it takes its own interpreter $0, so every start would "
                        "fail with ELOOP",
                        record.interpreter)
              : Message("its interpreter $0 leads back to it over other "
                        "entries, so every start would fail with ELOOP",
                        record.interpreter));
    }
    if (depth.is_last()) {
      return Refuse(record,
                    Message("with flag O or C its interpreter $0 may not be "
                            "handled by another entry ($1)",
                            path, taker.handler->name));
    }
    current = taker.handler;
  }
}

}  // namespace binfmt
