include $(BR2_EXTERNAL_BINFMTBOX_PATH)/binfmtbox.mk
