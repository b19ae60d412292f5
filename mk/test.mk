# Unit tests: tests/unit/test_X.c is one cmocka program.
UNIT_SRC := $(wildcard tests/unit/test_*.c)
UNIT_BIN := $(UNIT_SRC:%.c=$(BUILD)/%)
UNIT_LIBS := -lcmocka

$(BUILD)/tests/unit/%: tests/unit/%.c $(BUILD)/libmuster.a
	@mkdir -p $(@D)
	@echo "  CC $<"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS_ALL) -Itests -MMD -MP -o $@ $< $(BUILD)/libmuster.a \
		$(LDFLAGS_ALL) $(LIBS) $(UNIT_LIBS)

unit: $(UNIT_BIN)
	@for t in $(UNIT_BIN); do timeout 120 $$t || exit 1; done

.PHONY: unit
-include $(UNIT_BIN:=.d)
