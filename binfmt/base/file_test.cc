// SPDX-License-Identifier: Apache-2.0
#include "binfmt/base/file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "testing/errno_name.h"
#include "testing/process.h"

namespace binfmt {
namespace {

using binfmtbox_testing::ErrnoName;
using binfmtbox_testing::InChild;
using binfmtbox_testing::ReadFile;
using binfmtbox_testing::WriteFile;

std::string TestFile(const std::string& bytes) {
  const std::string path = ::testing::TempDir() + "/file_test_file";
  WriteFile(path, bytes);
  return path;
}

std::string ReadLimited(const std::string& path, size_t limit) {
  const ErrnoOr<std::string> bytes = ReadFileAt(AT_FDCWD, path, limit);
  return bytes ? std::to_string(bytes->size()) : ErrnoName(bytes.error());
}

std::string ErrnoOf(const ErrnoOr<void>& result) {
  return result ? "0" : ErrnoName(result.error());
}

TEST(FileTest, OpenAtClosesOnExec) {
  const UniqueFd fd = OpenAt(AT_FDCWD, "/dev/null", O_RDONLY);
  EXPECT_EQ(fcntl(fd.get(), F_GETFD), FD_CLOEXEC);
}

TEST(FileTest, OpenAtOfAMissingFile) {
  EXPECT_FALSE(OpenAt(AT_FDCWD, "/no/such/file", O_RDONLY).ok());
  EXPECT_EQ(errno, ENOENT);
}

TEST(FileTest, ReadUpToTheLimit) {
  for (const size_t size : {0, 1, 4095, 4096, 4097, 8192, 10000}) {
    const std::string path = TestFile(std::string(size, 'x'));
    EXPECT_EQ(ReadLimited(path, size), std::to_string(size));
    EXPECT_EQ(ReadLimited(path, size + 1), std::to_string(size));
    if (size > 0) {
      EXPECT_EQ(ReadLimited(path, size - 1), "EFBIG") << size;
    }
  }
}

TEST(FileTest, ReadKeepsAllBytes) {
  const std::string bytes("a\0b\n\xff", 5);
  EXPECT_EQ(ReadFileAt(AT_FDCWD, TestFile(bytes), 100), bytes);
}

TEST(FileTest, ReadOfWhatCannotBeRead) {
  EXPECT_EQ(ReadLimited("/no/such/file", 10), "ENOENT");
  EXPECT_EQ(ReadLimited("/", 10), "EISDIR");
}

TEST(FileTest, ReadOfAFileWithoutEnd) {
  EXPECT_EQ(ReadLimited("/dev/zero", 100000), "EFBIG");
}

TEST(FileTest, ReadRangeEndsWithTheFile) {
  const UniqueFd fd = OpenAt(AT_FDCWD, TestFile("abcdef"), O_RDONLY);
  EXPECT_EQ(ReadRange(fd.get(), 0, 0), "");
  EXPECT_EQ(ReadRange(fd.get(), 0, 4), "abcd");
  EXPECT_EQ(ReadRange(fd.get(), 0, 4), "abcd") << "the position stays";
  EXPECT_EQ(ReadRange(fd.get(), 0, 100), "abcdef");
  EXPECT_EQ(ReadRange(fd.get(), 2, 3), "cde");
  EXPECT_EQ(ReadRange(fd.get(), 4, 3), "ef");
  EXPECT_EQ(ReadRange(fd.get(), 7, 1), "");
  const UniqueFd dir = OpenAt(AT_FDCWD, "/", O_RDONLY);
  EXPECT_EQ(ReadRange(dir.get(), 0, 1),
            ErrnoOr<std::string>(std::unexpect, EISDIR));
}

// The sorted names, or the errno.
std::string Names(const UniqueFd& dir, size_t max_names) {
  ErrnoOr<std::vector<std::string>> names = ListNames(dir.get(), max_names);
  if (!names) return ErrnoName(names.error());
  std::sort(names->begin(), names->end());
  return absl::StrJoin(*names, " ");
}

TEST(FileTest, ListNamesUpToTheLimit) {
  std::string path = ::testing::TempDir() + "/file_test_XXXXXX";
  ASSERT_NE(mkdtemp(path.data()), nullptr);
  const UniqueFd dir = OpenAt(AT_FDCWD, path, O_RDONLY | O_DIRECTORY);
  EXPECT_EQ(Names(dir, 0), "");
  std::string all;
  for (int i = 100; i < 400; ++i) {
    const std::string name = "name" + std::to_string(i);
    WriteFile(path + "/" + name, "");
    all += all.empty() ? name : " " + name;
  }
  EXPECT_EQ(Names(dir, 300), all);
  EXPECT_EQ(Names(dir, 300), all) << "from the start again";
  EXPECT_EQ(Names(dir, 299), "EFBIG");
}

TEST(FileTest, ListNamesOfWhatIsNoDirectory) {
  EXPECT_EQ(Names(OpenAt(AT_FDCWD, TestFile(""), O_RDONLY), 10), "ENOTDIR");
  EXPECT_EQ(Names(UniqueFd(), 10), "EBADF");
}

TEST(FileTest, WriteAllWritesAll) {
  const std::string path = TestFile("");
  const std::string bytes(100000, 'x');
  const UniqueFd fd = OpenAt(AT_FDCWD, path, O_WRONLY);
  EXPECT_EQ(ErrnoOf(WriteAll(fd.get(), bytes)), "0");
  EXPECT_EQ(ReadFile(path), bytes);
}

TEST(FileTest, WriteAllTellsErrors) {
  const UniqueFd full = OpenAt(AT_FDCWD, "/dev/full", O_WRONLY);
  EXPECT_EQ(ErrnoOf(WriteAll(full.get(), "x")), "ENOSPC");
  EXPECT_EQ(ErrnoOf(WriteAll(full.get(), "")), "0");
  EXPECT_EQ(ErrnoOf(WriteAll(-1, "x")), "EBADF");
}

// The kernel takes a part first: the file may not grow further.
TEST(FileTest, WriteAllAfterAShortWrite) {
  const std::string path = TestFile("");
  EXPECT_EQ(InChild([&] {
              signal(SIGXFSZ, SIG_IGN);
              const rlimit limit = {10, 10};
              setrlimit(RLIMIT_FSIZE, &limit);
              const UniqueFd fd = OpenAt(AT_FDCWD, path, O_WRONLY);
              return ErrnoOf(WriteAll(fd.get(), "0123456789abcdef"));
            }),
            "EFBIG");
  EXPECT_EQ(ReadFile(path), "0123456789");
}

TEST(FileTest, ProbeWritable) {
  const std::string path = TestFile("kept");
  EXPECT_EQ(ErrnoOf(ProbeWritable(OpenAt(AT_FDCWD, path, O_WRONLY).get())),
            "0");
  EXPECT_EQ(ReadFile(path), "kept");
  EXPECT_EQ(ErrnoOf(ProbeWritable(OpenAt(AT_FDCWD, path, O_RDONLY).get())),
            "EBADF");
  EXPECT_EQ(ErrnoOf(ProbeWritable(-1)), "EBADF");
}

TEST(FileTest, ProbeWritableOfAFullDevice) {
  const UniqueFd full = OpenAt(AT_FDCWD, "/dev/full", O_WRONLY);
  EXPECT_EQ(ErrnoOf(ProbeWritable(full.get())), "ENOSPC");
}

// Which of 0, 1 and 2 can be read or written, after those in CLOSED were
// closed: "r", "w", "rw" or "-" each, and the number that the next file gets.
std::string Occupied(const std::string& closed) {
  return InChild([&] {
    // The pipe to the parent lies above.
    for (int fd = 0; fd <= 2; ++fd) {
      if (dup2(OpenAt(AT_FDCWD, "/dev/null", O_RDWR).Release(), fd) < 0) {
        return std::string("cannot prepare");
      }
    }
    for (const char c : closed) close(c - '0');
    OccupyStandardDescriptors();
    std::string text;
    for (int fd = 0; fd <= 2; ++fd) {
      const int flags = fcntl(fd, F_GETFL);
      const int mode = flags & O_ACCMODE;
      text += flags < 0          ? "- "
              : mode == O_RDONLY ? "r "
              : mode == O_WRONLY ? "w "
                                 : "rw ";
    }
    const int next = OpenAt(AT_FDCWD, "/dev/null", O_RDONLY).Release();
    return text + (next > 2 ? "above" : "below");
  });
}

TEST(FileTest, OccupyStandardDescriptorsTheWrongWayRound) {
  EXPECT_EQ(Occupied(""), "rw rw rw above");
  EXPECT_EQ(Occupied("0"), "w rw rw above");
  EXPECT_EQ(Occupied("1"), "rw r rw above");
  EXPECT_EQ(Occupied("2"), "rw rw r above");
  EXPECT_EQ(Occupied("02"), "w rw r above");
  EXPECT_EQ(Occupied("012"), "w r r above");
}

}  // namespace
}  // namespace binfmt
