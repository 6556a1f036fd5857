# Reading the log: the test of uniform draws computes with logarithms and roots.
$(BUILD)/tests/unit/model_risk: libs_model += -lm
# A long log in the service and in the real client; EVENTS: how long it is, LOG_DIR: where (made when it is not there, and kept).
EVENTS ?= 10000000
$(BUILD)/bench/log_pages: $(BUILD)/bench/log_pages.o $(call lib,$(below_server))
	@$(CC) -o $@ $^ $(libs_server) $(libs_base)
$(BUILD)/bench/log_screen: $(BUILD)/bench/log_screen.o $(BUILD)/bench/pty.o
	@$(CC) -o $@ $^ -lutil
.PHONY: bench-log
bench-log: build $(BUILD)/tools/demo_data $(addprefix $(BUILD)/bench/,make_log log_pages log_screen log_verify)
	@BUILD='$(BUILD)' tools/bench-log.sh $(EVENTS) $(LOG_DIR)

# Exports against the schemas of those who receive them. STORELOG_SCHEMA: folder of the national log contract's schemas.
STORELOG_SCHEMA ?=
.PHONY: export-check
export-check: demo-programs $(BUILD)/tests/unit/wire_export $(BUILD)/tests/unit/wire_export_audit $(BUILD)/bench/make_log
	@BUILD='$(BUILD)' STORELOG_SCHEMA='$(STORELOG_SCHEMA)' tools/export-check.sh
