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
	@$(MAKE) --no-print-directory bench-call bench-calls bench-tui bench-speech bench-loss

# Calls alone: from mouth to ear, and what they cost a client.
bench-calls:
	@$(MAKE) --no-print-directory -j$$(nproc) all $(CALL_TOOL)
	@CALL_TOOL=$(CALL_TOOL) /usr/bin/python3 tests/bench/call_bench.py $(BENCH)

# Terminal clients alone: 1,000 rooms, then 50 messages a second.
IAMB_VERSION := 0.13.1
build/peers/iamb/bin/iamb:
	@if ! command -v cargo >/dev/null; then echo "cargo is missing: iamb is not measured"; \
	else echo "  CARGO iamb $(IAMB_VERSION)"; \
		cargo install --quiet --locked --root build/peers/iamb --version $(IAMB_VERSION) iamb || \
		echo "iamb could not be built: it is not measured"; fi
bench-tui:
	@.ci/deps interop
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@$(MAKE) --no-print-directory -i build/peers/iamb/bin/iamb
	@/usr/bin/python3 tests/bench/tui_bench.py $(BENCH)

# Speech when packets are lost: how much of it is understood.
build/peers/speech/.done:
	@mkdir -p $(PEERS)/speech
	@python3 -m venv $(PEERS)/speech && \
		$(PEERS)/speech/bin/pip install -q --disable-pip-version-check numpy pystoi pesq && \
		touch $@ || echo "pystoi and pesq could not be installed by pip: speech is not measured"
bench-speech: $(BUILD)/tests/bench/speech_loss
	@$(MAKE) --no-print-directory -i $(PEERS)/speech/.done
	@$(PEERS)/speech/bin/python tests/bench/speech_bench.py

#: make bench-call  a full call: 300 people on muster serve and on livekit-server, 1,000 who listen
bench-call:
	@$(MAKE) --no-print-directory -j$$(nproc) all $(BUILD)/tests/bench/call_load
	@$(MAKE) --no-print-directory -i $(PEERS)/livekit-server/server
	@CALL_LOAD=$(BUILD)/tests/bench/call_load /usr/bin/python3 tests/bench/crowd_bench.py $(BENCH)

# The same in real calls, ours beside rtc-node's: ten to twenty minutes. BENCH=--write for docs/SPEECH.md.
bench-loss:
	@.ci/deps interop
	@$(MAKE) --no-print-directory call-peers
	@$(MAKE) --no-print-directory -i $(PEERS)/speech/.done
	@$(MAKE) --no-print-directory -j$$(nproc) all $(CALL_TOOL) $(NETIMPAIR)
	@CALL_TOOL=$(CALL_TOOL) NETIMPAIR=$(NETIMPAIR) $(PEERS)/speech/bin/python tests/bench/speech_call.py $(BENCH)

.PHONY: bench bench-call bench-calls bench-tui bench-speech bench-loss

# room_append through the writer thread, without HTTP.
$(BUILD)/tests/bench/bench_append: tests/bench/bench_append.c $(BUILD)/libmuster.a
	@mkdir -p $(@D)
	@echo "  CC $@"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS_ALL) -o $@ $< $(BUILD)/libmuster.a $(LDFLAGS_ALL) $(LIBS)

# A term of lessons in a server's database; what it costs a client that has nothing of it yet.
$(BUILD)/tests/bench/fill_term: tests/bench/fill_term.c $(BUILD)/libmuster.a
	@mkdir -p $(@D)
	@echo "  CC $@"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS_ALL) -o $@ $< $(BUILD)/libmuster.a $(LDFLAGS_ALL) $(LIBS)
bench-term: all $(BUILD)/tests/bench/fill_term
	@FILL_TERM=$(BUILD)/tests/bench/fill_term timeout 1800 python3 tests/bench/term_server.py
check-term: all $(BUILD)/tests/bench/fill_term
	@FILL_TERM=$(BUILD)/tests/bench/fill_term PUPILS=12 LESSONS=70 timeout 1800 python3 tests/bench/term_server.py
CHECKS += check-term
TEST_PROGRAMS += $(BUILD)/tests/bench/fill_term
.PHONY: bench-term check-term

# The HTTP front alone: requests per second and the cost of waiting connections.
$(BUILD)/tests/bench/bench_httpd: tests/bench/bench_httpd.c $(BUILD)/libmuster.a
	@mkdir -p $(@D)
	@echo "  CC $@"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS_ALL) -o $@ $< $(BUILD)/libmuster.a $(LDFLAGS_ALL) $(LIBS)

# Speech through encoder, bad network and decoder.
$(BUILD)/tests/bench/speech_loss: tests/bench/speech_loss.c $(BUILD)/tests/lib/netimpair/impair.o \
		$(BUILD)/libmuster.a
	@mkdir -p $(@D)
	@echo "  CC $<"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS_ALL) -o $@ $^ $(LDFLAGS_ALL) $(LIBS)

# The SFU alone: many listeners in one room, a few who speak; CPU of its thread.
$(BUILD)/tests/bench/bench_sfu: tests/bench/bench_sfu.c $(BUILD)/libtest.a $(BUILD)/libmuster.a
	@mkdir -p $(@D)
	@echo "  CC $@"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS_ALL) -o $@ $< $(TESTLIB) $(BUILD)/libmuster.a $(LDFLAGS_ALL) \
		$(LIBS) -lcmocka

# A call full of people, against any server that speaks LiveKit's signalling.
$(BUILD)/tests/bench/call_load: tests/bench/call_load.c tests/bench/procfs.c tests/bench/procfs.h \
		$(BUILD)/libtest.a $(BUILD)/libmuster.a
	@mkdir -p $(@D)
	@echo "  CC $@"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS_ALL) -o $@ $(filter %.c,$^) $(TESTLIB) $(BUILD)/libmuster.a \
		$(LDFLAGS_ALL) $(LIBS)

# Caches of invented rooms: the models behind a screen; searching and counting in a large one; a term of attendance.
$(BUILD)/tests/bench/bench_view $(BUILD)/tests/bench/bench_cache $(BUILD)/tests/bench/bench_term: $(BUILD)/tests/bench/%: \
		tests/bench/%.c tests/bench/fill.c tests/bench/fill.h $(BUILD)/libmuster.a
	@mkdir -p $(@D)
	@echo "  CC $@"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS_ALL) -o $@ $< tests/bench/fill.c $(BUILD)/libmuster.a \
		$(LDFLAGS_ALL) $(LIBS)
