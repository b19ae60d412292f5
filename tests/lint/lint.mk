# What a reader would object to, found by machine.
CLANG_FORMAT_VERSION := 14.0.6
C_FILES := $(shell git ls-files '*.c' '*.h' 2>/dev/null)
SH_FILES := .ci/run .ci/deps $(shell git ls-files 'tests/*' 2>/dev/null | \
	while read -r f; do [ -f "$$f" ] && head -c 20 "$$f" | grep -q '^\#!/bin/sh' && echo "$$f"; done)

# The version decides the layout, so it is pinned; pip has it everywhere.
build/lint/bin/clang-format:
	@mkdir -p build/lint
	@python3 -m venv build/lint
	@build/lint/bin/pip install -q clang-format==$(CLANG_FORMAT_VERSION)

#: make lint        layers, format, clang-tidy, shellcheck
lint: lint-deps
	@$(MAKE) --no-print-directory lint-layers lint-format lint-shell lint-words lint-plans lint-tidy

lint-deps:
	@.ci/deps lint

lint-layers:
	@tests/lint/layers

lint-format: build/lint/bin/clang-format
	@build/lint/bin/clang-format --dry-run -Werror $(C_FILES) && echo "format: $(words $(C_FILES)) files"

format: build/lint/bin/clang-format
	@build/lint/bin/clang-format -i $(C_FILES)

lint-shell:
	@shellcheck $(SH_FILES) && echo "shell: $(words $(SH_FILES)) scripts"

#: make lint-plans  no statement of the server reads a whole table
lint-plans:
	@tests/lint/plans
CHECKS += lint-plans

lint-words:
	@tests/lint/words

# One clang-tidy per file, two at a time; results are kept until a file changes.
TIDY_SRC := $(filter-out $(OS_OTHER),$(filter core/%.c server/%.c cli/%.c tui/%.c audio/%.c,$(C_FILES)))
TIDY_OK := $(TIDY_SRC:%=build/tidy/%.ok)

build/tidy/%.ok: % .clang-tidy
	@mkdir -p $(@D)
	@clang-tidy --quiet $< -- $(CPPFLAGS) -std=gnu17 $(PKG_CFLAGS) >$(@:.ok=.log) 2>/dev/null || \
		{ cat $(@:.ok=.log); exit 1; }
	@touch $@

lint-tidy:
	@$(MAKE) --no-print-directory -k -j$$(nproc) $(TIDY_OK) && echo "clang-tidy: $(words $(TIDY_OK)) files"

.PHONY: lint lint-deps lint-layers lint-format lint-shell lint-words lint-plans lint-tidy format
