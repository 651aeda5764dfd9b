################################################################################
#
# binfmtbox
#
################################################################################

BINFMTBOX_VERSION = 0.2.0
BINFMTBOX_SITE = $(BR2_EXTERNAL_BINFMTBOX_PATH)/package/binfmtbox/files
BINFMTBOX_SITE_METHOD = local
BINFMTBOX_LICENSE = Apache-2.0
BINFMTBOX_LICENSE_FILES = LICENSE
BINFMTBOX_ARCH = $(call qstrip,$(BR2_PACKAGE_BINFMTBOX_ARCH))

ifeq ($(BR2_PACKAGE_BINFMTBOX_EMULATORS),y)
BINFMTBOX_LICENSE += , GPL-2.0 (emulators)
BINFMTBOX_LICENSE_FILES += usr/share/doc/qemu-user-static/copyright

define BINFMTBOX_UNPACK_EMULATORS
	tar -C $(@D) -xzf $(@D)/emulators_layer_$(BINFMTBOX_ARCH).tar.gz
endef
BINFMTBOX_POST_RSYNC_HOOKS += BINFMTBOX_UNPACK_EMULATORS

define BINFMTBOX_INSTALL_EMULATORS
	$(foreach target,$(call qstrip,$(BR2_PACKAGE_BINFMTBOX_EMULATORS_TARGETS)),
		$(INSTALL) -D -m 0755 $(@D)/usr/bin/qemu-$(target)-static \
			$(TARGET_DIR)/usr/bin/qemu-$(target)-static
	)
endef
endif

define BINFMTBOX_LINUX_CONFIG_FIXUPS
	$(call KCONFIG_ENABLE_OPT,CONFIG_BINFMT_MISC)
endef

define BINFMTBOX_INSTALL_TARGET_CMDS
	$(INSTALL) -D -m 0755 $(@D)/binfmtbox_$(BINFMTBOX_ARCH) \
		$(TARGET_DIR)/usr/sbin/binfmtbox
	$(foreach applet,mount register status clear run,
		ln -sf binfmtbox $(TARGET_DIR)/usr/sbin/binfmt-$(applet)
	)
	$(BINFMTBOX_INSTALL_EMULATORS)
endef

define BINFMTBOX_INSTALL_INIT_SYSV
	$(INSTALL) -D -m 0755 $(@D)/S15binfmtbox \
		$(TARGET_DIR)/etc/init.d/S15binfmtbox
endef

define BINFMTBOX_INSTALL_INIT_OPENRC
	$(INSTALL) -D -m 0755 $(@D)/binfmtbox.openrc \
		$(TARGET_DIR)/etc/init.d/binfmtbox
	$(INSTALL) -D -m 0644 $(@D)/binfmtbox.openrc.conf \
		$(TARGET_DIR)/etc/conf.d/binfmtbox
	$(INSTALL) -d -m 0755 $(TARGET_DIR)/etc/runlevels/default
	ln -sf /etc/init.d/binfmtbox \
		$(TARGET_DIR)/etc/runlevels/default/binfmtbox
endef

define BINFMTBOX_INSTALL_INIT_SYSTEMD
	$(INSTALL) -D -m 0644 $(@D)/binfmtbox.service \
		$(TARGET_DIR)/usr/lib/systemd/system/binfmtbox.service
	$(SED) 's%/usr/local/sbin/%/usr/sbin/%' \
		$(TARGET_DIR)/usr/lib/systemd/system/binfmtbox.service
	$(INSTALL) -D -m 0644 $(@D)/binfmtbox.default \
		$(TARGET_DIR)/etc/default/binfmtbox
endef

$(eval $(generic-package))
