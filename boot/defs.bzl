"""tree(): an archive of files for another build system."""

def tree(name, out, top, folder, files, filled, more_files):
    """Writes an archive in which all dates are that of the release.

    Args:
        name: of the target.
        out: the archive, a .tar.gz.
        top: its one folder.
        folder: the folder of this package that FILES are in; their places are below it.
        files: files of this package.
        filled: more of them, in which values of packaging/identity.txt are filled in.
        more_files: pairs of a label and its place.
    """
    for path in filled:
        native.genrule(
            name = name + "_" + path,
            srcs = [
                path,
                "//packaging:identity.txt",
            ],
            outs = [name + "_filled/" + path],
            cmd = "python3 $(execpath //packaging:identity.py) fill $(execpath //packaging:identity.txt) $(execpath %s) $@" % path,
            tools = ["//packaging:identity.py"],
        )
    places = [(path, path[len(folder) + 1:]) for path in files] + [
        (name + "_filled/" + path, path[len(folder) + 1:])
        for path in filled
    ] + more_files
    native.genrule(
        name = name,
        testonly = False,
        srcs = ["//:NEWS.md"] + [label for label, _ in places],
        outs = [out],
        cmd = "python3 $(execpath //packaging/image:build.py) layer $(execpath //:NEWS.md) $@ " + " ".join([
            "%s/%s=$(execpath %s)" % (top, place, label)
            for label, place in places
        ]),
        tools = [
            "//packaging:modules",
            "//packaging/image:build.py",
        ],
        visibility = ["//visibility:public"],
    )
