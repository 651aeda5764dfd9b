// SPDX-License-Identifier: Apache-2.0
// A mounted binfmt_misc: the directory with the files `register` and `status`
// and one file per entry.
#ifndef BINFMT_KERNEL_REGISTRY_H_
#define BINFMT_KERNEL_REGISTRY_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/attributes.h"
#include "binfmt/base/error.h"
#include "binfmt/base/unique_fd.h"
#include "binfmt/record/entry.h"

namespace binfmt {

// Where every system mounts it (Documentation/admin-guide/binfmt-misc.rst).
inline constexpr char kDefaultDir[] = "/proc/sys/fs/binfmt_misc";

class Registry {
 public:
  // What Open() accepts.
  enum class Kind {
    kMounted,
    kOwn,  // the same, and IsOwn(), so programs can be run through it
    // A mounted one, or a copy of one: a directory of any other file system. In
    // a copy every file is an entry, ReadAll() fails where one is not, and
    // nothing can be changed. The match order, which a copy does not record, is
    // guessed from the files' modification times, newest first. `cp -a` keeps
    // them. They are the times of registration, unless somebody opened the
    // entry with O_TRUNC, as a shell does, and equal for entries of one clock
    // tick.
    kMountedOrSaved,
  };

  // Not open: for a dry run without a mount, which touches no registry.
  Registry() = default;

  // Opens DIR, which may trigger an automount. Fails with kNotMounted where it
  // is no binfmt_misc (decided by statfs(2), never by a file's existence), with
  // kNoSupport where this kernel has none to mount, and with kDenied where DIR
  // may not be read.
  static Expected<Registry> Open(const std::string& dir,
                                 Kind kind = Kind::kMounted);

  // Keeps other runs of this program from changing anything until Unlock() or
  // the end of the process. Fails where another run keeps the lock for ten
  // seconds, or `register` cannot be opened for a passing reason. Does nothing
  // where this process may not open it: then it changes nothing either.
  Expected<void> Lock();
  void Unlock() { register_fd_.Reset(); }

  const std::string& dir() const ABSL_ATTRIBUTE_LIFETIME_BOUND { return dir_; }
  bool saved() const { return saved_; }
  // Whether the mount is read-only: then nothing can be changed through it.
  bool read_only() const { return read_only_; }

  // Whether this is the instance whose handlers the kernel uses for this
  // process. Since Linux 6.7 that is the one of the nearest user namespace that
  // has one, which need not be mounted where this process sees it. False, too,
  // where that can't be told.
  bool IsOwn() const;

  // Whether the kernel consults the entries at all (the file `status`).
  Expected<bool> ReadEnabled() const;

  // The names of all entries in the kernel's match order, which is readdir
  // order, newest first: dcache_readdir() walks d_subdirs, to which d_alloc()
  // prepends, as bm_register_write() does to its list.
  Expected<std::vector<std::string>> List() const;

  // Reads the entry NAME. The errnum is ENOENT where there is none.
  Expected<Entry> Read(const std::string& name) const;

  // All entries in match order. Those that disappear meanwhile are left out;
  // one whose text cannot be parsed is kept by its name.
  Expected<std::vector<Entry>> ReadAll() const;

  // Whether the entry of RECORD holds, by flag F, another file than the one at
  // the interpreter's path: that one is not in execution (IsInExecution()), or
  // was born a tick of the clock after the entry was made. Nothing where that
  // can't be told. False without flag F, where nothing is at the path, and
  // where that file is in execution without being the one that is held.
  std::optional<bool> HoldsOtherFile(const Record& record) const;

  // Registers TEXTS, records from FormatRecord(), with one open(2) for the
  // object's life and, where none is refused, one writev(2) for 64 of them.
  // Returns for each 0, or the errno with which the kernel refused it; a
  // refused record does not stop the others. Fails only where `register` cannot
  // be opened: then nothing was written.
  Expected<std::vector<int>> Register(std::span<const std::string> texts);

  // Removes the entry NAME. One that is gone already is no error. EBUSY where
  // it has not the rule and the interpreter of EXPECTED, since another process
  // has put it there; null: whatever it is. An entry that takes the name in
  // this very moment stays, too: what is written to is the file that was read,
  // and bm_entry_write() means the entry of that.
  Expected<void> Remove(const std::string& name,
                        const Record* expected = nullptr) const;

  // Enables or disables the entry NAME, which is EXPECTED, as with Remove().
  // Its place in the match order stays.
  Expected<void> SetEnabled(const std::string& name, bool enabled,
                            const Record* expected = nullptr) const;

 private:
  std::string PathOf(std::string_view name) const;
  // Why the file NAME could not be opened in order to WHAT it.
  Error ExplainOpen(std::string_view what, std::string_view name,
                    int errnum) const;
  // The entry NAME from TEXT, or why that could not be read.
  Expected<Entry> Parse(std::string_view name,
                        const ErrnoOr<std::string>& text) const;
  Expected<void> OpenRegister();
  Expected<void> Command(const std::string& name, std::string_view command,
                         std::string_view what, const Record* expected) const;

  std::string dir_;
  UniqueFd fd_;
  UniqueFd register_fd_;
  bool read_only_ = false;
  bool saved_ = false;
};

// Why the kernel refused RECORD with ERRNUM, and what helps. DIR is the
// registry's.
Error ExplainRefusal(const Record& record, int errnum, std::string_view dir);

}  // namespace binfmt

#endif  // BINFMT_KERNEL_REGISTRY_H_
