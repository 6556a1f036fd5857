# Reading the log: the test of uniform draws computes with logarithms and roots.
$(BUILD)/tests/unit/model_risk: libs_model += -lm
# Exports against the schemas of those who receive them. STORELOG_SCHEMA: folder of the national log contract's schemas.
STORELOG_SCHEMA ?=
.PHONY: export-check
export-check: $(BUILD)/tests/unit/wire_export
	@BUILD='$(BUILD)' STORELOG_SCHEMA='$(STORELOG_SCHEMA)' tools/export-check.sh
