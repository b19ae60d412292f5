# Unit tests: each tests/unit/test_X.c is one cmocka program.
UNIT_SRC := $(wildcard tests/unit/test_*.c)
UNIT_BIN := $(UNIT_SRC:%.c=$(BUILD)/%)
# Shared by tests: throw-away folders, servers in the process ...
TESTLIB_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/lib/*.c))
# An archive, so that a test links only what it uses.
TESTLIB := $(BUILD)/libtest.a

# What takes the place of the real thing is linked only where it is wished.
FAKE_CALL := $(BUILD)/tests/lib/fake_call.o
FAKE_CALL_BIN := $(patsubst %.c,$(BUILD)/%,$(shell grep -l tests/lib/calling.h $(UNIT_SRC)))
$(FAKE_CALL_BIN): $(FAKE_CALL)
$(FAKE_CALL_BIN): FAKES := $(FAKE_CALL)

$(TESTLIB): $(filter-out $(FAKE_CALL),$(TESTLIB_OBJ))
	@rm -f $@
	@ar rcs $@ $^

$(BUILD)/tests/unit/%: tests/unit/%.c $(TESTLIB) $(BUILD)/libmuster.a
	@mkdir -p $(@D)
	@echo "  CC $<"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS_ALL) -MMD -MP -o $@ $< $(FAKES) $(TESTLIB) $(BUILD)/libmuster.a \
		$(LDFLAGS_ALL) $(LIBS) -lcmocka

TEST_PROGRAMS += $(UNIT_BIN)
unit: $(UNIT_BIN)
	@tests/lib/run-unit $(UNIT_BIN)

# Those that come to where operating systems differ (core/base/os.h): what CI runs of the portable fallback.
SEAMS := base os fs udp child worker ws http httpd% db keep reach serve_config client_% call_% \
	sfu% peer turn ice% audio_engine audio_live view_work user_unit via live_http rtc_http presence
SEAMS_BIN := $(filter $(SEAMS:%=$(BUILD)/tests/unit/test_%),$(UNIT_BIN))
unit-seams-build: $(SEAMS_BIN)
unit-seams: $(SEAMS_BIN)
	@tests/lib/run-unit $(SEAMS_BIN)

.PHONY: unit unit-seams unit-seams-build
-include $(UNIT_BIN:=.d) $(TESTLIB_OBJ:.o=.d)
