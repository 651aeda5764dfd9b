// SPDX-License-Identifier: Apache-2.0
#include "binfmt/record/kernel_version.h"

#include "absl/strings/ascii.h"

namespace binfmt {
namespace {

// Takes a decimal number off the front of TEXT; 0 where there is none.
int TakeNumber(std::string_view* text) {
  int value = 0;
  while (!text->empty() && absl::ascii_isdigit(text->front()) &&
         value < 100000) {
    value = value * 10 + (text->front() - '0');
    text->remove_prefix(1);
  }
  return value;
}

}  // namespace

KernelVersion ParseKernelVersion(std::string_view release) {
  KernelVersion version;
  version.release = release;
  version.major = TakeNumber(&release);
  if (!release.empty()) release.remove_prefix(1);
  version.minor = TakeNumber(&release);
  return version;
}

}  // namespace binfmt
