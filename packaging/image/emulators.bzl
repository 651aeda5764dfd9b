"""debian_emulators(): the emulators of a container image, from Debian's packages."""

_BUILD = """
package(default_visibility = ["//visibility:public"])

exports_files([
    "copyright",
    "taken",
])

filegroup(
    name = "common_licenses",
    srcs = glob(["common-licenses/*"]),
)

filegroup(
    name = "sources",
    srcs = glob(["sources/*"]),
)

filegroup(
    name = "emulators",
    srcs = glob(["qemu-*-static"]),
)
"""

def _debian_emulators_impl(ctx):
    # A change of any of these fetches anew.
    for label in [ctx.attr._apt, ctx.attr._licenses, ctx.attr._table]:
        ctx.path(label)
    result = ctx.execute(
        ["python3", ctx.path(ctx.attr._script), ctx.attr.arch, ctx.path(".")],
        timeout = 1800,
        # Shows what is downloaded.
        quiet = False,
    )
    if result.return_code:
        fail("cannot get the emulators for %s: %s" % (ctx.attr.arch, result.stderr))
    ctx.file("BUILD.bazel", _BUILD)

debian_emulators = repository_rule(
    implementation = _debian_emulators_impl,
    attrs = {
        "arch": attr.string(mandatory = True),
        "_apt": attr.label(default = "//boot:fetch.py"),
        "_licenses": attr.label(default = "//packaging/image:licenses.txt"),
        "_script": attr.label(default = "//packaging/image:fetch.py"),
        "_table": attr.label(default = "//packaging/image:emulators.txt"),
    },
    doc = "Static emulators and their licences, for machines of one architecture.",
    environ = [
        "BINFMTBOX_CACHE",
        "XDG_CACHE_HOME",
    ],
)
