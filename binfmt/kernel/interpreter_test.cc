// SPDX-License-Identifier: Apache-2.0
#include "binfmt/kernel/interpreter.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <optional>
#include <string>

#include "gtest/gtest.h"
#include "testing/elf.h"
#include "testing/error_text.h"
#include "testing/namespace.h"
#include "testing/process.h"

namespace binfmt {
namespace {

using binfmtbox_testing::ElfSpec;
using binfmtbox_testing::ErrorText;
using binfmtbox_testing::ForeignElf;
using binfmtbox_testing::InChild;
using binfmtbox_testing::KernelTest;
using binfmtbox_testing::MakeElf;
using binfmtbox_testing::NativeProgram;
using binfmtbox_testing::Scratch;
using binfmtbox_testing::WithConstants;
using binfmtbox_testing::WriteFile;
using binfmtbox_testing::WriteOnce;

// "elf MACHINE static", "elf MACHINE LOADER", "script", "unread", or the error.
std::string Inspect(const std::string& path) {
  const Expected<Program> program = InspectInterpreter(path);
  if (!program) return ErrorText(program);
  if (program->is_script) return "script";
  if (!program->elf) return program->is_readable ? "?" : "unread";
  const ElfFile& elf = *program->elf;
  const bool is_static = elf.loader == ElfFile::Loader::kNone;
  return "elf " + std::to_string(elf.machine) + " " +
         (is_static ? "static" : elf.loader_path);
}

void DropAllCapabilities() {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  syscall(SYS_capset, &header, data);
}

class InterpreterTest : public KernelTest {
 protected:
  static std::string Refused(const std::string& errnum, const std::string& path,
                             const std::string& why) {
    return "failed " + errnum + ": interpreter " + path + " " + why;
  }
};

TEST_F(InterpreterTest, StaticElf) {
  ElfSpec spec;
  spec.machine = 40;
  WriteFile(File("i"), MakeElf(spec), 0755);
  EXPECT_EQ(Inspect(File("i")), "elf 40 static");
}

TEST_F(InterpreterTest, DynamicElf) {
  ElfSpec spec;
  spec.machine = 62;
  spec.type = 3;
  spec.loader = "/lib64/ld-linux-x86-64.so.2";
  WriteFile(File("i"), MakeElf(spec), 0755);
  EXPECT_EQ(Inspect(File("i")), "elf 62 /lib64/ld-linux-x86-64.so.2");
}

TEST_F(InterpreterTest, Script) {
  WriteFile(File("i"), "#!/bin/sh\n", 0755);
  EXPECT_EQ(Inspect(File("i")), "script");
}

TEST_F(InterpreterTest, LinkToAFile) {
  WriteFile(File("i"), "#!/bin/sh\n", 0755);
  ASSERT_EQ(symlink("i", File("link").c_str()), 0);
  EXPECT_EQ(Inspect(File("link")), "script");
}

TEST_F(InterpreterTest, RelativePath) {
  WriteFile(File("i"), NativeProgram(0), 0755);
  for (const std::string path : {"i", "./i", ""}) {
    EXPECT_EQ(Inspect(path),
              Refused("EINVAL", path,
                      "is not an absolute path: the kernel would look for it "
                      "in the directory of whoever starts a program"));
  }
}

TEST_F(InterpreterTest, MissingFile) {
  EXPECT_EQ(Inspect(File("missing")),
            Refused("ENOENT", File("missing"), "does not exist"));
}

TEST_F(InterpreterTest, DanglingLink) {
  ASSERT_EQ(symlink("missing", File("link").c_str()), 0);
  EXPECT_EQ(
      Inspect(File("link")),
      Refused("ENOENT", File("link"), "is a link to a file that is not there"));
}

TEST_F(InterpreterTest, LinkInACircle) {
  ASSERT_EQ(symlink("link", File("link").c_str()), 0);
  EXPECT_EQ(Inspect(File("link")),
            Refused("ELOOP", File("link"),
                    "is a link that leads nowhere (too many links)"));
}

TEST_F(InterpreterTest, FileInThePath) {
  WriteFile(File("file"), "", 0755);
  EXPECT_EQ(Inspect(File("file/i")),
            Refused("ENOTDIR", File("file/i"),
                    "does not exist: a part of its path is a file"));
}

TEST_F(InterpreterTest, Directory) {
  ASSERT_EQ(mkdir(File("dir").c_str(), 0755), 0);
  EXPECT_EQ(Inspect(File("dir")),
            Refused("EACCES", File("dir"), "is a directory"));
}

// Must not wait for a writer.
TEST_F(InterpreterTest, Fifo) {
  ASSERT_EQ(mkfifo(File("fifo").c_str(), 0755), 0);
  EXPECT_EQ(Inspect(File("fifo")),
            Refused("EACCES", File("fifo"), "is not a regular file"));
}

TEST_F(InterpreterTest, Device) {
  EXPECT_EQ(Inspect("/dev/null"),
            Refused("EACCES", "/dev/null", "is not a regular file"));
}

TEST_F(InterpreterTest, NotExecutable) {
  WriteFile(File("i\x1b"), NativeProgram(0), 0644);
  EXPECT_EQ(Inspect(File("i\x1b")),
            Refused("EACCES", File("i\\x1b"),
                    "is not executable; make it so with: chmod +x " +
                        File("i\\x1b")));
}

TEST_F(InterpreterTest, MountWithNoexec) {
  ASSERT_EQ(mkdir(File("noexec").c_str(), 0755), 0);
  EXPECT_EQ(InChild([&]() -> std::string {
              if (unshare(CLONE_NEWNS) != 0 ||
                  mount("tmpfs", File("noexec").c_str(), "tmpfs", MS_NOEXEC,
                        nullptr) != 0) {
                return "cannot mount";
              }
              WriteFile(File("noexec/i"), NativeProgram(0), 0755);
              return Inspect(File("noexec/i"));
            }),
            Refused("EACCES", File("noexec/i"),
                    "lies on a file system that is mounted noexec"));
}

TEST_F(InterpreterTest, NeitherElfNorScript) {
  const std::string why = "is neither an ELF file nor a script";
  WriteFile(File("text"), "hello\n", 0755);
  EXPECT_EQ(Inspect(File("text")), Refused("ENOEXEC", File("text"), why));
  WriteFile(File("empty"), "", 0755);
  EXPECT_EQ(Inspect(File("empty")), Refused("ENOEXEC", File("empty"), why));
  WriteFile(File("cut"), NativeProgram(0).substr(0, 40), 0755);
  EXPECT_EQ(Inspect(File("cut")), Refused("ENOEXEC", File("cut"), why));
}

// Linux needs no read permission to start a program.
TEST_F(InterpreterTest, ExecutableThatMayNotBeRead) {
  WriteFile(File("i"), NativeProgram(0), 0111);
  EXPECT_EQ(InChild([&] {
              DropAllCapabilities();
              return Inspect(File("i"));
            }),
            "unread");
}

TEST_F(InterpreterTest, DirectoryThatMayNotBeSearched) {
  ASSERT_EQ(mkdir(File("dir").c_str(), 0755), 0);
  WriteFile(File("dir/i"), NativeProgram(0), 0755);
  ASSERT_EQ(chmod(File("dir").c_str(), 0600), 0);
  EXPECT_EQ(InChild([&] {
              DropAllCapabilities();
              return Inspect(File("dir/i"));
            }),
            "failed EACCES: cannot open the interpreter " + File("dir/i") +
                ": Permission denied; the directory " + File("dir") +
                " may not be searched: chmod +x " + File("dir"));
}

TEST_F(InterpreterTest, FileOpenForWriting) {
  WriteFile(File("i"), NativeProgram(0), 0755);
  const int writer = open(File("i").c_str(), O_WRONLY | O_CLOEXEC);
  EXPECT_EQ(Inspect(File("i")),
            Refused("ETXTBSY", File("i"),
                    "is open for writing; try again when its writer is done"));
  close(writer);
  EXPECT_EQ(Inspect(File("i")).substr(0, 4), "elf ");
}

TEST_F(InterpreterTest, HeadIsWhatTheKernelCompares) {
  const std::string bytes = NativeProgram(0) + std::string(1000, 'x');
  WriteFile(File("i"), bytes, 0755);
  const Expected<Program> program = InspectInterpreter(File("i"));
  ASSERT_EQ(ErrorText(program), "ok");
  EXPECT_EQ(program->head, bytes.substr(0, 256));
}

// The error's text for a file of each role.
TEST_F(InterpreterTest, RoleInTheText) {
  WriteFile(File("file"), "", 0755);
  ASSERT_EQ(mkdir(File("closed").c_str(), 0600), 0);
  const auto inspect = [](const std::string& kind, const std::string& path) {
    return ErrorText(InspectProgram(kind, path));
  };
  for (const std::string kind : {"interpreter", "loader", ""}) {
    const std::string begin = kind.empty() ? "" : kind + " ";
    EXPECT_EQ(inspect(kind, File("file")), "ok");
    EXPECT_EQ(inspect(kind, Scratch()),
              "failed EACCES: " + begin + Scratch() + " is a directory");
    EXPECT_EQ(inspect(kind, File("missing")),
              "failed ENOENT: " + begin + File("missing") + " does not exist");
    EXPECT_EQ(InChild([&] {
                DropAllCapabilities();
                return inspect(kind, File("closed/i"));
              }),
              std::string("failed EACCES: cannot open ") +
                  (kind.empty() ? "" : "the interpreter ") + File("closed/i") +
                  ": Permission denied; the directory " + File("closed") +
                  " may not be searched: chmod +x " + File("closed"));
  }
}

TEST_F(InterpreterTest, IsMissing) {
  const auto is_missing = [](const std::string& path) {
    bool missing = false;
    EXPECT_NE(ErrorText(InspectInterpreter(path, &missing)), "ok");
    return missing;
  };
  ASSERT_EQ(symlink("target", File("link").c_str()), 0);
  ASSERT_EQ(symlink("circle", File("circle").c_str()), 0);
  WriteFile(File("file"), "", 0644);
  EXPECT_TRUE(is_missing(File("target")));
  EXPECT_TRUE(is_missing(File("link/i")));
  EXPECT_FALSE(is_missing(File("link")));
  EXPECT_FALSE(is_missing(File("circle")));
  EXPECT_FALSE(is_missing(File("file")));
  EXPECT_FALSE(is_missing(File("file/i")));
}

std::string CheckFlags(const std::string& path, Flags flags) {
  const Expected<Program> program = InspectInterpreter(path);
  return program ? ErrorText(CheckInterpreterFlags(path, *program, flags))
                 : ErrorText(program);
}

TEST_F(InterpreterTest, InExecution) {
  const std::string path = File("i");
  const std::string other = File("other");
  WriteFile(path, NativeProgram(0), 0755);
  WriteFile(other, NativeProgram(0), 0755);
  EXPECT_EQ(IsInExecution(path), false);
  ASSERT_EQ(RawRegister(":i:M::IIII::" + path + ":F"), 0);
  EXPECT_EQ(IsInExecution(path), true);
  EXPECT_EQ(IsInExecution(other), false);
  EXPECT_EQ(IsInExecution("/proc/self/exe"), true);
  ASSERT_EQ(WriteOnce(EntryFile("i"), "-1"), 0);
  EXPECT_EQ(IsInExecution(path), false);
  EXPECT_EQ(IsInExecution(File("none")), std::nullopt);
  EXPECT_EQ(IsInExecution(File("")), std::nullopt);
  EXPECT_EQ(IsInExecution("/dev/null"), std::nullopt);
}

std::string LeftByF(const std::string& path, Flags flags) {
  const Expected<Program> program = InspectInterpreter(path);
  return program ? LeftToContainers(path, *program, flags) : ErrorText(program);
}

TEST_F(InterpreterTest, DynamicElfWithF) {
  ElfSpec spec;
  spec.loader = "/lib/ld.so";
  WriteFile(File("i"), MakeElf(spec), 0755);
  EXPECT_EQ(CheckFlags(File("i"), kPreserveArgv0), "ok");
  EXPECT_EQ(CheckFlags(File("i"), kFixBinary), "ok");
  EXPECT_EQ(LeftByF(File("i"), kPreserveArgv0), "");
  EXPECT_EQ(LeftByF(File("i"), kFixBinary),
            "interpreter " + File("i") +
                " is dynamic: with flag F its loader /lib/ld.so would still be "
                "looked for in every container");
  WriteFile(File("static"), NativeProgram(0), 0755);
  EXPECT_EQ(LeftByF(File("static"), kFixBinary), "");
}

TEST_F(InterpreterTest, ScriptWithF) {
  WriteFile(File("i"), "#! /bin/sh -e\n", 0755);
  EXPECT_EQ(LeftByF(File("i"), kPreserveArgv0), "");
  EXPECT_EQ(LeftByF(File("i"), kFixBinary),
            "interpreter " + File("i") +
                " is a script: with flag F it and its own interpreter /bin/sh "
                "would still be looked for in every container");
}

TEST_F(InterpreterTest, ScriptWithOOrC) {
  WriteFile(File("i"), "#!/bin/sh\n", 0755);
  EXPECT_EQ(CheckFlags(File("i"), kFixBinary | kPreserveArgv0), "ok");
  for (const Flags flag : {kOpenBinary, kCredentials}) {
    EXPECT_EQ(CheckFlags(File("i"), flag),
              Refused("ENOEXEC", File("i"),
                      "is a script, which flag O or C does not allow; take an "
                      "ELF program"));
  }
}

TEST_F(InterpreterTest, CredentialsForAFileThatOthersMayWrite) {
  // Directly below the root, all of which is root's.
  EXPECT_EQ(InChild([]() -> std::string {
              if (unshare(CLONE_NEWNS) != 0 ||
                  mount("tmpfs", "/mnt", "tmpfs", 0, "mode=0755") != 0) {
                return "cannot mount";
              }
              WriteFile("/mnt/i", NativeProgram(0), 0755);
              const std::string good = CheckFlags("/mnt/i", kCredentials);
              chmod("/mnt/i", 0757);
              const std::string file = CheckFlags("/mnt/i", kCredentials);
              chmod("/mnt/i", 0755);
              chmod("/mnt", 0777);
              const std::string place = CheckFlags("/mnt/i", kCredentials);
              return good + "\n" + file + "\n" + place;
            }),
            "ok\nfailed EPERM: interpreter /mnt/i may not run with other "
            "owners' rights (flag C): others than root may write to /mnt/i\n"
            "failed EPERM: interpreter /mnt/i may not run with other owners' "
            "rights (flag C): others than root may write to /mnt");
}

// Root is somebody else in such a namespace, as it is for binfmtbox run.
TEST_F(InterpreterTest, CredentialsWhereRootHasAnotherId) {
  EXPECT_EQ(InChild([]() -> std::string {
              if (unshare(CLONE_NEWNS) != 0 ||
                  mount("tmpfs", "/mnt", "tmpfs", 0, "mode=0755") != 0) {
                return "cannot mount";
              }
              WriteFile("/mnt/i", NativeProgram(0), 0755);
              if (unshare(CLONE_NEWUSER) != 0) return "cannot unshare";
              WriteOnce("/proc/self/setgroups", "deny");
              WriteOnce("/proc/self/uid_map", "1000 0 1");
              WriteOnce("/proc/self/gid_map", "1000 0 1");
              return CheckFlags("/mnt/i", kCredentials);
            }),
            "ok");
}

// An initramfs without an entry for its root has a root of mode 1777.
TEST_F(InterpreterTest, CredentialsInAStickyDirectory) {
  EXPECT_EQ(
      InChild([]() -> std::string {
        if (unshare(CLONE_NEWNS) != 0 ||
            mount("tmpfs", "/mnt", "tmpfs", 0, "mode=01777") != 0) {
          return "cannot mount";
        }
        mkdir("/mnt/dir", 0755);
        WriteFile("/mnt/dir/i", NativeProgram(0), 0755);
        symlink("dir/i", "/mnt/link");
        const std::string all = CheckFlags("/mnt/dir/i", kCredentials) + "\n" +
                                CheckFlags("/mnt/link", kCredentials) + "\n";
        // Each place counts, not only the first.
        chmod("/mnt/dir", 0777);
        const std::string below = CheckFlags("/mnt/dir/i", kCredentials) + "\n";
        chmod("/mnt/dir", 01777);
        // The sticky bit of a file protects nothing.
        chmod("/mnt/dir/i", 01757);
        return all + below + CheckFlags("/mnt/link", kCredentials);
      }),
      "ok\nok\n"
      "failed EPERM: interpreter /mnt/dir/i may not run with other owners' "
      "rights (flag C): others than root may write to /mnt/dir\n"
      "failed EPERM: interpreter /mnt/link may not run with other owners' "
      "rights (flag C): others than root may write to /mnt/dir/i");
}

// What follows "version " in the constants TEXT of a program.
std::string Constant(const std::string& path, std::string_view text) {
  WriteFile(path, WithConstants(NativeProgram(0), text), 0755);
  const Expected<Program> program = InspectInterpreter(path);
  return program ? FindConstant(path, *program, "version ", 4)
                 : ErrorText(program);
}

TEST_F(InterpreterTest, ConstantIsFoundWhereverItLies) {
  EXPECT_EQ(Constant(File("i"), "x version 5.2.0"), "5.2.");
  EXPECT_EQ(Constant(File("i"), "version 10"), "10");
  EXPECT_EQ(Constant(File("i"), "version "), "");
  EXPECT_EQ(Constant(File("i"), "a version of it, version 6.0"), "of i");
  EXPECT_EQ(Constant(File("i"), "Version 6.0"), "");
  EXPECT_EQ(Constant(File("i"), ""), "");
  // Around the limit of what is read at once.
  for (size_t before = 65536 - 16; before <= 65536 + 4; ++before) {
    EXPECT_EQ(Constant(File("i"), std::string(before, 'x') + "version 7.2.22"),
              "7.2.")
        << before;
    EXPECT_EQ(Constant(File("i"), std::string(before, 'x') + "version 7"), "7")
        << before;
  }
}

TEST_F(InterpreterTest, FilesWithoutConstants) {
  const auto find = [](std::string_view bytes) {
    WriteFile(File("i"), bytes, 0755);
    const Expected<Program> program = InspectInterpreter(File("i"));
    return program ? FindConstant(File("i"), *program, "version ", 4)
                   : ErrorText(program);
  };
  EXPECT_EQ(find("#!/bin/sh\n# version 5.2"), "");
  EXPECT_EQ(find(NativeProgram(0) + "version 5.2"), "");
  EXPECT_EQ(find(ForeignElf("version 5.2")), "");
  // Sections that the file does not have.
  std::string cut = WithConstants(NativeProgram(0), "version 5.2");
  cut.resize(cut.size() - 1);
  EXPECT_EQ(find(cut), "");
}

TEST_F(InterpreterTest, CanExecute) {
  WriteFile(File("i"), NativeProgram(0), 0755);
  WriteFile(File("plain"), NativeProgram(0), 0644);
  EXPECT_TRUE(CanExecute(File("i")));
  EXPECT_FALSE(CanExecute(File("plain")));
  EXPECT_FALSE(CanExecute(File("missing")));
}

}  // namespace
}  // namespace binfmt
