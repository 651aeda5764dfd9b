#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# /usr/lib/dracut/modules.d/90binfmtbox/module-setup.sh: binfmtbox, emulators and the
# kernel's module for dracut. Settings: /etc/binfmtbox.conf.

# dracut's PATH has no /usr/local.
find_box() {
    local box
    for box in /usr/local/sbin/binfmtbox /usr/sbin/binfmtbox /usr/bin/binfmtbox; do
        # dracut sets dracutsysrootdir, moddir and initdir.
        # shellcheck disable=SC2154
        [[ ! -x $dracutsysrootdir$box ]] || {
            echo "$box"
            return
        }
    done
    return 1
}

check() {
    find_box >/dev/null || return 1
    # Only where it is asked for: add_dracutmodules+=" binfmtbox ".
    return 255
}

depends() {
    return 0
}

installkernel() {
    # Whatever this machine has loaded now; nothing where it is built in.
    hostonly='' instmods binfmt_misc || :
}

install() {
    local BINFMTBOX_EMULATORS="" emulator
    # shellcheck disable=SC1091
    [[ ! -r $dracutsysrootdir/etc/binfmtbox.conf ]] || . "$dracutsysrootdir/etc/binfmtbox.conf"
    inst_simple "$(find_box)" /sbin/binfmtbox
    inst_multiple mkdir
    [[ ! -r $dracutsysrootdir/etc/binfmtbox.conf ]] || inst_simple /etc/binfmtbox.conf
    for emulator in $BINFMTBOX_EMULATORS; do
        if [[ -x $dracutsysrootdir$emulator ]]; then
            inst_simple "$emulator"
        else
            derror "binfmtbox: no emulator $emulator: see /etc/binfmtbox.conf"
        fi
    done
    # The root file system is mounted, and not yet the root.
    # shellcheck disable=SC2154
    inst_hook pre-pivot 90 "$moddir/binfmtbox.sh"
}
