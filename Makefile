#   make demo         run a real search on this machine and show its log, in under a minute
#   make test         run all tests
#   make check        check formatting, lints, and that generated files are fresh
#   make completions  regenerate completions/ and docs/cli.md
#   make stress       run the stress tests in full, about six minutes (docs/reliability.md)
#   make bench        measure times, memory and size, about ten minutes, into docs/performance.md
#   make install      install the program and its completions: PREFIX=/usr/local DESTDIR=

PREFIX ?= /usr/local
CARGO ?= cargo
INSTALL ?= install
TARGET := $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)

.PHONY: build demo test stress check bench completions install

build:
	$(CARGO) build --release --locked

demo: build
	LINEAGE="$(TARGET)/release/lineage" sh examples/compress/search.sh target/demo

test:
	$(CARGO) test --locked

stress:
	$(CARGO) test --locked --release --test stress -- --long

check:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --all-targets -- -D warnings
	$(CARGO) test --locked --test cli generated::

bench:
	$(CARGO) bench --locked --bench commands -- --write

completions:
	LINEAGE_UPDATE=1 $(CARGO) test --locked --test cli generated::

install: build
	$(INSTALL) -d "$(DESTDIR)$(PREFIX)/bin" "$(DESTDIR)$(PREFIX)/share/bash-completion/completions" \
		"$(DESTDIR)$(PREFIX)/share/zsh/site-functions" "$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d"
	$(INSTALL) -m 755 "$(TARGET)/release/lineage" "$(DESTDIR)$(PREFIX)/bin/lineage"
	$(INSTALL) -m 644 completions/lineage.bash "$(DESTDIR)$(PREFIX)/share/bash-completion/completions/lineage"
	$(INSTALL) -m 644 completions/_lineage "$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_lineage"
	$(INSTALL) -m 644 completions/lineage.fish "$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/lineage.fish"
