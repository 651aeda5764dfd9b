// SPDX-License-Identifier: Apache-2.0
#include "binfmt/kernel/interpreter.h"

#include <endian.h>
#include <fcntl.h>
#include <link.h>
#include <linux/limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "binfmt/base/file.h"
#include "binfmt/base/message.h"
#include "binfmt/base/path.h"
#include "binfmt/base/process.h"
#include "binfmt/base/unique_fd.h"
#include "binfmt/kernel/running_kernel.h"
#include "binfmt/record/script.h"

namespace binfmt {
namespace {

constexpr int kMaxLinks = 40;  // MAXSYMLINKS of the kernel
constexpr std::string_view kInterpreter = "interpreter";
constexpr int kMaxTries = 100;               // where a call is interrupted
constexpr size_t kChunk = 65536;             // bytes that are read at once
constexpr uint64_t kMaxConstants = 8 << 20;  // bytes that are searched

// Opens PATH for reading, unless a magic link is on its way (ELOOP), or the
// kernel cannot tell (ENOSYS before Linux 5.6, EPERM of old seccomp filters).
UniqueFd OpenWithoutMagicLinks(const std::string& path, int flags) {
  open_how how = {.flags = static_cast<unsigned>(flags | O_CLOEXEC),
                  .mode = 0,
                  .resolve = RESOLVE_NO_MAGICLINKS};
  for (int tries = 1;; ++tries) {
    const long fd =
        syscall(SYS_openat2, AT_FDCWD, path.c_str(), &how, sizeof(how));
    if (fd >= 0 || errno != EINTR || tries == kMaxTries) {
      return UniqueFd(static_cast<int>(fd));
    }
  }
}

// Takes a lease: F_RDLCK, for reading, or F_WRLCK, which nobody shares. Fails
// with EAGAIN while another process has the file open for writing (execve(2)
// would get ETXTBSY), F_WRLCK also while the file is in execution; with EACCES
// where this process may not take leases, and otherwise where FD is no regular
// file.
ErrnoOr<void> TakeLease(int fd, int lease) {
  // Until FD is closed, whoever opens the file against the lease waits, and
  // this process gets SIGIO, which would end it.
  static bool is_ignored = false;
  if (!std::exchange(is_ignored, true)) SetDisposition(SIGIO, SIG_IGN);
  if (fcntl(fd, F_SETLEASE, lease) != 0) return std::unexpected(errno);
  // A lease sets O_ASYNC. Since Linux 4.19, overlayfs reads no file whose flags
  // changed after it was opened (EIO, and a warning in the kernel's log), until
  // 5.11 took that back (ovl_change_flags()).
  if (RunningKernel().IsBefore(5, 11)) (void)fcntl(fd, F_SETLEASE, F_UNLCK);
  return {};
}

// "KIND PATH WHY"
Error Unusable(std::string_view kind, const std::string& path,
               std::string_view why, int errnum) {
  Error error = Failed(errnum, "$0 ", path);
  if (!kind.empty()) error.Prepend(absl::StrCat(kind, " "));
  error.Append(why);
  return error;
}

Error ExplainOpen(std::string_view kind, const std::string& path, int errnum,
                  bool* is_missing) {
  std::string_view why;
  struct stat facts;
  switch (errnum) {
    case ENOENT:
      if (lstat(path.c_str(), &facts) == 0 && S_ISLNK(facts.st_mode)) {
        why = "is a link to a file that is not there";
      } else {
        why = path.find(' ') == path.npos
                  ? "does not exist"
                  : "does not exist; it is one path, without arguments";
        if (is_missing != nullptr) *is_missing = true;
      }
      break;
    case ENOTDIR:
      why = "does not exist: a part of its path is a file";
      break;
    case ELOOP:
      why = "is a link that leads nowhere (too many links)";
      break;
    default: {
      Error error = SystemError(kind.empty() ? "open" : "open the interpreter",
                                path, errnum);
      if (errnum == EACCES) error.Append(UnsearchableDirectory(path));
      return error;
    }
  }
  return Unusable(kind, path, why, errnum);
}

// Why the kernel does not start the open file FD, as far as its inode and its
// mount tell.
Expected<void> CheckExecutable(std::string_view kind, const std::string& path,
                               int fd) {
  struct stat facts;
  if (fstat(fd, &facts) != 0) {
    return SystemError("examine", path, errno);
  }
  std::string why;
  struct statvfs mount_facts;
  if (S_ISDIR(facts.st_mode)) {
    why = "is a directory";
  } else if (!S_ISREG(facts.st_mode)) {
    why = "is not a regular file";
  } else if ((facts.st_mode & 0111) == 0) {
    why = Message("is not executable; make it so with: chmod +x $0", path);
  } else if (fstatvfs(fd, &mount_facts) != 0) {
    return SystemError("examine", path, errno);
  } else if ((mount_facts.f_flag & ST_NOEXEC) != 0) {
    why = "lies on a file system that is mounted noexec";
  } else {
    return {};
  }
  return Unusable(kind, path, why, EACCES);
}

// Whether the access control list of PATH names a user or group, other than 0
// and ROOT, who may write; true, too, where it cannot be read. The mask allows
// to write.
bool ListsOtherWriter(const std::string& path, uid_t root) {
  std::string list(XATTR_SIZE_MAX, '\0');
  const ssize_t size = lgetxattr(path.c_str(), "system.posix_acl_access",
                                 list.data(), list.size());
  if (size < 0) return errno != ENODATA && errno != EOPNOTSUPP;
  list.resize(static_cast<size_t>(size));
  posix_acl_xattr_entry entry;
  for (size_t at = sizeof(posix_acl_xattr_header); at < list.size();
       at += sizeof(entry)) {
    std::memcpy(&entry, &list[at], sizeof(entry));
    const uid_t id = le32toh(entry.e_id);
    if ((le16toh(entry.e_tag) & (ACL_USER | ACL_GROUP)) != 0 &&
        (le16toh(entry.e_perm) & ACL_WRITE) != 0 && id != 0 && id != root) {
      return true;
    }
  }
  return false;
}

}  // namespace

Expected<Program> InspectProgram(std::string_view kind, const std::string& path,
                                 bool* is_missing) {
  // O_NONBLOCK: opening a FIFO must not wait for its writer.
  constexpr int kFlags = O_RDONLY | O_NONBLOCK | O_NOCTTY;
  UniqueFd fd = OpenWithoutMagicLinks(path, kFlags);
  bool is_behind_magic_link = false;
  if (!fd.ok() && (errno == ELOOP || errno == ENOSYS || errno == EPERM)) {
    is_behind_magic_link = errno == ELOOP;
    fd = OpenAt(AT_FDCWD, path, kFlags);
  }
  const bool is_readable = fd.ok();
  // Execute permission without read permission is enough for the kernel.
  if (!is_readable && errno == EACCES) fd = OpenAt(AT_FDCWD, path, O_PATH);
  if (!fd.ok()) {
    return ExplainOpen(kind, path, errno, is_missing);
  }

  // A file that gives a lease and may be executed where it is mounted needs no
  // further look. Before Linux 5.8, which brought faccessat2(2), every file
  // gets one.
  const ErrnoOr<void> lease = TakeLease(fd.get(), F_RDLCK);
  if (!lease ||
      faccessat(fd.get(), "", X_OK, AT_EMPTY_PATH | AT_EACCESS) != 0) {
    if (Expected<void> checked = CheckExecutable(kind, path, fd.get());
        !checked) {
      return std::move(checked.error());
    }
    if (!is_readable) return Program();
    if (!lease && lease.error() == EAGAIN) {
      return Unusable(kind, path,
                      "is open for writing; try again when its writer is done",
                      ETXTBSY);
    }
  }

  ErrnoOr<std::string> head = ReadRange(fd.get(), 0, kElfProbeLength);
  if (!head) return SystemError("read", path, head.error());
  Program program{.elf = ParseElf(*head),
                  .is_script = absl::StartsWith(*head, "#!"),
                  .is_readable = true,
                  .is_behind_magic_link = is_behind_magic_link,
                  .head = head->substr(0, kMatchWindow)};
  program.head.resize(kMatchWindow);
  return program;
}

void ProgramCache::Add(const std::string& path, const Program& program) {
  if (by_path_.try_emplace(path, programs_.size()).second) {
    programs_.push_back(std::make_unique<const Program>(program));
  }
}

Expected<const Program*> ProgramCache::Inspect(std::string_view kind,
                                               const std::string& path) {
  const auto known = by_path_.find(path);
  if (known == by_path_.end()) {
    const Expected<Program> program = InspectProgram(kind, path);
    if (!program) return program.error().Copy();
    Add(path, *program);
    return programs_.back().get();
  }
  return programs_[known->second].get();
}

Expected<Program> InspectInterpreter(const std::string& path,
                                     bool* is_missing) {
  if (!absl::StartsWith(path, "/")) {
    return Unusable(kInterpreter, path,
                    "is not an absolute path: the kernel would look for it in "
                    "the directory of whoever starts a program",
                    EINVAL);
  }
  Expected<Program> program = InspectProgram(kInterpreter, path, is_missing);
  if (program && program->is_readable && !program->elf && !program->is_script) {
    return Unusable(kInterpreter, path, "is neither an ELF file nor a script",
                    ENOEXEC);
  }
  return program;
}

Expected<void> CheckInterpreterFlags(const std::string& path,
                                     const Program& interpreter, Flags flags) {
  if (interpreter.is_behind_magic_link &&
      ((flags & kFixBinary) == 0 || interpreter.head == OwnHead())) {
    return Unusable(kInterpreter, path,
                    "is another file in each process, since it leads through a "
                    "link of /proc; name the file itself",
                    EINVAL);
  }
  if ((flags & (kOpenBinary | kCredentials)) != 0 && interpreter.is_script) {
    return Unusable(
        kInterpreter, path,
        "is a script, which flag O or C does not allow; take an ELF program",
        ENOEXEC);
  }
  if ((flags & kCredentials) != 0) {
    const std::string place =
        WritableByOthers(path, interpreter, RootAsSeenHere());
    if (!place.empty()) {
      return Unusable(kInterpreter, path,
                      Message("may not run with other owners' rights (flag C): "
                              "others than root may write to $0",
                              place),
                      EPERM);
    }
  }
  return {};
}

std::optional<bool> IsInExecution(const std::string& path) {
  // Whether the file has no lease of this kind to give; else an errno.
  const auto lease_of = [](const std::string& file, bool* is_layered) {
    const UniqueFd fd =
        OpenAt(AT_FDCWD, file, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (!fd.ok()) return errno;
    const ErrnoOr<void> lease = TakeLease(fd.get(), F_WRLCK);
    if (!lease) return lease.error();
    struct statfs facts = {};
    fstatfs(fd.get(), &facts);
    *is_layered = facts.f_type == OVERLAYFS_SUPER_MAGIC;
    return 0;
  };
  bool is_layered = false;
  const int errnum = lease_of(path, &is_layered);
  if (errnum == EAGAIN) return true;
  if (errnum != 0 || is_layered) return std::nullopt;
  // This program itself is in execution.
  if (lease_of("/proc/self/exe", &is_layered) != EAGAIN) return std::nullopt;
  return false;
}

std::string LeftToContainers(const std::string& path,
                             const Program& interpreter, Flags flags) {
  if ((flags & kFixBinary) == 0) return "";
  if (interpreter.is_script) {
    return Message(
        "interpreter $0 is a script: with flag F it and its own interpreter $1 "
        "would still be looked for in every container",
        path, ParseScript(interpreter.head).value_or(""));
  }
  if (!interpreter.elf || !interpreter.elf->is_loadable ||
      interpreter.elf->loader == ElfFile::Loader::kNone) {
    return "";
  }
  if (interpreter.elf->loader == ElfFile::Loader::kUnknown) {
    return Message(
        "interpreter $0 may be dynamic, as its program headers are not in its "
        "first page: with flag F a loader would still be looked for in every "
        "container",
        path);
  }
  return Message(
      "interpreter $0 is dynamic: with flag F its loader $1 would still be "
      "looked for in every container",
      path, interpreter.elf->loader_path);
}

std::string FindConstant(const std::string& path, const Program& program,
                         std::string_view mark, size_t length) {
  ElfW(Ehdr) header;
  if (!program.elf || !IsForOwnMachine(program.head)) return "";
  std::memcpy(&header, program.head.data(), sizeof(header));
  const UniqueFd fd = OpenAt(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  const auto read = [&fd](uint64_t offset, uint64_t size) {
    return ReadRange(fd.get(), offset, std::min<uint64_t>(size, kChunk))
        .value_or("");
  };
  const std::string table =
      read(header.e_shoff, header.e_shnum * sizeof(ElfW(Shdr)));
  ElfW(Shdr) constants = {};
  ElfW(Shdr) section;
  for (size_t at = 0; table.size() - at >= sizeof(section);
       at += sizeof(section)) {
    std::memcpy(&section, &table[at], sizeof(section));
    const auto flags =
        section.sh_flags & (SHF_WRITE | SHF_ALLOC | SHF_EXECINSTR);
    if (section.sh_type == SHT_PROGBITS && flags == SHF_ALLOC &&
        section.sh_size > constants.sh_size) {
      constants = section;
    }
  }
  uint64_t at = constants.sh_offset;
  uint64_t left = std::min<uint64_t>(constants.sh_size, kMaxConstants);
  for (;;) {
    const std::string chunk = read(at, left);
    const size_t found = chunk.find(mark);
    const bool is_last = chunk.size() < kChunk;
    if (found != chunk.npos &&
        (is_last || found + mark.size() + length <= chunk.size())) {
      return chunk.substr(found + mark.size(), length);
    }
    if (is_last) return "";
    // Chunks overlap, so that one of them holds all of what is sought.
    const size_t step = kChunk - mark.size() - length;
    at += step;
    left -= step;
  }
}

std::string WritableByOthers(std::string path, uid_t root) {
  const auto is_root = [root](uid_t id) { return id == 0 || id == root; };
  int links = 0;
  bool parent_is_sticky = false;  // and others may write to it
  for (size_t end = 0;; ++end) {
    end = std::min(path.find('/', end), path.size());
    // The root directory has no name before its slash.
    const std::string part = path.substr(0, std::max<size_t>(end, 1));
    struct stat facts;
    if (lstat(part.c_str(), &facts) != 0) return part;
    // What is not root's in a sticky directory is another's to exchange.
    if (parent_is_sticky && !is_root(facts.st_uid)) return part;
    if (S_ISLNK(facts.st_mode)) {
      const ErrnoOr<std::string> target = ReadLink(part);
      if (!target || target->empty() || ++links > kMaxLinks) return part;
      const size_t parent = (*target)[0] == '/' ? 0 : part.rfind('/') + 1;
      path = absl::StrCat(part.substr(0, parent), *target, path.substr(end));
      end = 0;
      continue;
    }
    // With an access control list, the group's bits are its mask.
    const bool others_write =
        (facts.st_mode & S_IWOTH) != 0 ||
        ((facts.st_mode & S_IWGRP) != 0 &&
         (!is_root(facts.st_gid) || ListsOtherWriter(part, root)));
    parent_is_sticky = others_write && S_ISDIR(facts.st_mode) &&
                       (facts.st_mode & S_ISVTX) != 0;
    if (!is_root(facts.st_uid) || (others_write && !parent_is_sticky)) {
      return part;
    }
    if (end == path.size()) return "";
  }
}

std::string WritableByOthers(const std::string& path, const Program& program,
                             uid_t root) {
  std::string place = WritableByOthers(path, root);
  // A static one has no loader, and nobody may write to an empty path.
  if (place.empty() && program.elf) {
    place = WritableByOthers(program.elf->loader_path, root);
  }
  return place;
}

uid_t RootAsSeenHere() {
  struct stat facts;
  return stat("/proc/sys", &facts) == 0 ? facts.st_uid : 0;
}

bool CanExecute(const std::string& path) {
  return access(path.c_str(), X_OK) == 0;
}

}  // namespace binfmt
