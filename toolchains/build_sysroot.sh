#!/bin/bash
# build_sysroot.sh ARCH MUSL_SOURCE LIBCXX_SOURCE OUT
#
# Makes OUT/include and OUT/lib: musl and a small, hardened libc++ for one
# architecture. The result is kept in the cache folder, under a checksum of all
# that goes into it, and taken from there next time.
set -euo pipefail

arch=$1
musl=$(readlink -f "$2")
libcxx=$(readlink -f "$3")
out=$(readlink -f "$4")
llvm=19

case $arch in
  x86_64)  gnu=x86_64-linux-gnu;    triple=x86_64-linux-musl;      cpu=() ;;
  arm64)   gnu=aarch64-linux-gnu;   triple=aarch64-linux-musl;     cpu=() ;;
  armv7)   gnu=arm-linux-gnueabihf; triple=armv7-linux-musleabihf; cpu=(-mfpu=vfpv3-d16 -mthumb) ;;
  riscv64) gnu=riscv64-linux-gnu;   triple=riscv64-linux-musl;     cpu=(-march=rv64gc -mabi=lp64d) ;;
  *) echo "unknown architecture $arch" >&2; exit 1 ;;
esac

# The arithmetic helpers that compiled code calls come from GCC's libgcc.a, the
# kernel's headers from linux-libc-dev: Debian has both for each architecture.
if [[ $arch == x86_64 ]]; then
  libgcc=/usr/lib/gcc/$gnu/12/libgcc.a
  kernel=/usr/include
  asm=/usr/include/$gnu/asm
else
  libgcc=/usr/lib/gcc-cross/$gnu/12/libgcc.a
  kernel=/usr/$gnu/include
  asm=$kernel/asm
fi

for tool in "clang-$llvm" "clang++-$llvm" "llvm-ar-$llvm" "llvm-ranlib-$llvm" make; do
  command -v "$tool" >/dev/null || { echo "$tool is missing: ./dev installs it" >&2; exit 1; }
done
for file in "$libgcc" "$kernel/linux/version.h" "$asm/unistd.h"; do
  [[ -e $file ]] || { echo "$file is missing: ./dev installs it" >&2; exit 1; }
done

cache=${BINFMTBOX_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/binfmtbox}/sysroots
key=$({
  cat "$0"
  "clang-$llvm" --version
  cat "$libgcc" "$kernel/linux/version.h" "$asm/unistd.h"
  # Paths relative to the source, so that where it lies doesn't count.
  for source in "$musl" "$libcxx"; do
    (cd "$source" && find . -type f ! -name 'BUILD*' ! -name WORKSPACE -print0 | LC_ALL=C sort -z | xargs -0 sha256sum)
  done
} | sha256sum | cut -c1-16)
cached=$cache/$arch-$key.tar.gz
if [[ -f $cached ]]; then
  tar -xzf "$cached" -C "$out"
  exit 0
fi

work=$(mktemp -d "$out/build.XXXXXX")
trap 'rm -rf "$work"' EXIT

# Small and hardened. Nothing unwinds, so there are no unwind tables.
flags=(
  "--target=$triple" "${cpu[@]}" -Oz -w -fPIE -fstack-protector-strong
  -ffunction-sections -fdata-sections
  -fno-asynchronous-unwind-tables -fno-unwind-tables
  "-ffile-prefix-map=$work=" "-ffile-prefix-map=$out=" "-ffile-prefix-map=$musl=musl" "-ffile-prefix-map=$libcxx=libcxx"
)

# Takes members out of libc.a, of which llvm-ar itself doesn't say that they are
# not there.
remove_members() {
  local member
  for member in "$@"; do
    "llvm-ar-$llvm" t "$out/lib/libc.a" | grep -x "$member" >/dev/null || { echo "libc.a has no $member" >&2; exit 1; }
    "llvm-ar-$llvm" d "$out/lib/libc.a" "$member"
  done
}

echo "sysroot $arch: musl"
mkdir -p "$work/musl" "$out/lib" "$out/include/c++/v1"
(
  cd "$work/musl"
  # The compiler stands in CC without flags that only the library needs.
  "$musl/configure" --target="$triple" --prefix="$out" --disable-shared --enable-optimize=size \
    CC="clang-$llvm" AR="llvm-ar-$llvm" RANLIB="llvm-ranlib-$llvm" \
    CFLAGS="${flags[*]}" LIBCC="$libgcc"
  make -j"$(nproc)" install-libs install-headers
) >"$work/musl.log" 2>&1 || { tail -n 30 "$work/musl.log" >&2; exit 1; }
# iconv of musl 1.2.3 has published flaws (CVE-2025-26519, CVE-2026-6042) and
# nothing here needs it; without it a program that calls it doesn't link. qsort
# (CVE-2026-40200) is needed by getaddrinfo, which is in the tests; the products
# have neither.
remove_members iconv.lo iconv_close.lo

cp -r "$kernel/linux" "$kernel/asm-generic" "$out/include/"
cp -rL "$asm" "$out/include/asm"
cp "$libgcc" "$out/lib/"

# musl's syscall(3) takes its arguments as C's variable ones, and its fstatat(3)
# copies the kernel's struct field by field, which on 64-bit machines is the
# libc's to the byte: 0.5 KB each.
cat >"$work/syscall.S" <<'SYSCALL'
#include <asm/unistd.h>
.text
.globl syscall
.type syscall, %function
syscall:
#if defined(__x86_64__)
  mov %rdi, %rax
  mov %rsi, %rdi
  mov %rdx, %rsi
  mov %rcx, %rdx
  mov %r8, %r10
  mov %r9, %r8
  mov 8(%rsp), %r9
  syscall
  mov %rax, %rdi
  jmp __syscall_ret
#elif defined(__aarch64__)
  mov x8, x0
  mov x0, x1
  mov x1, x2
  mov x2, x3
  mov x3, x4
  mov x4, x5
  mov x5, x6
  svc 0
  b __syscall_ret
#elif defined(__arm__)
  .syntax unified
  .arm
  mov ip, sp
  push {r4, r5, r6, r7}
  mov r7, r0
  mov r0, r1
  mov r1, r2
  mov r2, r3
  ldm ip, {r3, r4, r5}
  svc 0
  pop {r4, r5, r6, r7}
  b __syscall_ret
#elif defined(__riscv)
  mv a7, a0
  mv a0, a1
  mv a1, a2
  mv a2, a3
  mv a3, a4
  mv a4, a5
  mv a5, a6
  ecall
  tail __syscall_ret
#endif
.size syscall, . - syscall

#if !defined(__arm__)
.globl __fstatat, fstatat
.type __fstatat, %function
.type fstatat, %function
__fstatat:
fstatat:
#if defined(__x86_64__)
  mov %rcx, %r10
  mov $__NR_newfstatat, %eax
  syscall
  mov %rax, %rdi
  jmp __syscall_ret
#elif defined(__aarch64__)
  mov x8, __NR_newfstatat
  svc 0
  b __syscall_ret
#else
  li a7, __NR_newfstatat
  ecall
  tail __syscall_ret
#endif
.size __fstatat, . - __fstatat
.size fstatat, . - fstatat
#endif
.section .note.GNU-stack, "", %progbits
SYSCALL
"clang-$llvm" "${flags[@]}" -nostdlibinc -isystem "$out/include" -c "$work/syscall.S" -o "$work/syscall.o"
# musl's of these read a word at a time, for 0.2 KB; texts here are short.
cat >"$work/string.c" <<'STRING'
#include <stddef.h>
size_t strlen(const char *s) {
  const char *end = s;
  while (*end) ++end;
  return end - s;
}
void *memchr(const void *memory, int byte, size_t size) {
  for (const unsigned char *at = memory; size; --size, ++at)
    if (*at == (unsigned char)byte) return (void *)at;
  return NULL;
}
STRING
"clang-$llvm" "${flags[@]}" -fno-builtin -nostdlibinc -isystem "$out/include" -c "$work/string.c" -o "$work/string.o"
remove_members syscall.lo strlen.lo memchr.lo
[[ $arch == armv7 ]] || remove_members fstatat.lo
"llvm-ar-$llvm" r "$out/lib/libc.a" "$work/syscall.o" "$work/string.o"

echo "sysroot $arch: libc++"
cp -r "$libcxx/libcxx/include/." "$libcxx"/libcxxabi/include/*.h "$out/include/c++/v1/"
cp "$libcxx/libcxx/vendor/llvm/default_assertion_handler.in" "$out/include/c++/v1/__assertion_handler"
# Hardening mode 4 is "fast": bounds checks that trap.
cat >"$out/include/c++/v1/__config_site" <<'SITE'
#ifndef _LIBCPP___CONFIG_SITE
#define _LIBCPP___CONFIG_SITE
#define _LIBCPP_ABI_VERSION 2
#define _LIBCPP_ABI_NAMESPACE __2
#define _LIBCPP_HAS_MUSL_LIBC
#define _LIBCPP_HAS_THREAD_API_PTHREAD
#define _LIBCPP_HAS_NO_VENDOR_AVAILABILITY_ANNOTATIONS
#define _LIBCPP_HAS_NO_TIME_ZONE_DATABASE
#define _LIBCPP_PSTL_BACKEND_SERIAL
#define _LIBCPP_HARDENING_MODE_DEFAULT 4
#endif
SITE

# libc++'s own versions of these print with vfprintf: 15 KB in every program.
cat >"$work/abort.cpp" <<'ABORT'
#include <__config>
_LIBCPP_BEGIN_NAMESPACE_STD
[[noreturn]] void __libcpp_verbose_abort(const char*, ...) { __builtin_trap(); }
_LIBCPP_END_NAMESPACE_STD
extern "C" [[noreturn]] void __abort_message(const char*, ...) { __builtin_trap(); }
extern "C" [[noreturn]] void abort_message(const char*, ...) { __builtin_trap(); }
ABORT

# libc++ without the parts for files and threads that only newer C++ has.
# GoogleTest needs the streams; the linker leaves out of a program what it
# doesn't use.
sources=("$work/abort.cpp")
for name in algorithm any atomic barrier bind call_once charconv chrono \
  condition_variable condition_variable_destructor error_category exception \
  fstream functional future hash ios ios.instantiations iostream \
  legacy_pointer_safety locale memory memory_resource mutex mutex_destructor new \
  new_handler new_helpers optional ostream print random random_shuffle regex \
  ryu/d2fixed ryu/d2s ryu/f2s shared_mutex stdexcept string strstream \
  system_error thread typeinfo valarray variant vector; do
  sources+=("$libcxx/libcxx/src/$name.cpp")
done
for name in cxa_aux_runtime cxa_default_handlers cxa_exception_storage \
  cxa_guard cxa_handlers cxa_noexception cxa_vector cxa_virtual private_typeinfo \
  stdlib_exception stdlib_new_delete stdlib_stdexcept stdlib_typeinfo; do
  sources+=("$libcxx/libcxxabi/src/$name.cpp")
done

cxx=(
  "clang++-$llvm" "${flags[@]}" -std=c++23 -fno-exceptions
  -nostdinc++ -nostdlibinc -isystem "$out/include/c++/v1" -isystem "$out/include"
  -D_LIBCPP_BUILDING_LIBRARY -D_LIBCPP_DISABLE_NEW_DELETE_DEFINITIONS
  -D_LIBCXXABI_BUILDING_LIBRARY -D_LIBCXXABI_NO_EXCEPTIONS
  -DLIBCXX_BUILDING_LIBCXXABI -DLIBCXXABI_SILENT_TERMINATE
  "-I$libcxx/libcxx/src" "-I$libcxx/libcxxabi/include" "-I$libcxx/libcxxabi/src"
)
mkdir "$work/cxx"
for source in "${sources[@]}"; do
  # libc++ and libc++abi have files of the same name.
  object=${source%.cpp}
  object=${object#"$libcxx"/}
  object=${object#"$work"/}
  printf '%s\0-o%s\0' "$source" "$work/cxx/${object//\//_}.o"
done | xargs -0 -n2 -P"$(nproc)" "${cxx[@]}" -c
"llvm-ar-$llvm" rcsD "$out/lib/libc++.a" "$work"/cxx/*.o

mkdir -p "$cache"
partial=$(mktemp "$cache/.$arch.XXXXXX")
tar -czf "$partial" -C "$out" include lib
# Another build may have done the same meanwhile: the last one stays.
mv "$partial" "$cached"
