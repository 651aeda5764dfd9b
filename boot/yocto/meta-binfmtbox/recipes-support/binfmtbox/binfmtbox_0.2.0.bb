# SPDX-License-Identifier: Apache-2.0
SUMMARY = "Manages binfmt_misc: runs programs built for other processors"
DESCRIPTION = "Brings binfmt_misc up, registers an emulator for each foreign \
architecture, shows what the kernel will do, and takes back what it registered."
HOMEPAGE = "@HOMEPAGE@"
SECTION = "base"
LICENSE = "Apache-2.0${@' & GPL-2.0-only' if d.getVar('BINFMTBOX_EMULATORS') else ''}"
LIC_FILES_CHKSUM = "\
    file://LICENSE;md5=3b83ef96387f14655fc854ddc3c6bd57 \
    ${@'file://${COMMON_LICENSE_DIR}/GPL-2.0-only;md5=801f80980d171dd6425610833a22dbe6' if d.getVar('BINFMTBOX_EMULATORS') else ''} \
"

# Emulators to install, as QEMU calls their targets, such as "x86_64 i386". They are
# static, as those of OpenEmbedded's qemu are not. They take the archive
# emulators_layer_ARCH.tar.gz beside the executables in files/; see README.md.
BINFMTBOX_EMULATORS ?= ""

require binfmtbox-arch.inc
COMPATIBLE_HOST = "${@'(x86_64|aarch64|arm|riscv64)-.*-linux.*' if d.getVar('BINFMTBOX_ARCH') else 'null'}"

# Where S is differs between releases; this is there in all of them.
SRC_URI = "\
    file://LICENSE;subdir=${BP} \
    file://binfmtbox_${BINFMTBOX_ARCH};subdir=${BP} \
    file://binfmtbox.service;subdir=${BP} \
    file://binfmtbox.default;subdir=${BP} \
    file://S15binfmtbox;subdir=${BP} \
    file://50-binfmtbox;subdir=${BP} \
    file://initramfs-module;subdir=${BP} \
    ${@'file://emulators_layer_${BINFMTBOX_ARCH}.tar.gz;subdir=${BP}' if d.getVar('BINFMTBOX_EMULATORS') else ''} \
"

inherit systemd update-rc.d

PACKAGES = "${PN} ${PN}-init initramfs-module-binfmtbox ${PN}-pantavisor ${PN}-emulators"
PACKAGE_ARCH = "${TUNE_PKGARCH}"

# Static and stripped already.
INHIBIT_PACKAGE_STRIP = "1"
INHIBIT_SYSROOT_STRIP = "1"
INHIBIT_PACKAGE_DEBUG_SPLIT = "1"
INSANE_SKIP:${PN} = "already-stripped ldflags"
INSANE_SKIP:${PN}-emulators = "already-stripped ldflags"

do_configure[noexec] = "1"
do_compile[noexec] = "1"

do_install() {
    install -D -m 0755 ${S}/binfmtbox_${BINFMTBOX_ARCH} ${D}${sbindir}/binfmtbox
    for applet in mount register status clear run; do
        ln -s binfmtbox ${D}${sbindir}/binfmt-$applet
    done

    install -D -m 0644 ${S}/binfmtbox.default ${D}${sysconfdir}/default/binfmtbox
    install -D -m 0755 ${S}/S15binfmtbox ${D}${sysconfdir}/init.d/binfmtbox
    install -D -m 0644 ${S}/binfmtbox.service ${D}${systemd_system_unitdir}/binfmtbox.service
    sed -i -e 's,/usr/local/sbin/,${sbindir}/,' ${D}${systemd_system_unitdir}/binfmtbox.service

    # Behind 90-rootfs, and before 99-finish moves /proc into the root.
    install -D -m 0755 ${S}/initramfs-module ${D}/init.d/95-binfmtbox

    # Where the recipe of pantavisor puts its own.
    for folder in hooks/system.d hooks_lxc-mount.d; do
        install -D -m 0755 ${S}/50-binfmtbox ${D}${libdir}/pantavisor/pv/$folder/50-binfmtbox
    done

    for target in ${BINFMTBOX_EMULATORS}; do
        install -D -m 0755 ${S}/usr/bin/qemu-$target-static ${D}${bindir}/qemu-$target-static
    done
}

# For PACKAGE_INSTALL of any initramfs: the program, and nothing that registers.
FILES:${PN} = "${sbindir}"
RRECOMMENDS:${PN} = "kernel-module-binfmt-misc"

# Registers when the system starts.
SUMMARY:${PN}-init = "${SUMMARY} (systemd unit and init script)"
FILES:${PN}-init = "${sysconfdir} ${systemd_system_unitdir}"
CONFFILES:${PN}-init = "${sysconfdir}/default/binfmtbox"
RDEPENDS:${PN}-init = "${PN}"
SYSTEMD_PACKAGES = "${PN}-init"
SYSTEMD_SERVICE:${PN}-init = "binfmtbox.service"
INITSCRIPT_PACKAGES = "${PN}-init"
INITSCRIPT_NAME:${PN}-init = "binfmtbox"
INITSCRIPT_PARAMS:${PN}-init = "start 45 S . stop 20 0 1 6 ."

# Registers in an initramfs of initramfs-framework.
SUMMARY:initramfs-module-binfmtbox = "initramfs-framework module that registers emulators"
FILES:initramfs-module-binfmtbox = "/init.d"
RDEPENDS:initramfs-module-binfmtbox = "${PN} initramfs-framework-base"

# Registers in pantavisor's initramfs.
SUMMARY:${PN}-pantavisor = "${SUMMARY} (hooks of pantavisor)"
FILES:${PN}-pantavisor = "${libdir}/pantavisor"
RDEPENDS:${PN}-pantavisor = "${PN}"

SUMMARY:${PN}-emulators = "Static emulators"
LICENSE:${PN} = "Apache-2.0"
LICENSE:${PN}-init = "Apache-2.0"
LICENSE:initramfs-module-binfmtbox = "Apache-2.0"
LICENSE:${PN}-pantavisor = "Apache-2.0"
LICENSE:${PN}-emulators = "${@'GPL-2.0-only' if d.getVar('BINFMTBOX_EMULATORS') else 'Apache-2.0'}"
FILES:${PN}-emulators = "${bindir}"
