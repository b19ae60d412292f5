# Tests against programs that nobody here wrote. Peers come by the ordinary
# package clients and live under build/peers.
PEERS := build/peers

$(PEERS)/synapse/.done: tests/interop/interop.mk
	@mkdir -p $(PEERS)
	@python3 -m venv $(PEERS)/synapse && \
		$(PEERS)/synapse/bin/pip install -q --disable-pip-version-check 'matrix-synapse>=1.100' && \
		touch $@ || echo "Synapse could not be installed by pip: its tests are skipped"

#: make interop     tests against matrix-nio, Synapse ...; installs them under build/
interop:
	@.ci/deps interop
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@$(MAKE) --no-print-directory -i $(PEERS)/synapse/.done
	@failed=0; for t in nio_serve synapse rooms rtc_server portaudio; do \
		timeout 600 /usr/bin/python3 tests/interop/$$t.py || failed=1; done; exit $$failed

.PHONY: interop
