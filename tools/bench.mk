# make bench: figures and ratios, never a verdict. Screen figures beside a floor and other programs, then queue and back-end beside floors.
bench_dir := $(BUILD)/bench
$(bench_dir)/%.o: tests/bench/%.c
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS) -std=c17 -O2 -Wall -Wextra -Werror -MMD -MP -c -o $@ $<
$(bench_dir)/floor: $(bench_dir)/floor.o
	@$(CC) -o $@ $^ -lncursesw -ltinfo
$(bench_dir)/screen: $(bench_dir)/screen.o $(bench_dir)/pty.o
	@$(CC) -o $@ $^ -lutil
$(bench_dir)/meanwhile: $(bench_dir)/meanwhile.o $(bench_dir)/pty.o $(call lib,$(below_cmd))
	@$(CC) -o $@ $^ $(libs_cmd) $(libs_base) -lutil
$(bench_dir)/static: $(bench_dir)/static.o
	@$(CC) -o $@ $^ -lmicrohttpd
$(bench_dir)/service: $(bench_dir)/service.o $(call lib,$(below_cmd))
	@$(CC) -o $@ $^ $(libs_cmd) -lcurl $(libs_base)
$(bench_dir)/make_log: $(bench_dir)/make_log.o $(call lib,$(below_server))
	@$(CC) -o $@ $^ $(libs_server) $(libs_base)
$(bench_dir)/log: $(bench_dir)/log.o $(call lib,$(below_server))
	@$(CC) -o $@ $^ $(libs_server) $(libs_base)
.PHONY: bench bench-programs
bench-programs: build $(BUILD)/tools/demo_data $(addprefix $(bench_dir)/,floor screen static service meanwhile make_log log)
# Of a real log over the wire, kept for the next time; ten million: make bench-log.
BENCH_EVENTS ?= 1000000
bench: deps
	@$(MAKE) --no-print-directory bench-programs
	@BUILD='$(BUILD)' tools/bench.sh $(BENCH)
	@$(if $(filter-out all log,$(BENCH)),:,$(MAKE) --no-print-directory bench-log EVENTS=$(BENCH_EVENTS) LOG_DIR=)
-include $(wildcard $(bench_dir)/*.d)
