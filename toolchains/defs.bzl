"""One target architecture: its platform and the toolchain that serves it."""

load("@rules_cc//cc:defs.bzl", "cc_toolchain")
load(":cc_toolchain_config.bzl", "clang_musl_config")

def target_architecture(name, cpu, triple, target_flags = []):
    """Declares the platform linux_NAME and the toolchain clang_NAME.

    Args:
      name: what the project calls the architecture; @sysroot_NAME is its sysroot.
      cpu: its constraint value in @platforms//cpu.
      triple: what clang calls it.
      target_flags: compiler flags that choose the processor.
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
