// SPDX-License-Identifier: Apache-2.0
// How the program ends when it cannot go on.
#ifndef CMD_ABNORMAL_END_H_
#define CMD_ABNORMAL_END_H_

namespace cmd {

// The exit status of a program for which there is no memory. The status of one
// that runs a command must not look like that command's.
extern int status_without_memory;

}  // namespace cmd

#endif  // CMD_ABNORMAL_END_H_
