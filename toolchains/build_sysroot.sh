#!/bin/bash
# build_sysroot.sh ARCH MUSL_SOURCE LIBCXX_SOURCE OUT
#
# Builds OUT/include and OUT/lib: musl and libc++ for one architecture, each with
# its own build system. The result is kept in the cache folder under a checksum of
# everything that goes into it, and taken from there next time.
set -euo pipefail

arch=$1
musl=$(readlink -f "$2")
libcxx=$(readlink -f "$3")
out=$(readlink -f "$4")
llvm=22

# musl's heap: oldmalloc or mallocng. mallocng maps and unmaps memory for each group of
# allocations, which made `register all` half as slow again; oldmalloc grows one heap by brk.
malloc=oldmalloc

case $arch in
  x86_64)  gnu=x86_64-linux-gnu;    triple=x86_64-linux-musl;      cpu=() ;;
  arm64)   gnu=aarch64-linux-gnu;   triple=aarch64-linux-musl;     cpu=() ;;
  armv7)   gnu=arm-linux-gnueabihf; triple=armv7-linux-musleabihf; cpu=(-mfpu=vfpv3-d16 -mthumb) ;;
  riscv64) gnu=riscv64-linux-gnu;   triple=riscv64-linux-musl;     cpu=(-march=rv64gc -mabi=lp64d) ;;
  *) echo "unknown architecture $arch" >&2; exit 1 ;;
esac

# Debian has libgcc.a, the arithmetic helpers that compiled code calls, and the
# kernel's headers for each architecture.
if [[ $arch == x86_64 ]]; then
  libgcc=/usr/lib/gcc/$gnu/12/libgcc.a
  kernel=/usr/include
  asm=/usr/include/$gnu/asm
else
  libgcc=/usr/lib/gcc-cross/$gnu/12/libgcc.a
  kernel=/usr/$gnu/include
  asm=$kernel/asm
fi

for tool in "clang-$llvm" "clang++-$llvm" "llvm-ar-$llvm" "llvm-ranlib-$llvm" "ld.lld-$llvm" cmake make ninja; do
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
  # Paths relative to the source, so that its location doesn't count.
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
optimize=-Oz
flags=(
  "${cpu[@]}" -fPIE -fstack-protector-strong
  -ffunction-sections -fdata-sections
  -fno-asynchronous-unwind-tables -fno-unwind-tables
  # The last one that fits counts.
  "-ffile-prefix-map=$musl=musl" "-ffile-prefix-map=$libcxx=libcxx" "-ffile-prefix-map=$out=" "-ffile-prefix-map=$work="
)

# logged NAME COMMAND...: shows the end of the command's output if it fails.
logged() {
  local log=$work/$1.log
  echo "sysroot $arch: $1"
  "${@:2}" >"$log" 2>&1 || { tail -n 30 "$log" >&2; return 1; }
}

# These two run where set -e has no effect.

build_musl() {
  mkdir "$work/musl" && cd "$work/musl" &&
    "$musl/configure" --target="$triple" --prefix="$out" --disable-shared --enable-optimize=size \
      --with-malloc="$malloc" CC="clang-$llvm --target=$triple" AR="llvm-ar-$llvm" RANLIB="llvm-ranlib-$llvm" \
      CFLAGS="$optimize ${flags[*]}" LIBCC="$libgcc" &&
    make -j"$(nproc)" install-libs install-headers
}

# libc++.a includes libc++abi. ABI_UNSTABLE selects the newest ABI, since everything
# that links with the library is built with it.
build_libcxx() {
  local compiler=()
  for language in C CXX ASM; do
    compiler+=(
      "-DCMAKE_${language}_COMPILER_TARGET=$triple"
      "-DCMAKE_${language}_FLAGS=${flags[*]}"
      "-DCMAKE_${language}_FLAGS_MINSIZEREL=$optimize -DNDEBUG"
    )
  done
  # CMake's checks build libraries: no program links before libc++ is built.
  cmake -G Ninja -S "$libcxx/runtimes" -B "$work/libcxx" \
    -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR="${triple%%-*}" -DCMAKE_SYSROOT="$out" \
    -DCMAKE_C_COMPILER="clang-$llvm" -DCMAKE_CXX_COMPILER="clang++-$llvm" -DCMAKE_ASM_COMPILER="clang-$llvm" \
    -DCMAKE_AR="$(command -v "llvm-ar-$llvm")" -DCMAKE_RANLIB="$(command -v "llvm-ranlib-$llvm")" \
    "${compiler[@]}" -DCMAKE_BUILD_TYPE=MinSizeRel -DCMAKE_INSTALL_PREFIX="$out" \
    -DCMAKE_TRY_COMPILE_TARGET_TYPE=STATIC_LIBRARY \
    -DLLVM_ENABLE_RUNTIMES='libcxx;libcxxabi' -DLLVM_INCLUDE_TESTS=OFF -DLLVM_INCLUDE_DOCS=OFF \
    -DLIBCXX_INCLUDE_BENCHMARKS=OFF -DLIBCXX_INSTALL_MODULES=OFF \
    -DLIBCXX_ENABLE_SHARED=OFF -DLIBCXX_HERMETIC_STATIC_LIBRARY=ON -DLIBCXX_ENABLE_STATIC_ABI_LIBRARY=ON \
    -DLIBCXX_HAS_MUSL_LIBC=ON -DLIBCXX_HARDENING_MODE=fast -DLIBCXX_ABI_UNSTABLE=ON \
    -DLIBCXX_ENABLE_EXCEPTIONS=OFF -DLIBCXX_ENABLE_RTTI=OFF \
    -DLIBCXXABI_ENABLE_SHARED=OFF -DLIBCXXABI_HERMETIC_STATIC_LIBRARY=ON -DLIBCXXABI_USE_LLVM_UNWINDER=OFF \
    -DLIBCXXABI_ENABLE_EXCEPTIONS=OFF -DLIBCXXABI_ENABLE_ASSERTIONS=OFF -DLIBCXXABI_SILENT_TERMINATE=ON &&
    ninja -C "$work/libcxx" install-cxx install-cxxabi-headers
}

mkdir -p "$out/lib" "$out/include"
(logged musl build_musl)

# Newer releases of Debian have links here.
cp -rL "$kernel/linux" "$kernel/asm-generic" "$asm" "$out/include/"
cp "$libgcc" "$out/lib/"

(logged libc++ build_libcxx)

mkdir -p "$cache"
partial=$(mktemp "$cache/.$arch.XXXXXX")
tar -czf "$partial" -C "$out" include lib
# Another build may have made the same file meanwhile; the last one stays.
mv "$partial" "$cached"
