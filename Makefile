# muster. `make help` lists what can be made; parts have their own .mk files.
#
# BUILD=DIR      where objects go (build/release by default)
# OS=posix       build the portable fallback of core/base/os_*.c
# WERROR=        without -Werror, for compilers newer than ours
# PREFIX=        for install (/usr/local)

VERSION := 0.1.0
PREFIX ?= /usr/local
DESTDIR ?=
BUILD ?= build/release
CC ?= cc
V ?= 0
Q := $(if $(filter 1,$(V)),,@)
OS ?= $(shell test "$$(uname -s)" = Linux && echo linux || echo posix)
WERROR ?= -Werror
OPT ?= -O2 -g
SAN ?=
OUT ?= muster

PKGS := libcurl jansson sqlite3 libcrypto libssl libuv libutf8proc
# wslay ships no .pc file.
PKGS += md4c md4c-html libargon2 libprotobuf-c

# Not linked but loaded when first used (core/base/lib.h), each with what pkg-config calls it.
LOADED := NCURSES=ncursesw QRENCODE=libqrencode WEBSOCKETS=libwebsockets SRTP=libsrtp2 ICAL=libical \
	XLSXWRITER=xlsxwriter
LOADED_SOUND := PORTAUDIO=portaudio-2.0 OPUS=opus SPEEXDSP=speexdsp SNDFILE=sndfile
PKGS_LOADED := $(foreach l,$(LOADED) $(LOADED_SOUND),$(lastword $(subst =, ,$(l))))

PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) $(PKGS_LOADED) 2>/dev/null)
PKG_LIBS := $(shell pkg-config --libs $(PKGS) 2>/dev/null)

# llhttp: a library on Debian 13, C sources in node-llhttp on Debian 12.
ifeq ($(shell pkg-config --exists libllhttp 2>/dev/null && echo yes),yes)
PKG_CFLAGS += $(shell pkg-config --cflags libllhttp)
PKG_LIBS += $(shell pkg-config --libs libllhttp)
LLHTTP_SRC :=
else
LLHTTP_DIR := /usr/share/llhttp
PKG_CFLAGS += -isystem /usr/share/include/llhttp -isystem /usr/include/llhttp
LLHTTP_SRC := $(wildcard $(LLHTTP_DIR)/api.c $(LLHTTP_DIR)/http.c $(LLHTTP_DIR)/llhttp.c)
endif

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	-Wwrite-strings -Wvla -Wformat=2 -Wno-format-nonliteral -Wundef $(WERROR)
CPPFLAGS += -D_GNU_SOURCE -I. -DMUSTER_VERSION='"$(VERSION)"' \
	-DMUSTER_LOCALEDIR='"$(PREFIX)/share/locale"' -include core/base/banned.h
CFLAGS ?= $(OPT)
CFLAGS_ALL := -std=gnu17 $(CFLAGS) $(WARN) $(SAN) $(PKG_CFLAGS) -fno-common \
	-fstack-protector-strong -D_FORTIFY_SOURCE=2
ifneq ($(SAN),)
CFLAGS_ALL := $(filter-out -D_FORTIFY_SOURCE=2,$(CFLAGS_ALL))
endif
LDFLAGS_ALL := $(LDFLAGS) $(SAN) -Wl,--as-needed -Wl,-z,relro
# Libraries are searched in this order at start, for some ten thousand symbols:
# those that most are found in come first. (A sanitizer must precede the C library.)
LIBS := $(if $(SAN),,-lc -lcrypto -lssl) $(PKG_LIBS) -lwslay -lpthread -lm

OS_OTHER := $(filter-out core/base/os_$(OS).c,$(wildcard core/base/os_*.c))
SRC_CORE := $(filter-out $(OS_OTHER),$(wildcard core/*/*.c core/*/*/*.c))
SRC_SERVER := $(wildcard server/*.c server/*/*.c)
SRC_FRONT := $(wildcard cli/*.c cli/*/*.c tui/*.c audio/*.c)
SRC := $(SRC_CORE) $(SRC_SERVER) $(SRC_FRONT)
OBJ := $(SRC:%.c=$(BUILD)/%.o) $(patsubst $(LLHTTP_DIR)/%.c,$(BUILD)/llhttp/%.o,$(LLHTTP_SRC))
OBJ_LIB := $(filter-out $(BUILD)/cli/main.o,$(OBJ))

.DEFAULT_GOAL := all
include $(wildcard core/*/*.mk cli/*.mk po/*.mk server/*/*.mk docs/*.mk tests/*/*.mk)

ifeq ($(shell pkg-config --exists $(PKGS) $(PKGS_LOADED) 2>/dev/null && echo yes),yes)
all: $(OUT)
else
all:
	@pkg-config --print-errors --exists $(PKGS) $(PKGS_LOADED) 2>&1 | grep 'not found' >&2 || :
	@echo "Libraries are missing. Run: make deps" >&2; exit 1
endif

help:
	@sed -n 's/^#: //p' $(MAKEFILE_LIST)

#: make             build ./muster
$(OUT): $(BUILD)/cli/main.o $(BUILD)/libmuster.a
	@mkdir -p $(@D)
	@echo "  LD $@"
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)

# Everything but main(), for tests, fuzzers and benchmarks.
$(BUILD)/libmuster.a: $(OBJ_LIB)
	@rm -f $@
	@ar rcs $@ $^

$(BUILD)/llhttp/%.o: $(LLHTTP_DIR)/%.c Makefile
	@mkdir -p $(@D)
	@echo "  CC $<"
	$(Q)$(CC) -std=gnu17 $(CFLAGS) $(SAN) $(PKG_CFLAGS) -DLLHTTP_STRICT_MODE=1 -w -c -o $@ $<

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "  CC $<"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

#: make deps        install the Debian packages that the build needs
deps:
	@.ci/deps build

#: make demo        install what is missing, build, and play a school day
demo:
	@.ci/deps test
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@tests/demo/demo

#: make test        install what is missing, build, run every test
test:
	@.ci/deps test
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@failed=0; $(MAKE) --no-print-directory -j$$(nproc) unit || failed=1; \
		$(MAKE) --no-print-directory -k $(CHECKS) || failed=1; exit $$failed

#: make asan        the tests under AddressSanitizer and UBSan
ASAN := BUILD=build/asan OUT=build/asan/muster OPT="-O1 -g" \
	SAN="-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer"
LSAN := suppressions=$(CURDIR)/tests/lib/lsan.supp:print_suppressions=0
asan: asan-build
	@failed=0; export LSAN_OPTIONS="$(LSAN)"; \
		$(MAKE) --no-print-directory $(ASAN) unit || failed=1; \
		MUSTER=build/asan/muster $(MAKE) --no-print-directory -k $(ASAN) $(CHECKS) || failed=1; \
		$(MAKE) --no-print-directory $(ASAN) tui-fuzz SECONDS=60 || failed=1; exit $$failed
asan-build:
	@$(MAKE) --no-print-directory $(ASAN) all test-programs

# What the tests of a build consist of, each added where it is made.
test-programs: $(TEST_PROGRAMS)

#: make tsan        the tests under ThreadSanitizer
# libsqlite3 is there from the beginning: NSS below libsrtp loads it and lets it go again, which
# the sanitizer does not allow to a library that it has a rule for.
TSAN := BUILD=build/tsan OUT=build/tsan/muster OPT="-O1 -g" SAN="-fsanitize=thread" \
	LDFLAGS="-Wl,--no-as-needed -lsqlite3"
tsan:
	@$(MAKE) --no-print-directory $(TSAN) all
	@TSAN_OPTIONS="suppressions=$(CURDIR)/tests/lib/tsan.supp die_after_fork=0" UNIT_TIMEOUT=600 \
		$(MAKE) --no-print-directory $(TSAN) unit

#: make clean       remove everything that was built
clean:
	rm -rf build muster

.PHONY: all help deps demo test asan asan-build test-programs tsan clean
-include $(OBJ:.o=.d)
