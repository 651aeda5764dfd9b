// SPDX-License-Identifier: Apache-2.0
// A mounted binfmt_misc: the directory with the files `register` and `status`
// and one file an entry.
#ifndef BINFMT_REGISTRY_H_
#define BINFMT_REGISTRY_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/base/attributes.h"
#include "absl/types/span.h"
#include "binfmt/array.h"
#include "binfmt/entry.h"
#include "binfmt/error.h"
#include "binfmt/io.h"
#include "binfmt/text.h"

namespace binfmt {

// Where every system mounts it (Documentation/admin-guide/binfmt-misc.rst).
inline constexpr char kDefaultDir[] = "/proc/sys/fs/binfmt_misc";

class Registry {
 public:
  // Opens DIR, which may trigger an automount. Fails with kNotMounted where it
  // is no binfmt_misc (decided by statfs(2), never by a file's existence), with
  // kNoSupport where this kernel has none to mount, with kDenied where it may
  // not be read.
  //
  // With OR_SAVED it may also be a copy of a binfmt_misc, a directory of any
  // other file system. Of that one every file is an entry, ReadAll() fails
  // where it is none, and nothing can be changed. What a copy does not tell of
  // the match order is guessed: the files' modification times, newest first,
  // which `cp -a` keeps. They are those of the registration, unless somebody
  // wrote to the entry with O_TRUNC, as a shell does, and equal for entries of
  // one tick of the clock.
  static Error Open(const Text& dir, Registry* registry, bool or_saved = false);

  bool saved() const { return saved_; }

  // Keeps other runs of this program from changing anything until Unlock() or
  // the end of the process. Waits some seconds at most, and goes on without
  // where `register` can't be opened: who can't open it changes nothing.
  void Lock();
  void Unlock() { register_fd_.Reset(); }

  const Text& dir() const ABSL_ATTRIBUTE_LIFETIME_BOUND { return dir_; }
  // Is this mount read-only? Then nothing can be changed through it.
  bool read_only() const { return read_only_; }

  // Does the kernel look at the entries at all (file `status`)?
  Error ReadEnabled(bool* enabled) const;

  // Names of all entries in the kernel's match order: readdir order, newest
  // first (dcache_readdir() walks d_subdirs, to which d_alloc() prepends, as
  // bm_register_write() does to its list).
  Error List(Array<Text>* names) const;

  // Reads the entry NAME. errnum ENOENT where there is none.
  Error Read(const Text& name, Entry* entry) const;

  // Does the entry of RECORD hold, by flag F, another file than the one that is
  // at the interpreter's path now? It does where that was born after the entry
  // was made. False where that can't be told: an entry from before the clock
  // was set, a file system without birth times.
  bool HoldsOlderFile(const Record& record) const;

  // All entries in match order. Those that go away meanwhile are left out; one
  // whose text is not understood is kept by its name.
  Error ReadAll(Array<Entry>* entries) const;

  // Registers TEXTS, records from FormatRecord(), with one open(2) for the
  // object's life and, where none is refused, one writev(2) for 1,024 of them.
  // Fills ERRNUMS, one each: 0 or the errno with which the kernel refused that
  // record; one that is refused doesn't stop the others. Fails only where
  // `register` can't be opened: then nothing was written.
  Error Register(absl::Span<const Text> texts, Array<int>* errnums);

  // Takes the entry NAME out. One that is gone already is no error.
  Error Remove(const Text& name) const;

  // Switches the entry NAME on or off; its place in the match order stays.
  Error SetEnabled(const Text& name, bool enabled) const;

 private:
  Error OpenRegister();
  Error Command(const Text& name, const char* command, const char* what) const;

  Text dir_;
  UniqueFd fd_;
  UniqueFd register_fd_;
  // When the machine was started, in seconds of the clock; 0: not asked yet.
  mutable int64_t boot_ = 0;
  bool read_only_ = false;
  bool saved_ = false;
};

// Why the kernel refused RECORD with ERRNUM, and what helps. DIR is the
// registry's.
Error ExplainRefusal(const Record& record, int errnum, std::string_view dir);

}  // namespace binfmt

#endif  // BINFMT_REGISTRY_H_
