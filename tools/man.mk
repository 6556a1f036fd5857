# The manual page of sigill: written text around the catalogue of actions, which the program itself prints.
.PHONY: man man-check
man: $(BUILD)/man/sigill.1
	cp $< docs/man/sigill.1
$(BUILD)/man/sigill.1: docs/man/sigill.1.in $(BUILD)/sigill
	@mkdir -p $(@D)
	@LC_ALL=C.UTF-8 $(BUILD)/sigill --lang en actions --mdoc > $@.actions
	@sed -e '/^@ACTIONS@$$/{r $@.actions' -e 'd}' docs/man/sigill.1.in > $@
man-check: $(BUILD)/man/sigill.1
	@cmp -s $< docs/man/sigill.1 || { echo "man: docs/man/sigill.1 is older than the catalogue: make man"; exit 1; }
	@echo "man: the manual page matches the catalogue"
