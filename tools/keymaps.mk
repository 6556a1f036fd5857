# The shipped keymaps become part of the program, so that it works wherever it is copied.
KEYMAPS := $(sort $(wildcard keymaps/*.keymap))
$(BUILD)/gen/keymaps.c: $(KEYMAPS) tools/keymaps.awk
	@mkdir -p $(@D)
	awk -f tools/keymaps.awk $(KEYMAPS) > $@.new && mv $@.new $@
$(BUILD)/obj/gen/keymaps.o: $(BUILD)/gen/keymaps.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<
$(BUILD)/lib/cmd.a: $(BUILD)/obj/gen/keymaps.o
