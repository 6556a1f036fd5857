# Long forms of what the unit tests check in short about the event log's proofs.
.PHONY: merkle-random
TREES ?= 1000000
merkle-random: $(BUILD)/tests/unit/merkle_random
	@time $< $(TREES)

# sigill-verify: links with nothing of the other rooms.
build: $(BUILD)/sigill-verify
$(BUILD)/sigill-verify: $(BUILD)/obj/src/verify/main.o $(call lib,verify)
	@$(if $(V),,echo '  LD   $@';) $(CC) $(LINKHARD) -o $@ $^ -lcrypto
$(BUILD)/tests/unit/verify_pair: | $(BUILD)/sigill-verify

# The C verifier and the Python one on random logs, good and bad.
.PHONY: verifiers
LOGS ?= 10000
verifiers: $(BUILD)/tests/unit/verify_pair
	@n=$$(nproc); each=$$((($(LOGS) + n - 1) / n)); pids=; for i in $$(seq 0 $$((n - 1))); do $< $$each $$((i * each)) & pids="$$pids $$!"; done; \
	  bad=0; for p in $$pids; do wait $$p || bad=1; done; exit $$bad
$(BUILD)/tests/unit/verify_tamper: | $(BUILD)/sigill-verify

# Every bit of a small log, and 100,000 random edits of 100,000 events.
.PHONY: tamper
tamper: $(BUILD)/tests/unit/verify_tamper
	@time $< 100000 100000

# A malicious service with two histories, found by the client's view of the log.
.PHONY: forks
forks: $(BUILD)/tests/unit/merkle_view
	@time $< 10000

# The end-to-end tests run it.
e2e: $(BUILD)/sigill-verify

# The verifier beside the bare hash; make bench runs it.
$(BUILD)/bench/log_verify: $(BUILD)/obj/tests/bench/log_verify.o $(call lib,merkle base)
	@mkdir -p $(@D)
	@$(if $(V),,echo '  LD   $@';) $(CC) $(LINKHARD) -o $@ $^ $(libs_base)
.PHONY: bench-verify
bench: bench-verify
bench-verify: $(BUILD)/bench/log_verify $(BUILD)/sigill-verify
	@d=$$(mktemp -d) && for n in 1000000 10000000; do $(BUILD)/bench/log_verify $$n $$d $(BUILD)/sigill-verify; done; rm -rf $$d
