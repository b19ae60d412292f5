CHECKS += check-faults

check-faults: $(BUILD)/tests/lib/netimpair/netimpair
	@failed=0; for t in kill disk_full call secrets networks; do \
		NETIMPAIR=$(BUILD)/tests/lib/netimpair/netimpair timeout 1200 python3 tests/faults/$$t.py || failed=1; done; exit $$failed

#: make soak        the same faults, fifty times; minutes in calls
soak:
	@.ci/deps test
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@FAULT_ROUNDS=50 timeout 3600 python3 tests/faults/kill.py
	@$(MAKE) --no-print-directory soak-calls
	@$(MAKE) --no-print-directory soak-tui
	@$(MAKE) --no-print-directory soak-register

.PHONY: check-faults soak
