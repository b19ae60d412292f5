# Translations: sentences are marked _() and N_() in the sources, catalogues
# are po/LANG.po. Built into build/locale, so MUSTER_LOCALEDIR=build/locale
# shows them without installing.
PO_LANGS := $(shell cat po/LINGUAS 2>/dev/null)
LOCALE_DIR := build/locale
MO := $(PO_LANGS:%=$(LOCALE_DIR)/%/LC_MESSAGES/muster.mo)
# git's list, so that what somebody tries out beside it does not count.
POT_SRC = $(sort $(shell git ls-files 'core/*.c' 'core/*.h' 'server/*.c' 'cli/*.c' 'cli/*.h' 'tui/*.c' 'audio/*.c'))

$(LOCALE_DIR)/%/LC_MESSAGES/muster.mo: po/%.po
	@mkdir -p $(@D)
	$(Q)msgfmt -c -o $@ $<

mo: $(MO)

ifneq ($(shell command -v msgfmt 2>/dev/null),)
all: mo
endif

#: make pot         collect sentences into po/muster.pot and carry them into po/*.po
pot: $(BUILD)/gen/page/page.pot
	@xgettext --language=C --from-code=UTF-8 --keyword=_ --keyword=N_ --add-comments=TRANSLATORS: \
		--sort-by-file --no-location --width=98 --package-name=muster \
		--copyright-holder='the muster authors' -o po/muster.pot.new $(POT_SRC)
	@sed -i -e '/^"POT-Creation-Date:/d' -e 's/charset=CHARSET/charset=UTF-8/' po/muster.pot.new
	@msgcat --use-first --width=98 -o po/muster.pot po/muster.pot.new $(PAGE_GEN)/page.pot
	@rm po/muster.pot.new
	@for l in $(PO_LANGS); do [ -f po/$$l.po ] || \
		msginit --no-translator -l $$l -i po/muster.pot -o po/$$l.po >/dev/null 2>&1; \
		msgmerge -q --no-fuzzy-matching --width=98 --backup=none -U po/$$l.po po/muster.pot; \
		sed -i '/^"POT-Creation-Date:/d' po/$$l.po; done
	@for l in $(PO_LANGS); do printf '%s: ' $$l; msgfmt -c --statistics -o /dev/null po/$$l.po; done

.PHONY: pot mo
