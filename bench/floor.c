// SPDX-License-Identifier: Apache-2.0
// The floor: what the kernel's part of each job takes, without a libc and
// without a check. One of REGISTER, STATUS, CLEAR, FLUSH or NOTHING is
// defined.
//
// REGISTER writes the records of the file "records.bin" (each behind its length
// in two bytes, low first) to `register`, one write each. STATUS reads every
// entry and writes all texts at once. CLEAR removes every entry by its own
// file; FLUSH all of them by a write to `status`.

#define DIRECTORY "/proc/sys/fs/binfmt_misc"

static long call(long number, long a, long b, long c, long d) {
  long result;
  register long r10 __asm__("r10") = d;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
                   : "rcx", "r11", "memory");
  return result;
}

enum {
  kRead = 0,
  kWrite = 1,
  kOpen = 2,
  kClose = 3,
  kExit = 60,
  kGetdents64 = 217,
  kOpenat = 257
};
enum { kReadOnly = 0, kWriteOnly = 1, kDirectory = 0200000 };

static char buffer[4 << 20];
static char names[1 << 16];

static void finish(int status) {
  call(kExit, status, 0, 0, 0);
  __builtin_unreachable();
}

static void do_register(void) {
  const long list = call(kOpen, (long)"records.bin", kReadOnly, 0, 0);
  const long size = call(kRead, list, (long)buffer, sizeof(buffer), 0);
  const long fd = call(kOpen, (long)DIRECTORY "/register", kWriteOnly, 0, 0);
  if (list < 0 || size < 0 || fd < 0) finish(1);
  for (long at = 0; at < size;) {
    const long length =
        (unsigned char)buffer[at] | (unsigned char)buffer[at + 1] << 8;
    if (call(kWrite, fd, (long)&buffer[at + 2], length, 0) != length) finish(1);
    at += 2 + length;
  }
}

static void flush(void) {
  const long fd = call(kOpen, (long)DIRECTORY "/status", kWriteOnly, 0, 0);
  if (call(kWrite, fd, (long)"-1", 2, 0) != 2) finish(1);
}

static int is_entry(const char* name) {
  if (name[0] == '.') return 0;
  const char* others[] = {"register", "status"};
  for (int i = 0; i < 2; ++i) {
    int j = 0;
    while (name[j] != '\0' && name[j] == others[i][j]) ++j;
    if (name[j] == others[i][j]) return 0;
  }
  return 1;
}

// Calls WORK with every entry's name.
static void for_each_entry(void (*work)(long dir, const char* name)) {
  const long dir = call(kOpen, (long)DIRECTORY, kReadOnly | kDirectory, 0, 0);
  if (dir < 0) finish(1);
  for (;;) {
    const long size = call(kGetdents64, dir, (long)names, sizeof(names), 0);
    if (size < 0) finish(1);
    if (size == 0) return;
    for (long at = 0; at < size;) {
      const char* const entry = &names[at];
      if (is_entry(entry + 19)) work(dir, entry + 19);
      at += *(const unsigned short*)(entry + 16);
    }
  }
}

static long used;

static void read_entry(long dir, const char* name) {
  const long fd = call(kOpenat, dir, (long)name, kReadOnly, 0);
  const long size = call(kRead, fd, (long)&buffer[used], 8192, 0);
  if (fd < 0 || size < 0 || used + size + 8192 > (long)sizeof(buffer))
    finish(1);
  used += size;
  call(kClose, fd, 0, 0, 0);
}

static void remove_entry(long dir, const char* name) {
  const long fd = call(kOpenat, dir, (long)name, kWriteOnly, 0);
  if (call(kWrite, fd, (long)"-1", 2, 0) != 2) finish(1);
  call(kClose, fd, 0, 0, 0);
}

__attribute__((force_align_arg_pointer)) void _start(void) {
#if defined(REGISTER)
  do_register();
#elif defined(STATUS)
  for_each_entry(read_entry);
  call(kWrite, 1, (long)buffer, used, 0);
#elif defined(CLEAR)
  for_each_entry(remove_entry);
#elif defined(FLUSH)
  flush();
#endif
  (void)do_register;
  (void)flush;
  (void)for_each_entry;
  (void)read_entry;
  (void)remove_entry;
  finish(0);
}
