// SPDX-License-Identifier: Apache-2.0
// status --match against the kernel: each file is executed, and the exit status
// of the program that is started in the end, or the errno, tells what the
// kernel did with it.
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "arch_table/program.h"
#include "arch_table/table.h"
#include "gtest/gtest.h"
#include "testing/elf.h"
#include "testing/namespace.h"
#include "testing/process.h"
#include "testing/program.h"

namespace binfmtbox_testing {
namespace {

using arch_table::Target;

// What arch_table::BuiltInProgram() ends with.
constexpr int kBuiltIn = 42;
// Interpreters end with this and more.
constexpr int kFirstInterpreter = 50;

// What `status --match` says, in the terms of Execute(): 0 or more where a
// program is started, -errno where none is.
struct Verdict {
  int status = 0;
  std::string last;  // the program that is started
};

// The errno that a line on stderr stands for.
int ErrnumOf(const std::string& message) {
  static const std::vector<std::pair<const char*, int>> words = {
      {"no entry takes", ENOEXEC},
      {"is disabled; enable it", ENOEXEC},
      {"flag O or C allows", ENOEXEC},
      {"five interpreters are the most", ELOOP},
      {"a part of its path is a file", ENOTDIR},
      {"does not exist", ENOENT},
      {"is a link to a file that is not there", ENOENT},
      {"is a directory", EACCES},
      {"is not a regular file", EACCES},
      {"is not executable", EACCES},
      {"noexec", EACCES},
      {"open for writing", ETXTBSY},
  };
  for (const auto& [word, errnum] : words) {
    if (message.find(word) != std::string::npos) return errnum;
  }
  return 0;
}

class MatchTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    ASSERT_EQ(mkdir("/mnt/i", 0755), 0);
    ASSERT_EQ(mkdir("/mnt/f", 0755), 0);
    Mount();
  }

  // A static native program that ends with a status of its own.
  std::string MakeInterpreter(const std::string& name) {
    const std::string path = "/mnt/i/" + name;
    const int status = kFirstInterpreter + static_cast<int>(statuses_.size());
    WriteFile(path, NativeProgram(static_cast<uint8_t>(status)), 0755);
    statuses_[path] = status;
    return path;
  }

  std::string MakeFile(const std::string& name, std::string_view bytes) {
    const std::string path = "/mnt/f/" + name;
    WriteFile(path, bytes, 0755);
    return path;
  }

  static Verdict Ask(const std::string& path) {
    const Outcome outcome = Run({"status", "--match", path});
    Verdict verdict;
    if (outcome.status == 0) {
      const size_t end = outcome.out.rfind(": ");
      const size_t start = outcome.out.rfind('\n', end) + 1;
      verdict.last =
          outcome.out.substr(start, outcome.out.find(": ", start) - start);
    } else {
      verdict.status = -ErrnumOf(outcome.err);
      EXPECT_NE(verdict.status, 0) << outcome.err;
    }
    return verdict;
  }

  // Holds what is said of PATH against what the kernel does with it.
  void Compare(const std::string& path) {
    ++compared_;
    Command command;
    command.path = path;
    command.argv = {path};
    const int kernel = Execute(command).status;
    Verdict verdict = Ask(path);
    if (verdict.status == 0) {
      char real[PATH_MAX] = "";
      const char* const last = realpath(verdict.last.c_str(), real);
      const auto found = statuses_.find(last == nullptr ? "" : last);
      verdict.status = found == statuses_.end() ? kBuiltIn : found->second;
    }
    EXPECT_EQ(verdict.status, kernel)
        << path << "\n"
        << testing::PrintToString(Run({"status", "--match", path}));
  }

  std::map<std::string, int> statuses_;
  int compared_ = 0;
};

// BYTES as a record of the kernel's syntax writes them.
std::string Escape(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    absl::StrAppend(&text, "\\x",
                    absl::Hex(static_cast<uint8_t>(byte), absl::kZeroPad2));
  }
  return text;
}

// Files of TARGET, by what is special with them.
std::map<std::string, std::string> FilesOf(const Target& target) {
  const std::string program(arch_table::BuiltInProgram(target));
  const std::string header(arch_table::SampleHeader(target));
  const size_t type = target.is_big_endian ? 17 : 16;
  const auto with = [](std::string bytes, size_t at, std::string_view what) {
    return bytes.replace(at, what.size(), what);
  };
  const std::string& whole = program.empty() ? header : program;
  std::map<std::string, std::string> files = {
      {"exec", whole},
      {"dyn", with(whole, type, "\3")},
      {"object", with(whole, type, "\1")},
      {"core", with(whole, type, "\4")},
      {"linux", with(whole, 7, "\3")},
      {"freebsd", with(whole, 7, "\11")},
      {"appimage", with(whole, 8, "AI\2")},
      {"version", with(whole, 6, std::string(1, '\0'))},
      {"header", header},
      {"machine", with(whole, 18, "\xfe\xfe")},
  };
  for (const size_t length : {4, 10, 17, 19, 20, 39, 40, 51, 52, 63, 64}) {
    files["cut" + std::to_string(length)] = whole.substr(0, length);
  }
  return files;
}

TEST_F(MatchTest, FilesOfAllTargets) {
  for (const Target& target : arch_table::Targets()) {
    const std::string name(target.name);
    for (const auto& [what, bytes] : FilesOf(target)) {
      MakeFile(name + "." + what, bytes);
    }
    // Such an entry would take every program of the test.
    if (name == "x86_64") continue;
    Register(absl::StrCat(
        ":", target.EntryName(), ":M::", Escape(target.magic()), ":",
        Escape(target.mask()), ":", MakeInterpreter(name), ":"));
  }
  // Every fourth entry disabled, then all, and i386 left to the kernel.
  for (const bool disabled : {false, true}) {
    Write("status", "1");
    if (disabled) {
      int i = 0;
      for (const Target& target : arch_table::Targets()) {
        if (target.name == "x86_64") continue;
        if (++i % 4 == 0 || target.name == "i386") {
          Write(target.EntryName(), "0");
        }
      }
    }
    for (const Target& target : arch_table::Targets()) {
      for (const auto& file : FilesOf(target)) {
        Compare("/mnt/f/" + std::string(target.name) + "." + file.first);
      }
    }
  }
  EXPECT_GE(compared_, 1400);
}

TEST_F(MatchTest, EverythingElse) {
  const std::string one = MakeInterpreter("one");
  const std::string two = MakeInterpreter("two.jar.d");
  std::vector<std::string> files;
  const auto add = [&](const std::string& name, std::string_view bytes) {
    files.push_back(MakeFile(name, bytes));
  };
  // Scripts, as load_script() reads them.
  const std::string padding(300, ' ');
  const std::string deep = "/mnt/i/" + std::string(260, '/') + "one";
  add("s1", "#!" + one + "\n");
  add("s2", "#!" + one);
  add("s3", "#! \t" + one + " argument more\n");
  add("s4", "#!\n");
  add("s5", "#!");
  add("s6", "#!  \t\n");
  add("s7", "#!   ");
  add("s8", "#!/mnt/i/missing\n");
  add("s9", "#!/mnt/i\n");
  add("s10", "#!" + deep + "\n");
  add("s11", "#!" + padding + one + "\n");
  add("s12", "#!" + one + padding + "\n");
  add("s13", "#!" + one + std::string("\0x\n", 3));
  add("s14", "#!" + one + "\t" + std::string(400, 'x'));
  add("s15", "# !" + one + "\n");
  add("s16", "#!" + one + "\r\n");
  add("s17", std::string("#!\0/mnt/i/one\n", 14));
  // Fills what the kernel looks at to the last byte but one, and to the last.
  const std::string slashes = "#!/mnt/i" + std::string(256, '/');
  add("s18", slashes.substr(0, 252) + "one\n");
  add("s19", slashes.substr(0, 253) + "one\n");
  add("s20", slashes.substr(0, 252) + "one\tmore\n");
  // Of a script by a script, to the limit and beyond.
  add("h0", "#!" + one + "\n");
  for (int i = 1; i < 8; ++i) {
    add("h" + std::to_string(i), "#!/mnt/f/h" + std::to_string(i - 1) + "\n");
  }
  // Neither a script nor a program.
  add("empty", "");
  add("a", "A");
  add("text", "echo\n");
  add("elf",
      "\x7f"
      "ELF");
  // Extensions.
  Register(":jar:E::jar::" + two + ":");
  ASSERT_EQ(mkdir("/mnt/f/dir.jar", 0755), 0);
  ASSERT_EQ(mkdir("/mnt/f/dir.x", 0755), 0);
  for (const char* name :
       {"x.jar", "x.y.jar", "x.jar.y", "x.JAR", "jar", ".jar", "x.jarx",
        "x.jar.", "dir.jar/x", "dir.x/x.jar", "dir.x/jar", "x.ar", "x."}) {
    add(name, "data");
  }
  add("s.jar", "#!" + one + "\n");
  // Overlapping entries, one of them disabled.
  Register(":mz:M::MZ::" + one + ":");
  Register(":mz2:M:1:Zx::" + two + ":");
  Register(":mz3:M::MZxy::" + MakeInterpreter("mz3") + ":");
  Write("mz3", "0");
  Register(":mz4:M::MZ__:\\xff\\xff\\x0f\\xf0:" + MakeInterpreter("mz4") + ":");
  for (const char* bytes :
       {"MZ", "MZx", "MZxy", "MZxyz", "MZ__", "MZo_", "MZoQ", "MZ_\x5f", "Mz",
        "_Zx", "_Zy", "M", "Z", "MZ\x0f\x5f"}) {
    add("mz" + std::to_string(files.size()), bytes);
    add("mz" + std::to_string(files.size()) + ".jar", bytes);
  }
  Register(":last:M:255:L::" + MakeInterpreter("last") + ":");
  add("l255", std::string(254, 'x') + "L");
  add("l256", std::string(255, 'x') + "L");
  add("l257", std::string(256, 'x') + "L");
  // Takes what is shorter.
  Register(":zero:M::S\\x00\\x00::" + MakeInterpreter("zero") + ":");
  add("z1", "S");
  add("z2", std::string("S\0", 2));
  add("z3", "S1");
  // Entries whose interpreter is another's file, to the limit and beyond.
  for (int i = 0; i < 8; ++i) {
    const std::string n = std::to_string(i);
    const std::string interpreter =
        i == 0 ? one : "/mnt/f/c" + std::to_string(i - 1);
    Register(":c" + n + ":M::chain" + n + "::" + interpreter + ":");
    add("c" + n, "chain" + n);
  }
  add("loop", "loop");
  Register(":loop:M::loop::/mnt/f/loop:");
  // Flags O and C allow one interpreter and no more.
  int letters = 0;
  for (const char* flags : {"", "P", "O", "C", "F", "OF", "PCF"}) {
    const std::string n = std::to_string(letters++);
    const auto entry = [&](const std::string& name,
                           const std::string& interpreter) {
      Register(":" + name + ":M::" + name + "::" + interpreter + ":" + flags);
      add(name, name);
    };
    entry("native" + n, one);
    entry("script" + n, "/mnt/f/h0");
    entry("handled" + n, "/mnt/f/c0");
    entry("handle2" + n, "/mnt/f/c4");
    entry("extension" + n, "/mnt/f/x.jar");
    entry("nothing" + n, "/mnt/f/text");
    entry("chained" + n, "/mnt/f/native" + n);
    add("through" + n, "#!/mnt/f/native" + n + "\n");
    if (std::string_view(flags).find('F') != std::string_view::npos) continue;
    entry("missing" + n, "/mnt/i/missing");
    entry("dir" + n, "/mnt/i");
    entry("plain" + n, "/mnt/f/plain");
  }
  WriteFile("/mnt/f/plain", "#!/mnt/i/one\n", 0644);
  files.push_back("/mnt/f/plain");
  // What is no program at all.
  ASSERT_EQ(mkfifo("/mnt/f/fifo", 0755), 0);
  ASSERT_EQ(symlink("h0", "/mnt/f/link"), 0);
  ASSERT_EQ(symlink("x.jar", "/mnt/f/link.y"), 0);
  ASSERT_EQ(symlink("a", "/mnt/f/link.jar"), 0);
  ASSERT_EQ(symlink("missing", "/mnt/f/dangling"), 0);
  for (const char* name :
       {"fifo", "link", "link.y", "link.jar", "dangling", "missing", "a/b"}) {
    files.push_back(std::string("/mnt/f/") + name);
  }
  files.push_back("/mnt/f");
  files.push_back("/dev/null");
  files.push_back("/proc/sys/fs/binfmt_misc/jar");
  files.push_back("/proc/sys/fs/binfmt_misc/register");
  for (const std::string& file : files) Compare(file);
  Write("status", "0");
  for (const std::string& file : files) Compare(file);
  EXPECT_GE(compared_, 300);
}

// An ELF file for no machine of the table, of 64 bytes.
std::string OtherElf() {
  ElfSpec spec;
  spec.machine = 0xfe00;
  return MakeElf(spec);
}

constexpr char kOne[] = ": ELF 64-bit little-endian x86_64 EXEC";

class MatchTextTest : public MatchTest {
 protected:
  static Outcome Match(const std::string& path) {
    return Run({"status", "--match", path});
  }
};

TEST_F(MatchTextTest, EveryReasonOfAnEntry) {
  const std::string one = MakeInterpreter("one");
  const std::string file = MakeFile("x.jar", "MZx");
  Register(":jar:E::jar::" + one + ":");
  Register(":short:M::MZ::" + one + ":");
  Register(":mz:M::MZx::" + one + ":P");
  Register(":old:M:1:Z::" + one + ":");
  Write("old", "0");
  Register(":long:M::MZxy::" + one + ":");
  Register(":mask:M:1:_\x1f\x7f:\\xff\\x0f\\x1f:" + one + ":");
  Register(":a\nb:E::d\x1b::" + one + ":");
  const std::string rest = "/mnt/i/one" + std::string(kOne) + ", native\n";
  EXPECT_EQ(Match(file), Prints("a\\x0ab: enabled, extension is not d\\x1b\n"
                                "mask: enabled, byte 1 is 5a, not 5f, mask ff\n"
                                "long: enabled, byte 3 is 00, not 79, mask ff\n"
                                "old: disabled, would take it\n"
                                "mz: enabled, takes it\n"
                                "short: enabled, shadowed by mz\n"
                                "jar: enabled, shadowed by mz\n"
                                "/mnt/f/x.jar: no ELF file, taken by mz\n" +
                                rest));
  Write("status", "0");
  EXPECT_EQ(
      Match(file),
      (Outcome{
          1,
          "a\\x0ab: enabled, extension is not d\\x1b\n"
          "mask: enabled, byte 1 is 5a, not 5f, mask ff\n"
          "long: enabled, byte 3 is 00, not 79, mask ff\n"
          "old: disabled, would take it\n"
          "mz: enabled, would take it\n"
          "short: enabled, would take it\n"
          "jar: enabled, would take it\n"
          "/mnt/f/x.jar: no ELF file, nothing\n",
          std::string("binfmt-status: note: binfmt_misc is disabled\n") +
              "binfmt-status: no entry takes it while binfmt_misc is disabled; "
              "enable it with: echo 1 > " +
              std::string(kRegistry) + "/status\n"}));
  EXPECT_EQ(Run({"status", "--quiet", "--match", file}),
            Fails(1,
                  "binfmt-status: no entry takes it while binfmt_misc is "
                  "disabled; enable it with: echo 1 > " +
                      std::string(kRegistry) + "/status\n"));
}

// What the advice is for: register would not enable it.
TEST_F(MatchTextTest, DisabledEntry) {
  Register(":mz:M::MZ::/mnt/i/interpreter:");
  Write("mz", "0");
  EXPECT_EQ(Match(MakeFile("x", "MZ")),
            (Outcome{1,
                     "mz: disabled, would take it\n"
                     "/mnt/f/x: no ELF file, nothing\n",
                     "binfmt-status: mz is disabled; enable it with: binfmtbox "
                     "clear --enable mz\n"}));
}

TEST_F(MatchTextTest, ElfFiles) {
  EXPECT_EQ(
      Match(MakeFile("other", OtherElf())),
      (Outcome{1,
               "/mnt/f/other: ELF 64-bit little-endian 65024 EXEC, nothing\n",
               "binfmt-status: no entry takes it\n"}));
  ElfSpec spec;
  spec.is_64bit = false;
  spec.is_big_endian = true;
  spec.machine = 8;
  spec.type = 3;
  spec.loader = "/lib/ld.so.\x1b";
  EXPECT_EQ(
      Match(MakeFile("mips", MakeElf(spec))),
      (Outcome{1,
               "/mnt/f/mips: ELF 32-bit big-endian mips DYN, loader "
               "/lib/ld.so.\\x1b, nothing\n",
               "binfmt-status: no entry takes programs for mips; register "
               "one with: binfmtbox register mips\n"}));
  spec = ElfSpec();
  spec.machine = kX86_64;
  spec.loader = "/lib/missing";
  EXPECT_EQ(Match(MakeFile("dynamic", MakeElf(spec))),
            (Outcome{1,
                     "/mnt/f/dynamic: ELF 64-bit little-endian x86_64 EXEC, "
                     "loader /lib/missing, native\n",
                     "binfmt-status: loader /lib/missing does not exist\n"}));
  spec.type = 1;
  spec.loader = "";
  EXPECT_EQ(Match(MakeFile("object", MakeElf(spec))),
            (Outcome{1,
                     "/mnt/f/object: ELF 64-bit little-endian x86_64 other, "
                     "nothing\n",
                     "binfmt-status: no entry takes it\n"}));
}

TEST_F(MatchTextTest, InterpreterMissing) {
  Register(":mz:M::MZ::/mnt/i/missing:");
  EXPECT_EQ(
      Match(MakeFile("x", "MZ")),
      (Outcome{1,
               "mz: enabled, takes it\n"
               "/mnt/f/x: no ELF file, taken by mz\n",
               "binfmt-status: interpreter /mnt/i/missing does not exist\n"}));
}

TEST_F(MatchTextTest, InterpreterHeld) {
  const std::string one = MakeInterpreter("one");
  const std::string file = MakeFile("x", "MZ");
  Register(":mz:M::MZ::" + one + ":F");
  const std::string begin =
      "mz: enabled, takes it\n"
      "/mnt/f/x: no ELF file, taken by mz, flag F holds its interpreter\n"
      "/mnt/i/one: ";
  EXPECT_EQ(Match(file),
            Prints(begin + std::string(kOne).substr(2) + ", native\n"));
  // What is at the path now is not what the kernel starts.
  ASSERT_EQ(unlink(one.c_str()), 0);
  EXPECT_EQ(Match(file),
            Prints(begin + "held open by flag F, assumed to run\n"));
  WriteFile(one, "text", 0755);
  EXPECT_EQ(Match(file),
            Prints(begin + "held open by flag F, assumed to run\n"));
}

TEST_F(MatchTextTest, ScriptThenEntryThenLimits) {
  const std::string one = MakeInterpreter("one");
  MakeFile("script", "#! /mnt/i/one -x\n");
  Register(":mz:M::MZ::/mnt/f/script:C");
  EXPECT_EQ(
      Match(MakeFile("x", "MZ")),
      (Outcome{1,
               "mz: enabled, takes it\n"
               "/mnt/f/x: no ELF file, taken by mz\n"
               "/mnt/f/script: no ELF file, #!/mnt/i/one\n",
               "binfmt-status: flag O or C allows one interpreter only\n"}));
  Register(":loop:M::loop::/mnt/f/loop:");
  const std::string line = "/mnt/f/loop: no ELF file, taken by loop\n";
  EXPECT_EQ(Match(MakeFile("loop", "loop")),
            (Outcome{1,
                     "loop: enabled, takes it\n"
                     "mz: enabled, byte 0 is 6c, not 4d, mask ff\n" +
                         line + line + line + line + line + line,
                     "binfmt-status: five interpreters are the most\n"}));
}

TEST_F(MatchTextTest, WhatCanNotBeLookedAt) {
  ASSERT_EQ(mkfifo("/mnt/f/fifo", 0755), 0);
  EXPECT_EQ(Match("/mnt/f/fifo"),
            Fails(1, "binfmt-status: /mnt/f/fifo is not a regular file\n"));
  EXPECT_EQ(Match("/mnt/f"),
            Fails(1, "binfmt-status: /mnt/f is a directory\n"));
  EXPECT_EQ(Match("/mnt/f/a\nb"),
            Fails(1, "binfmt-status: /mnt/f/a\\x0ab does not exist\n"));
  WriteFile("/mnt/f/plain", "MZ", 0644);
  EXPECT_EQ(Match("/mnt/f/plain"),
            Fails(1,
                  "binfmt-status: /mnt/f/plain is not executable; make it so "
                  "with: chmod +x /mnt/f/plain\n"));
  EXPECT_EQ(Run({"status", "--match"}),
            Fails(2,
                  "binfmt-status: option --match needs a value, FILE; see "
                  "\"binfmtbox status --help\"\n"));
  EXPECT_EQ(Run({"status", "--match", "/mnt/f/plain", "arm64"}),
            Fails(2,
                  "binfmt-status: --match FILE stands alone; see "
                  "\"binfmtbox status --help\"\n"));
}

TEST_F(MatchTextTest, NoexecFileSystem) {
  ASSERT_EQ(mkdir("/mnt/n", 0755), 0);
  ASSERT_EQ(mount("n", "/mnt/n", "tmpfs", MS_NOEXEC, nullptr), 0);
  WriteFile("/mnt/n/x", "MZ", 0755);
  EXPECT_EQ(Match("/mnt/n/x"),
            Fails(1,
                  "binfmt-status: /mnt/n/x lies on a file system that is "
                  "mounted noexec\n"));
}

TEST_F(MatchTextTest, Json) {
  const std::string one = MakeInterpreter("one");
  const std::string file = MakeFile("x\"y", "MZ");
  Register(":jar:E::jar::" + one + ":");
  Register(":mz:M::MZ::" + one + ":F");
  EXPECT_EQ(
      Run({"status", "--json", "--match", file}),
      Prints("{\"entries\":["
             "{\"name\":\"mz\",\"what\":\"enabled\",\"result\":\"takes it\"},"
             "{\"name\":\"jar\",\"what\":\"enabled\",\"result\":\"extension is "
             "not jar\"}],\"steps\":["
             "{\"name\":\"/mnt/f/x\\\"y\",\"what\":\"no ELF file\",\"result\":"
             "\"taken by mz, flag F holds its interpreter\"},"
             "{\"name\":\"/mnt/i/one\",\"what\":\"ELF 64-bit "
             "little-endian x86_64 EXEC\",\"result\":\"native\"}],"
             "\"enabled\":true,\"saved\":false,\"runs\":true}\n"));
  Write("mz", "0");
  EXPECT_EQ(
      Run({"status", "--json", "--match", file}),
      (Outcome{
          1,
          "{\"entries\":["
          "{\"name\":\"mz\",\"what\":\"disabled\",\"result\":\"would take "
          "it\"},"
          "{\"name\":\"jar\",\"what\":\"enabled\",\"result\":\"extension is "
          "not jar\"}],\"steps\":["
          "{\"name\":\"/mnt/f/x\\\"y\",\"what\":\"no ELF "
          "file\",\"result\":\"nothing\"}],"
          "\"enabled\":true,\"saved\":false,\"runs\":false}\n",
          "binfmt-status: mz is disabled; enable it with: binfmtbox "
          "clear --enable mz\n"}));
}

TEST_F(MatchTextTest, WithoutPrivileges) {
  const std::string one = MakeInterpreter("one");
  Register(":mz:M::MZ::" + one + ":");
  const std::string file = MakeFile("x", "MZ");
  Command command;
  command.path = "/usr/bin/setpriv";
  command.argv = {"setpriv",
                  "--bounding-set=-all",
                  "--inh-caps=-all",
                  "--no-new-privs",
                  kBox,
                  "status",
                  "--match",
                  file};
  EXPECT_EQ(Execute(command), Match(file));
  ASSERT_EQ(chmod(file.c_str(), 0111), 0);
  EXPECT_EQ(
      Execute(command),
      Fails(1, "binfmt-status: cannot read /mnt/f/x: Permission denied\n"));
}

// A copy, as `cp -a` makes it.
class SavedTest : public MatchTextTest {
 protected:
  void SetUp() override {
    MatchTextTest::SetUp();
    ASSERT_EQ(mkdir("/mnt/saved", 0755), 0);
    MakeInterpreter("one");
    MakeFile("x", "MZ");
  }

  static void Save(const std::string& name, std::string_view text,
                   time_t modified) {
    const std::string path = "/mnt/saved/" + name;
    WriteFile(path, text, 0644);
    const timespec times[2] = {{modified, 0}, {modified, 0}};
    ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  }

  static Outcome MatchSaved() {
    return Run({"status", "--dir", "/mnt/saved", "--match", "/mnt/f/x"});
  }
};

constexpr char kMz[] =
    "enabled\ninterpreter /mnt/i/one\nflags: \noffset 0\nmagic 4d5a\n";
constexpr char kDisabled[] =
    "disabled\ninterpreter /mnt/i/one\nflags: \noffset 0\nmagic 4d\n";
constexpr char kCopy[] =
    "binfmt-status: note: a copy: order by modification times, newest first\n";

TEST_F(SavedTest, NewestFirst) {
  Save("a", kMz, 1000);
  Save("register", "", 5000);
  Save("b", kMz, 3000);
  Save("c", kDisabled, 4000);
  Save("d", kMz, 2000);
  Save("status", "enabled\n", 5000);
  EXPECT_EQ(MatchSaved(),
            Prints("c: disabled, would take it\n"
                   "b: enabled, takes it\n"
                   "d: enabled, shadowed by b\n"
                   "a: enabled, shadowed by b\n"
                   "/mnt/f/x: no ELF file, taken by b\n"
                   "/mnt/i/one: ELF 64-bit little-endian x86_64 EXEC, native\n",
                   kCopy));
}

TEST_F(SavedTest, OrderThatCanNotBeTold) {
  Save("a", kMz, 1000);
  Save("b", kMz, 1000);
  const Outcome outcome = MatchSaved();
  EXPECT_EQ(outcome.status, 0);
  EXPECT_NE(outcome.out.find(": enabled, as old as "), std::string::npos)
      << outcome.out;
}

TEST_F(SavedTest, DisabledAsAWhole) {
  Save("a", kMz, 1000);
  Save("status", "disabled\n", 1000);
  EXPECT_EQ(MatchSaved(),
            (Outcome{1,
                     "a: enabled, would take it\n"
                     "/mnt/f/x: no ELF file, nothing\n",
                     std::string(kCopy) +
                         "binfmt-status: note: binfmt_misc is disabled\n"
                         "binfmt-status: no entry takes it\n"}));
}

TEST_F(SavedTest, NoSavedRegistry) {
  const Outcome not_mounted =
      Fails(3,
            "binfmt-status: binfmt_misc is not mounted on /mnt/saved; mount it "
            "with: binfmtbox mount --dir /mnt/saved\n");
  EXPECT_EQ(MatchSaved(), not_mounted);
  Save("a", kMz, 1000);
  // Without --match a copy is none.
  EXPECT_EQ(Run({"status", "--dir", "/mnt/saved"}), not_mounted);
  Save("b", "enabled\n", 1000);
  EXPECT_EQ(MatchSaved(),
            Fails(1,
                  "binfmt-status: entry \"b\" is not understood: no "
                  "interpreter line\n"));
  ASSERT_EQ(unlink("/mnt/saved/b"), 0);
  ASSERT_EQ(mkdir("/mnt/saved/b", 0755), 0);
  EXPECT_EQ(
      MatchSaved(),
      Fails(1, "binfmt-status: cannot read /mnt/saved/b: Is a directory\n"));
}

// The copy that users make, held against the registry that it was made of.
TEST_F(SavedTest, CopyByCp) {
  Register(":late:M::M::/mnt/i/one:");
  Register(":jar:E::jar::/mnt/i/one:");
  const Outcome real = Match("/mnt/f/x");
  Command command;
  command.path = "/bin/cp";
  command.argv = {"cp", "-a", "-T", kRegistry, "/mnt/saved"};
  // It can't read `register`, and says so.
  EXPECT_EQ(Execute(command).status, 1);
  Outcome expected = real;
  expected.err = kCopy;
  Outcome saved = MatchSaved();
  EXPECT_EQ(saved.err, expected.err);
  EXPECT_EQ(saved.status, 0);
  EXPECT_NE(saved.out.find("/mnt/f/x: no ELF file, taken by late\n"
                           "/mnt/i/one: ELF 64-bit little-endian x86_64 EXEC, "
                           "native\n"),
            std::string::npos)
      << saved.out;
}

}  // namespace
}  // namespace binfmtbox_testing
