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
    name = "all",
    srcs = glob(["include/**", "lib/**"]),
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

def _native_rules_shell_impl(ctx):
    ctx.file("shell/BUILD.bazel")
    ctx.file("shell/sh_test.bzl", """
def sh_test(**kwargs):
    native.sh_test(**kwargs)
""")

native_rules_shell = repository_rule(
    implementation = _native_rules_shell_impl,
    doc = "Stands in for rules_shell where the rules are built into Bazel.",
)
