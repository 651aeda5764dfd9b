// SPDX-License-Identifier: Apache-2.0
// The foreign program of a boot test: says what it was built for and how it was
// called, and ends with 42.
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdio>

int main(int argc, char** argv) {
  struct utsname facts;
  if (uname(&facts) != 0) return 1;
  printf("hello from %s, user %d:", facts.machine, static_cast<int>(geteuid()));
  for (int i = 0; i < argc; ++i) printf(" %s", argv[i]);
  printf("\n");
  return 42;
}
