// SPDX-License-Identifier: Apache-2.0
#include "binfmt/registry.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/stat.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

#include "binfmt/array.h"
#include "binfmt/clock.h"
#include "binfmt/kernel.h"
#include "binfmt/namespaces.h"
#include "binfmt/path.h"
#include "binfmt/text.h"

namespace binfmt {
namespace {

constexpr size_t kMaxStatusLength = 64;
constexpr size_t kMaxEntries = 1 << 20;
// Less than IOV_MAX of Linux, so as not to need pages of the stack.
constexpr size_t kMaxSegments = 64;
constexpr int kMaxInterruptions = 100;
constexpr int64_t kMostLockWait = 10000;  // milliseconds
constexpr int64_t kLockInterval = 5;      // milliseconds

Error NotMounted(const Text& dir, int errnum) {
  switch (errnum) {
    case EACCES:
    case EPERM: {
      Error error = SystemError("open", dir, errnum, Cause::kDenied);
      AddClosedDirectory(dir, &error);
      return error;
    }
    case ELOOP:
      if (!IsThere(dir)) {
        return SystemError("open", dir, errnum, Cause::kNotMounted);
      }
      // An automount point whose daemon lives in another mount namespace.
      return Failure(
          Because(errnum, Cause::kNotMounted),
          "% is an automount point that nobody answers: mount binfmt_misc "
          "somewhere else and name it with --dir"_fmt,
          dir);
    case ENOENT:
    case ENOTDIR:
      if (dir != kDefaultDir) {
        return SystemError("open", dir, errnum, Cause::kNotMounted);
      }
      break;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EIO:
      // That says nothing of a mount.
      return SystemError("open", dir, errnum);
    default:
      break;
  }
  if (SupportOfBinfmtMisc() == Support::kMissing) {
    return Failure(Because(errnum, Cause::kNoSupport),
                   "this kernel has no binfmt_misc; load its module, if there "
                   "is one, with: binfmtbox mount"_fmt);
  }
  return Failure(
      Because(errnum, Cause::kNotMounted),
      "binfmt_misc is not mounted on %; mount it with: binfmtbox mount@"_fmt,
      dir, dir == kDefaultDir ? "" : Fill(" --dir %"_fmt, Printable(dir)));
}

// Takes what DONE bytes cover off the front of TEXTS; returns how many.
size_t WholeRecords(absl::Span<const Text> texts, size_t done) {
  size_t count = 0;
  while (count < texts.size() && done >= texts[count].size()) {
    done -= texts[count++].size();
  }
  return count;
}

// By merging: entries of the same age stay in their order.
void SortNewestFirst(Array<Entry>* entries) {
  const size_t size = entries->size();
  Array<Entry> merged(size);
  for (size_t width = 1; width < size; width *= 2) {
    for (size_t start = 0; start < size; start += 2 * width) {
      size_t left = start;
      const size_t middle = std::min(start + width, size);
      size_t right = middle;
      const size_t end = std::min(middle + width, size);
      for (size_t at = start; at < end; ++at) {
        const bool takes_left =
            right == end || (left < middle && (*entries)[left].modified >=
                                                  (*entries)[right].modified);
        merged[at] = (*entries)[takes_left ? left++ : right++];
      }
    }
    entries->swap(merged);
  }
}

}  // namespace

Error Registry::Open(const Text& dir, Registry* registry, bool or_saved) {
  registry->dir_ = dir;
  registry->register_fd_.Reset();
  registry->fd_ = OpenAt(AT_FDCWD, dir.c_str(), O_RDONLY | O_DIRECTORY);
  if (!registry->fd_.ok()) return NotMounted(dir, errno);
  struct statfs facts;
  if (fstatfs(registry->fd_.get(), &facts) != 0) {
    return SystemError("examine", dir, errno);
  }
  registry->saved_ = facts.f_type != BINFMTFS_MAGIC;
  if (registry->saved_ && !or_saved) return NotMounted(dir, 0);
  registry->read_only_ = (facts.f_flags & ST_RDONLY) != 0;
  return Ok();
}

void Registry::Lock() {
  // Only those who may change the registry can open `register`, so nobody else
  // can keep it locked. The kernel ends the lock of a process that dies.
  if (!OpenRegister().ok()) return;
  const int64_t end = MonotonicMilliseconds() + kMostLockWait;
  while (flock(register_fd_.get(), LOCK_EX | LOCK_NB) != 0 &&
         (errno == EWOULDBLOCK || errno == EINTR) &&
         MonotonicMilliseconds() < end) {
    SleepMilliseconds(kLockInterval);
  }
}

Error Registry::ReadEnabled(bool* enabled) const {
  Text text;
  if (const int error =
          ReadFileAt(fd_.get(), "status", kMaxStatusLength, &text, true);
      error != 0) {
    *enabled = true;
    if (error == ENOENT && saved_) return Ok();
    return SystemError("read", Fill("@/status"_fmt, dir_), error,
                       error == EACCES ? Cause::kDenied : Cause::kFailed);
  }
  *enabled = text == "enabled\n";
  return Ok();
}

bool Registry::HoldsOlderFile(const Record& record) const {
  struct stat entry;
  struct statx file;
  if ((record.flags & kFixBinary) == 0 || saved_ ||
      fstatat(fd_.get(), record.name.c_str(), &entry, 0) != 0 ||
      syscall(SYS_statx, AT_FDCWD, record.interpreter.c_str(), 0, STATX_BTIME,
              &file) != 0 ||
      (file.stx_mask & STATX_BTIME) == 0) {
    return false;
  }
  // An entry's ctime changes when a shell opens it to write, its atime never
  // (Linux 6.18).
  const timespec& made = entry.st_atim;
  if (boot_ == 0) {
    boot_ = int64_t{ReadClock(CLOCK_REALTIME).tv_sec} -
            ReadClock(CLOCK_BOOTTIME).tv_sec;
  }
  return made.tv_sec >= boot_ &&
         (file.stx_btime.tv_sec != made.tv_sec
              ? file.stx_btime.tv_sec > made.tv_sec
              : int64_t{file.stx_btime.tv_nsec} > made.tv_nsec);
}

Error Registry::List(Array<Text>* names) const {
  const int error = ListNames(fd_.get(), kMaxEntries, names);
  if (error != 0) return SystemError("list", dir_, error);
  size_t kept = 0;
  for (const Text& name : *names) {
    if (name != "register" && name != "status") (*names)[kept++] = name;
  }
  names->resize(kept);
  return Ok();
}

Error Registry::Read(const Text& name, Entry* entry) const {
  Text text;
  if (const int error =
          ReadFileAt(fd_.get(), name.c_str(), kMaxEntryLength, &text, true);
      error != 0) {
    return SystemError("read", Fill("@/@", dir_, name), error);
  }
  return ParseEntry(name, text, entry);
}

Error Registry::ReadAll(Array<Entry>* entries) const {
  entries->clear();
  Array<Text> names;
  if (Error error = List(&names); !error.ok()) return error;
  entries->reserve(names.size());
  for (const Text& name : names) {
    Entry entry;
    if (Error error = Read(name, &entry); !error.ok()) {
      if (error.errnum() == ENOENT) continue;
      if (error.errnum() != EINVAL || saved_) return error;
      entry = Entry();
      entry.record.name = name;
      entry.record.type = RecordType::kBpf;  // never compared by its bytes
      entry.understood = false;
      entry.complete = false;
    }
    struct stat facts;
    if (saved_ && fstatat(fd_.get(), name.c_str(), &facts, 0) == 0) {
      entry.modified =
          int64_t{facts.st_mtim.tv_sec} * 1000000000 + facts.st_mtim.tv_nsec;
    }
    entries->push_back(entry);
  }
  // Those of the kernel are in order.
  if (saved_) SortNewestFirst(entries);
  return Ok();
}

Error Registry::OpenRegister() {
  if (register_fd_.ok()) return Ok();
  register_fd_ = OpenAt(fd_.get(), "register", O_WRONLY);
  if (register_fd_.ok()) return Ok();
  const int error = errno;
  const Text file = Fill("@/register"_fmt, dir_);
  if (error == EROFS) {
    return Failure(
        Because(error, Cause::kDenied),
        "% is mounted read-only; make it writable with: mount -o remount,rw %"_fmt,
        dir_, dir_);
  }
  if (error == EACCES || error == EPERM) {
    Error denied = SystemError("open", file, error, Cause::kDenied);
    denied.AddText("@", WhyDenied());
    return denied;
  }
  return SystemError("open", file, error);
}

Error Registry::Register(absl::Span<const Text> texts, Array<int>* errnums) {
  errnums->clear();
  errnums->resize(texts.size());
  if (texts.empty()) return Ok();
  if (Error error = OpenRegister(); !error.ok()) return error;
  iovec segments[kMaxSegments];
  int interruptions = 0;
  size_t next = 0;
  while (next < texts.size()) {
    const size_t count = std::min(texts.size() - next, kMaxSegments);
    for (size_t i = 0; i < count; ++i) {
      const Text& text = texts[next + i];
      segments[i] = {const_cast<char*>(text.data()), text.size()};
    }
    const ssize_t done =
        writev(register_fd_.get(), segments, static_cast<int>(count));
    if (done >= 0) {
      const size_t taken =
          WholeRecords(absl::MakeSpan(texts.data() + next, count),
                       static_cast<size_t>(done));
      // Nothing taken and no errno either: no kernel does that.
      if (taken == 0) (*errnums)[next] = EIO;
      next += std::max<size_t>(taken, 1);
      continue;
    }
    if (errno == EINTR && ++interruptions < kMaxInterruptions) continue;
    // The errno is the first record's; a later one's shows at the next turn,
    // since writev(2) stops before it and tells the bytes done only.
    (*errnums)[next++] = errno;
  }
  return Ok();
}

Error Registry::Command(const Text& name, const char* command,
                        const char* what) const {
  const Text file = Fill("@/@", dir_, name);
  const UniqueFd fd = OpenAt(fd_.get(), name.c_str(), O_WRONLY);
  if (!fd.ok()) {
    const int error = errno;
    const bool denied = error == EACCES || error == EPERM || error == EROFS;
    Error failure = SystemError(what, file, error,
                                denied ? Cause::kDenied : Cause::kFailed);
    if (error == EROFS) {
      failure.AddText("; make it writable with: mount -o remount,rw %"_fmt,
                      dir_);
    } else if (denied) {
      failure.AddText("@", WhyDenied());
    }
    return failure;
  }
  const std::string_view text(command);
  int interruptions = 0;
  for (;;) {
    const ssize_t put = write(fd.get(), text.data(), text.size());
    if (put == static_cast<ssize_t>(text.size())) return Ok();
    // Part of a command is none, and no kernel takes one.
    const int error = put < 0 ? errno : EIO;
    if (error != EINTR || ++interruptions >= kMaxInterruptions) {
      return SystemError(what, file, error);
    }
  }
}

Error Registry::Remove(const Text& name) const {
  Error error = Command(name, "-1", "remove");
  // Once more: what fails for a moment (ENOMEM) must not leave a rule behind.
  if (!error.ok() && error.errnum() != ENOENT) {
    error = Command(name, "-1", "remove");
  }
  if (error.errnum() == ENOENT) return Ok();
  return error;
}

Error Registry::SetEnabled(const Text& name, bool enabled) const {
  return Command(name, enabled ? "1" : "0", enabled ? "enable" : "disable");
}

}  // namespace binfmt
