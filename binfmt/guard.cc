// SPDX-License-Identifier: Apache-2.0
#include "binfmt/guard.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>

#include "absl/strings/match.h"
#include "binfmt/elf_header.h"
#include "binfmt/io.h"
#include "binfmt/match.h"
#include "binfmt/path.h"
#include "binfmt/text.h"

namespace binfmt {
namespace {

constexpr char kElfMagic[] =
    "\x7f"
    "ELF";
constexpr char kDataLittleEndian = 1;
constexpr char kDataBigEndian = 2;
constexpr size_t kMachineEnd = 20;
// exec_binprm(): depth > 5 is ELOOP.
constexpr int kMostHops = 5;

// HEAD as the kernel looks at it; one without any byte stays so.
Text Window(const Text& head) {
  if (head.empty() || head.size() == kMatchWindow) return head;
  TextWriter window;
  window.Put(head);
  for (size_t i = head.size(); i < kMatchWindow; ++i) window.Put('\0');
  return window.Finish();
}

Text ReadHead(const Text& path) {
  Text head;
  const UniqueFd fd = OpenAt(AT_FDCWD, path.c_str(), O_RDONLY | O_NONBLOCK);
  if (fd.ok()) (void)ReadSome(fd.get(), kMatchWindow, &head);
  return head;
}

// The first of HANDLERS that takes the file at PATH, which begins with HEAD;
// nullptr: none does. Bytes that can't be read can't be judged, and such a file
// can mostly not be started either.
const Record* FindHandler(const CoverIndex& handlers, const Text& head,
                          const Text& path) {
  // A file is like a record that compares all of it.
  Record file;
  file.magic = head;
  int found = head.empty() ? CoverIndex::kNone : handlers.FirstCovering(file);
  file.type = RecordType::kExtension;
  file.magic = path;
  file.magic.remove_prefix(path.rfind('.') + 1);
  const int by_extension = handlers.FirstCovering(file);
  if (found == CoverIndex::kNone ||
      (by_extension != CoverIndex::kNone && by_extension < found)) {
    found = by_extension;
  }
  return found == CoverIndex::kNone ? nullptr : &handlers[found];
}

bool ComparesNothing(const Record& record) {
  return !record.mask.empty() &&
         record.mask.find_first_not_of('\0') == std::string_view::npos;
}

// Does RECORD take some ELF files without asking for their machine? QEMU's rule
// for ppc64le, which Debian ships, leaves out the upper byte, but compares the
// byte order.
bool TakesAnyMachine(const Record& record) {
  for (size_t at = 0; kElfMagic[at] != '\0'; ++at) {
    const Compared compared = ComparedAt(record, at);
    if (((compared.byte ^ kElfMagic[at]) & compared.bits) != 0) return false;
  }
  if (ComparedAt(record, kElfMachinePosition).bits != 0xff) return true;
  const Compared data = ComparedAt(record, kElfDataPosition);
  return ComparedAt(record, kElfMachinePosition + 1).bits != 0xff &&
         (data.bits != 0xff || data.byte != kDataLittleEndian);
}

Error Refuse(const Record& record, Format why) {
  return Failure(EPERM, "refused to register %: @"_fmt, record.name, why);
}

Error TooManyHops(const Record& record) {
  return Refuse(record,
                "its interpreter needs more handlers behind one another than "
                "the kernel's five"_fmt);
}

}  // namespace

Guard::Guard() {
  const Text own(OwnHead());
  AddSample("this program itself (binfmtbox)"_fmt, own, "/proc/self/exe");
  AddSample("PID 1", ReadHead("/proc/1/exe"), "/proc/1/exe");
  // Not pointers, each of which would be a relocation.
  static constexpr char kScripts[][sizeof("#!/usr/bin/env sh\n")] = {
      "#!/bin/sh\n", "#! /bin/sh\n", "#!/usr/bin/env sh\n"};
  for (const char* line : kScripts) {
    AddSample("every script", line, nullptr);
  }
  // Class, byte order and machine of this program, position independent or not
  // (ET_EXEC 2, ET_DYN 3); nothing else of the header.
  own_kind_.magic = own.substr(0, kMachineEnd);
  char mask[kMachineEnd];
  std::fill(mask, mask + kMachineEnd, '\xff');
  std::fill(mask + kElfVersionPosition, mask + kElfTypePosition, '\0');
  const bool big_endian = own[kElfDataPosition] == kDataBigEndian;
  mask[kElfTypePosition + (big_endian ? 1 : 0)] = '\xfe';
  own_kind_.mask = std::string_view(mask, sizeof(mask));
}

void Guard::AddSample(Format what, Text head, const char* link) {
  if (sample_count_ == kMostSamples) return;
  Sample& sample = samples_[sample_count_++];
  sample.what = what;
  sample.head = head;
  sample.link = link;
}

void Guard::AddInterpreter(const Text& path, const Text& head) {
  if (paths_.Find(path) != NameIndex::kNone) return;
  paths_.Add(path);
  heads_.push_back(Window(head));
}

Text Guard::HeadOf(const Text& path) const {
  const int known = paths_.Find(path);
  return known == NameIndex::kNone ? Window(ReadHead(path)) : heads_[known];
}

Error Guard::Check(const Record& record, const CoverIndex* handlers) const {
  if (record.type == RecordType::kMagic && ComparesNothing(record)) {
    return Refuse(record, "its mask has no bit, so it takes every file"_fmt);
  }
  for (const Sample& sample : samples_) {
    if (sample.head.empty()) continue;
    Text path;
    // An extension takes programs, too: PID 1 may be /usr/bin/python3.11.
    if (record.type == RecordType::kExtension && sample.link != nullptr) {
      path = LinkTarget(sample.link);
    }
    if (!Matches(record, {sample.head, path})) continue;
    return Failure(
        EPERM,
        "refused to register %: it takes @, and nothing would start any more"_fmt,
        record.name, sample.what);
  }
  if (record.type == RecordType::kMagic) {
    if (CanOverlap(record, own_kind_)) {
      return Refuse(record,
                    "it takes some of this machine's own programs, and those "
                    "would not start any more"_fmt);
    }
    if (TakesAnyMachine(record)) {
      return Refuse(record,
                    "it takes ELF files but does not compare e_machine (bytes "
                    "18 and 19), so it may take native ones"_fmt);
    }
  }
  return CheckChain(record, handlers);
}

Error Guard::CheckChain(const Record& record,
                        const CoverIndex* handlers) const {
  const Record* current = &record;
  for (int hops = 0;; ++hops) {
    const Text& path = current->interpreter;
    const Text head = HeadOf(path);
    const bool script = absl::StartsWith(head, "#!");
    const bool last = (current->flags & (kOpenBinary | kCredentials)) != 0;
    if (last && script) {
      return Failure(
          EPERM,
          "refused to register %: with flag O or C its interpreter % may not "
          "be a script (the kernel fails with ENOEXEC)"_fmt,
          record.name, path);
    }
    // The record that takes the interpreter.
    const Record* next = nullptr;
    if ((!head.empty() || record.type == RecordType::kExtension) &&
        Matches(record, {head, path})) {
      next = &record;
    } else if (handlers != nullptr) {
      next = FindHandler(*handlers, head, path);
    }
    if (next == nullptr) {
      // CURRENT is handler hops + 1; a script at the end is one hop more.
      return hops + 1 + (script ? 1 : 0) <= kMostHops ? Ok()
                                                      : TooManyHops(record);
    }
    if (next == &record || next->name == record.name) {
      return Failure(
          EPERM,
          hops == 0
              ? "refused to register %: it takes its own interpreter %, so "
                "every start would fail with ELOOP"_fmt
              : "refused to register %: its interpreter % leads back to it "
                "over other entries, so every start would fail with ELOOP"_fmt,
          record.name, record.interpreter);
    }
    if (last) {
      return Failure(
          EPERM,
          "refused to register %: with flag O or C its interpreter % may not "
          "be handled by another entry (%)"_fmt,
          record.name, path, next->name);
    }
    if (hops + 2 > kMostHops) return TooManyHops(record);
    current = next;
  }
}

}  // namespace binfmt
