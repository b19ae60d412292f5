#: make soak-server 100,000 events and 300 people who sync for an hour; SOAK_S=600 for less
soak-server:
	@.ci/deps test
	@$(MAKE) --no-print-directory -j$$(nproc) all $(BUILD)/tests/bench/load
	@LOAD=$(BUILD)/tests/bench/load /usr/bin/python3 tests/soak/server_soak.py

.PHONY: soak-server
