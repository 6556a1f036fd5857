# Long forms of what the unit tests check in short about the event log's proofs.
.PHONY: merkle-random
TREES ?= 1000000
merkle-random: $(BUILD)/tests/unit/merkle_random
	@time $< $(TREES)
