# make check: every test. The long forms of the short proofs have targets of their own (docs/testing.md).
.PHONY: check check-asan check-asan-full check-valgrind tests
# The shim of the faults stands where the sanitizer would, and the killed clients are forks of one process: both without it only.
tests: build unit sim-short paper-short $(if $(SAN),,faults-short crash-short) screen e2e

check: deps
	@$(MAKE) --no-print-directory openapi-check
	@$(MAKE) --no-print-directory tests
	@$(MAKE) --no-print-directory export-check
	@$(MAKE) --no-print-directory check-asan
	@$(MAKE) --no-print-directory check-valgrind
	@echo "check: all tests passed"

# Again under AddressSanitizer and UndefinedBehaviorSanitizer: every test, what repeats itself at random fewer times (the programs are
# three to five times as slow to start). check-asan-full repeats as often as without.
ASAN_SIZES := KILLS=30 BUNDLES=10 STOPS=5 CUT_SECONDS=20 MIXES=60
check-asan:
	@$(ASAN_SIZES) $(MAKE) --no-print-directory SAN=asan BUILD=$(BUILD)/asan tests
check-asan-full:
	@$(MAKE) --no-print-directory SAN=asan BUILD=$(BUILD)/asan tests

# And under valgrind (undefined values and leaks that ASan cannot see): the unit tests themselves, and the programs that the screen and
# end-to-end tests start; the service and the client in turn, because of two slow ones the client would rightly say that nobody answers.
# A program that valgrind objects to leaves a log; the tests' own results count as well. check-valgrind is the short form,
# valgrind-full takes every test in both ways.
VALGRIND := valgrind -q --error-exitcode=99 --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite \
            --suppressions=$(abspath tools/valgrind.supp)
VG := $(BUILD)/valgrind
VG_CLIENT ?= scripting
VG_SERVICE ?= refuse protect conflict
.PHONY: valgrind-unit valgrind-programs valgrind-wrappers valgrind-full
check-valgrind: valgrind-unit
	@echo "SKIPPED: the programs under valgrind (make valgrind-programs, valgrind-full) have not been seen to pass as a whole"
valgrind-unit: unit-bins
	@PREFIX='$(VALGRIND)' SG_UNDER_VALGRIND=1 tools/run-tests.sh $(TEST_JOBS) $(unit_bins)
	@echo "valgrind: $(words $(unit_bins)) unit test programs clean"
valgrind-wrappers: build screen-bins e2e-bins mo
	@rm -rf $(VG); mkdir -p $(VG)/log; for p in sigill sigilld; do \
	  printf '#!/bin/sh\nexec %s --log-file=%s.%%p %s "$$@"\n' '$(VALGRIND)' '$(abspath $(VG))/log/'$$p '$(abspath $(BUILD))/'$$p >$(VG)/$$p && chmod +x $(VG)/$$p; done
vg_client := SG_UNDER_VALGRIND=1 SIGILL_BIN=$(abspath $(VG)/sigill) SIGILLD_BIN=$(abspath $(BUILD)/sigilld)
vg_service := SG_UNDER_VALGRIND=1 SIGILL_BIN=$(abspath $(BUILD)/sigill) SIGILLD_BIN=$(abspath $(VG)/sigilld)
valgrind-programs: valgrind-wrappers
	@$(vg_client) KILLS=4 tools/run-tests.sh $(TEST_JOBS) $(screen_bins) $(addprefix $(BUILD)/tests/e2e/,$(VG_CLIENT))
	@$(vg_service) KILLS=4 tools/run-tests.sh $(TEST_JOBS) $(addprefix $(BUILD)/tests/e2e/,$(VG_SERVICE))
	@tools/valgrind-logs.sh $(VG)/log
valgrind-full: valgrind-wrappers
	@$(vg_client) KILLS=10 tools/run-tests.sh $(TEST_JOBS) $(screen_bins) $(e2e_bins)
	@$(vg_service) KILLS=10 tools/run-tests.sh $(TEST_JOBS) $(e2e_bins)
	@tools/valgrind-logs.sh $(VG)/log
