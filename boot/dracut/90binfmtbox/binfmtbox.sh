#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Hook pre-pivot of dracut: registers the emulators. The root file system is mounted
# on $NEWROOT; /proc moves there with its mounts.

# init has sourced this file: in a subshell, so that an error of the settings' syntax
# ends no more than that.
(
  BINFMTBOX_TARGETS=""
  BINFMTBOX_OPTIONS=""
  BINFMTBOX_EMULATORS=""
  # shellcheck disable=SC1091 # Of the initramfs.
  [ ! -r /etc/binfmtbox.conf ] || . /etc/binfmtbox.conf

  # systemd-binfmt takes out all entries, if it has any of its own to register. Then
  # ours come back from /run/binfmt.d, which needs the emulators in the root.
  leave="--binfmt-d /run/binfmt.d"
  for emulator in $BINFMTBOX_EMULATORS; do
    # shellcheck disable=SC2154 # Set by dracut.
    [ -x "$NEWROOT$emulator" ] || leave=""
  done

  # shellcheck disable=SC2086 # Words.
  binfmtbox register --mount --cmdline --if-possible --kmsg --quiet --verify $leave $BINFMTBOX_OPTIONS $BINFMTBOX_TARGETS

  # systemd would fail to start an automount where binfmt_misc is mounted already.
  if [ -d /proc/sys/fs/binfmt_misc ] && [ -e /proc/sys/fs/binfmt_misc/register ]; then
    mkdir -p /run/systemd/system/proc-sys-fs-binfmt_misc.automount.d
    printf '[Unit]\nConditionPathIsMountPoint=!/proc/sys/fs/binfmt_misc\n' \
      >/run/systemd/system/proc-sys-fs-binfmt_misc.automount.d/binfmtbox.conf
  fi
)

# Never a reason to stop a boot. The file is sourced, so it must not exit.
:
