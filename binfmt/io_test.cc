// SPDX-License-Identifier: Apache-2.0
#include "binfmt/io.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "binfmt/text.h"
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
  const std::string path = ::testing::TempDir() + "/io_test_file";
  WriteFile(path, bytes);
  return path;
}

std::string ReadLimited(const std::string& path, size_t limit) {
  Text bytes = "old";
  const int error = ReadFileAt(AT_FDCWD, path.c_str(), limit, &bytes);
  return error != 0 ? ErrnoName(error) : std::to_string(bytes.size());
}

bool IsOpen(int fd) { return fcntl(fd, F_GETFD) >= 0; }

TEST(IoTest, UniqueFdClosesOnce) {
  UniqueFd fd = OpenAt(AT_FDCWD, "/dev/null", O_RDONLY);
  ASSERT_TRUE(fd.ok());
  const int number = fd.get();
  UniqueFd moved = std::move(fd);
  EXPECT_EQ(moved.get(), number);
  EXPECT_TRUE(IsOpen(number));
  moved.Reset();
  EXPECT_FALSE(moved.ok());
  EXPECT_FALSE(IsOpen(number));
}

TEST(IoTest, UniqueFdReleases) {
  UniqueFd fd = OpenAt(AT_FDCWD, "/dev/null", O_RDONLY);
  const int number = fd.Release();
  EXPECT_FALSE(fd.ok());
  EXPECT_TRUE(IsOpen(number));
  close(number);
}

TEST(IoTest, OpenAtClosesOnExec) {
  const UniqueFd fd = OpenAt(AT_FDCWD, "/dev/null", O_RDONLY);
  EXPECT_EQ(fcntl(fd.get(), F_GETFD), FD_CLOEXEC);
}

TEST(IoTest, OpenAtOfAMissingFile) {
  EXPECT_FALSE(OpenAt(AT_FDCWD, "/no/such/file", O_RDONLY).ok());
  EXPECT_EQ(errno, ENOENT);
}

TEST(IoTest, ReadUpToTheLimit) {
  for (const size_t size : {0, 1, 4095, 4096, 4097, 8192, 10000}) {
    const std::string path = TestFile(std::string(size, 'x'));
    EXPECT_EQ(ReadLimited(path, size), std::to_string(size));
    EXPECT_EQ(ReadLimited(path, size + 1), std::to_string(size));
    if (size > 0) {
      EXPECT_EQ(ReadLimited(path, size - 1), "EFBIG") << size;
    }
  }
}

TEST(IoTest, ReadKeepsAllBytes) {
  const std::string bytes("a\0b\n\xff", 5);
  Text read;
  EXPECT_EQ(ReadFileAt(AT_FDCWD, TestFile(bytes).c_str(), 100, &read), 0);
  EXPECT_EQ(read, bytes);
}

TEST(IoTest, ReadOfWhatCannotBeRead) {
  EXPECT_EQ(ReadLimited("/no/such/file", 10), "ENOENT");
  EXPECT_EQ(ReadLimited("/", 10), "EISDIR");
}

TEST(IoTest, ReadOfAFileWithoutEnd) {
  EXPECT_EQ(ReadLimited("/dev/zero", 100000), "EFBIG");
}

TEST(IoTest, WriteAllWritesAll) {
  const std::string path = TestFile("");
  const std::string bytes(100000, 'x');
  const UniqueFd fd = OpenAt(AT_FDCWD, path.c_str(), O_WRONLY);
  EXPECT_EQ(WriteAll(fd.get(), bytes), 0);
  EXPECT_EQ(ReadFile(path), bytes);
}

TEST(IoTest, WriteAllTellsErrors) {
  const UniqueFd full = OpenAt(AT_FDCWD, "/dev/full", O_WRONLY);
  EXPECT_EQ(ErrnoName(WriteAll(full.get(), "x")), "ENOSPC");
  EXPECT_EQ(WriteAll(full.get(), ""), 0);
  EXPECT_EQ(ErrnoName(WriteAll(-1, "x")), "EBADF");
}

// The kernel takes a part first: the file may not grow further.
TEST(IoTest, WriteAllAfterAShortWrite) {
  const std::string path = TestFile("");
  EXPECT_EQ(InChild([&] {
              signal(SIGXFSZ, SIG_IGN);
              const rlimit limit = {10, 10};
              setrlimit(RLIMIT_FSIZE, &limit);
              const UniqueFd fd = OpenAt(AT_FDCWD, path.c_str(), O_WRONLY);
              return ErrnoName(WriteAll(fd.get(), "0123456789abcdef"));
            }),
            "EFBIG");
  EXPECT_EQ(ReadFile(path), "0123456789");
}

TEST(IoTest, ProbeWritable) {
  const std::string path = TestFile("kept");
  EXPECT_EQ(ProbeWritable(OpenAt(AT_FDCWD, path.c_str(), O_WRONLY).get()), 0);
  EXPECT_EQ(ReadFile(path), "kept");
  EXPECT_EQ(
      ErrnoName(ProbeWritable(OpenAt(AT_FDCWD, path.c_str(), O_RDONLY).get())),
      "EBADF");
  EXPECT_EQ(ErrnoName(ProbeWritable(-1)), "EBADF");
}

TEST(IoTest, ProbeWritableOfAFullDevice) {
  const UniqueFd full = OpenAt(AT_FDCWD, "/dev/full", O_WRONLY);
  EXPECT_EQ(ErrnoName(ProbeWritable(full.get())), "ENOSPC");
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

TEST(IoTest, OccupyStandardDescriptorsTheWrongWayRound) {
  EXPECT_EQ(Occupied(""), "rw rw rw above");
  EXPECT_EQ(Occupied("0"), "w rw rw above");
  EXPECT_EQ(Occupied("1"), "rw r rw above");
  EXPECT_EQ(Occupied("2"), "rw rw r above");
  EXPECT_EQ(Occupied("02"), "w rw r above");
  EXPECT_EQ(Occupied("012"), "w r r above");
}

}  // namespace
}  // namespace binfmt
