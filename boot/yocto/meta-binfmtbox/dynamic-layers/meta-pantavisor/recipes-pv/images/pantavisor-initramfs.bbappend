# SPDX-License-Identifier: Apache-2.0
# It takes PACKAGE_INSTALL, not IMAGE_INSTALL, and nothing that is only recommended.
require recipes-support/binfmtbox/binfmtbox-arch.inc
BINFMTBOX_PACKAGES = "binfmtbox-pantavisor ${@'binfmtbox-emulators' if d.getVar('BINFMTBOX_EMULATORS') else ''}"
PACKAGE_INSTALL:append = " ${@'${BINFMTBOX_PACKAGES}' if d.getVar('BINFMTBOX_ARCH') else ''}"
