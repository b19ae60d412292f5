# The Debian package; not part of `make test`, as it builds everything once more.

#: make check-deb   build the Debian package and test it
check-deb:
	@.ci/deps deb
	@$(MAKE) --no-print-directory deb
	@timeout 3600 bats --timing --formatter tap tests/deb/deb.bats

.PHONY: check-deb
