# muster. `make help` lists what can be made.
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

PKGS_CLIENT := libcurl libwebsockets jansson sqlite3 libcrypto libssl libuv
PKGS := $(PKGS_CLIENT) ncursesw
# wslay ships no .pc file.
PKGS += md4c md4c-html libargon2

PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKG_LIBS := $(shell pkg-config --libs $(PKGS) 2>/dev/null)

# llhttp: a library on Debian 13, C sources in node-llhttp on Debian 12.
ifeq ($(shell pkg-config --exists libllhttp && echo yes),yes)
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
LIBS := $(PKG_LIBS) -lwslay -lpthread -lm

OS_OTHER := $(filter-out core/base/os_$(OS).c,$(wildcard core/base/os_*.c))
SRC_CORE := $(filter-out $(OS_OTHER),$(wildcard core/*/*.c))
SRC_SERVER := $(wildcard server/*.c server/*/*.c)
SRC_FRONT := $(wildcard cli/*.c cli/*/*.c tui/*.c audio/*.c)
SRC := $(SRC_CORE) $(SRC_SERVER) $(SRC_FRONT)
OBJ := $(SRC:%.c=$(BUILD)/%.o) $(patsubst $(LLHTTP_DIR)/%.c,$(BUILD)/llhttp/%.o,$(LLHTTP_SRC))
OBJ_LIB := $(filter-out $(BUILD)/cli/main.o,$(OBJ))

.DEFAULT_GOAL := all
include $(wildcard mk/*.mk)

all: $(OUT)

$(OUT): $(OBJ)
	@mkdir -p $(@D)
	@echo "  LD $@"
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)

# Everything but main(), for tests, fuzzers and benchmarks.
$(BUILD)/libmuster.a: $(OBJ_LIB)
	@rm -f $@
	@ar rcs $@ $^

$(BUILD)/llhttp/%.o: $(LLHTTP_DIR)/%.c
	@mkdir -p $(@D)
	@echo "  CC $<"
	$(Q)$(CC) -std=gnu17 $(CFLAGS) $(SAN) $(PKG_CFLAGS) -w -c -o $@ $<

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "  CC $<"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

clean:
	rm -rf build muster

.PHONY: all clean
-include $(OBJ:.o=.d)
