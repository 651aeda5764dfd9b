################################################################################
#
# binfmtbox
#
################################################################################

BINFMTBOX_VERSION = 0.1.0
BINFMTBOX_SITE = $(call qstrip,$(BR2_PACKAGE_BINFMTBOX_FOLDER))
BINFMTBOX_SITE_METHOD = local
BINFMTBOX_LICENSE = Apache-2.0

ifeq ($(BR2_x86_64),y)
BINFMTBOX_ARCH = x86_64
else ifeq ($(BR2_aarch64),y)
BINFMTBOX_ARCH = arm64
else ifeq ($(BR2_RISCV_64),y)
BINFMTBOX_ARCH = riscv64
else
BINFMTBOX_ARCH = armv7
endif

define BINFMTBOX_LINUX_CONFIG_FIXUPS
	$(call KCONFIG_ENABLE_OPT,CONFIG_BINFMT_MISC)
endef

define BINFMTBOX_INSTALL_TARGET_CMDS
	$(INSTALL) -D -m 0755 $(@D)/binfmtbox_$(BINFMTBOX_ARCH) \
		$(TARGET_DIR)/usr/sbin/binfmtbox
	$(foreach applet,mount register status clear,\
		ln -sf binfmtbox $(TARGET_DIR)/usr/sbin/binfmt-$(applet)
	)
endef

$(eval $(generic-package))
