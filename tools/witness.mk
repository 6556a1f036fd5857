# sigill-witness, for somebody else's machine: links with neither the service nor the client.
build: $(BUILD)/sigill-witness
$(BUILD)/sigill-witness: $(BUILD)/obj/src/witness/main.o $(call lib,$(below_witness))
	@$(if $(V),,echo '  LD   $@';) $(CC) $(LINKHARD) -o $@ $^ $(libs_witness) $(libs_base)
e2e: $(BUILD)/sigill-witness
