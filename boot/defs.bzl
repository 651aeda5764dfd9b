"""tree(): an archive of files for another build system."""

def tree(name, out, top, folder, files, more_files):
    """Writes an archive in which all dates are that of the release.

    Args:
        name: of the target.
        out: the archive, a .tar.gz.
        top: its one folder.
        folder: the folder of this package that FILES are in; their places are below it.
        files: files of this package.
        more_files: pairs of a label and its place.
    """
    places = [(path, path[len(folder) + 1:]) for path in files] + more_files
    native.genrule(
        name = name,
        testonly = False,
        srcs = ["//:NEWS.md"] + [label for label, _ in places],
        outs = [out],
        cmd = "python3 $(execpath //packaging/image:build.py) layer $(execpath //:NEWS.md) $@ " + " ".join([
            "%s/%s=$(execpath %s)" % (top, place, label)
            for label, place in places
        ]),
        tools = ["//packaging/image:build.py"],
        visibility = ["//visibility:public"],
    )
