# Faults of the machine (docs/testing.md): a preloaded shim lets one call of the built programs fail, or kills them there. make faults tries
# every call (of allocations every call path; FAULT_ALL=1 every single one); faults-short, part of make check, so many of them as fit into
# FAULT_MS for each class and way.
FAULT_SHIM := $(BUILD)/tests/fault/inject.so
FAULT_BIN  := $(BUILD)/tests/fault/faults
FAULT_SRC  := $(filter-out tests/fault/inject.c tests/fault/heap.c tests/fault/path.c,$(wildcard tests/fault/*.c))
FAULT_PART ?=
FAULT_CLASS ?=
$(FAULT_SHIM): tests/fault/inject.c tests/fault/heap.c tests/fault/path.c tests/fault/kdf.c tests/fault/inject.h tests/fault/call.def
	@mkdir -p $(@D)
	@$(if $(V),,echo '  LD   $@';) $(CC) -std=gnu17 -O2 -g -Wall -Wextra -Werror -U_FORTIFY_SOURCE -D_GNU_SOURCE -fPIC -shared -o $@ $(filter %.c,$^) -lcrypto
$(FAULT_BIN): $(call obj,$(FAULT_SRC)) $(e2e_shared) $(call lib,$(below_cli))
	@mkdir -p $(@D)
	@$(if $(V),,echo '  LD   $@';) $(CC) $(LINKHARD) -Wl,--wrap=exit -o $@ $^ $(libs_cli) $(libs_base) -lcmocka
.PHONY: faults faults-short faults-run fault-bins
fault-bins: $(FAULT_SHIM) $(FAULT_BIN)
FAULT_PARTS := r1_11_enqueue_into_a_new_store r1_1_enqueue r1_11_enqueue_and_send r1_11_replay r4_16_apply
FAULT_JOBS ?= $(TEST_JOBS)
faults-run: $(BUILD)/sigill $(BUILD)/sigilld $(BUILD)/sigilld-sign fault-bins
	@test ! -w /dev/shm || export TMPDIR=/dev/shm; \
	SIGILL_BIN=$(abspath $(BUILD)/sigill) SIGILLD_BIN=$(abspath $(BUILD)/sigilld) SIGILL_FAULT_SHIM=$(abspath $(FAULT_SHIM)) \
	  SIGILL_FAULT_LATER=1 FAULT_MS=$(FAULT_MS) FAULT_CLASS='$(FAULT_CLASS)' CMOCKA_MESSAGE_OUTPUT=stdout \
	  tools/faults.sh $(FAULT_JOBS) $(FAULT_BIN) $(or $(FAULT_PART),$(FAULT_PARTS))
faults:
	@$(MAKE) --no-print-directory faults-run FAULT_MS=0
faults-short:
	@$(MAKE) --no-print-directory faults-run FAULT_MS=100
# Real kills under load (docs/testing.md): make crash kills clients and the service 10,000 times; KILLS=n more or fewer.
CRASH_BIN := $(BUILD)/tests/crash/crash
$(CRASH_BIN): $(call obj,$(wildcard tests/crash/*.c) tests/fault/desk.c tests/fault/kdf.c) $(e2e_shared) $(call lib,$(below_sync))
	@mkdir -p $(@D)
	@$(if $(V),,echo '  LD   $@';) $(CC) $(LINKHARD) -o $@ $^ $(libs_sync) $(libs_base) -lcmocka
.PHONY: crash crash-run crash-short
crash-run: $(BUILD)/sigilld $(BUILD)/sigilld-sign $(CRASH_BIN)
	@test ! -w /dev/shm || export TMPDIR=/dev/shm; SIGILLD_BIN=$(abspath $(BUILD)/sigilld) KILLS=$(CRASH_KILLS) WAITING=$(if $(filter 100,$(CRASH_KILLS)),1000,10000) CMOCKA_MESSAGE_OUTPUT=stdout $(CRASH_BIN)
crash:
	@$(MAKE) --no-print-directory crash-run CRASH_KILLS=$(if $(filter command\ line,$(origin KILLS)),$(KILLS),10000)
crash-short:
	@$(MAKE) --no-print-directory crash-run CRASH_KILLS=100
# A thousand clients that return at once (docs/testing.md).
HERD_BIN := $(BUILD)/tests/herd/herd
$(HERD_BIN): $(call obj,$(wildcard tests/herd/*.c) tests/fault/desk.c tests/fault/kdf.c) $(e2e_shared) $(call lib,$(below_sync))
	@mkdir -p $(@D)
	@$(if $(V),,echo '  LD   $@';) $(CC) $(LINKHARD) -o $@ $^ $(libs_sync) $(libs_base) -lcurl -lcmocka
.PHONY: herd
herd: $(BUILD)/sigilld $(BUILD)/sigilld-sign $(HERD_BIN)
	@SIGILLD_BIN=$(abspath $(BUILD)/sigilld) CMOCKA_MESSAGE_OUTPUT=stdout $(HERD_BIN)
