LOAD_SRC := $(wildcard tests/bench/load_*.c)

$(BUILD)/tests/bench/load: $(LOAD_SRC) tests/bench/load.h
	@mkdir -p $(@D)
	@echo "  CC $@"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS_ALL) -o $@ $(LOAD_SRC) -luv -lm

#: make bench       a table of what muster costs, beside curl, Synapse and rtc-node
bench:
	@.ci/deps interop
	@$(MAKE) --no-print-directory -j$$(nproc) all $(BUILD)/tests/bench/load
	@$(MAKE) --no-print-directory -i $(PEERS)/synapse/.done call-peers
	@LOAD=$(BUILD)/tests/bench/load /usr/bin/python3 tests/bench/bench.py $(BENCH)
	@$(MAKE) --no-print-directory bench-calls

# Calls alone: from mouth to ear, and what they cost a client.
bench-calls:
	@$(MAKE) --no-print-directory -j$$(nproc) all $(CALL_TOOL)
	@CALL_TOOL=$(CALL_TOOL) /usr/bin/python3 tests/bench/call_bench.py $(BENCH)

.PHONY: bench bench-calls

# room_append through the writer thread, without HTTP.
$(BUILD)/tests/bench/bench_append: tests/bench/bench_append.c $(BUILD)/libmuster.a
	@mkdir -p $(@D)
	@echo "  CC $@"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS_ALL) -o $@ $< $(BUILD)/libmuster.a $(LDFLAGS_ALL) $(LIBS)

# The HTTP front alone: requests per second and the cost of waiting connections.
$(BUILD)/tests/bench/bench_httpd: tests/bench/bench_httpd.c $(BUILD)/libmuster.a
	@mkdir -p $(@D)
	@echo "  CC $@"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS_ALL) -o $@ $< $(BUILD)/libmuster.a $(LDFLAGS_ALL) $(LIBS)
