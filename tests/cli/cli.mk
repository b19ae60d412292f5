# The real binary in throw-away homes, by bats. Files are independent of each
# other; GNU parallel, when it is there, runs two at once.
CLI_TESTS ?= $(wildcard tests/cli/*.bats)
CLI_JOBS := $(shell parallel --version 2>/dev/null | grep -q GNU && echo '-j 2 --no-parallelize-within-files')

#: make check-cli   tests of the command line
check-cli: all
	@timeout 3600 bats $(CLI_JOBS) --timing --formatter tap $(CLI_TESTS)

CHECKS += check-cli
.PHONY: check-cli
