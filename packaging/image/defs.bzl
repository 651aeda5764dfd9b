"""oci_layout(): a container image as a folder."""

def _oci_layout_impl(ctx):
    out = ctx.actions.declare_directory(ctx.label.name)
    arguments = ctx.actions.args()
    inputs = [ctx.file._news, ctx.file._version, ctx.info_file, ctx.file._identity]
    arguments.add_all([ctx.file._build.path, "layout"] + inputs + [ctx.attr.kind, out.path])
    layers = {}
    for layer, arch in ctx.attr.layers.items():
        layers.setdefault(arch, []).extend([file.path for file in layer.files.to_list()])
    for arch, paths in layers.items():
        arguments.add(arch + "=" + ",".join(paths))
    ctx.actions.run(
        arguments = [arguments],
        executable = "/usr/bin/python3",
        inputs = ctx.files.layers + inputs + [ctx.file._build] + ctx.files._modules,
        mnemonic = "OciLayout",
        outputs = [out],
    )
    return [DefaultInfo(files = depset([out]))]

oci_layout = rule(
    implementation = _oci_layout_impl,
    attrs = {
        "kind": attr.string(
            doc = "Whether the layers have the emulators.",
            mandatory = True,
            values = [
                "bare",
                "full",
            ],
        ),
        "layers": attr.label_keyed_string_dict(
            allow_files = True,
            doc = "The lowest layer first; each with its architecture.",
            mandatory = True,
        ),
        "_build": attr.label(
            allow_single_file = True,
            default = "//packaging/image:build.py",
        ),
        "_identity": attr.label(
            allow_single_file = True,
            default = "//packaging:identity.txt",
        ),
        "_modules": attr.label(
            allow_files = True,
            default = "//packaging:modules",
        ),
        "_news": attr.label(
            allow_single_file = True,
            default = "//:NEWS.md",
        ),
        "_version": attr.label(
            allow_single_file = True,
            default = "//:VERSION",
        ),
    },
    doc = "Writes an OCI image layout with an image for each architecture, and an index of them.",
)
