# What is made from the command table and committed: manual pages, completions.

#: make docs        write man/ and completions/ anew from the command table
docs: $(OUT)
	@LC_ALL=C LANGUAGE= ./$(OUT) docs man man
	@LC_ALL=C LANGUAGE= ./$(OUT) docs completions completions

MAN_PAGES = $(wildcard man/*.1 man/*.5)
BASH_DIR = $(DESTDIR)$(PREFIX)/share/bash-completion/completions
ZSH_DIR = $(DESTDIR)$(PREFIX)/share/zsh/site-functions
FISH_DIR = $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
UNIT_DIR = $(DESTDIR)$(PREFIX)/lib/systemd

#: make install     install below PREFIX (/usr/local), under DESTDIR
install: all
	install -D -m 755 $(OUT) $(DESTDIR)$(PREFIX)/bin/muster
	@for p in $(MAN_PAGES); do \
		install -D -m 644 $$p $(DESTDIR)$(PREFIX)/share/man/man$${p##*.}/$${p#man/}; done
	install -D -m 644 completions/muster.bash $(BASH_DIR)/muster
	install -D -m 644 completions/_muster $(ZSH_DIR)/_muster
	install -D -m 644 completions/muster.fish $(FISH_DIR)/muster.fish
	@for u in system:muster user:muster-user; do mkdir -p $(UNIT_DIR)/$${u%%:*} && \
		sed 's|@BINDIR@|$(PREFIX)/bin|' packaging/$${u#*:}.service.in \
			>$(UNIT_DIR)/$${u%%:*}/muster.service; done
	@for u in service timer; do \
		sed 's|@BINDIR@|$(PREFIX)/bin|' packaging/muster-queue.$$u.in \
			>$(UNIT_DIR)/user/muster-queue.$$u; done
	@for l in $(PO_LANGS); do [ ! -f $(LOCALE_DIR)/$$l/LC_MESSAGES/muster.mo ] || \
		install -D -m 644 $(LOCALE_DIR)/$$l/LC_MESSAGES/muster.mo \
			$(DESTDIR)$(PREFIX)/share/locale/$$l/LC_MESSAGES/muster.mo; done

#: make uninstall   remove what install put there
uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/muster
	@for p in $(MAN_PAGES); do rm -f $(DESTDIR)$(PREFIX)/share/man/man$${p##*.}/$${p#man/}; done
	rm -f $(UNIT_DIR)/system/muster.service $(UNIT_DIR)/user/muster.service
	rm -f $(UNIT_DIR)/user/muster-queue.service $(UNIT_DIR)/user/muster-queue.timer
	rm -f $(BASH_DIR)/muster $(ZSH_DIR)/_muster $(FISH_DIR)/muster.fish
	@for l in $(PO_LANGS); do \
		rm -f $(DESTDIR)$(PREFIX)/share/locale/$$l/LC_MESSAGES/muster.mo; done

#: make deb         a Debian package, build/deb/muster_VERSION_ARCH.deb
DEB := BUILD=build/deb OUT=build/deb/muster PREFIX=/usr LDFLAGS="-Wl,-z,now"
deb:
	@$(MAKE) --no-print-directory $(DEB) all
	@rm -rf build/deb/root
	@$(MAKE) --no-print-directory -s $(DEB) DESTDIR=$(CURDIR)/build/deb/root install
	@packaging/deb build/deb $(VERSION) "$(LOADED)" "$(LOADED_SOUND)"

.PHONY: docs install uninstall deb
