// SPDX-License-Identifier: Apache-2.0
// SELinux labels that keep containers from running an interpreter.
#ifndef BINFMT_KERNEL_SELINUX_H_
#define BINFMT_KERNEL_SELINUX_H_

#include <string>
#include <string_view>

namespace binfmt {

// Whether SELinux is there and enforces its policy.
bool SelinuxEnforces();

// For machines where it does: a note that the label of the file at PATH keeps
// processes in containers from mapping it, and the way out. Empty where there
// is nothing to note.
std::string SelinuxHint(const std::string& path);

// Whether LABEL, "user:role:type:level", is one that containers may not map.
bool IsPrivateLabel(std::string_view label);

}  // namespace binfmt

#endif  // BINFMT_KERNEL_SELINUX_H_
