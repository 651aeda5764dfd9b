"""One fuzz target: for libFuzzer, and as a test that runs it over its corpus."""

load("@rules_cc//cc:defs.bzl", "cc_binary", "cc_library", "cc_test")

def fuzz_target(name, deps, tag = "pure"):
    """Declares NAME_fuzzer (needs --config=asan or asan32) and NAME_corpus_test.

    Args:
      name: NAME_fuzz.cc defines LLVMFuzzerTestOneInput(); testdata/fuzz/NAME is
        the corpus.
      deps: what NAME_fuzz.cc includes.
      tag: what CONTRIBUTING.md calls the test.
    """
    cc_library(
        name = name + "_fuzz",
        testonly = True,
        srcs = [name + "_fuzz.cc"],
        deps = [":check"] + deps,
        alwayslink = True,
    )

    cc_binary(
        name = name + "_fuzzer",
        testonly = True,
        linkopts = ["-fsanitize=fuzzer"],
        target_compatible_with = ["//toolchains:sanitizers"],
        deps = [":%s_fuzz" % name],
    )

    cc_test(
        name = name + "_corpus_test",
        size = "small",
        args = ["testdata/fuzz/" + name],
        data = ["//testdata/fuzz:" + name],
        tags = [tag],
        deps = [
            ":%s_fuzz" % name,
            ":corpus_test_main",
        ],
    )
