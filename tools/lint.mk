# make lint: the house rules, by script. Hard limits have no exceptions list.
.PHONY: lint lint-rules lint-headers lint-clang lint-tidy lint-cppcheck
lint: deps lint-rules lint-headers lint-clang lint-cppcheck lint-tidy
	@echo "lint: all rules hold"

lint-rules:
	@tools/lint-rules.sh

# Every header compiles alone, with both compilers.
lint-headers:
	@for h in $$(find src ui tests -name '*.h'); do \
	  for c in gcc clang; do $$c $(CPPFLAGS) -std=c17 -Wall -Wextra -Werror -Wno-unused-function -x c -fsyntax-only -include $$h /dev/null || { echo "$$h: does not compile alone"; exit 1; }; done; done
	@echo "lint: every header compiles alone"

# The whole program with the other compiler, warnings as errors.
lint-clang:
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/clang CC=clang OPT=-O1 $(BUILD)/clang/sigill $(BUILD)/clang/sigilld

CPPCHECK_OFF := missingIncludeSystem unusedFunction
lint-cppcheck:
	@cppcheck -q --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 -j2 \
	  --suppress=missingIncludeSystem --suppress=unknownMacro -Isrc -I. $(CPPCHECK_FLAGS) src ui

TIDY := -*,clang-analyzer-*,bugprone-*,cert-*,-bugprone-easily-swappable-parameters,-bugprone-reserved-identifier,-cert-dcl37-c,-cert-dcl51-cpp,$\
-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling,-bugprone-narrowing-conversions,-bugprone-assignment-in-if-condition,$\
-cert-err33-c,-bugprone-branch-clone,-bugprone-implicit-widening-of-multiplication-result,-clang-analyzer-valist.Uninitialized
# TIDY_FILES='…' looks at these only.
TIDY_FILES ?= $(shell find src ui -name '*.c')
lint-tidy:
	@printf '%s\n' $(TIDY_FILES) | xargs -P2 -I@ clang-tidy --quiet --warnings-as-errors='*' --checks='$(TIDY)' @ -- $(CPPFLAGS) -std=c17 2>/dev/null
	@echo "lint: clang-tidy finds nothing"
