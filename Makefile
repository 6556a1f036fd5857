# sigill: terminal client and back-end. `make demo` runs the main job, `make check` passes all tests.
# BUILD=dir puts everything elsewhere; SAN=asan|tsan, CC=gcc|clang choose a variant.
BUILD ?= build
CC    ?= gcc
ifeq ($(origin CC),default)
CC := gcc
endif
SAN   ?=
OPT   ?= -O2 -g

PKGS := ncursesw libcurl libcjson libcrypto libssl sqlite3 libmicrohttpd gnutls inih vterm cmocka

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wformat=2 -Wformat-security -Wimplicit-fallthrough \
        -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wundef -Wvla -Wnull-dereference -Wcast-qual -Wwrite-strings -Werror
HARD := -fstack-protector-strong -fstack-clash-protection -fcf-protection=full -fno-delete-null-pointer-checks -fno-strict-overflow -fno-strict-aliasing -fPIE
COMPILER := $(if $(findstring clang,$(CC)),clang,gcc)
ifeq ($(COMPILER),clang)
HARD += -ftrivial-auto-var-init=zero -enable-trivial-auto-var-init-zero-knowing-it-will-be-removed-from-clang
else
HARD += -ftrivial-auto-var-init=zero
endif
LINKHARD := -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed
ifeq ($(SAN),asan)
OPT  := -O1 -g
HARD := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -fPIE
LINKHARD := -pie -fsanitize=address,undefined
else ifeq ($(SAN),fuzz)
OPT  := -O2 -gline-tables-only -DSG_LIBFUZZER
HARD := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -fPIE
LINKHARD := -pie -fsanitize=fuzzer,address,undefined
else ifeq ($(SAN),tsan)
OPT  := -O1 -g
HARD := -fsanitize=thread -fPIE
LINKHARD := -pie -fsanitize=thread
else
HARD += -D_FORTIFY_SOURCE=3
endif
CPPFLAGS += -Isrc -I. -D_GNU_SOURCE -DNCURSES_WIDECHAR=1 $(if $(MUTANTS),-DSG_MUTANTS)
CFLAGS   += -std=c17 $(OPT) $(WARN) $(HARD)

# Rooms, lowest first. Each is a static library; a room links only with what lies below it.
ROOMS := base model wire merkle sign net witness queue sync cmd cli server verify ui
src_ui := $(wildcard ui/*.c ui/views/*.c)
$(foreach r,$(filter-out ui,$(ROOMS)),$(eval src_$(r) := $(filter-out src/$(r)/main.c,$(wildcard src/$(r)/*.c))))
src_ui := $(filter-out ui/main.c,$(src_ui))
below_base   := base
below_model  := model base
below_wire   := wire $(below_model)
below_merkle := merkle base
below_sign   := sign merkle base
below_net    := net $(below_wire)
below_witness := witness sign merkle $(below_net)
below_queue  := queue $(below_wire)
below_sync   := sync net queue merkle $(below_wire)
below_cmd    := cmd $(below_sync)
below_cli    := cli $(below_cmd)
below_ui     := ui $(below_cmd)
# sigill-verify itself links with nothing else; its tests make logs with the rest.
below_verify := verify cli $(below_cmd)
below_server := server witness sign merkle $(below_net)
libs_base := -lcjson -lcrypto
# libcurl is opened by name when it is needed (src/net/curl_lib.c).
libs_net := -lpthread
libs_witness := -lmicrohttpd $(libs_net)
libs_queue := -lsqlite3
libs_sync := -lsqlite3 -lpthread
libs_cmd := $(libs_sync) -linih
libs_cli := $(libs_cmd)
libs_verify := $(libs_cli)
libs_ui := -lncursesw -ltinfo $(libs_cmd)
libs_server := -lmicrohttpd -lgnutls -lsqlite3 -linih -lpthread

obj = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
lib = $(patsubst %,$(BUILD)/lib/%.a,$(1))
roomlibs = $(call lib,$(below_$(1))) $(libs_$(1)) $(libs_base)

.PHONY: all deps demo demo-server check lint clean bench help
all: deps
	@$(MAKE) --no-print-directory build
.PHONY: build
build: $(BUILD)/sigill $(BUILD)/sigilld $(BUILD)/sigilld-sign mo

$(foreach r,$(ROOMS),$(eval $(BUILD)/lib/$(r).a: $(call obj,$(src_$(r)))))
$(BUILD)/lib/%.a:
	@mkdir -p $(@D); rm -f $@; ar rcs $@ $^
$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	@$(if $(V),,echo '  CC   $<';) $(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/sigill: $(BUILD)/obj/ui/main.o $(call lib,ui cli $(below_cmd))
	@$(if $(V),,echo '  LD   $@';) $(CC) $(LINKHARD) -o $@ $^ $(libs_ui) $(libs_base)
$(BUILD)/sigilld: $(BUILD)/obj/src/server/main.o $(call lib,$(below_server))
	@$(if $(V),,echo '  LD   $@';) $(CC) $(LINKHARD) -o $@ $^ $(libs_server) $(libs_base)

$(BUILD)/sigilld-sign: $(BUILD)/obj/src/sign/main.o $(call lib,$(below_sign))
	@$(if $(V),,echo '  LD   $@';) $(CC) $(LINKHARD) -o $@ $^ $(libs_base)

# Translations
.PHONY: mo
mo: $(BUILD)/locale/sv/LC_MESSAGES/sigill.mo
$(BUILD)/locale/%/LC_MESSAGES/sigill.mo: ui/po/%.po
	@mkdir -p $(@D); msgfmt -c -o $@ $<

# Tests. A test's room is the first word of its name: tests/unit/model_access.c links with the room model.
# TEST_JOBS test programs run side by side (each has its own folder and free ports).
TEST_JOBS ?= $(shell nproc)
UNIT := $(wildcard tests/unit/*.c)
unit_bins := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(UNIT))
define unit_rule
$(BUILD)/tests/unit/$(1): $(BUILD)/obj/tests/unit/$(1).o $(call lib,$(below_$(firstword $(subst _, ,$(1)))))
	@mkdir -p $$(@D)
	@$$(if $$(V),,echo '  LD   $$@';) $$(CC) $$(LINKHARD) -o $$@ $$^ $$(libs_$(firstword $(subst _, ,$(1)))) $$(libs_base) -lssl -lcmocka
endef
$(foreach t,$(patsubst tests/unit/%.c,%,$(UNIT)),$(eval $(call unit_rule,$(t))))
# Screens in Swedish as well.
$(BUILD)/tests/unit/ui_home: | $(BUILD)/locale/sv/LC_MESSAGES/sigill.mo
.PHONY: unit unit-bins
unit-bins: $(unit_bins)
unit: unit-bins
	@tools/run-tests.sh $(TEST_JOBS) $(unit_bins)

include $(wildcard tools/*.mk)
-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

clean:
	rm -rf $(BUILD)
