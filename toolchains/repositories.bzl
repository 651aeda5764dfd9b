"""Repositories that the build makes itself: libc++'s source, sysroots, stand-ins for Bazel 4."""

def _libcxx_source_impl(ctx):
    # All of LLVM is 1.5 GB unpacked.
    ctx.download(
        url = ctx.attr.url,
        output = "llvm.tar.xz",
        sha256 = ctx.attr.sha256,
    )
    result = ctx.execute(
        [
            "tar",
            "-xJf",
            "llvm.tar.xz",
            "--strip-components=1",
            "--wildcards",
            "--no-wildcards-match-slash",
            "--files-from=%s" % ctx.path(ctx.attr._parts),
        ],
        timeout = 1800,
    )
    if result.return_code:
        fail("cannot unpack libc++: " + result.stderr)
    ctx.delete("llvm.tar.xz")
    ctx.file("VERSION", ctx.attr.sha256 + "\n")
    ctx.file("BUILD.bazel", "exports_files([\"VERSION\"])\n")

libcxx_source = repository_rule(
    implementation = _libcxx_source_impl,
    attrs = {
        "sha256": attr.string(mandatory = True),
        "url": attr.string(mandatory = True),
        "_parts": attr.label(default = "//toolchains:llvm_parts.txt"),
    },
    doc = "What building libc++ and libc++abi needs from an LLVM release archive.",
)

_SYSROOT_BUILD = """
package(default_visibility = ["//visibility:public"])

filegroup(
    name = "headers",
    srcs = glob(["include/**"]),
)

filegroup(
    name = "libraries",
    srcs = glob(["lib/**"]),
)

filegroup(
    name = "all",
    srcs = [":headers", ":libraries"],
)
"""

def _musl_sysroot_impl(ctx):
    result = ctx.execute(
        [
            "bash",
            ctx.path(ctx.attr._script),
            ctx.attr.arch,
            ctx.path(ctx.attr._musl).dirname,
            ctx.path(ctx.attr._libcxx).dirname,
            ctx.path("."),
        ],
        timeout = 3600,
        # Shows the script's progress: this can take some minutes.
        quiet = False,
    )
    if result.return_code:
        fail("cannot build the sysroot for %s: %s" % (ctx.attr.arch, result.stderr))
    ctx.file("BUILD.bazel", _SYSROOT_BUILD)

musl_sysroot = repository_rule(
    implementation = _musl_sysroot_impl,
    attrs = {
        "arch": attr.string(mandatory = True),
        "_libcxx": attr.label(default = "@libcxx//:VERSION"),
        "_musl": attr.label(default = "@musl//:VERSION"),
        "_script": attr.label(default = "//toolchains:build_sysroot.sh"),
    },
    doc = "musl and libc++ for one architecture, built when first needed.",
    # BINFMTBOX_COMPILER holds the compiler's version, so that another one
    # makes a new sysroot.
    environ = [
        "BINFMTBOX_CACHE",
        "BINFMTBOX_COMPILER",
        "XDG_CACHE_HOME",
    ],
)

def _empty_coverage_tools_impl(ctx):
    ctx.file("BUILD.bazel", """
package(default_visibility = ["//visibility:public"])

filegroup(name = "coverage_report_generator")

filegroup(name = "lcov_merger")
""")

empty_coverage_tools = repository_rule(
    implementation = _empty_coverage_tools_impl,
    doc = "Stands in for Bazel's coverage tools: `bazel coverage` is not used.",
)

# What Bazel 4.2.3 has built in, under the names from which newer BUILD files load it.

_RULE = """
def {name}(**kwargs):
    native.{name}(**kwargs)
"""

def _native_rules_shell_impl(ctx):
    ctx.file("shell/BUILD.bazel")
    ctx.file("shell/sh_test.bzl", _RULE.format(name = "sh_test"))

native_rules_shell = repository_rule(
    implementation = _native_rules_shell_impl,
    doc = "Stands in for rules_shell where the rules are built into Bazel.",
)

_CC_RULES = ["cc_binary", "cc_library", "cc_test", "cc_toolchain", "cc_toolchain_suite"]

# What abseil selects on.
_COMPILERS = ["clang", "clang-cl", "gcc", "msvc-cl"]

_COMPILER_SETTINGS = """
[config_setting(
    name = compiler,
    flag_values = {{"@bazel_tools//tools/cpp:compiler": compiler}},
    visibility = ["//visibility:public"],
) for compiler in {compilers}]
"""

def _native_rules_cc_impl(ctx):
    ctx.file("cc/BUILD.bazel")
    ctx.file("cc/defs.bzl", "".join([_RULE.format(name = name) for name in _CC_RULES]))
    for name in _CC_RULES:
        ctx.file("cc/%s.bzl" % name, _RULE.format(name = name))
    ctx.file("cc/compiler/BUILD.bazel", _COMPILER_SETTINGS.format(compilers = _COMPILERS))
    ctx.file("cc/common/BUILD.bazel")
    ctx.file("cc/common/native.bzl", "native_cc_common = cc_common\n")
    ctx.file("cc/common/cc_common.bzl", """
load(":native.bzl", "native_cc_common")

cc_common = native_cc_common
""")
    for file in ["tools/build_defs/cc:action_names.bzl", "tools/cpp:cc_toolchain_config_lib.bzl"]:
        label = Label("@bazel_tools//" + file)
        ctx.symlink(label, "cc/" + label.name)

native_rules_cc = repository_rule(
    implementation = _native_rules_cc_impl,
    doc = "Stands in for rules_cc where the rules are built into Bazel.",
)

_CPUS = [
    "aarch64",
    "arm",
    "arm64e",
    "armv7",
    "mips64",
    "ppc",
    "riscv64",
    "s390x",
    "wasm32",
    "wasm64",
    "x86_32",
    "x86_64",
]

_SYSTEMS = [
    "android",
    "emscripten",
    "freebsd",
    "fuchsia",
    "ios",
    "linux",
    "openbsd",
    "osx",
    "qnx",
    "wasi",
    "windows",
]

_CONSTRAINTS = """
package(default_visibility = ["//visibility:public"])

constraint_setting(name = "{setting}")

[constraint_value(
    name = value,
    constraint_setting = "{setting}",
) for value in {values}]

alias(
    name = "{alias}",
    actual = "{actual}",
)
"""

def _current_platforms_impl(ctx):
    ctx.file("cpu/BUILD.bazel", _CONSTRAINTS.format(setting = "cpu", values = _CPUS, alias = "arm64", actual = "aarch64"))
    ctx.file("os/BUILD.bazel", _CONSTRAINTS.format(setting = "os", values = _SYSTEMS, alias = "macos", actual = "osx"))

current_platforms = repository_rule(
    implementation = _current_platforms_impl,
    doc = "The names that Bazel 4.2.3 and the libraries select on. Those that it brings itself are fewer.",
)
