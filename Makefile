# One make, one program.  `make help` lists the targets.
PROG     := heloflow
VERSION  := 0.1.0

PREFIX   ?= /usr/local
BINDIR   ?= $(PREFIX)/bin
DATADIR  ?= $(PREFIX)/share/$(PROG)
MANDIR   ?= $(PREFIX)/share/man
DESTDIR  ?=

CC       ?= cc
PKGS     := sqlite3 libpcre2-8 yaml-0.1 libisal liblzma libzstd jansson libmaxminddb libxxhash
PKG_CONFIG ?= pkg-config

# A variant is a build folder and a few flags, nothing else.
VARIANT  ?= release
B        := build/$(VARIANT)
OPT.release := -O2 -g -D_FORTIFY_SOURCE=2
OPT.debug   := -O0 -g3
OPT.asan    := -O1 -g3 -fsanitize=address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=all -DARENA_DEBUG
OPT.fuzz    := $(OPT.asan) -fsanitize=fuzzer-no-link
ifeq ($(VARIANT),fuzz)
CC := clang
endif

# The released program is optimised as a whole when it is linked, where the compiler can:
# a tenth of the time of `parse`.  Tests link the plain half of the same objects.
LTO.release := -flto=auto -ffat-lto-objects
LTO      := $(if $(LTO.$(VARIANT)),$(shell $(CC) $(LTO.$(VARIANT)) -Werror -x c -c /dev/null \
              -o /dev/null 2>/dev/null && echo $(LTO.$(VARIANT))))

WARN     := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
            -Wvla -Wformat=2 -Wpointer-arith -Wwrite-strings
WERROR   ?= -Werror
HAVE_PKGS := $(shell $(PKG_CONFIG) --exists $(PKGS) 2>/dev/null && echo yes)
ifeq ($(HAVE_PKGS),yes)
PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PKGS))
PKG_LIBS   := $(shell $(PKG_CONFIG) --libs $(PKGS)) -lbz2 -lpcap
# Within SQLite's shared library each call goes through a table: from the archive, where
# there is one, all work on a store takes 4 % less time.  "make SQLITE_A=" is without.
SQLITE_A   := $(filter /%,$(shell $(CC) -print-file-name=libsqlite3.a))
ifneq ($(SQLITE_A),)
PKG_LIBS   := $(patsubst -lsqlite3,$(SQLITE_A) -lz,$(PKG_LIBS))
endif
endif
override CPPFLAGS += -D_GNU_SOURCE -Isrc -I. -DVERSION='"$(VERSION)"' $(PKG_CFLAGS)
override CFLAGS   += -std=c11 $(OPT.$(VARIANT)) $(LTO) $(WARN) $(WERROR) -fstack-protector-strong -pthread
override LDFLAGS  += $(filter -fsanitize=address%,$(OPT.$(VARIANT)))
override LDLIBS   += $(PKG_LIBS) -lm

LIB_SRC  := $(filter-out src/cmd/main.c,$(sort $(wildcard src/*/*.c parsers/*.c)))
LIB_OBJ  := $(LIB_SRC:%.c=$(B)/%.o)
TEST_SRC := $(sort $(wildcard tests/unit/*_test.c))
TESTS    := $(TEST_SRC:%.c=$(B)/%)
FUZZ_SRC := $(sort $(wildcard tests/fuzz/*_fuzz.c))
FUZZERS  := $(FUZZ_SRC:%.c=$(B)/%)

ifneq ($(V),1)
Q := @
say = @printf '  %-5s %s\n' $(1) $(2)
endif

.DELETE_ON_ERROR:
.SUFFIXES:
.PRECIOUS: $(B)/%.o
.DEFAULT_GOAL := all
FORCE:
.PHONY: FORCE all lib tests deps demo check check-long bench bench-check golden-update fuzz format install clean help

all: $(B)/$(PROG)                   ## build the program (VARIANT=release|debug|asan|fuzz)

$(B)/$(PROG): $(B)/src/cmd/main.o $(B)/lib.a
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(if $(filter fuzz,$(VARIANT)),-fsanitize=address) -o $@ $^ $(LDLIBS)

$(B)/lib.a: $(LIB_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(B)/%.o: %.c $(B)/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# Where the data files are is told to the objects that ask: one, and the tests.
PLACES   := -DDATADIR='"$(DATADIR)"' -DSOURCE_TREE='"$(CURDIR)"'
PLACED   := $(B)/src/base/datadir.o $(TESTS:%=%.o) $(FUZZERS:%=%.o)
$(PLACED): private override CPPFLAGS += $(PLACES)
$(PLACED): $(B)/places

$(B)/flags: FORCE                   # rebuild when the flags change
	@test "$(HAVE_PKGS)" = yes || { echo "libraries are missing (pkg-config: $(PKGS)); run make deps" >&2; exit 1; }
	@mkdir -p $(@D)
	@echo '$(CC) $(CPPFLAGS) $(CFLAGS)' | cmp -s - $@ || echo '$(CC) $(CPPFLAGS) $(CFLAGS)' > $@

$(B)/places: FORCE
	@mkdir -p $(@D)
	@echo "$(PLACES)" | cmp -s - $@ || echo "$(PLACES)" > $@

$(B)/tests/unit/%: $(B)/tests/unit/%.o $(B)/lib.a
	$(Q)$(CC) $(CFLAGS) $(LTO:-flto%=-fno-lto) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka

# Without libFuzzer a fuzz target replays its corpus, so `check` runs it too.
FUZZ_MAIN := $(if $(filter fuzz,$(VARIANT)),,$(B)/tests/fuzz/replay.o)
$(B)/tests/fuzz/%_fuzz: $(B)/tests/fuzz/%_fuzz.o $(FUZZ_MAIN) $(B)/lib.a
	$(Q)$(CC) $(CFLAGS) $(LTO:-flto%=-fno-lto) $(LDFLAGS) $(if $(FUZZ_MAIN),,-fsanitize=fuzzer) -o $@ $^ $(LDLIBS)

lib: $(B)/lib.a

tests: $(TESTS) $(FUZZERS)          ## build the unit tests and fuzz targets

deps:                               ## install the Debian packages that are missing
	$(Q)sh tests/deps.sh

demo: deps                          ## build and run the main job on samples/
	$(Q)$(MAKE) --no-print-directory all
	$(Q)sh samples/demo.sh $(B)/$(PROG)

check: deps                         ## build and run every test (ONLY=PATTERN)
	$(Q)sh tests/run.sh $(ONLY)

check-long: all                     ## five worlds of 20,000 customers and 30 days (hours)
	$(Q)sh tests/world/run.sh 20000 30 1 2 3 4 5

bench: all                          ## speed beside grep, pflogsumm ... (BENCH=--mb 1000)
	$(Q)python3 tests/bench/run.py $(BENCH)

bench-check:                        ## instructions of small inputs against the baseline
	$(Q)sh tests/bench/check.sh

golden-update: all                  ## write the golden outputs anew; review the diff
	$(Q)sh tests/golden.sh --update $(ONLY)

format:                             ## format the C sources
	clang-format -i src/*/*.[ch] parsers/*.c tests/*/*.c

install: all                        ## install under $(DESTDIR)$(PREFIX)
	install -D -m 0755 $(B)/$(PROG) $(DESTDIR)$(BINDIR)/$(PROG)
	for f in $(wildcard parsers/*.yaml rules/*/*.yaml schema/*.sql schema/*/*.sql); do \
	    install -D -m 0644 $$f "$(DESTDIR)$(DATADIR)/$$f" || exit 1; done

clean:                              ## remove build/
	rm -rf build

help:                               ## this list
	@sed -n 's/^\([a-z-]*\):.*## */  \1\t/p' $(firstword $(MAKEFILE_LIST))

-include $(LIB_OBJ:.o=.d) $(B)/src/cmd/main.d $(TESTS:=.d) $(FUZZERS:=.d)
