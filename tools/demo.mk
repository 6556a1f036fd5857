# The demo: a private CA, staff, sixty citizens, a service on loopback. make demo opens the program on it (without a terminal it takes
# the scripted tour); make demo-server keeps just the service in the foreground.
DEMO_DIR  ?= $(BUILD)/demo
DEMO_PORT ?= 8443
$(BUILD)/tools/demo_data: $(BUILD)/obj/tools/demo_data.o $(call lib,model base)
	@mkdir -p $(@D)
	$(if $(V),,@)$(CC) $(LINKHARD) -o $@ $^ $(libs_base)

.PHONY: demo-programs
demo-programs: build $(BUILD)/tools/demo_data
demo: deps
	@$(MAKE) --no-print-directory demo-programs >&2
	@BUILD='$(BUILD)' DEMO_DIR='$(DEMO_DIR)' DEMO_PORT='$(DEMO_PORT)' tools/demo.sh open
demo-server: deps
	@$(MAKE) --no-print-directory demo-programs >&2
	@BUILD='$(BUILD)' DEMO_DIR='$(DEMO_DIR)' DEMO_PORT='$(DEMO_PORT)' exec tools/demo.sh server
