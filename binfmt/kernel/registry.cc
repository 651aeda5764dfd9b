// SPDX-License-Identifier: Apache-2.0
#include "binfmt/kernel/registry.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <functional>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "binfmt/base/clock.h"
#include "binfmt/base/file.h"
#include "binfmt/base/interruptions.h"
#include "binfmt/base/message.h"
#include "binfmt/base/path.h"
#include "binfmt/kernel/instances.h"
#include "binfmt/kernel/interpreter.h"
#include "binfmt/kernel/namespaces.h"
#include "binfmt/kernel/running_kernel.h"

namespace binfmt {
namespace {

constexpr size_t kMaxStatusLength = 64;
constexpr size_t kMaxEntries = 1 << 20;
constexpr size_t kMaxSegments = 64;  // of one writev(2)
constexpr int kMaxTries = 2;
constexpr int64_t kMaxLockWait = 10000;  // milliseconds
constexpr int64_t kLockInterval = 5;     // milliseconds

bool IsDenied(int errnum) { return errnum == EACCES || errnum == EPERM; }

// Why DIR is no registry: opening it failed with ERRNUM, or it is a directory
// of another file system (0).
Error NotMounted(const std::string& dir, int errnum) {
  if (IsDenied(errnum)) {
    Error error = SystemError("open", dir, errnum, Cause::kDenied);
    error.Append(UnsearchableDirectory(dir));
    return error;
  }
  const bool is_default = dir == kDefaultDir;
  if (errnum == ELOOP && Exists(dir)) {
    // Its daemon lives in another mount namespace.
    return Error(errnum,
                 Message("$0 is an automount point that nobody answers: mount "
                         "binfmt_misc somewhere else and name it with --dir",
                         dir),
                 Cause::kNotMounted);
  }
  switch (errnum) {
    case ENOENT:
    case ENOTDIR:
      if (is_default) break;
      [[fallthrough]];
    case ELOOP:
      return SystemError("open", dir, errnum, Cause::kNotMounted);
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EIO:
      // These say nothing about a mount.
      return SystemError("open", dir, errnum);
  }
  if (FindBinfmtMiscSupport() == BinfmtMiscSupport::kMissing) {
    return Error(errnum,
                 "this kernel has no binfmt_misc; load its module, if there is "
                 "one, with: binfmtbox mount",
                 Cause::kNoSupport);
  }
  Error error(errnum,
              Message("binfmt_misc is not mounted on $0; mount it with: "
                      "binfmtbox mount",
                      dir),
              Cause::kNotMounted);
  if (!is_default) error.Append(Message(" --dir $0", dir));
  return error;
}

std::string RemountHint(const std::string& dir) {
  return Message("; make it writable with: mount -o remount,rw $0", dir);
}

// How many of TEXTS, from the first one, the first DONE bytes cover.
size_t CountWholeRecords(std::span<const std::string> texts, size_t done) {
  size_t count = 0;
  while (count < texts.size() && done >= texts[count].size()) {
    done -= texts[count++].size();
  }
  return count;
}

// Entries of equal times stay in their order. Not std::stable_sort(): that of
// libstdc++ 12 calls a deprecated function, which clang warns about.
void SortNewestFirst(std::vector<Entry>& entries) {
  std::multimap<int64_t, Entry, std::greater<>> by_time;
  for (Entry& entry : entries) {
    by_time.emplace(entry.modified, std::move(entry));
  }
  entries.clear();
  for (auto& [time, entry] : by_time) entries.push_back(std::move(entry));
}

// Of the coarse clock, 10 ms, and some more.
constexpr int64_t kLongestTick = 50'000'000;  // nanoseconds

int64_t Nanoseconds(int64_t seconds, int64_t nanoseconds) {
  return seconds * 1'000'000'000 + nanoseconds;
}

// When the machine was started, in seconds since 1970.
int64_t BootTime() {
  timespec now = {};
  timespec since_boot = {};
  clock_gettime(CLOCK_REALTIME, &now);
  clock_gettime(CLOCK_BOOTTIME, &since_boot);
  return int64_t{now.tv_sec} - since_boot.tv_sec;
}

// The kernel's refusal of RECORD in words. One errno has many causes, and the
// record tells which.
std::string Reason(const Record& record, int errnum, std::string_view dir) {
  const std::string& interpreter = record.interpreter;
  switch (errnum) {
    case EINVAL:
      // CheckRecord() found nothing.
      return "the kernel calls the record invalid";
    case EEXIST:
      return Message(
          "another process registered an entry of that name meanwhile; see it "
          "with: binfmtbox status $0",
          record.name);
    case ENAMETOOLONG:
      return "the name or the interpreter's path is too long";
    case ENOENT:
      if ((record.flags & kFixBinary) == 0) return Message("$0 is gone", dir);
      return Message(
          "the interpreter $0 was not found when the kernel opened it (flag F)",
          interpreter);
    case EACCES:
      return Message(
          "the kernel may not execute the interpreter $0: no x permission, a "
          "mount with noexec, or a directory that may not be searched",
          interpreter);
    case ETXTBSY:
      return Message(
          "the interpreter $0 is open for writing; try again when its writer "
          "is done",
          interpreter);
    case ENOTDIR:
    case ELOOP:
      return Message("the path of the interpreter $0 does not lead to a file: ",
                     interpreter) +
             std::strerror(errnum);
    case ENOSPC:
      return "the user namespace's limit of interpreters held by flag F is "
             "reached (sysctl user.max_binfmt_misc_interpreters)";
    case ENOMEM:
      return "the kernel has no memory for it (the memory cgroup's limit "
             "counts too)";
    default:
      return std::strerror(errnum);
  }
}

}  // namespace

Expected<Registry> Registry::Open(const std::string& dir, Kind kind) {
  Registry registry;
  registry.dir_ = dir;
  registry.fd_ = OpenAt(AT_FDCWD, dir, O_RDONLY | O_DIRECTORY);
  if (!registry.fd_.ok()) return NotMounted(dir, errno);
  struct statfs facts;
  if (fstatfs(registry.fd_.get(), &facts) != 0) {
    return SystemError("examine", dir, errno);
  }
  registry.saved_ = facts.f_type != BINFMTFS_MAGIC;
  if (registry.saved_ && kind != Kind::kMountedOrSaved) {
    return NotMounted(dir, 0);
  }
  if (kind == Kind::kOwn && !registry.IsOwn()) {
    return Failed(0,
                  "$0 may be another user namespace's; enter it with "
                  "nsenter(1)",
                  dir);
  }
  registry.read_only_ = (facts.f_flags & ST_RDONLY) != 0;
  return registry;
}

bool Registry::IsOwn() const {
  // Before, there was one instance only.
  if (RunningKernel().IsBefore(6, 7)) return true;
  struct stat facts = {};
  fstat(fd_.get(), &facts);
  const MountedInstances mounted =
      ReadInstances("/proc/self/mountinfo", facts.st_dev)
          .value_or(MountedInstances());
  if (!mounted.others) return mounted.this_one;
  // An instance around this user namespace's own is often mounted below it.
  // FITHAW changes nothing (EINVAL), for binfmt_misc is never frozen. EPERM: it
  // belongs to a user namespace around this one.
  return mounted.this_one && facts.st_uid == 0 &&
         ioctl(fd_.get(), FITHAW, 0) != 0 && errno != EPERM;
}

Expected<void> Registry::Lock() {
  // Only those who may change the registry can open `register`, so nobody else
  // can keep it locked. The kernel releases the lock of a process that dies.
  if (Expected<void> opened = OpenRegister(); !opened) {
    const int errnum = opened.error().errnum();
    // Who may not write changes nothing. A saved copy has no such file.
    if (errnum == EACCES || errnum == EPERM || errnum == EROFS ||
        errnum == ENOENT) {
      return {};
    }
    return opened;
  }
  const int64_t end = MonotonicMilliseconds() + kMaxLockWait;
  while (flock(register_fd_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) {
      return SystemError("lock", PathOf("register"), errno);
    }
    if (MonotonicMilliseconds() >= end) {
      return Failed(EBUSY,
                    "another run of binfmtbox has been changing $0 for ten "
                    "seconds; try again when it has ended",
                    dir_);
    }
    SleepMilliseconds(kLockInterval);
  }
  return {};
}

Expected<bool> Registry::ReadEnabled() const {
  const ErrnoOr<std::string> text =
      ReadFileAt(fd_.get(), "status", kMaxStatusLength, ReadUntil::kShortRead);
  if (text) return *text == "enabled\n";
  if (text.error() == ENOENT && saved_) return true;
  return SystemError("read", PathOf("status"), text.error(),
                     text.error() == EACCES ? Cause::kDenied : Cause::kFailed);
}

std::optional<bool> Registry::HoldsOtherFile(const Record& record) const {
  struct stat entry;
  struct statx file;
  if ((record.flags & kFixBinary) == 0 || saved_ ||
      fstatat(fd_.get(), record.name.c_str(), &entry, 0) != 0 ||
      statx(AT_FDCWD, record.interpreter.c_str(), 0, STATX_BTIME, &file) != 0) {
    return false;
  }
  // The entry's atime: its ctime changes when a shell opens it for writing, its
  // atime never does (Linux 6.18).
  const int64_t made = Nanoseconds(entry.st_atim.tv_sec, entry.st_atim.tv_nsec);
  const int64_t born =
      Nanoseconds(file.stx_btime.tv_sec, file.stx_btime.tv_nsec);
  // Which of two events within a tick came first, nobody knows.
  if ((file.stx_mask & STATX_BTIME) != 0 && born > made + kLongestTick &&
      entry.st_atim.tv_sec >= BootTime()) {
    return true;
  }
  const std::optional<bool> is_in_execution = IsInExecution(record.interpreter);
  if (!is_in_execution) return std::nullopt;
  return !*is_in_execution;
}

Expected<std::vector<std::string>> Registry::List() const {
  ErrnoOr<std::vector<std::string>> names = ListNames(fd_.get(), kMaxEntries);
  if (!names) return SystemError("list", dir_, names.error());
  std::erase_if(*names, [](const std::string& name) {
    return name == "register" || name == "status";
  });
  return *std::move(names);
}

Expected<Entry> Registry::Parse(std::string_view name,
                                const ErrnoOr<std::string>& text) const {
  if (!text) return SystemError("read", PathOf(name), text.error());
  return ParseEntry(name, *text);
}

Expected<Entry> Registry::Read(const std::string& name) const {
  return Parse(name, ReadFileAt(fd_.get(), name, kMaxEntryLength,
                                ReadUntil::kShortRead));
}

Expected<std::vector<Entry>> Registry::ReadAll() const {
  Expected<std::vector<std::string>> names = List();
  if (!names) return std::move(names.error());
  std::vector<Entry> entries;
  entries.reserve(names->size());
  for (const std::string& name : *names) {
    Expected<Entry> entry = Read(name);
    if (!entry) {
      const int errnum = entry.error().errnum();
      if (errnum == ENOENT) continue;
      if (errnum != EINVAL || saved_) {
        return std::move(entry.error());
      }
      entry.emplace();
      entry->record.name = name;
      entry->record.type = RecordType::kBpf;  // never compared by its bytes
      entry->understood = false;
      entry->complete = false;
    }
    struct stat facts;
    if (saved_ && fstatat(fd_.get(), name.c_str(), &facts, 0) == 0) {
      entry->modified =
          int64_t{facts.st_mtim.tv_sec} * 1000000000 + facts.st_mtim.tv_nsec;
    }
    entries.push_back(*std::move(entry));
  }
  // The kernel lists its entries in match order.
  if (saved_) SortNewestFirst(entries);
  return entries;
}

std::string Registry::PathOf(std::string_view name) const {
  return absl::StrCat(dir_, "/", name);
}

Error Registry::ExplainOpen(std::string_view what, std::string_view name,
                            int errnum) const {
  const bool is_read_only = errnum == EROFS;
  const bool is_denied = is_read_only || IsDenied(errnum);
  Error error = SystemError(what, PathOf(name), errnum,
                            is_denied ? Cause::kDenied : Cause::kFailed);
  if (is_denied) {
    error.Append(is_read_only ? RemountHint(dir_) : DeniedHint());
  }
  return error;
}

Expected<void> Registry::OpenRegister() {
  if (register_fd_.ok()) return {};
  register_fd_ = OpenAt(fd_.get(), "register", O_WRONLY);
  if (register_fd_.ok()) return {};
  if (errno == EROFS) {
    return Error(EROFS,
                 Message("$0 is mounted read-only", dir_) + RemountHint(dir_),
                 Cause::kDenied);
  }
  return ExplainOpen("open", "register", errno);
}

Expected<std::vector<int>> Registry::Register(
    std::span<const std::string> texts) {
  std::vector<int> errnums(texts.size());
  if (texts.empty()) return errnums;
  if (Expected<void> opened = OpenRegister(); !opened) {
    return std::move(opened.error());
  }
  Interruptions interruptions;
  size_t next = 0;
  while (next < texts.size()) {
    const std::span<const std::string> batch =
        texts.subspan(next, std::min(texts.size() - next, kMaxSegments));
    iovec segments[kMaxSegments];
    for (size_t i = 0; i < batch.size(); ++i) {
      segments[i] = {const_cast<char*>(batch[i].data()), batch[i].size()};
    }
    const ssize_t done =
        writev(register_fd_.get(), segments, static_cast<int>(batch.size()));
    if (done >= 0) {
      const size_t taken = CountWholeRecords(batch, static_cast<size_t>(done));
      // No kernel takes nothing without an errno.
      if (taken == 0) errnums[next] = EIO;
      next += std::max<size_t>(taken, 1);
      continue;
    }
    if (interruptions.MayRetry(errno)) continue;
    // The errno belongs to the first record. Where a later one is refused,
    // writev(2) stops before it and returns the bytes done, so its errno shows
    // in the next turn.
    errnums[next++] = errno;
  }
  return errnums;
}

Expected<void> Registry::Command(const std::string& name,
                                 std::string_view command,
                                 std::string_view what,
                                 const Record* expected) const {
  const UniqueFd fd =
      OpenAt(fd_.get(), name, expected == nullptr ? O_WRONLY : O_RDWR);
  if (!fd.ok()) {
    return ExplainOpen(what, name, errno);
  }
  if (expected != nullptr) {
    Expected<Entry> present = Parse(
        name,
        binfmt::ReadAll(fd.get(), kMaxEntryLength, ReadUntil::kShortRead));
    if (!present) return std::move(present.error());
    if (!present->record.SameRule(*expected) ||
        present->record.interpreter != expected->interpreter) {
      return Failed(EBUSY, "$0 is another process's now, and was left alone",
                    name);
    }
  }
  Interruptions interruptions;
  for (;;) {
    const ssize_t put = write(fd.get(), command.data(), command.size());
    if (put == static_cast<ssize_t>(command.size())) return {};
    // A part of a command is none, and no kernel takes one.
    const int errnum = put < 0 ? errno : EIO;
    if (!interruptions.MayRetry(errnum)) {
      return SystemError(what, PathOf(name), errnum);
    }
  }
}

Expected<void> Registry::Remove(const std::string& name,
                                const Record* expected) const {
  // A second try: a passing failure (ENOMEM) must not leave a rule behind.
  for (int tries = 1;; ++tries) {
    Expected<void> removed = Command(name, "-1", "remove", expected);
    if (!removed && removed.error().errnum() == ENOENT) return {};
    if (removed || tries == kMaxTries) return removed;
  }
}

Expected<void> Registry::SetEnabled(const std::string& name, bool enabled,
                                    const Record* expected) const {
  return Command(name, enabled ? "1" : "0", enabled ? "enable" : "disable",
                 expected);
}

Error ExplainRefusal(const Record& record, int errnum, std::string_view dir) {
  return Error(errnum, Message("cannot register $0: ", record.name) +
                           Reason(record, errnum, dir));
}

}  // namespace binfmt
