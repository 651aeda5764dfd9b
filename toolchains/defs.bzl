"""Platforms, each with the toolchain that serves it."""

load("@rules_cc//cc:defs.bzl", "cc_toolchain")
load(":cc_toolchain_config.bzl", "clang_musl_config", "clang_sanitized_config")

def target_architecture(name, cpu, triple, target_flags = [], link_flags = []):
    """Declares the platform linux_NAME and the toolchain clang_NAME.

    Args:
      name: what the project calls the architecture; @sysroot_NAME is its sysroot.
      cpu: its constraint value in @platforms//cpu.
      triple: what clang calls it.
      target_flags: compiler flags that choose the processor, or how its code is made.
      link_flags: flags for the linker alone.
    """
    constraints = [
        "@platforms//cpu:" + cpu,
        "@platforms//os:linux",
        # Keeps the toolchain from the host configuration, whose platform has no
        # value for it: host tools are built by the host's own compiler.
        ":musl",
    ]
    sysroot = "@sysroot_%s//:" % name

    native.platform(
        name = "linux_" + name,
        constraint_values = constraints,
    )

    clang_musl_config(
        name = name + "_config",
        cpu = cpu,
        link_flags = link_flags,
        # With modules, the folder has another name than the repository.
        sysroot = Label(sysroot + "all").workspace_root,
        target_flags = target_flags,
        triple = triple,
    )

    native.filegroup(name = name + "_no_files")

    cc_toolchain(
        name = name + "_cc",
        all_files = sysroot + "all",
        # A sandbox links to each file: 2,000 take longer than an archiver does.
        ar_files = name + "_no_files",
        as_files = sysroot + "headers",
        compiler_files = sysroot + "headers",
        dwp_files = name + "_no_files",
        linker_files = sysroot + "libraries",
        objcopy_files = name + "_no_files",
        strip_files = name + "_no_files",
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

def sanitized_platform(name, cpu, target_flags = []):
    """Declares the platform linux_NAME and the toolchain clang_NAME.

    It builds for the machine that builds, with its C and C++ libraries, with the
    address and undefined behaviour sanitizers, and with the counters by which
    libFuzzer finds its way, so that tests and fuzz targets share their libraries.

    Args:
      name: what the project calls the platform.
      cpu: its constraint value in @platforms//cpu; the machine that builds runs its code.
      target_flags: compiler flags that choose the processor, and where its headers are.
    """
    constraints = [
        "@platforms//cpu:" + cpu,
        "@platforms//os:linux",
        # Keeps the toolchain from all that doesn't ask for it, such as host tools.
        ":sanitizers",
    ]

    native.platform(
        name = "linux_" + name,
        constraint_values = constraints,
    )

    clang_sanitized_config(
        name = name + "_config",
        cpu = cpu,
        target_flags = target_flags,
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
