# Tests against programs that nobody here wrote. Peers come by the ordinary
# package clients and live under build/peers.
PEERS := build/peers

$(PEERS)/synapse/.done: tests/interop/interop.mk
	@mkdir -p $(PEERS)
	@python3 -m venv $(PEERS)/synapse && \
		$(PEERS)/synapse/bin/pip install -q --disable-pip-version-check 'matrix-synapse>=1.100' && \
		touch $@ || echo "Synapse could not be installed by pip: its tests are skipped"

# Version 1 is what livekit-client is built with.
$(PEERS)/livekit/.done: tests/interop/interop.mk
	@mkdir -p $(PEERS)/livekit
	@if ! command -v node >/dev/null || ! command -v npm >/dev/null; then \
		echo "node or npm is missing: the tests with @livekit/protocol are skipped"; \
	else npm install --prefix $(PEERS)/livekit --silent --no-audit --no-fund '@livekit/protocol@^1.52' && \
		touch $@ || echo "@livekit/protocol could not be installed by npm: its tests are skipped"; fi

$(BUILD)/tests/interop/lk_proto: tests/interop/lk_proto.c $(BUILD)/libmuster.a
	@mkdir -p $(@D)
	@echo "  CC $<"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS_ALL) -MMD -MP -o $@ $< $(BUILD)/libmuster.a $(LDFLAGS_ALL) $(LIBS)
-include $(BUILD)/tests/interop/lk_proto.d

interop-livekit-proto: $(BUILD)/tests/interop/lk_proto
	@$(MAKE) --no-print-directory -i $(PEERS)/livekit/.done
	@if [ -f $(PEERS)/livekit/.done ]; then \
		timeout 120 node tests/interop/livekit_proto.mjs $(CURDIR)/$(PEERS)/livekit $<; \
	else echo "ok - livekit_proto # SKIP node, npm or @livekit/protocol is missing"; fi

#: make interop     tests against matrix-nio, Synapse ...; installs them under build/
interop:
	@.ci/deps interop
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@$(MAKE) --no-print-directory -i $(PEERS)/synapse/.done
	@failed=0; $(MAKE) --no-print-directory interop-livekit-proto || failed=1; \
		for t in nio_serve synapse rooms rtc_server portaudio; do \
		timeout 600 /usr/bin/python3 tests/interop/$$t.py || failed=1; done; exit $$failed

.PHONY: interop interop-livekit-proto
