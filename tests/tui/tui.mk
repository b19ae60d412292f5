# The full screen under libvterm: golden screens, real servers, fuzzed keys.
TUI_TESTS ?= $(wildcard tests/tui/*.bats)
TUI_TOOLS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/tui/*.c))

$(BUILD)/tests/tui/%: tests/tui/%.c $(BUILD)/libtest.a $(BUILD)/libmuster.a
	@mkdir -p $(@D)
	@echo "  CC $<"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS_ALL) -MMD -MP -o $@ $< $(BUILD)/libtest.a $(BUILD)/libmuster.a \
		$(LDFLAGS_ALL) $(LIBS) -lvterm -lutil

# A clock that stands still, for golden screens of what depends on it.
$(BUILD)/tests/tui/%.so: tests/tui/preload/%.c
	@mkdir -p $(@D)
	@echo "  CC $<"
	$(Q)$(CC) -std=c17 -O2 -fPIC -shared -Wall -Wextra -Werror -o $@ $<
TUI_TOOLS_ALL := $(TUI_TOOLS) $(BUILD)/tests/tui/fixed_clock.so
TEST_PROGRAMS += $(TUI_TOOLS_ALL)

#: make tui-test    tests of the full screen (UPDATE_GOLDEN=1 writes the golden screens anew)
tui-test: all $(TUI_TOOLS_ALL)
	@TUI_TOOLS=$(CURDIR)/$(BUILD)/tests/tui timeout 3600 bats $(CLI_JOBS) --timing --formatter tap $(TUI_TESTS)

#: make tui-fuzz    keys, bytes and sizes at random for SECONDS=60
tui-fuzz: SECONDS ?= 60
tui-fuzz: all $(TUI_TOOLS)
	@TUI_TOOLS=$(CURDIR)/$(BUILD)/tests/tui MUSTER=$(CURDIR)/$(OUT) tests/tui/fuzz $(SECONDS)

#: make soak-tui    ten minutes of that under AddressSanitizer and UBSan
soak-tui:
	@.ci/deps test
	@$(MAKE) --no-print-directory -j$$(nproc) $(ASAN) all
	@LSAN_OPTIONS="$(LSAN)" $(MAKE) --no-print-directory $(ASAN) tui-fuzz SECONDS=600

#: make pictures    docs/pictures/*.png, made from the screen
pictures: all $(TUI_TOOLS_ALL)
	@TUI_TOOLS=$(CURDIR)/$(BUILD)/tests/tui tests/tui/pictures

CHECKS += tui-test
.PHONY: tui-test tui-fuzz soak-tui pictures
-include $(TUI_TOOLS:=.d)
