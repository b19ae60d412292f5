# LiveKit's messages: C made from core/rtc/livekit/*.proto, kept apart from the
# sources, so that each build folder has its own. Only core/rtc/livekit/*.c
# includes what is made here.
PROTOC_C ?= protoc-c
LK_PROTO := $(wildcard core/rtc/livekit/*.proto)
LK_GEN := $(LK_PROTO:core/rtc/livekit/%.proto=$(BUILD)/gen/%.pb-c)
LK_GEN_H := $(LK_GEN:=.h)
CPPFLAGS += -isystem $(BUILD)/gen
.SECONDARY: $(LK_GEN:=.c)
OBJ_LIB += $(LK_GEN:=.o)

# Newer compilers say that protoc-c is to be called protoc: heard only on failure.
$(BUILD)/gen/%.pb-c.c $(BUILD)/gen/%.pb-c.h: core/rtc/livekit/%.proto
	@mkdir -p $(BUILD)/gen
	@echo "  PB $<"
	$(Q)$(PROTOC_C) --proto_path=core/rtc/livekit --c_out=$(BUILD)/gen $< >$(BUILD)/gen/$*.log 2>&1 || \
		{ cat $(BUILD)/gen/$*.log >&2; exit 1; }

$(BUILD)/gen/%.pb-c.o: $(BUILD)/gen/%.pb-c.c $(LK_GEN_H) Makefile
	@echo "  CC $<"
	$(Q)$(CC) -std=gnu17 $(CFLAGS) $(SAN) $(PKG_CFLAGS) -I$(BUILD)/gen -w -c -o $@ $<

# Whoever includes it needs it first; later changes are seen by the .d files.
$(patsubst %.c,$(BUILD)/%.o,$(wildcard core/rtc/livekit/*.c)): | $(LK_GEN_H)
$(patsubst %,build/tidy/%.ok,$(wildcard core/rtc/livekit/*.c)): | $(LK_GEN_H)
