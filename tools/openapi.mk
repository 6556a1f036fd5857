# The description of the API: generated from the same tables the programs are made of. make openapi after a change of a table;
# openapi-check (part of make check) fails when docs/api/openapi.yaml is older than they are.
OPENAPI := $(BUILD)/tools/openapi
OPENAPI_JSON := $(BUILD)/openapi.json
$(OPENAPI): $(call obj,$(wildcard tools/openapi/*.c)) $(call lib,wire model base)
	@mkdir -p $(@D)
	@$(if $(V),,echo '  LD   $@';) $(CC) $(LINKHARD) -o $@ $^ $(libs_base)
$(OPENAPI_JSON): $(OPENAPI) tools/openapi/parts.json
	@$(OPENAPI) tools/openapi/parts.json $(BUILD)/openapi.yaml $@
.PHONY: openapi openapi-check openapi-lint
openapi: $(OPENAPI_JSON)
	@mkdir -p docs/api && cp $(BUILD)/openapi.yaml docs/api/openapi.yaml
openapi-check: $(OPENAPI_JSON)
	@cmp -s $(BUILD)/openapi.yaml docs/api/openapi.yaml || { echo "openapi: docs/api/openapi.yaml is older than the tables: make openapi"; exit 1; }
	@echo "openapi: the description matches the tables"
$(filter $(BUILD)/tests/unit/server_%,$(unit_bins)): | $(OPENAPI_JSON)
# By another's rules, where npm and the network are to be had; skipped loudly otherwise.
REDOCLY := 1.34.5
openapi-lint: openapi
	@tools/openapi-lint.sh docs/api/openapi.yaml $(REDOCLY)
