# Reading the log: the test of uniform draws computes with logarithms and roots.
$(BUILD)/tests/unit/model_risk: libs_model += -lm
# What a page of a long log costs in the service; EVENTS: how long it is. The database is made anew when it is not there.
EVENTS ?= 10000000
$(BUILD)/bench/log_pages: $(BUILD)/bench/log_pages.o $(call lib,$(below_server))
	@$(CC) -o $@ $^ $(libs_server) $(libs_base)
.PHONY: bench-log
bench-log: build $(BUILD)/tools/demo_data $(BUILD)/bench/make_log $(BUILD)/bench/log_pages
	@dir=$(BUILD)/bench/log-$(EVENTS); export BUILD='$(abspath $(BUILD))' DEMO_DIR="$$PWD/$$dir"; [ -f "$$dir/filled" ] || { tools/demo.sh prepare >&2 && \
	  $(BUILD)/bench/make_log $(EVENTS) "$$dir/sigill.db" && touch "$$dir/filled"; }; $(BUILD)/bench/log_pages "$$dir/sigill.db" SE2321000016-2009

# Exports against the schemas of those who receive them. STORELOG_SCHEMA: folder of the national log contract's schemas.
STORELOG_SCHEMA ?=
.PHONY: export-check
export-check: $(BUILD)/tests/unit/wire_export
	@BUILD='$(BUILD)' STORELOG_SCHEMA='$(STORELOG_SCHEMA)' tools/export-check.sh
