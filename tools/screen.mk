# Screen tests: the real program in a pseudo-terminal, read through libvterm.
SCREEN_SHARED := tests/screen/vt.c tests/screen/conf.c
SCREEN := $(filter-out $(SCREEN_SHARED),$(wildcard tests/screen/*.c))
screen_bins := $(patsubst tests/screen/%.c,$(BUILD)/tests/screen/%,$(SCREEN))
screen_shared := $(call obj,$(SCREEN_SHARED))
$(screen_bins): $(BUILD)/tests/screen/%: $(BUILD)/obj/tests/screen/%.o $(screen_shared)
	@mkdir -p $(@D)
	$(CC) $(LINKHARD) -o $@ $^ -lvterm -lutil -lcmocka
.PHONY: screen screen-bins
screen-bins: $(screen_bins)
screen: $(BUILD)/sigill screen-bins mo
	@SIGILL_BIN=$(abspath $(BUILD)/sigill) tools/run-tests.sh $(TEST_JOBS) $(screen_bins)
# The contrast of the themes is computed with pow().
$(BUILD)/tests/unit/ui_theme: libs_ui += -lm
