include $(sort $(wildcard $(BR2_EXTERNAL_BINFMTBOX_PATH)/package/*/*.mk))
