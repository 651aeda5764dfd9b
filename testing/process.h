// SPDX-License-Identifier: Apache-2.0
// Files, processes and waiting, for tests.
#ifndef TESTING_PROCESS_H_
#define TESTING_PROCESS_H_

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace binfmtbox_testing {

// Makes the file PATH with exactly these bytes and this mode, whatever the
// umask is. The test program ends where that is not possible.
void WriteFile(const std::string& path, std::string_view bytes,
               mode_t mode = 0644);

// The bytes of PATH; "" where it can't be read.
std::string ReadFile(const std::string& path);

// Opens PATH, which must exist, and gives it BYTES in one write(2). Returns 0
// or the errno: what the kernel says to one command or record.
int WriteOnce(const std::string& path, std::string_view bytes);

// How a program ended: "exit 42", "signal 11", or, where it could not be
// started, "ENOEXEC".
std::string RunProgram(const std::string& path,
                       const std::vector<std::string>& arguments = {});

// The longest time that anything in a test takes, also on a busy machine.
inline constexpr std::chrono::seconds kPatience{45};

// Waits until CONDITION is true, at most kPatience. Returns whether it is.
bool WaitUntil(const std::function<bool()>& condition);

// Waits until a new file gets a birth time later than every time of PATH. File
// times come from a clock that ticks every 1 to 10 ms; two events within a tick
// have the same time. The test program ends where PATH has no times, or the
// clock does not reach them within kPatience.
void WaitUntilNewFilesAreNewerThan(const std::string& path);

// Calls FUNCTION in a child process and returns what it returns, at most 64
// KiB. What the child does to its namespaces, limits and directory stays with
// it. "CHILD: ..." where it ended some other way.
std::string InChild(const std::function<std::string()>& function);

// A child process that calls FUNCTION and then ends; it is killed when this
// object goes, or this process.
class Background {
 public:
  explicit Background(const std::function<void()>& function);
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;
  ~Background();

 private:
  pid_t pid_;
};

}  // namespace binfmtbox_testing

#endif  // TESTING_PROCESS_H_
