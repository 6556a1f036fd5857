# The deterministic simulation (docs/testing.md). make sim SEEDS=n [FROM=k]: two processes share the seeds; sim-short is part of make check;
# sim-ledger runs the same and writes its totals down; make mutants proves that the checker sees planted faults.
SIM_SRC  := $(wildcard tests/sim/*.c)
SIM_WRAP := -Wl,--wrap=EVP_PBE_scrypt,--wrap=getpid,--wrap=open,--wrap=sg_uuid7
SIM_BIN  := $(BUILD)/tests/sigill-sim
SIM_SHORT ?= $(if $(SAN),60,2000)
SEEDS ?= 20000
FROM  ?= 1
$(BUILD)/obj/tests/sim/%.o: CPPFLAGS += -Itests/sim
$(SIM_BIN): $(call obj,$(SIM_SRC)) $(call lib,sync queue server witness net sign merkle wire model base)
	@mkdir -p $(@D)
	$(if $(V),,@echo '  LD   $@';) $(CC) $(LINKHARD) $(SIM_WRAP) -o $@ $^ $(libs_sync) $(libs_server) $(libs_base)
.PHONY: sim sim-short sim-ledger drills mutants
sim: $(SIM_BIN)
	@$< --file tests/sim/seeds.txt --twice --quiet
	@tools/sim-run.sh $< $(FROM) $(SEEDS) 100
sim-short: $(SIM_BIN)
	@$< --file tests/sim/seeds.txt --quiet
	@tools/sim-run.sh $< 1 $(SIM_SHORT) 20
sim-ledger: $(SIM_BIN)
	@tools/sim-run.sh $< $(FROM) $(SEEDS) 100 tests/sim/ledger.txt; tools/sim-total.sh tests/sim/ledger.txt
# Restores of an old backup: every seed a world whose service loses its disk (R6.8).
DRILLS ?= 1000
drills: $(SIM_BIN)
	@SIM_FLAGS=--restore tools/sim-run.sh $< 1 $(DRILLS) 0
# Planted faults need a build of their own; OPT is what a build of five minutes can spare. Where the seed of the table no longer finds its fault, the first SEARCH ones are tried.
SEARCH ?= 40
mutants:
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/mutants MUTANTS=1 OPT=-O1 $(BUILD)/mutants/tests/sigill-sim
	@$(BUILD)/mutants/tests/sigill-sim --steps 48 --mutants tests/sim/mutants.txt --search $(SEARCH)
