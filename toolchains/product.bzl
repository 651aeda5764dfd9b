"""product(): the executable for one architecture, whatever else is being built."""

load(":cc_toolchain_config.bzl", "CLANG_TOOLS")

def _for_architecture_impl(_, attr):
    return {
        "//command_line_option:compilation_mode": "opt",
        # Sanitizers and the like are for the tests, not for the product.
        "//command_line_option:copt": [],
        "//command_line_option:linkopt": [],
        "//command_line_option:platform_suffix": "-" + attr.arch,
        "//command_line_option:platforms": "//toolchains:linux_" + attr.arch,
    }

_for_architecture = transition(
    implementation = _for_architecture_impl,
    inputs = [],
    outputs = [
        "//command_line_option:compilation_mode",
        "//command_line_option:copt",
        "//command_line_option:linkopt",
        "//command_line_option:platform_suffix",
        "//command_line_option:platforms",
    ],
)

def _product_impl(ctx):
    out = ctx.actions.declare_file(ctx.label.name)

    # What the kernel loads stands in the program headers; the section headers
    # are 1.3 KB.
    ctx.actions.run(
        arguments = ["--strip-sections", ctx.executable.binary.path, out.path],
        executable = CLANG_TOOLS["objcopy"],
        inputs = [ctx.executable.binary],
        mnemonic = "StripSections",
        outputs = [out],
    )
    return [DefaultInfo(
        executable = out,
        files = depset([out]),
        runfiles = ctx.runfiles([out]),
    )]

product = rule(
    implementation = _product_impl,
    attrs = {
        "arch": attr.string(
            doc = "An architecture of toolchains/BUILD.bazel.",
            mandatory = True,
        ),
        "binary": attr.label(
            cfg = _for_architecture,
            executable = True,
            mandatory = True,
        ),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
    },
    doc = "Builds `binary` optimised and stripped for one target architecture.",
    executable = True,
)
