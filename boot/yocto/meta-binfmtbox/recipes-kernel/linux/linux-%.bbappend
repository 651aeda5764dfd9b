# SPDX-License-Identifier: Apache-2.0
# Built in, as modules are not there when pantavisor's hooks and an initramfs register.
# Kernels that take fragments do (class kernel-yocto); others have a defconfig of their own.
FILESEXTRAPATHS:prepend := "${THISDIR}/files:"
SRC_URI:append = "${@' file://binfmt_misc.cfg' if bb.data.inherits_class('kernel-yocto', d) else ''}"
