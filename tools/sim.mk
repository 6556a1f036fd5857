# The deterministic simulation (docs/testing.md). make sim SEEDS=n [FROM=k]: two processes share the seeds; sim-short is part of make check;
# make mutants proves that the checker sees planted faults.
SIM_SRC  := $(wildcard tests/sim/*.c)
SIM_WRAP := -Wl,--wrap=EVP_PBE_scrypt,--wrap=getpid,--wrap=open,--wrap=sg_uuid7
SIM_BIN  := $(BUILD)/tests/sigill-sim
SIM_SHORT ?= 2000
SEEDS ?= 20000
FROM  ?= 1
$(BUILD)/obj/tests/sim/%.o: CPPFLAGS += -Itests/sim
$(SIM_BIN): $(call obj,$(SIM_SRC)) $(call lib,sync net queue server merkle wire model base)
	@mkdir -p $(@D)
	$(if $(V),,@echo '  LD   $@';) $(CC) $(LINKHARD) $(SIM_WRAP) -o $@ $^ $(libs_sync) $(libs_server) $(libs_base)
.PHONY: sim sim-short sim-run mutants
# FROM, SEEDS: two halves at once; each prints its totals, and a line that repeats whatever failed.
sim-run: $(SIM_BIN)
	@half=$$(( $(FROM) + $(SEEDS) / 2 )); \
	$< --seeds $(FROM)..$$((half - 1)) & one=$$!; $< --seeds $$half..$$(( $(FROM) + $(SEEDS) - 1 )); two=$$?; wait $$one && exit $$two
sim: $(SIM_BIN)
	@$< --file tests/sim/seeds.txt --twice
	@$(MAKE) --no-print-directory sim-run
sim-short: $(SIM_BIN)
	@$< --file tests/sim/seeds.txt --quiet
	@$(MAKE) --no-print-directory sim-run SEEDS=$(SIM_SHORT) FROM=1
