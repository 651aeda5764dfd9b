"""Platforms, each with the toolchain that serves it."""

load("@bazel_tools//tools/cpp:unix_cc_toolchain_config.bzl", "cc_toolchain_config")
load("@rules_cc//cc:defs.bzl", "cc_toolchain")
load(":cc_toolchain_config.bzl", "CLANG_TOOLS", "LIBRARIES_ARE_SYSTEM_HEADERS", "LIFETIME_ERRORS", "clang_musl_config")

def target_architecture(name, cpu, triple, target_flags = []):
    """Declares the platform linux_NAME and the toolchain clang_NAME.

    Args:
      name: what the project calls the architecture; @sysroot_NAME is its sysroot.
      cpu: its constraint value in @platforms//cpu.
      triple: what clang calls it.
      target_flags: compiler flags that choose the processor, or how its code is made.
    """
    constraints = [
        "@platforms//cpu:" + cpu,
        "@platforms//os:linux",
        # Keeps the toolchain from the host configuration, whose platform has no
        # value for it: host tools are built by the host's own compiler.
        ":musl",
    ]
    sysroot = "@sysroot_%s//:all" % name

    native.platform(
        name = "linux_" + name,
        constraint_values = constraints,
    )

    clang_musl_config(
        name = name + "_config",
        cpu = cpu,
        sysroot = "external/sysroot_" + name,
        target_flags = target_flags,
        triple = triple,
    )

    cc_toolchain(
        name = name + "_cc",
        all_files = sysroot,
        ar_files = sysroot,
        as_files = sysroot,
        compiler_files = sysroot,
        dwp_files = sysroot,
        linker_files = sysroot,
        objcopy_files = sysroot,
        strip_files = sysroot,
        # Building //... would otherwise make every sysroot.
        tags = ["manual"],
        toolchain_config = name + "_config",
    )

    native.toolchain(
        name = "clang_" + name,
        exec_compatible_with = [
            "@platforms//cpu:x86_64",
            "@platforms//os:linux",
        ],
        target_compatible_with = constraints,
        toolchain = name + "_cc",
        toolchain_type = "@bazel_tools//tools/cpp:toolchain_type",
    )

def sanitized_platform(name):
    """Declares the platform linux_NAME and the toolchain clang_NAME.

    It builds for the machine that builds, with its C and C++ libraries, with the
    address and undefined behaviour sanitizers, and with the counters by which
    libFuzzer finds its way, so that tests and fuzz targets share their libraries.

    Args:
      name: what the project calls the platform.
    """
    constraints = [
        "@platforms//cpu:x86_64",
        "@platforms//os:linux",
        # Keeps the toolchain from all that doesn't ask for it, such as host tools.
        ":sanitizers",
    ]

    native.platform(
        name = "linux_" + name,
        constraint_values = constraints,
    )

    cc_toolchain_config(
        name = name + "_config",
        abi_libc_version = "local",
        abi_version = "local",
        compile_flags = [
            "-fsanitize=address,undefined,fuzzer-no-link",
            "-fsanitize-address-use-after-return=always",
            "-fsanitize-address-use-after-scope",
            "-fno-sanitize-recover=all",
            "-fno-omit-frame-pointer",
            "-g1",
            "-O1",
        ],
        compiler = "clang",
        cpu = "x86_64",
        cxx_builtin_include_directories = [
            "/usr/include",
            "/usr/lib/llvm-19/lib/clang/19/include",
            # What the sanitizers are told to ignore.
            "/usr/lib/llvm-19/lib/clang/19/share",
        ],
        cxx_flags = LIBRARIES_ARE_SYSTEM_HEADERS + LIFETIME_ERRORS,
        host_system_name = "local",
        link_flags = [
            "-fsanitize=address,undefined",
            # The compiler is called by the name of the one for C.
            "-fsanitize-link-c++-runtime",
            "-fuse-ld=lld-19",
        ],
        link_libs = [
            "-lstdc++",
            "-lm",
        ],
        supports_start_end_lib = True,
        target_libc = "local",
        target_system_name = "local",
        tool_paths = CLANG_TOOLS,
        toolchain_identifier = "clang_" + name,
        unfiltered_compile_flags = [
            "-Wno-builtin-macro-redefined",
            "-D__DATE__=\"redacted\"",
            "-D__TIMESTAMP__=\"redacted\"",
            "-D__TIME__=\"redacted\"",
        ],
    )

    native.filegroup(name = name + "_files")

    cc_toolchain(
        name = name + "_cc",
        all_files = name + "_files",
        ar_files = name + "_files",
        as_files = name + "_files",
        compiler_files = name + "_files",
        dwp_files = name + "_files",
        linker_files = name + "_files",
        objcopy_files = name + "_files",
        strip_files = name + "_files",
        toolchain_config = name + "_config",
    )

    native.toolchain(
        name = "clang_" + name,
        exec_compatible_with = [
            "@platforms//cpu:x86_64",
            "@platforms//os:linux",
        ],
        target_compatible_with = constraints,
        toolchain = name + "_cc",
        toolchain_type = "@bazel_tools//tools/cpp:toolchain_type",
    )
