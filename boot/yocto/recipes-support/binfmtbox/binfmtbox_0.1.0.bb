# SPDX-License-Identifier: Apache-2.0
SUMMARY = "Manages binfmt_misc: runs programs built for other processors"
LICENSE = "Apache-2.0"
LIC_FILES_CHKSUM = "file://LICENSE;md5=3b83ef96387f14655fc854ddc3c6bd57"

# Built beforehand with ./dev build; copied beside this recipe, into files/, with
# LICENSE: binfmtbox_x86_64, binfmtbox_arm64, binfmtbox_armv7, binfmtbox_riscv64.
BINFMTBOX_ARCH = ""
BINFMTBOX_ARCH:x86-64 = "x86_64"
BINFMTBOX_ARCH:aarch64 = "arm64"
BINFMTBOX_ARCH:armv7a = "armv7"
BINFMTBOX_ARCH:armv7ve = "armv7"
BINFMTBOX_ARCH:riscv64 = "riscv64"

SRC_URI = "file://binfmtbox_${BINFMTBOX_ARCH} file://LICENSE"
S = "${WORKDIR}"

COMPATIBLE_HOST = "(x86_64|aarch64|arm|riscv64).*-linux.*"

# Static and stripped already.
INHIBIT_PACKAGE_STRIP = "1"
INHIBIT_PACKAGE_DEBUG_SPLIT = "1"
INSANE_SKIP:${PN} = "already-stripped ldflags"

do_configure[noexec] = "1"
do_compile[noexec] = "1"

do_install() {
    install -D -m 0755 ${WORKDIR}/binfmtbox_${BINFMTBOX_ARCH} ${D}${sbindir}/binfmtbox
    for applet in mount register status clear; do
        ln -s binfmtbox ${D}${sbindir}/binfmt-$applet
    done
}

# Its entries' emulators: qemu-user of the machine's own choice.
RRECOMMENDS:${PN} = "kernel-module-binfmt-misc"
