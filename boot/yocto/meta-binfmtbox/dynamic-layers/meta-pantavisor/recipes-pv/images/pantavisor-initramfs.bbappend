# SPDX-License-Identifier: Apache-2.0
# It takes PACKAGE_INSTALL, not IMAGE_INSTALL, and nothing that is only recommended.
PACKAGE_INSTALL:append = " binfmtbox-pantavisor ${@'binfmtbox-emulators' if d.getVar('BINFMTBOX_EMULATORS') else ''}"
