#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run around the tests of a cross-compiled project, as docs/run.md has it.
set -eu
mkdir ~/project
cd ~/project
cat >hello.c <<'END'
#include <stdio.h>
#include <sys/utsname.h>
int main(void) {
  struct utsname name;
  uname(&name);
  return printf("hello from %s\n", name.machine) < 0;
}
END
cat >CMakeLists.txt <<'END'
cmake_minimum_required(VERSION 3.18)
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
project(example C)
enable_testing()
add_executable(hello hello.c)
add_executable(hello_static hello.c)
target_link_options(hello_static PRIVATE -static)
# CMake starts the first through its emulator, the others start by themselves.
add_test(NAME target COMMAND hello)
add_test(NAME child COMMAND sh -c "./hello | grep -x 'hello from aarch64'")
add_test(NAME direct COMMAND sh -c "./hello_static | grep -x 'hello from aarch64'")
END
export QEMU_LD_PREFIX=/usr/aarch64-linux-gnu
sh -eux /mnt/run_cmake | tee log
grep 'tests passed' log >&3
