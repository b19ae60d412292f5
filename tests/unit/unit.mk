# Unit tests: each tests/unit/test_X.c is one cmocka program.
UNIT_SRC := $(wildcard tests/unit/test_*.c)
UNIT_BIN := $(UNIT_SRC:%.c=$(BUILD)/%)
# Shared by tests: throw-away folders, servers in the process ...
TESTLIB_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/lib/*.c))
# An archive, so that a test links only what it uses.
TESTLIB := $(BUILD)/libtest.a

$(TESTLIB): $(TESTLIB_OBJ)
	@rm -f $@
	@ar rcs $@ $^

$(BUILD)/tests/unit/%: tests/unit/%.c $(TESTLIB) $(BUILD)/libmuster.a
	@mkdir -p $(@D)
	@echo "  CC $<"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS_ALL) -MMD -MP -o $@ $< $(TESTLIB) $(BUILD)/libmuster.a \
		$(LDFLAGS_ALL) $(LIBS) -lcmocka

unit: $(UNIT_BIN)
	@tests/lib/run-unit $(UNIT_BIN)

.PHONY: unit
-include $(UNIT_BIN:=.d) $(TESTLIB_OBJ:.o=.d)
