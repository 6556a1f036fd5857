# make check: every test. The long forms of the short proofs have targets of their own (docs/testing.md).
.PHONY: check check-asan check-asan-full check-valgrind tests
# The killed clients are forks of one process, and the shim stands in the place of a sanitizer's: without one only.
tests: build unit fuzz-short sim-short paper-short $(if $(SAN),,crash-short faults-short) screen e2e

check: deps
	@$(MAKE) --no-print-directory openapi-check
	@$(MAKE) --no-print-directory tests
	@$(MAKE) --no-print-directory export-check
	@$(MAKE) --no-print-directory check-asan
	@$(MAKE) --no-print-directory check-valgrind
	@echo "check: all tests passed"

# Again under AddressSanitizer and UndefinedBehaviorSanitizer: every test, what repeats itself at random fewer times (the programs are
# three to five times as slow to start). check-asan-full repeats as often as without.
ASAN_SIZES := KILLS=15 BUNDLES=5 STOPS=4 CUT_SECONDS=4 MIXES=60
check-asan:
	@$(ASAN_SIZES) $(MAKE) --no-print-directory SAN=asan BUILD=$(BUILD)/asan tests
check-asan-full:
	@$(MAKE) --no-print-directory SAN=asan BUILD=$(BUILD)/asan tests

# And under valgrind (undefined values and leaks that ASan cannot see). check-valgrind is the short form: the unit tests that take it less
# than ten seconds each. valgrind-full takes all of them, and every screen and end-to-end test with every program under valgrind. A program
# that valgrind objects to leaves a log; the tests' own results count as well.
VALGRIND := valgrind -q --error-exitcode=99 --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite \
            --suppressions=$(abspath tools/valgrind.supp)
VG := $(BUILD)/valgrind
VG_LONG := base_clock merkle_tree merkle_view queue_drill queue_kill queue_order queue_store queue_tamper server_admin server_evlog \
           server_http server_idempotency server_query server_review sync_again sync_link sync_logs sync_replay sync_seen verify_tamper
VG_SIZES := KILLS=4 BUNDLES=2 STOPS=2 CUT_SECONDS=30
.PHONY: valgrind-unit valgrind-programs valgrind-wrappers valgrind-full
check-valgrind: unit-bins
	@PREFIX='$(VALGRIND)' SG_UNDER_VALGRIND=1 tools/run-tests.sh $(TEST_JOBS) $(filter-out $(addprefix $(BUILD)/tests/unit/,$(VG_LONG)),$(unit_bins))
	@echo "SKIPPED here under valgrind, because they take long (make valgrind-full runs them): the programs themselves, and $(VG_LONG)"
valgrind-unit: unit-bins
	@PREFIX='$(VALGRIND)' SG_UNDER_VALGRIND=1 tools/run-tests.sh $(TEST_JOBS) $(unit_bins)
	@echo "valgrind: $(words $(unit_bins)) unit test programs clean"
valgrind-wrappers: build screen-bins e2e-bins mo
	@rm -rf $(VG); mkdir -p $(VG)/log; for p in sigill sigilld sigilld-sign sigill-verify sigill-witness; do \
	  printf '#!/bin/sh\nexec %s --log-file=%s.%%p %s "$$@"\n' '$(VALGRIND)' '$(abspath $(VG))/log/'$$p '$(abspath $(BUILD))/'$$p >$(VG)/$$p && chmod +x $(VG)/$$p; done
valgrind-programs: valgrind-wrappers
	@$(VG_SIZES) SG_UNDER_VALGRIND=1 SIGILL_BIN=$(abspath $(VG)/sigill) SIGILLD_BIN=$(abspath $(VG)/sigilld) \
	  tools/run-tests.sh $(TEST_JOBS) $(screen_bins) $(e2e_bins)
	@tools/valgrind-logs.sh $(VG)/log
valgrind-full: valgrind-unit valgrind-programs
# A million reads of every route that shows anything, with faults of the log (R2.4); a short form is in make unit.
.PHONY: leaf-million
leaf-million: $(BUILD)/tests/unit/server_leaf $(OPENAPI_JSON)
	@READS=$(or $(READS),1000000) CMOCKA_MESSAGE_OUTPUT=stdout $< 2>/dev/null
