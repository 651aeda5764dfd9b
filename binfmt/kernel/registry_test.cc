// SPDX-License-Identifier: Apache-2.0
#include "binfmt/kernel/registry.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "binfmt/kernel/namespaces.h"
#include "binfmt/record/entry.h"
#include "binfmt/record/record.h"
#include "gtest/gtest.h"
#include "testing/errno_name.h"
#include "testing/error_text.h"
#include "testing/namespace.h"
#include "testing/process.h"

namespace binfmt {
namespace {

using binfmtbox_testing::ErrnoName;
using binfmtbox_testing::ErrorText;
using binfmtbox_testing::InChild;
using binfmtbox_testing::KernelTest;
using binfmtbox_testing::ReadFile;
using binfmtbox_testing::WriteFile;
using binfmtbox_testing::WriteOnce;

using Names = std::vector<std::string>;

std::string TextOf(const std::string& name,
                   const std::string& interpreter = "/bin/i") {
  return ":" + name + ":M::MAGIC::" + interpreter + ":";
}

std::string OpenText(const std::string& dir) {
  return ErrorText(Registry::Open(dir));
}

// In a child process with a mount namespace of its own.
template <typename Function>
std::string WithOwnMounts(Function function) {
  return InChild([&]() -> std::string {
    if (unshare(CLONE_NEWNS) != 0) return "cannot unshare";
    if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
      return "cannot make the mounts private";
    }
    return function();
  });
}

void DropAllCapabilities() {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  syscall(SYS_capset, &header, data);
}

class RegistryTest : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    Expected<Registry> registry = Registry::Open(kDefaultDir);
    ASSERT_EQ(ErrorText(registry), "ok");
    registry_.emplace(*std::move(registry));
  }

  Names List() const {
    const Expected<Names> names = registry_->List();
    EXPECT_EQ(ErrorText(names), "ok");
    return names.value_or(Names());
  }

  std::vector<Entry> ReadAll() const {
    const Expected<std::vector<Entry>> entries = registry_->ReadAll();
    EXPECT_EQ(ErrorText(entries), "ok");
    return entries.value_or(std::vector<Entry>());
  }

  // The errnos, "0 EINVAL 0"; or the error as a whole.
  std::string Register(const std::vector<std::string>& texts) {
    const Expected<std::vector<int>> errnums = registry_->Register(texts);
    if (!errnums) return ErrorText(errnums);
    return absl::StrJoin(*errnums, " ", [](std::string* text, int errnum) {
      text->append(ErrnoName(errnum));
    });
  }

  std::optional<Registry> registry_;
};

TEST_F(RegistryTest, OpenOfAMountedRegistry) {
  EXPECT_EQ(registry_->dir(), "/proc/sys/fs/binfmt_misc");
  EXPECT_FALSE(registry_->read_only());
}

TEST_F(RegistryTest, OpenOfAMissingDirectory) {
  EXPECT_EQ(OpenText("/no/such/dir"),
            "not mounted ENOENT: cannot open /no/such/dir: No such file or "
            "directory");
}

TEST_F(RegistryTest, OpenOfAFile) {
  WriteFile(File("file"), "");
  EXPECT_EQ(OpenText(File("file")), "not mounted ENOTDIR: cannot open " +
                                        File("file") + ": Not a directory");
}

TEST_F(RegistryTest, OpenOfAPlainDirectory) {
  // Files of these names do not make it a registry.
  ASSERT_EQ(mkdir(File("dir").c_str(), 0755), 0);
  WriteFile(File("dir/register"), "");
  WriteFile(File("dir/status"), "enabled\n");
  EXPECT_EQ(OpenText(File("dir")),
            "not mounted 0: binfmt_misc is not mounted on " + File("dir") +
                "; mount it with: binfmtbox mount --dir " + File("dir"));
}

TEST_F(RegistryTest, OpenOfTheDefaultDirectoryWithoutAMount) {
  EXPECT_EQ(WithOwnMounts([] {
              if (umount(kDefaultDir) != 0) return std::string("cannot umount");
              return OpenText(kDefaultDir);
            }),
            "not mounted 0: binfmt_misc is not mounted on "
            "/proc/sys/fs/binfmt_misc; mount it with: binfmtbox mount");
}

TEST_F(RegistryTest, OpenOfADirectoryThatMayNotBeRead) {
  ASSERT_EQ(mkdir(File("closed").c_str(), 0), 0);
  EXPECT_EQ(
      InChild([&] {
        DropAllCapabilities();
        return OpenText(File("closed"));
      }),
      "denied EACCES: cannot open " + File("closed") + ": Permission denied");
}

TEST_F(RegistryTest, OpenOfASecondMount) {
  ASSERT_EQ(Register({TextOf("a")}), "0");
  ASSERT_EQ(mkdir(File("second").c_str(), 0755), 0);
  EXPECT_EQ(WithOwnMounts([&] {
              const std::string dir = File("second");
              if (mount("x", dir.c_str(), "binfmt_misc", 0, nullptr) != 0) {
                return std::string("cannot mount");
              }
              const Expected<Registry> second = Registry::Open(dir);
              if (!second) return std::string("cannot open");
              const Expected<Names> names = second->List();
              return names && *names == Names{"a"}
                         ? std::string("the same entries")
                         : std::string("other entries");
            }),
            "the same entries");
}

TEST_F(RegistryTest, ReadOnlyBindMount) {
  ASSERT_EQ(Register({TextOf("a")}), "0");
  const auto on_read_only = [&](auto function) {
    return WithOwnMounts([&] {
      if (mount(nullptr, kDefaultDir, nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY,
                nullptr) != 0) {
        return std::string("cannot remount");
      }
      Expected<Registry> registry = Registry::Open(kDefaultDir);
      if (!registry) return ErrorText(registry);
      if (!registry->read_only()) return std::string("not read-only");
      return ErrorText(function(*registry));
    });
  };
  EXPECT_EQ(on_read_only([](Registry& registry) {
              return registry.Register(std::vector{TextOf("b")});
            }),
            "denied EROFS: /proc/sys/fs/binfmt_misc is mounted read-only; make "
            "it writable with: mount -o remount,rw /proc/sys/fs/binfmt_misc");
  EXPECT_EQ(
      on_read_only([](Registry& registry) { return registry.Remove("a"); }),
      "denied EROFS: cannot remove /proc/sys/fs/binfmt_misc/a: Read-only "
      "file system; make it writable with: mount -o remount,rw "
      "/proc/sys/fs/binfmt_misc");
  EXPECT_EQ(on_read_only([](Registry& registry) {
              return registry.SetEnabled("a", false);
            }),
            "denied EROFS: cannot disable /proc/sys/fs/binfmt_misc/a: "
            "Read-only file system; make it writable with: mount -o remount,rw "
            "/proc/sys/fs/binfmt_misc");
  // A read-only file system can be read.
  EXPECT_EQ(on_read_only([](Registry& registry) { return registry.Read("a"); }),
            "ok");
  EXPECT_EQ(List(), Names{"a"});
}

TEST_F(RegistryTest, ReadOnlySuperblock) {
  ASSERT_EQ(
      mount(nullptr, kDefaultDir, nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0);
  const Expected<Registry> registry = Registry::Open(kDefaultDir);
  ASSERT_EQ(ErrorText(registry), "ok");
  EXPECT_TRUE(registry->read_only());
  EXPECT_EQ(Register({TextOf("b")}).substr(0, 12), "denied EROFS");
  ASSERT_EQ(mount(nullptr, kDefaultDir, nullptr, MS_REMOUNT, nullptr), 0);
  EXPECT_EQ(Register({TextOf("b")}), "0");
}

TEST_F(RegistryTest, RegisterFileThatMayNotBeWritten) {
  const std::string file = EntryFile("register");
  ASSERT_EQ(chmod(file.c_str(), 0), 0);
  const std::string result = InChild([&] {
    DropAllCapabilities();
    return Register({TextOf("a")});
  });
  ASSERT_EQ(chmod(file.c_str(), 0200), 0);
  EXPECT_EQ(result,
            "denied EACCES: cannot open /proc/sys/fs/binfmt_misc/register: "
            "Permission denied" +
                std::string(
                    CurrentUserNamespace() == UserNamespace::kFirst
                        ? ""
                        : "; root of this user namespace does not own that "
                          "binfmt_misc: mount one of its own (binfmtbox mount "
                          "--userns), or work on the host"));
}

TEST_F(RegistryTest, ListOfAnEmptyRegistry) { EXPECT_EQ(List(), Names{}); }

TEST_F(RegistryTest, ListIsNewestFirst) {
  ASSERT_EQ(Register({TextOf("b"), TextOf("a"), TextOf("c")}), "0 0 0");
  EXPECT_EQ(List(), (Names{"c", "a", "b"}));
}

TEST_F(RegistryTest, ListAfterAddingAgain) {
  ASSERT_EQ(Register({TextOf("a"), TextOf("b"), TextOf("c")}), "0 0 0");
  ASSERT_EQ(ErrorText(registry_->Remove("a")), "ok");
  ASSERT_EQ(ErrorText(registry_->Remove("b")), "ok");
  ASSERT_EQ(Register({TextOf("a")}), "0");
  EXPECT_EQ(List(), (Names{"a", "c"}));
  ASSERT_EQ(Register({TextOf("b")}), "0");
  EXPECT_EQ(List(), (Names{"b", "a", "c"}));
}

TEST_F(RegistryTest, ListOfOddNames) {
  ASSERT_EQ(Register({TextOf("..."), TextOf("a\nb"), TextOf("\xff"),
                      TextOf(" "), TextOf(std::string(255, 'n'))}),
            "0 0 0 0 0");
  EXPECT_EQ(List(), (Names{std::string(255, 'n'), " ", "\xff", "a\nb", "..."}));
}

TEST_F(RegistryTest, ListSeesLaterChanges) {
  EXPECT_EQ(List(), Names{});
  ASSERT_EQ(RawRegister(TextOf("a")), 0);
  EXPECT_EQ(List(), Names{"a"});
  EXPECT_EQ(List(), Names{"a"});
}

TEST_F(RegistryTest, ReadOfAnEntry) {
  ASSERT_EQ(Register({":a:M:3:AB:\\xff\\x00:/bin/i:PO"}), "0");
  const Expected<Entry> entry = registry_->Read("a");
  ASSERT_EQ(ErrorText(entry), "ok");
  EXPECT_EQ(FormatEntry(*entry), ReadFile(EntryFile("a")));
  EXPECT_EQ(FormatEntry(*entry),
            "enabled\ninterpreter /bin/i\nflags: PO\noffset 3\nmagic 4142\n"
            "mask ff00\n");
}

TEST_F(RegistryTest, ReadOfAMissingEntry) {
  EXPECT_EQ(ErrorText(registry_->Read("a")),
            "failed ENOENT: cannot read /proc/sys/fs/binfmt_misc/a: No such "
            "file or directory");
}

// The longest possible texts.
TEST_F(RegistryTest, ReadOfTheLargestEntries) {
  Record record;
  record.name = "longest-path";
  record.type = RecordType::kExtension;
  record.magic = "e";
  record.interpreter =
      "/" + std::string(kMaxRecordLength - record.name.size() - 10, 'i');
  Record wide;
  wide.name = "widest-magic";
  wide.magic = std::string(256, 'm');
  wide.mask = std::string(256, 'M');
  wide.interpreter = "/" + std::string(1300, 'i');
  const Expected<std::string> text = FormatRecord(record);
  ASSERT_EQ(ErrorText(text), "ok");
  ASSERT_EQ(text->size(), kMaxRecordLength);
  const Expected<std::string> wide_text = FormatRecord(wide);
  ASSERT_EQ(ErrorText(wide_text), "ok");
  ASSERT_EQ(Register({*text, *wide_text}), "0 0");
  const std::vector<Entry> entries = ReadAll();
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].record, wide);
  EXPECT_EQ(entries[1].record, record);
}

TEST_F(RegistryTest, ReadAllIsInMatchOrder) {
  ASSERT_EQ(Register({TextOf("a"), ":b:E::exe::/bin/i:P", TextOf("c")}),
            "0 0 0");
  ASSERT_EQ(WriteOnce(EntryFile("a"), "0"), 0);
  const std::vector<Entry> entries = ReadAll();
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries[0].record.name, "c");
  EXPECT_TRUE(entries[0].enabled);
  EXPECT_EQ(entries[1].record.name, "b");
  EXPECT_EQ(entries[1].record.type, RecordType::kExtension);
  EXPECT_EQ(entries[2].record.name, "a");
  EXPECT_FALSE(entries[2].enabled);
}

TEST_F(RegistryTest, ReadEnabled) {
  EXPECT_EQ(registry_->ReadEnabled(), true);
  ASSERT_EQ(WriteOnce(EntryFile("status"), "0"), 0);
  EXPECT_EQ(registry_->ReadEnabled(), false);
}

TEST_F(RegistryTest, RegisterOfNothing) { EXPECT_EQ(Register({}), ""); }

TEST_F(RegistryTest, RegisterWithARefusedRecordInTheMiddle) {
  ASSERT_EQ(Register({TextOf("a"), TextOf("b"), ":c:M::::/bin/i:", TextOf("d"),
                      TextOf("a"), TextOf("e")}),
            "0 0 EINVAL 0 EEXIST 0");
  EXPECT_EQ(List(), (Names{"e", "d", "b", "a"}));
}

TEST_F(RegistryTest, RegisterOfRefusedRecordsAtBothEnds) {
  ASSERT_EQ(Register({"x", TextOf("a"), TextOf("a"), TextOf("a"),
                      TextOf(std::string(256, 'n'))}),
            "EINVAL 0 EEXIST EEXIST ENAMETOOLONG");
  EXPECT_EQ(List(), Names{"a"});
}

TEST_F(RegistryTest, RegisterReturnsEveryErrno) {
  WriteFile(File("plain"), "");
  ASSERT_EQ(mkdir(File("dir").c_str(), 0755), 0);
  ASSERT_EQ(symlink("loop", File("loop").c_str()), 0);
  WriteFile(File("busy"), "#!", 0755);
  const int writer = open(File("busy").c_str(), O_WRONLY | O_CLOEXEC);
  int count = 0;
  const auto with_f = [&](const std::string& name) {
    return TextOf(std::to_string(++count), File(name)) + "F";
  };
  EXPECT_EQ(Register({with_f("missing"), with_f("plain"), with_f("dir"),
                      with_f("loop"), with_f("busy"), with_f("plain/x")}),
            "ENOENT EACCES EACCES ELOOP ETXTBSY ENOTDIR");
  close(writer);
  EXPECT_EQ(Register({with_f("busy")}), "0");
  EXPECT_EQ(List(), Names{"7"});
}

// IOV_MAX is 1,024.
TEST_F(RegistryTest, RegisterOfMoreThanOneWriteTakes) {
  std::vector<std::string> texts;
  std::vector<int> expected;
  Names names;
  for (int i = 0; i < 2100; ++i) {
    const bool bad =
        i == 0 || i == 500 || i == 1023 || i == 1024 || i == 1025 || i == 2099;
    const std::string name = "n" + std::to_string(i);
    texts.push_back(bad ? TextOf(name) + "?" : TextOf(name));
    expected.push_back(bad ? EINVAL : 0);
    if (!bad) names.push_back(name);
  }
  EXPECT_EQ(registry_->Register(texts), expected);
  std::reverse(names.begin(), names.end());
  EXPECT_EQ(List(), names);
  EXPECT_EQ(ReadAll().size(), names.size());
}

TEST_F(RegistryTest, RegisterOfExactlyOneWrite) {
  std::vector<std::string> texts;
  for (int i = 0; i < 1024; ++i) texts.push_back(TextOf(std::to_string(i)));
  EXPECT_EQ(registry_->Register(texts), std::vector<int>(1024));
  EXPECT_EQ(List().size(), 1024u);
}

TEST_F(RegistryTest, RemoveOfAnEntry) {
  ASSERT_EQ(Register({TextOf("a"), TextOf("b\n")}), "0 0");
  EXPECT_EQ(ErrorText(registry_->Remove("b\n")), "ok");
  EXPECT_EQ(List(), Names{"a"});
}

TEST_F(RegistryTest, RemoveOfAMissingEntryIsNoError) {
  EXPECT_EQ(ErrorText(registry_->Remove("a")), "ok");
}

// //testing/faults:exchange_test has the moment in which it gets there.
TEST_F(RegistryTest, EntryThatIsAnotherOneStaysAsItIs) {
  ASSERT_EQ(Register({TextOf("a")}), "0");
  const Record present = registry_->Read("a")->record;
  Record other_rule = present;
  other_rule.magic += "x";
  Record other_interpreter = present;
  other_interpreter.interpreter = "/other";
  const std::string stays =
      "failed EBUSY: a is another process's now, and was left alone";
  for (const Record& expected : {other_rule, other_interpreter}) {
    EXPECT_EQ(ErrorText(registry_->Remove("a", &expected)), stays);
    EXPECT_EQ(ErrorText(registry_->SetEnabled("a", false, &expected)), stays);
  }
  EXPECT_TRUE(registry_->Read("a")->enabled);
  // Neither its flags nor whether it is enabled make it another one.
  Record other_flags = present;
  other_flags.flags ^= kPreserveArgv0;
  EXPECT_EQ(ErrorText(registry_->SetEnabled("a", false, &other_flags)), "ok");
  EXPECT_EQ(ErrorText(registry_->Remove("a", &other_flags)), "ok");
  EXPECT_EQ(List(), Names{});
  EXPECT_EQ(ErrorText(registry_->Remove("a", &present)), "ok");
}

TEST_F(RegistryTest, SetEnabledKeepsThePlace) {
  ASSERT_EQ(Register({TextOf("a"), TextOf("b"), TextOf("c")}), "0 0 0");
  EXPECT_EQ(ErrorText(registry_->SetEnabled("b", false)), "ok");
  Expected<Entry> entry = registry_->Read("b");
  ASSERT_EQ(ErrorText(entry), "ok");
  EXPECT_FALSE(entry->enabled);
  EXPECT_EQ(ErrorText(registry_->SetEnabled("b", false)), "ok");
  EXPECT_EQ(ErrorText(registry_->SetEnabled("b", true)), "ok");
  entry = registry_->Read("b");
  ASSERT_EQ(ErrorText(entry), "ok");
  EXPECT_TRUE(entry->enabled);
  EXPECT_EQ(List(), (Names{"c", "b", "a"}));
}

TEST_F(RegistryTest, SetEnabledOfAMissingEntry) {
  EXPECT_EQ(ErrorText(registry_->SetEnabled("a", true)),
            "failed ENOENT: cannot enable /proc/sys/fs/binfmt_misc/a: No such "
            "file or directory");
  EXPECT_EQ(ErrorText(registry_->SetEnabled("a", false)),
            "failed ENOENT: cannot disable /proc/sys/fs/binfmt_misc/a: No such "
            "file or directory");
}

TEST_F(RegistryTest, OpenAgainUsesTheNewDirectory) {
  ASSERT_EQ(Register({TextOf("a")}), "0");
  Expected<Registry> again = Registry::Open(kDefaultDir);
  ASSERT_EQ(ErrorText(again), "ok");
  *registry_ = *std::move(again);
  EXPECT_EQ(Register({TextOf("b")}), "0");
}

// ExplainRefusal()

std::string Explain(Flags flags, int errnum) {
  Record record;
  record.name = "a\n";
  record.magic = "MAGIC";
  record.interpreter = "/i\x1b";
  record.flags = flags;
  return absl::StrReplaceAll(
      ErrorText(ExplainRefusal(record, errnum, "/proc/sys/fs/binfmt_misc")),
      {{"cannot register a\\x0a: ", ""}});
}

TEST_F(RegistryTest, ExplainRefusalOfEachErrno) {
  EXPECT_EQ(Explain(0, EINVAL),
            "failed EINVAL: the kernel calls the record invalid");
  EXPECT_EQ(Explain(0, EEXIST),
            "failed EEXIST: another process registered an entry of that name "
            "meanwhile; see it with: binfmtbox status a\\x0a");
  EXPECT_EQ(Explain(kFixBinary, ENOENT),
            "failed ENOENT: the interpreter /i\\x1b was not found when the "
            "kernel opened it (flag F)");
  EXPECT_EQ(Explain(0, ENOENT),
            "failed ENOENT: /proc/sys/fs/binfmt_misc is gone");
  EXPECT_EQ(Explain(kFixBinary, EACCES),
            "failed EACCES: the kernel may not execute the interpreter "
            "/i\\x1b: no x permission, a mount with noexec, or a directory "
            "that may not be searched");
  EXPECT_EQ(Explain(kFixBinary, ETXTBSY),
            "failed ETXTBSY: the interpreter /i\\x1b is open for writing; try "
            "again when its writer is done");
  EXPECT_EQ(Explain(kFixBinary, ENOTDIR),
            std::string("failed ENOTDIR: the path of the interpreter /i\\x1b "
                        "does not lead to a file: ") +
                std::strerror(ENOTDIR));
  EXPECT_EQ(Explain(kFixBinary, ELOOP),
            std::string("failed ELOOP: the path of the interpreter /i\\x1b "
                        "does not lead to a file: ") +
                std::strerror(ELOOP));
  EXPECT_EQ(Explain(kFixBinary, ENAMETOOLONG),
            "failed ENAMETOOLONG: the name or the interpreter's path is too "
            "long");
  EXPECT_EQ(Explain(kFixBinary, ENOSPC),
            "failed ENOSPC: the user namespace's limit of interpreters held by "
            "flag F is reached (sysctl user.max_binfmt_misc_interpreters)");
  EXPECT_EQ(Explain(0, ENOMEM),
            "failed ENOMEM: the kernel has no memory for it (the memory "
            "cgroup's limit counts too)");
  EXPECT_EQ(Explain(0, EXDEV),
            std::string("failed EXDEV: ") + std::strerror(EXDEV));
}

// A copy keeps the order in the files' times: newest first, like the kernel's
// entries; files of equal times stay in directory order.
TEST_F(RegistryTest, SavedEntriesAreInTheOrderOfTheirTimes) {
  constexpr int kEntries = 300;
  const std::string dir = File("copy");
  ASSERT_EQ(mkdir(dir.c_str(), 0755), 0);
  for (int i = 0; i < kEntries; ++i) {
    const std::string path = dir + "/e" + std::to_string(i);
    WriteFile(path, "enabled\ninterpreter /i\nflags: \nextension .e\n", 0644);
    // 37 and 101 have no common divisor, so the times are well mixed.
    const timespec time = {1000000 + i * 37 % 101, 5};
    const timespec times[] = {time, time};
    ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  }
  const Expected<Registry> copy =
      Registry::Open(dir, Registry::Kind::kMountedOrSaved);
  ASSERT_EQ(ErrorText(copy), "ok");
  const Expected<Names> names = copy->List();
  ASSERT_EQ(ErrorText(names), "ok");
  Names expected = *names;
  const auto age = [](const std::string& name) {
    return std::stoi(name.substr(1)) * 37 % 101;
  };
  for (auto end = expected.begin(); end != expected.end(); ++end) {
    const auto at =
        std::upper_bound(expected.begin(), end, *end,
                         [&](const std::string& a, const std::string& b) {
                           return age(a) > age(b);
                         });
    std::rotate(at, end, end + 1);
  }
  const Expected<std::vector<Entry>> entries = copy->ReadAll();
  ASSERT_EQ(ErrorText(entries), "ok");
  Names order;
  for (const Entry& entry : *entries) order.push_back(entry.record.name);
  EXPECT_EQ(order.size(), size_t{kEntries});
  EXPECT_EQ(order, expected);
}

}  // namespace
}  // namespace binfmt
