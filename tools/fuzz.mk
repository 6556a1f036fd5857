# Fuzz targets (docs/testing.md): every tests/fuzz/NAME.c but main.c is one; its room is the first word of its name. fuzz-short: random mutations
# of the seeds, a part of make check. make fuzz: the same targets under libFuzzer, FUZZ_RUNS runs each. FUZZ_TARGETS='…' chooses.
FUZZ_NAMES := $(filter-out main,$(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*.c)))
FUZZ_TARGETS ?= $(FUZZ_NAMES)
FUZZ_SHORT ?= 2000
FUZZ_RUNS ?= 100000
FUZZ_SECONDS ?= 0
fuzz_bins := $(FUZZ_NAMES:%=$(BUILD)/fuzz/%)
fuzz_wrap_verify_log := -Wl,--wrap=fopen
fuzz_wrap_verify_proof := -Wl,--wrap=fopen
define fuzz_rule
$(BUILD)/fuzz/$(1): $(BUILD)/obj/tests/fuzz/$(1).o $(BUILD)/obj/tests/fuzz/main.o $(call lib,$(below_$(firstword $(subst _, ,$(1)))))
	@mkdir -p $$(@D)
	@$$(if $$(V),,echo '  LD   $$@';) $$(CC) $$(LINKHARD) $$(fuzz_wrap_$(1)) -o $$@ $$^ $$(libs_$(firstword $(subst _, ,$(1)))) $$(libs_base)
endef
$(foreach t,$(FUZZ_NAMES),$(eval $(call fuzz_rule,$(t))))

.PHONY: fuzz fuzz-fast fuzz-short fuzz-run fuzz-deps
fuzz-short: $(fuzz_bins)
	@for t in $(FUZZ_TARGETS); do $(BUILD)/fuzz/$$t $(FUZZ_SHORT) 1 0 $$(ls tests/fuzz/inputs/$$t/* 2>/dev/null) || exit 1; done
fuzz-deps:
	@printf 'int LLVMFuzzerTestOneInput(const unsigned char *p, unsigned long n); int LLVMFuzzerTestOneInput(const unsigned char *p, unsigned long n) { return p[0] == n; }' | \
	  clang -fsanitize=fuzzer,address,undefined -x c - -o /dev/null 2>/dev/null || { echo "make fuzz needs clang and its runtime: apt install clang libclang-rt-14-dev"; exit 1; }
# The same targets without sanitizers and feedback, many times as fast: mutations of the seeds and of what make fuzz has learned.
FUZZ_SEED ?= 1
fuzz-fast: $(fuzz_bins)
	@for t in $(FUZZ_TARGETS); do $(BUILD)/fuzz/$$t $(FUZZ_RUNS) $(FUZZ_SEED) 0 $$(find $(BUILD)/fuzzer/fuzz/corpus/$$t tests/fuzz/inputs/$$t -type f -size -64k 2>/dev/null | sort | head -10000) || exit 1; done
fuzz: fuzz-deps
	@$(MAKE) --no-print-directory CC=clang SAN=fuzz BUILD=$(BUILD)/fuzzer fuzz-run
fuzz-run: $(fuzz_bins)
	@tools/fuzz.sh $(BUILD)/fuzz $(FUZZ_RUNS) $(FUZZ_SECONDS) $(FUZZ_TARGETS)
