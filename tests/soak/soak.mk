#: make soak-server 100,000 events and 300 people who sync for an hour; SOAK_S=600 for less
soak-server:
	@.ci/deps test
	@$(MAKE) --no-print-directory -j$$(nproc) all $(BUILD)/tests/bench/load
	@LOAD=$(BUILD)/tests/bench/load /usr/bin/python3 tests/soak/server_soak.py

.PHONY: soak-server

#: make soak-register 100,000 random histories of lessons against a model of them; HISTORIES=N, SEED=N
soak-register: $(BUILD)/tests/unit/test_register_property
	@HISTORIES=$${HISTORIES:-100000} $<

.PHONY: soak-register
