# Sonames of the libraries that are loaded when first used (lib.h): those of the machine that
# builds.
SONAMES_H := $(BUILD)/gen/sonames.h
$(SONAMES_H): core/base/sonames Makefile
	@mkdir -p $(@D)
	@echo "  SO $@"
	$(Q)core/base/sonames "$(CC)" $(@D)/loaded $(LOADED) $(LOADED_SOUND) >$@.new
	@mv $@.new $@

# Whoever includes it needs it first; later changes are seen by the .d files.
$(OBJ) $(patsubst %,build/tidy/%.ok,$(SRC)): | $(SONAMES_H)
