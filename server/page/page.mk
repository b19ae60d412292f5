# The join page: its files, and what po/*.po have of its sentences, become C.
# Only GNU gettext's programs are used; without them the page is English.
PAGE_JS := $(addprefix server/page/,$(shell cat server/page/scripts))
PAGE_HTML := server/page/join.html
PAGE_TEXT := $(PAGE_HTML) $(PAGE_JS)
PAGE_GEN := $(BUILD)/gen/page
PAGE_MO := $(if $(shell command -v msgfmt),$(PO_LANGS:%=$(PAGE_GEN)/%.mo))
OBJ_LIB += $(PAGE_GEN)/files.o

# C's syntax for the HTML, where _("...") stands among markup.
PAGE_XGETTEXT = xgettext --from-code=UTF-8 --add-comments=TRANSLATORS: --sort-by-file \
	--no-location --width=98
$(PAGE_GEN)/page.pot: $(PAGE_TEXT) server/page/page.mk
	@mkdir -p $(@D)
	$(Q)$(PAGE_XGETTEXT) --language=C --keyword=_ -o $@.new $(PAGE_HTML) && \
		$(PAGE_XGETTEXT) -j --language=JavaScript --keyword=t -o $@.new $(PAGE_JS) && \
		sed 's/charset=CHARSET/charset=UTF-8/' $@.new >$@ && rm -f $@.new

$(PAGE_GEN)/%.mo: po/%.po $(PAGE_GEN)/page.pot
	$(Q)msgmerge -q --no-fuzzy-matching -o - $< $(PAGE_GEN)/page.pot | \
		msgattrib --translated --no-fuzzy --no-obsolete | msgfmt --endianness=little -o $@ -

$(PAGE_GEN)/files.c: server/page/embed $(PAGE_TEXT) server/page/join.css $(PAGE_MO)
	@mkdir -p $(@D)
	@echo "  EMBED $(PAGE_HTML)"
	$(Q)server/page/embed $(PAGE_HTML) server/page/join.css server/page/scripts $(PAGE_JS) \
		$(PAGE_MO) >$@.new && mv $@.new $@

$(PAGE_GEN)/files.o: $(PAGE_GEN)/files.c server/page/files.h Makefile
	@echo "  CC $<"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS_ALL) -c -o $@ $<
