# A bad network between two namespaces, for tests and benchmarks: tests/lib/netimpair.py.
NETIMPAIR := $(BUILD)/tests/lib/netimpair/netimpair
NETIMPAIR_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/lib/netimpair/*.c))
$(NETIMPAIR): $(NETIMPAIR_OBJ) $(BUILD)/libmuster.a
	@echo "  LD $@"
	$(Q)$(CC) $(CFLAGS_ALL) -o $@ $^ $(LDFLAGS_ALL) $(LIBS)
-include $(NETIMPAIR_OBJ:.o=.d)

#: make netimpair   the router that makes a network bad does what it is told
netimpair: $(NETIMPAIR)
	@NETIMPAIR=$(NETIMPAIR) timeout 900 /usr/bin/python3 tests/lib/netimpair_check.py
CHECKS += netimpair
TEST_PROGRAMS += $(NETIMPAIR)
.PHONY: netimpair
