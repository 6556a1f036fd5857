# End-to-end tests: the built programs against each other over TLS on loopback. KILLS: how often a process is killed. Those called
# screen_* drive the full screen with the pseudo-terminal of tests/screen.
KILLS ?= 200
# One more at a time than there are processors: they wait for each other's programs most of the time.
E2E_JOBS ?= $(shell expr $(TEST_JOBS) + 1)
STOPS ?= 15
export STOPS
E2E_SHARED := $(addprefix tests/e2e/,process.c pki.c world.c people.c client.c proxy.c)
E2E_DESK := tests/e2e/desk.c tests/screen/vt.c
E2E_WIRE := tests/e2e/wire.c
E2E := $(filter-out $(E2E_SHARED) $(E2E_DESK) $(E2E_WIRE),$(wildcard tests/e2e/*.c))
e2e_bins := $(patsubst tests/e2e/%.c,$(BUILD)/tests/e2e/%,$(E2E))
e2e_shared := $(call obj,$(E2E_SHARED))
e2e_screen_bins := $(filter $(BUILD)/tests/e2e/screen_%,$(e2e_bins))
$(e2e_screen_bins): $(call obj,$(E2E_DESK))
$(BUILD)/tests/e2e/loss: $(call obj,$(E2E_WIRE))
$(e2e_screen_bins): e2e_libs := -lvterm -lutil
$(e2e_bins): $(BUILD)/tests/e2e/%: $(BUILD)/obj/tests/e2e/%.o $(e2e_shared) $(call lib,$(below_sync))
	@mkdir -p $(@D)
	@$(if $(V),,echo '  LD   $@';) $(CC) $(LINKHARD) -o $@ $^ $(e2e_libs) $(libs_sync) -lcurl $(libs_base) -lcmocka
.PHONY: e2e e2e-bins
e2e-bins: $(e2e_bins)
# One at a time: these measure how soon a key is answered.
e2e_alone := $(filter %/screen_hung,$(e2e_bins))
e2e: $(BUILD)/sigill $(BUILD)/sigilld $(BUILD)/sigilld-sign e2e-bins mo
	@SIGILL_BIN=$(abspath $(BUILD)/sigill) SIGILLD_BIN=$(abspath $(BUILD)/sigilld) KILLS=$(KILLS) tools/run-tests.sh $(E2E_JOBS) $(filter-out $(e2e_alone),$(e2e_bins))
	@SIGILL_BIN=$(abspath $(BUILD)/sigill) SIGILLD_BIN=$(abspath $(BUILD)/sigilld) KILLS=$(KILLS) tools/run-tests.sh 1 $(e2e_alone)
# Every byte of every kind of action (docs/testing.md).
.PHONY: cuts
cuts: $(BUILD)/sigill $(BUILD)/sigilld $(BUILD)/sigilld-sign $(BUILD)/tests/e2e/cut
	@test ! -w /dev/shm || export TMPDIR=/dev/shm; SIGILL_BIN=$(abspath $(BUILD)/sigill) SIGILLD_BIN=$(abspath $(BUILD)/sigilld) CUT_STRIDE=$(or $(CUT_STRIDE),1) CUT_SIZES=2 $(BUILD)/tests/e2e/cut
