#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# install.sh PROGRAM SBINDIR [systemd|openrc|dracut|mkinitcpio]...: installs the program of a release and what belongs to
# it below $DESTDIR, as packages do: links of the applets, manual, completions, licence, and what the system has that is
# named. PROGRAM is the executable of a release; the rest comes from the sources of the same release, where this lies.
# Nothing is switched on.
set -eu

program=$1
sbin=$2
shift 2
root=${DESTDIR-}
top=$(dirname "$(readlink -f "$0")")/../..

# put MODE FILE TARGET
put() { install -D -m "$1" "$top/$2" "$root$3"; }

install -D -m 755 "$program" "$root$sbin/binfmtbox"
put 644 docs/binfmtbox.8 /usr/share/man/man8/binfmtbox.8
put 644 completions/binfmtbox.bash /usr/share/bash-completion/completions/binfmtbox
put 644 completions/_binfmtbox /usr/share/zsh/site-functions/_binfmtbox
put 644 LICENSE /usr/share/licenses/binfmtbox/LICENSE
for applet in mount register status clear run; do
  ln -sf binfmtbox "$root$sbin/binfmt-$applet"
  ln -sf binfmtbox "$root/usr/share/bash-completion/completions/binfmt-$applet"
  ln -sf binfmtbox.8 "$root/usr/share/man/man8/binfmt-$applet.8"
done

for system in "$@"; do
  case $system in
    systemd)
      put 644 boot/systemd/binfmtbox.service /usr/lib/systemd/system/binfmtbox.service
      sed -i -e "s,/usr/local/sbin/,$sbin/," -e 's,/etc/systemd/system/,/usr/lib/systemd/system/,' \
        "$root/usr/lib/systemd/system/binfmtbox.service"
      put 644 boot/systemd/binfmtbox.default /etc/default/binfmtbox
      ;;
    openrc)
      put 755 boot/openrc/binfmtbox /etc/init.d/binfmtbox
      put 644 boot/openrc/binfmtbox.conf /etc/conf.d/binfmtbox
      ;;
    dracut)
      put 755 boot/dracut/90binfmtbox/binfmtbox.sh /usr/lib/dracut/modules.d/90binfmtbox/binfmtbox.sh
      put 755 boot/dracut/90binfmtbox/module-setup.sh /usr/lib/dracut/modules.d/90binfmtbox/module-setup.sh
      put 644 boot/dracut/binfmtbox.conf /usr/share/doc/binfmtbox/dracut/binfmtbox.conf
      ;;
    mkinitcpio)
      put 644 boot/mkinitcpio/hooks/binfmtbox /usr/lib/initcpio/hooks/binfmtbox
      put 644 boot/mkinitcpio/install/binfmtbox /usr/lib/initcpio/install/binfmtbox
      put 644 boot/mkinitcpio/binfmtbox.conf /usr/share/doc/binfmtbox/mkinitcpio/binfmtbox.conf
      ;;
    *)
      echo "install.sh: unknown system $system" >&2
      exit 2
      ;;
  esac
done
