# make check: every test. The long forms of the short proofs have targets of their own (docs/testing.md).
.PHONY: check check-asan check-valgrind tests
tests: build unit sim-short screen e2e

check: deps
	@$(MAKE) --no-print-directory tests
	@$(MAKE) --no-print-directory check-asan
	@$(MAKE) --no-print-directory check-valgrind
	@echo "check: all tests passed"

# The whole suite again under AddressSanitizer and UndefinedBehaviorSanitizer.
check-asan:
	@$(MAKE) --no-print-directory SAN=asan BUILD=$(BUILD)/asan tests

# And the unit tests under valgrind (leaks and undefined values that ASan cannot see).
VALGRIND := valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite --suppressions=tools/valgrind.supp
check-valgrind: unit-bins
	@for t in $(unit_bins); do SG_UNDER_VALGRIND=1 $(VALGRIND) $$t >$$t.valgrind.log 2>&1 || { cat $$t.valgrind.log; exit 1; }; done; echo "valgrind: $(words $(unit_bins)) test programs clean"
