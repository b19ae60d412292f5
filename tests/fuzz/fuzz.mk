# Fuzz targets: each tests/fuzz/fuzz_X.c has LLVMFuzzerTestOneInput and a corpus
# of seeds in tests/fuzz/corpus/X.
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
FUZZ_NAMES := $(FUZZ_SRC:tests/fuzz/fuzz_%.c=%)
FUZZ_SECONDS ?= 10
FUZZ_MUTATIONS ?= 3000
FUZZ_CC ?= clang
# What each is linked with; libFuzzer brings a main, replay.o is ours.
FUZZ_DRIVER ?= $(BUILD)/tests/fuzz/replay.o
REPLAY_BIN := $(FUZZ_SRC:%.c=$(BUILD)/%)

$(BUILD)/tests/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(FUZZ_DRIVER) $(BUILD)/libmuster.a
	@mkdir -p $(@D)
	@echo "  CC $<"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS_ALL) -Wno-missing-prototypes -MMD -MP -o $@ $< $(FUZZ_DRIVER) $(FUZZ_LINK) \
		$(BUILD)/libmuster.a $(LDFLAGS_ALL) $(LIBS)

TEST_PROGRAMS += $(REPLAY_BIN)
fuzz-bin: $(REPLAY_BIN)
.SECONDARY: $(BUILD)/tests/fuzz/replay.o

#: make fuzz-replay replay fuzz corpora and FUZZ_MUTATIONS=N seeded changes of them
fuzz-replay: fuzz-bin
	@tests/fuzz/run replay $(BUILD)/tests/fuzz $(FUZZ_MUTATIONS) $(FUZZ_NAMES)

#: make fuzz        run each fuzz target for FUZZ_SECONDS=10 (clang; FUZZ_NAMES="slice id")
FUZZING := BUILD=build/fuzz OUT=build/fuzz/muster CC="$(FUZZ_CC)" OPT="-O1 -g" FUZZ_DRIVER= \
	FUZZ_LINK=-fsanitize=fuzzer \
	SAN="-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer"
fuzz:
	@$(MAKE) --no-print-directory $(FUZZING) fuzz-bin
	@tests/fuzz/run fuzz build/fuzz/tests/fuzz $(FUZZ_SECONDS) $(FUZZ_NAMES)

CHECKS += fuzz-replay
.PHONY: fuzz fuzz-bin fuzz-replay
-include $(REPLAY_BIN:=.d)
