// SPDX-License-Identifier: Apache-2.0
#include "binfmt/interpreter.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <string_view>

#include "absl/base/attributes.h"
#include "absl/strings/match.h"
#include "binfmt/io.h"
#include "binfmt/path.h"
#include "binfmt/text.h"

namespace binfmt {
namespace {

constexpr int kMostLinks = 40;  // as in the kernel
constexpr size_t kSignalSetSize = 8;

#if defined(SYS_fcntl64)
constexpr long kFcntl = SYS_fcntl64;
#else
constexpr long kFcntl = SYS_fcntl;
#endif

// The first bytes of an open file, on the stack: most are looked at once.
class Head {
 public:
  // Returns 0 or an errno.
  int Read(int fd) {
    ssize_t got;
    do {
      got = pread(fd, bytes_, sizeof(bytes_), 0);
    } while (got < 0 && errno == EINTR);
    if (got < 0) return errno;
    size_ = static_cast<size_t>(got);
    return 0;
  }

  std::string_view bytes() const ABSL_ATTRIBUTE_LIFETIME_BOUND {
    return {bytes_, size_};
  }

 private:
  char bytes_[kElfProbeLength];
  size_t size_ = 0;
};

// Takes a lease for reading; returns 0 or an errno: EAGAIN while someone has
// the file open for writing (execve(2) would get ETXTBSY), EACCES for who may
// not take leases, another one where FD is no regular file.
int TakeLease(int fd) {
  // The lease ends when FD is closed. Until then, whoever opens the file to
  // write waits, and we get a signal that would end us.
  static bool is_ignored = false;
  if (!is_ignored) {
    constexpr long kIgnore[8] = {1};  // SIG_IGN, on every architecture
    syscall(SYS_rt_sigaction, SIGIO, kIgnore, nullptr, kSignalSetSize);
    is_ignored = true;
  }
  // By number: fcntl(3) of musl is 700 bytes for the sake of other commands.
  return syscall(kFcntl, fd, F_SETLEASE, F_RDLCK) == 0 ? 0 : errno;
}

// The first part of PATH, a directory or the file, that others than root may
// write to; empty: none. Links are followed here, since the directories on the
// way that they lead matter as much.
Text WritableByOthers(Text path) {
  int links = 0;
  for (size_t end = 0;; ++end) {
    end = std::min(path.find('/', end), path.size());
    // The root directory has no name before its slash.
    const Text part = path.substr(0, std::max<size_t>(end, 1));
    struct stat facts;
    if (lstat(part.c_str(), &facts) != 0) return part;
    if (S_ISLNK(facts.st_mode)) {
      const Text target = LinkTarget(part.c_str());
      if (target.empty() || ++links > kMostLinks) return part;
      path = Fill("@@@",
                  part.substr(0, target[0] == '/' ? 0 : part.rfind('/') + 1),
                  target, path.substr(end));
      end = 0;
      continue;
    }
    if (facts.st_uid != 0 || (facts.st_mode & S_IWOTH) != 0 ||
        ((facts.st_mode & S_IWGRP) != 0 && facts.st_gid != 0)) {
      return part;
    }
    if (end == path.size()) return "";
  }
}

constexpr Format kInterpreterIs = "interpreter % @";

// IS says of what: "interpreter % @".
Error Unusable(Format is, const Text& path, const Text& why, int errnum) {
  return Failure(errnum, is, path, why);
}

Error ExplainOpen(Format is, const Text& path, int errnum,
                  Interpreter* interpreter) {
  const Format open = *is.packed() == '%' ? "open" : "open the interpreter"_fmt;
  switch (errnum) {
    case ENOENT: {
      struct stat facts;
      interpreter->is_dangling = lstat(path.c_str(), &facts) == 0;
      return Unusable(is, path,
                      interpreter->is_dangling
                          ? "is a link to a file that is not there"_fmt
                          : "does not exist",
                      errnum);
    }
    case EACCES: {
      Error error = SystemError(open, path, errnum);
      AddClosedDirectory(path, &error);
      return error;
    }
    case ENOTDIR:
      return Unusable(
          is, path, "does not exist: a part of its path is a file"_fmt, errnum);
    case ELOOP:
      return Unusable(is, path,
                      "is a link that leads nowhere (too many links)"_fmt,
                      errnum);
    default:
      return SystemError(open, path, errnum);
  }
}

}  // namespace

Error InspectProgram(Format is, const Text& path, Interpreter* program) {
  *program = Interpreter();
  // O_NONBLOCK: opening a FIFO must not wait for its writer.
  UniqueFd fd =
      OpenAt(AT_FDCWD, path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY);
  const bool readable = fd.ok();
  // Execute permission without read permission is enough for the kernel.
  if (!readable && errno == EACCES) fd = OpenAt(AT_FDCWD, path.c_str(), O_PATH);
  if (!fd.ok()) return ExplainOpen(is, path, errno, program);

  const int lease_error = TakeLease(fd.get());
  // A regular file with a lease that may be executed where it is mounted has
  // nothing of what follows (faccessat2(2) is of Linux 5.8).
  if (lease_error != 0 || syscall(SYS_faccessat2, fd.get(), "", X_OK,
                                  AT_EMPTY_PATH | AT_EACCESS) != 0) {
    struct stat facts;
    if (fstat(fd.get(), &facts) != 0) {
      return SystemError("examine", path, errno);
    }
    if (S_ISDIR(facts.st_mode))
      return Unusable(is, path, "is a directory", EACCES);
    if (!S_ISREG(facts.st_mode)) {
      return Unusable(is, path, "is not a regular file"_fmt, EACCES);
    }
    if ((facts.st_mode & 0111) == 0) {
      return Unusable(
          is, path,
          Fill("is not executable; make it so with: chmod +x %"_fmt, path),
          EACCES);
    }
    struct statfs mount_facts;
    if (fstatfs(fd.get(), &mount_facts) == 0 &&
        (mount_facts.f_flags & ST_NOEXEC) != 0) {
      return Unusable(
          is, path, "lies on a file system that is mounted noexec"_fmt, EACCES);
    }
    if (!readable) return Ok();
    if (lease_error == EAGAIN) {
      return Unusable(
          is, path,
          "is open for writing; try again when its writer is done"_fmt,
          ETXTBSY);
    }
  }

  Head head;
  if (const int error = head.Read(fd.get()); error != 0) {
    return SystemError("read", path, error);
  }
  program->is_readable = true;
  program->head = Text(head.bytes().substr(0, kMatchWindow));
  program->is_elf = ParseElf(head.bytes(), &program->elf);
  program->is_script = absl::StartsWith(head.bytes(), "#!");
  return Ok();
}

Error InspectInterpreter(const Text& path, Interpreter* interpreter) {
  if (path.empty() || path[0] != '/') {
    return Unusable(kInterpreterIs, path,
                    "is not an absolute path: the kernel would look for it in "
                    "the directory of whoever starts a program"_fmt,
                    EINVAL);
  }
  Error error = InspectProgram(kInterpreterIs, path, interpreter);
  if (error.ok() && interpreter->is_readable && !interpreter->is_elf &&
      !interpreter->is_script) {
    return Unusable(kInterpreterIs, path,
                    "is neither an ELF file nor a script"_fmt, ENOEXEC);
  }
  return error;
}

Error CheckInterpreterFlags(const Text& path, const Interpreter& interpreter,
                            Flags flags) {
  if ((flags & kFixBinary) != 0 && interpreter.is_elf &&
      interpreter.elf.loader == ElfFile::Loader::kPresent) {
    return Failure(
        ELIBBAD,
        "interpreter % is dynamic: with flag F its loader % would still be "
        "looked for in every container; take a static one (qemu-user-static), "
        "or --persistent no"_fmt,
        path, interpreter.elf.loader_path);
  }
  if ((flags & (kOpenBinary | kCredentials)) != 0 && interpreter.is_script) {
    return Unusable(kInterpreterIs, path,
                    "is a script, which flag O or C does not allow; take an "
                    "ELF program, or --credential no"_fmt,
                    ENOEXEC);
  }
  if ((flags & kCredentials) != 0) {
    if (const Text place = WritableByOthers(path); !place.empty()) {
      return Failure(
          EPERM,
          "interpreter % may not run with other owners' rights (flag C): "
          "others "
          "than root may write to %"_fmt,
          path, place);
    }
  }
  return Ok();
}

bool IsPrivateLabel(std::string_view label) {
  // A level with categories ("s0:c12,c34") is one container's own.
  return absl::StrContains(label, ":c") ||
         absl::StrContains(label, ":secret_t") ||
         absl::StrContains(label, ":container_file_t") ||
         absl::StrContains(label, ":svirt_");
}

bool SelinuxEnforces() {
  Text enforced;
  return ReadFileAt(AT_FDCWD, "/sys/fs/selinux/enforce", 8, &enforced) == 0 &&
         !enforced.empty() && enforced[0] == '1';
}

Text SelinuxHint(const Text& path) {
  char label[256];
  const ssize_t length =
      getxattr(path.c_str(), "security.selinux", label, sizeof(label));
  if (length <= 0) return "";
  const std::string_view text(label, static_cast<size_t>(length));
  if (!IsPrivateLabel(text)) return "";
  return Fill(
      "SELinux label % of % may keep containers from running it; copy it to a "
      "directory of the host, such as /usr/local/bin, first"_fmt,
      text.substr(0, text.find('\0')), path);
}

bool CanExecute(const Text& path) { return access(path.c_str(), X_OK) == 0; }

}  // namespace binfmt
