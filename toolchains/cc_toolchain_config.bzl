"""The C++ toolchain of the product: clang, lld, musl and libc++, static and small; and that of the sanitizers."""

load("@rules_cc//cc:action_names.bzl", "ACTION_NAMES")
load(
    "@rules_cc//cc:cc_toolchain_config_lib.bzl",
    "feature",
    "flag_group",
    "flag_set",
    "tool_path",
    "with_feature_set",
)
load("@rules_cc//cc/common:cc_common.bzl", "cc_common")

# On 32 bits the product holds names of abseil's files, whose folder has another one with modules.
_ABSEIL_FOLDER = "-ffile-prefix-map=%s=absl" % Label("@com_google_absl//absl").workspace_root

_COMPILE = [
    ACTION_NAMES.assemble,
    ACTION_NAMES.preprocess_assemble,
    ACTION_NAMES.c_compile,
    ACTION_NAMES.cpp_compile,
    ACTION_NAMES.cpp_header_parsing,
    ACTION_NAMES.linkstamp_compile,
]
_CXX = [
    ACTION_NAMES.cpp_compile,
    ACTION_NAMES.cpp_header_parsing,
    ACTION_NAMES.linkstamp_compile,
]
_LINK = [
    ACTION_NAMES.cpp_link_executable,
    ACTION_NAMES.cpp_link_dynamic_library,
    ACTION_NAMES.cpp_link_nodeps_dynamic_library,
]

# The same output wherever and whenever it is built.
_REDACTED = [
    "-Wno-builtin-macro-redefined",
    "-D__DATE__=\"redacted\"",
    "-D__TIMESTAMP__=\"redacted\"",
    "-D__TIME__=\"redacted\"",
]

CLANG_TOOLS = {
    "ar": "/usr/bin/llvm-ar-22",
    "cpp": "/usr/bin/clang-cpp-22",
    "dwp": "/usr/bin/false",
    # Bazel's name for the compiler.
    "gcc": "/usr/bin/clang-22",
    "gcov": "/usr/bin/false",
    "ld": "/usr/bin/ld.lld-22",
    "llvm-cov": "/usr/bin/false",
    "nm": "/usr/bin/llvm-nm-22",
    "objcopy": "/usr/bin/llvm-objcopy-22",
    "objdump": "/usr/bin/llvm-objdump-22",
    "strip": "/usr/bin/llvm-strip-22",
}

# Bazel finds them with -iquote, and our warnings are for our code.
_LIBRARIES_ARE_SYSTEM_HEADERS = [
    "--system-header-prefix=absl/",
    "--system-header-prefix=gmock/",
    "--system-header-prefix=gtest/",
    "--system-header-prefix=re2/",
]

# A view of what has gone stops the build. Libraries are built with -w, which is
# stronger. The host's g++ has its like in -Wall.
_LIFETIME_ERRORS = [
    "-Werror=dangling",
    "-Werror=dangling-assignment",
    "-Werror=dangling-assignment-gsl",
    "-Werror=dangling-gsl",
    "-Werror=return-stack-address",
]

def _flags(actions, flags, with_features = []):
    return flag_set(
        actions = actions,
        flag_groups = [flag_group(flags = flags)],
        with_features = with_features,
    )

def _tool_paths():
    return [tool_path(name = name, path = path) for name, path in CLANG_TOOLS.items()]

def _clang_musl_config_impl(ctx):
    target = ["--target=" + ctx.attr.triple] + ctx.attr.target_flags
    sysroot = ctx.attr.sysroot
    opt = [with_feature_set(features = ["opt"])]
    dbg = [with_feature_set(features = ["dbg"])]
    not_dbg = [with_feature_set(not_features = ["dbg"])]

    features = [
        # No supports_pic and no supports_dynamic_linker: each file is compiled
        # once and everything, tests too, is linked statically.
        feature(name = "dbg"),
        feature(name = "fastbuild"),
        feature(name = "opt"),
        feature(
            name = "target",
            enabled = True,
            flag_sets = [_flags(_COMPILE + _LINK, target)] +
                        ([_flags(_LINK, ctx.attr.link_flags)] if ctx.attr.link_flags else []),
        ),
        feature(
            name = "sysroot_headers",
            enabled = True,
            # libc++'s headers include the C library's: they come first.
            flag_sets = [
                _flags(_CXX, ["-nostdinc++", "-isystem", sysroot + "/include/c++/v1"]),
                _flags(_COMPILE, ["-nostdlibinc", "-isystem", sysroot + "/include"]),
            ],
        ),
        feature(
            name = "size",
            enabled = True,
            flag_sets = [
                _flags(_COMPILE + _LINK, ["-Oz"], not_dbg),
                _flags(_COMPILE + _LINK, ["-O0"], dbg),
                _flags(_COMPILE, ["-g"], dbg),
                # Without NDEBUG abseil's logging brings printf.
                _flags(_COMPILE, ["-DNDEBUG"], opt),
                _flags(_COMPILE, ["-ffunction-sections", "-fdata-sections"]),
                _flags(_LINK, ["-Wl,--gc-sections", "-Wl,--icf=all", "-Wl,--build-id=none"]),
                # 5 % off; a test is not worth the time.
                _flags(_COMPILE + _LINK, ["-flto"], opt),
                # Tails of texts are shared.
                _flags(_LINK, ["-Wl,--strip-all", "-Wl,-O2"], opt),
            ],
        ),
        feature(
            name = "no_unwinding",
            enabled = True,
            flag_sets = [
                _flags(_COMPILE, [
                    "-fno-exceptions",
                    "-fno-asynchronous-unwind-tables",
                    "-fno-unwind-tables",
                ]),
                # The products have one thread.
                _flags(_CXX, ["-fno-rtti", "-fno-threadsafe-statics"]),
            ],
        ),
        feature(
            name = "hardening",
            enabled = True,
            flag_sets = [
                _flags(_COMPILE, ["-fPIE", "-fstack-protector-strong"]),
                _flags(_LINK, [
                    "-static-pie",
                    "-Wl,-z,relro",
                    "-Wl,-z,now",
                    "-Wl,-z,noexecstack",
                    "-Wl,-z,text",
                    # Relocations of constant tables take a bit each, not 24 bytes.
                    "-Wl,-z,pack-relative-relocs",
                ]),
            ],
        ),
        feature(
            name = "sysroot_start",
            enabled = True,
            flag_sets = [
                _flags(_LINK, [
                    "-fuse-ld=lld-22",
                    "-nostdlib",
                    # For abseil's -pthread, which -nostdlib leaves unused.
                    "-Wno-unused-command-line-argument",
                    # libc++'s objects name libpthread and librt, which are empty in musl.
                    "-L" + sysroot + "/lib",
                    sysroot + "/lib/rcrt1.o",
                    sysroot + "/lib/crti.o",
                ]),
            ],
        ),
        feature(
            name = "sysroot_libraries",
            enabled = True,
            flag_sets = [_flags(_LINK, [
                "-Wl,--start-group",
                sysroot + "/lib/libc++.a",
                sysroot + "/lib/libc.a",
                sysroot + "/lib/libgcc.a",
                "-Wl,--end-group",
                sysroot + "/lib/crtn.o",
            ])],
        ),
        feature(
            name = "lifetime_errors",
            enabled = True,
            flag_sets = [_flags(_CXX, _LIFETIME_ERRORS)],
        ),
        feature(
            name = "libraries_are_system_headers",
            enabled = True,
            flag_sets = [_flags(_CXX, _LIBRARIES_ARE_SYSTEM_HEADERS)],
        ),
        feature(
            name = "unfiltered_compile_flags",
            enabled = True,
            flag_sets = [_flags(_COMPILE, ["-no-canonical-prefixes", _ABSEIL_FOLDER] + _REDACTED)],
        ),
    ]
    return cc_common.create_cc_toolchain_config_info(
        ctx = ctx,
        abi_libc_version = "musl",
        abi_version = "musl",
        compiler = "clang",
        cxx_builtin_include_directories = [
            "/usr/lib/llvm-22/lib/clang/22/include",
            "/usr/lib/clang/22/include",
        ],
        features = features,
        host_system_name = "local",
        target_cpu = ctx.attr.cpu,
        target_libc = "musl",
        target_system_name = ctx.attr.triple,
        tool_paths = _tool_paths(),
        toolchain_identifier = ctx.attr.name,
    )

clang_musl_config = rule(
    implementation = _clang_musl_config_impl,
    attrs = {
        "cpu": attr.string(mandatory = True),
        "link_flags": attr.string_list(),
        "sysroot": attr.string(
            doc = "Folder of the sysroot, as a compiler called by Bazel sees it.",
            mandatory = True,
        ),
        "target_flags": attr.string_list(),
        "triple": attr.string(mandatory = True),
    },
)

def _clang_sanitized_config_impl(ctx):
    features = [
        feature(name = "dbg"),
        feature(name = "fastbuild"),
        feature(name = "opt"),
        feature(name = "supports_start_end_lib", enabled = True),
        feature(
            name = "target",
            enabled = True,
            flag_sets = [_flags(_COMPILE + _LINK, ctx.attr.target_flags)] if ctx.attr.target_flags else [],
        ),
        feature(
            name = "sanitizers",
            enabled = True,
            flag_sets = [
                _flags(_COMPILE, [
                    "-fsanitize=address,undefined,fuzzer-no-link",
                    "-fsanitize-address-use-after-return=always",
                    "-fsanitize-address-use-after-scope",
                    "-fno-sanitize-recover=all",
                    "-fno-omit-frame-pointer",
                    "-g1",
                    "-O1",
                ]),
                # libstdc++ checks what libc++ checks in the products.
                _flags(_CXX, ["-D_GLIBCXX_ASSERTIONS"] + _LIBRARIES_ARE_SYSTEM_HEADERS + _LIFETIME_ERRORS),
                _flags(_LINK, [
                    "-fsanitize=address,undefined",
                    # The compiler is called by the name of the one for C.
                    "-fsanitize-link-c++-runtime",
                    "-fuse-ld=lld-22",
                ]),
            ],
        ),
        feature(
            name = "libraries",
            enabled = True,
            flag_sets = [_flags(_LINK, ["-lstdc++", "-lm"])],
        ),
        feature(
            name = "unfiltered_compile_flags",
            enabled = True,
            flag_sets = [_flags(_COMPILE, _REDACTED)],
        ),
    ]
    return cc_common.create_cc_toolchain_config_info(
        ctx = ctx,
        abi_libc_version = "local",
        abi_version = "local",
        compiler = "clang",
        cxx_builtin_include_directories = [
            "/usr/include",
            "/usr/lib/llvm-22/lib/clang/22/include",
            # What the sanitizers are told to ignore.
            "/usr/lib/llvm-22/lib/clang/22/share",
        ],
        features = features,
        host_system_name = "local",
        target_cpu = ctx.attr.cpu,
        target_libc = "local",
        target_system_name = "local",
        tool_paths = _tool_paths(),
        toolchain_identifier = ctx.attr.name,
    )

clang_sanitized_config = rule(
    implementation = _clang_sanitized_config_impl,
    attrs = {
        "cpu": attr.string(mandatory = True),
        "target_flags": attr.string_list(),
    },
)
