# Mixes of paper, queue and direct entry of the same ids: tests/paper, against the real store and the real core. The short form is part of
# make check.
MIXES ?= 10000
PAPER_BIN := $(BUILD)/tests/paper/mixes
$(PAPER_BIN): $(call obj,tests/paper/mixes.c) $(call lib,queue $(below_server))
	@mkdir -p $(@D)
	@$(if $(V),,echo '  LD   $@';) $(CC) $(LINKHARD) -o $@ $^ $(libs_queue) $(libs_server) $(libs_base) -lcmocka
.PHONY: paper-mixes paper-short
paper-mixes: $(PAPER_BIN) $(OPENAPI_JSON)
	@MIXES=$(MIXES) CMOCKA_MESSAGE_OUTPUT=stdout $<
paper-short: $(PAPER_BIN) $(OPENAPI_JSON)
	@CMOCKA_MESSAGE_OUTPUT=stdout $<
# Random switches between drill and real work (R6.10); a short form is in make unit.
.PHONY: drill-switches
drill-switches: $(BUILD)/tests/unit/queue_drill
	@SWITCHES=$(or $(SWITCHES),10000) CMOCKA_MESSAGE_OUTPUT=stdout $<
