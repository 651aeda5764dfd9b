// SPDX-License-Identifier: Apache-2.0
// No option of register is ignored: each acts, or is refused.
#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "testing/namespace.h"
#include "testing/process.h"
#include "testing/program.h"

namespace binfmtbox_testing {
namespace {

using Words = std::vector<std::string>;

// Over these a test has empty folders of its own.
constexpr const char* kHidden[] = {"/etc", "/usr/share", "/usr/local"};
// Where files may be written.
constexpr const char* kFolders[] = {"/mnt/out", "/etc/binfmt.d",
                                    "/usr/share/binfmts"};
constexpr char kJar[] = ":jar:E::jar::/mnt/qemu/qemu-arm-static:";

// An option by its name, with a value that should change something.
const std::vector<std::pair<std::string, Words>>& Options() {
  static const auto& options = *new std::vector<std::pair<std::string, Words>>{
      {"interpreter", {"-I", "/mnt/other/emulator"}},
      {"qemu-path", {"-Q", "/mnt/other"}},
      {"qemu-suffix", {"-F", "-new"}},
      {"emulator", {"--emulator", "box64"}},
      {"persistent", {"-p", "no"}},
      {"credential", {"-c", "yes"}},
      {"preserve-argv0", {"-g", "no"}},
      {"ignore-family", {"-i", "yes"}},
      {"if-missing", {"--if-missing"}},
      {"replace", {"--replace"}},
      {"override", {"--override"}},
      {"rule", {"--rule", ":py:E::pyc::/mnt/qemu/qemu-arm-static:"}},
      {"file", {"-f", "/mnt/mono.conf"}},
      {"print", {"--print", "debian"}},
      {"exportdir", {"-e", "/mnt/out"}},
      {"systemd", {"-s", "mips"}},
      {"debian", {"-d"}},
      {"cmdline", {"--cmdline"}},
      {"binfmt-d", {"--binfmt-d", "/mnt/out"}},
      {"mount", {"--mount"}},
      {"module", {"--module", "/mnt/no.ko"}},
      {"userns", {"--userns"}},
      {"host", {"--host"}},
      {"verify", {"--verify"}},
      {"wait", {"--wait", "0"}}};
  return options;
}

// What there is before a call.
enum class Place { kEmpty, kOtherEntry, kEntryInFront, kNotMounted };
constexpr Place kPlaces[] = {Place::kEmpty, Place::kOtherEntry,
                             Place::kEntryInFront, Place::kNotMounted};

class OptionPairsTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    // What register looks for by itself, and what the options name.
    // No call may reach the machine's own files.
    for (const char* dir : kHidden) {
      ASSERT_EQ(mount("hidden", dir, "tmpfs", 0, nullptr), 0) << dir;
    }
    ASSERT_EQ(mkdir("/usr/local/bin", 0755), 0);
    for (const char* dir : {"/mnt/qemu", "/mnt/other"}) {
      MakeInterpreters(dir, {"qemu-arm-static", "qemu-arm-new",
                             "qemu-mips-static", "emulator"});
    }
    ASSERT_EQ(mount("/mnt/qemu", "/usr/local/bin", nullptr, MS_BIND, nullptr),
              0);
    WriteFile("/mnt/mono.conf", ":mono:E::mono::/mnt/qemu/qemu-arm-static:\n",
              0644);
    WriteFile("/mnt/cmdline", "quiet binfmt.targets=mips binfmt.flags=C", 0644);
    ASSERT_EQ(mount("/mnt/cmdline", "/proc/cmdline", nullptr, MS_BIND, nullptr),
              0);
    // Or flag F may be taken to hold a file from before.
    WaitUntilNewFilesAreNewerThan("/mnt/cmdline");
  }

  void TearDown() override {
    EXPECT_EQ(umount2("/proc/cmdline", MNT_DETACH), 0);
    for (const char* dir : kHidden) {
      EXPECT_EQ(umount2(dir, MNT_DETACH), 0) << dir;
    }
    ProgramTest::TearDown();
  }

  // Everything that a call of register with FORM and the options leaves behind:
  // its status and output, entries and files. "misuse" where it is refused.
  static std::string Effect(Place place, const Words& form,
                            const Words& options) {
    if (place != Place::kNotMounted) Mount();
    if (place == Place::kOtherEntry) {
      Register(":qemu-arm:M::MZ::/mnt/qemu/emulator:F");
      Register(":jar:E::jar::/mnt/qemu/emulator:F");
    }
    if (place == Place::kEntryInFront) {
      EXPECT_EQ(Run({"register", "-q", "-I/mnt/other/emulator", "arm"}).status,
                0);
      const std::string text = Run({"status", "--print=record"}).out;
      Register(":front" + text.substr(sizeof(":qemu-arm") - 1,
                                      text.size() - sizeof(":qemu-arm")));
      Write("qemu-arm", "-1");
      Register(":front2:E::jar::/mnt/qemu/emulator:");
    }
    Words args = {"register"};
    args.insert(args.end(), form.begin(), form.end());
    args.insert(args.end(), options.begin(), options.end());
    const Outcome outcome = Run(args);
    std::string effect = std::to_string(outcome.status) + "\n" + outcome.out +
                         outcome.err + Snapshot();
    for (const char* dir : kFolders) {
      std::error_code error;
      std::map<std::string, std::string> files;
      for (const auto& file : std::filesystem::directory_iterator(dir, error)) {
        files[file.path()] = ReadFile(file.path());
      }
      for (const auto& [path, text] : files) effect += path + ": " + text;
      std::filesystem::remove_all(dir);
    }
    while (umount2(kRegistry, MNT_DETACH) == 0) {
    }
    return outcome.status == 2 ? "misuse" : effect;
  }

  static std::vector<std::string> Effects(const Words& form,
                                          const Words& options) {
    std::vector<std::string> effects;
    for (const Place place : kPlaces) {
      effects.push_back(Effect(place, form, options));
    }
    return effects;
  }

  // Pairs "A with B" where B alone does what both do, though A alone would do
  // something.
  static Words Ignored(const Words& form) {
    const std::vector<std::string> plain = Effects(form, {});
    std::map<std::string, std::vector<std::string>> alone;
    for (const auto& [name, words] : Options()) {
      alone[name] = Effects(form, words);
    }
    Words ignored;
    for (const auto& [name, words] : Options()) {
      if (alone[name] == plain) {
        ignored.push_back(name);
        continue;
      }
      for (const auto& [other, other_words] : Options()) {
        if (name == other) continue;
        Words both = words;
        both.insert(both.end(), other_words.begin(), other_words.end());
        const std::vector<std::string> effects = Effects(form, both);
        if (effects[0] != "misuse" && effects == alone[other]) {
          ignored.push_back(name + " with " + other);
        }
      }
    }
    return ignored;
  }
};

// What one option leaves the other to do is nothing here: no target is this
// machine's own, both say the same (-c yes and flag C of the command line, two
// formats of which the last is taken), an emulator of that name gets no flag P,
// the entry that is there lacks flags that are asked for, nothing is registered
// or nothing in front, the kernel has its module, PID 1
// is in the same namespace, the program runs, no interpreter is missing.
TEST_F(OptionPairsTest, WithATarget) {
  EXPECT_EQ(Ignored({"arm"}),
            (Words{"credential with cmdline", "preserve-argv0 with interpreter",
                   "ignore-family", "if-missing with persistent",
                   "if-missing with credential", "if-missing with replace",
                   "if-missing with cmdline", "override with if-missing",
                   "print with debian", "debian with systemd",
                   "cmdline with credential", "module with mount",
                   "host with mount", "verify", "wait"}));
}

// Nor is anything in the way of a rule, and one without a program to verify
// leaves no file.
TEST_F(OptionPairsTest, WithARule) {
  EXPECT_EQ(Ignored({"--rule", kJar}),
            (Words{"ignore-family", "print with debian", "debian with systemd",
                   "binfmt-d with verify", "module with mount",
                   "host with mount", "wait"}));
}

// Options that stay or that take no part in a pair.
TEST_F(OptionPairsTest, Refused) {
  const std::vector<Words> calls = {
      {"register", "--hold", "--print", "record", "arm"},
      {"register", "--json", "--print", "record", "arm"},
      {"register", "--emulator", "box64", "-F", "-x", "amd64"},
      {"status", "--print", "record", "--json"},
      {"status", "--print", "record", "--probe"},
      {"status", "--print", "record", "--platforms"},
      {"status", "--platforms", "--probe"},
      {"clear", "--all", "--ours"}};
  for (const Words& call : calls) {
    const Outcome outcome = Run(call);
    EXPECT_EQ(outcome.status, 2) << call[0] << " " << call[1] << outcome.err;
  }
}

}  // namespace
}  // namespace binfmtbox_testing
