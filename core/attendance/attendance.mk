# Macros of libxlsxwriter's headers use what is banned here: they come before the ban.
$(BUILD)/core/attendance/formats/xlsx.o build/tidy/core/attendance/formats/xlsx.c.ok: \
	CPPFLAGS := -include xlsxwriter.h $(CPPFLAGS) -isystem $(BUILD)/gen
