#: make five-minutes  from an empty folder to 300 students who have read a message, timed
five-minutes:
	@.ci/deps test
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@TIMED=1 PEOPLE=$${PEOPLE:-300} timeout 900 python3 tests/demo/five_minutes.py

CHECKS += check-five-minutes

# The same with a class of thirty, untimed.
check-five-minutes:
	@PEOPLE=30 timeout 1800 python3 tests/demo/five_minutes.py

.PHONY: five-minutes check-five-minutes
