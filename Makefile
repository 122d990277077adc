# Everything that a person or a machine does with a checkout.
#   make demo         a real search on this machine, logged and shown, in under a minute
#   make test         all tests
#   make stress       the long trials by fire, some minutes: docs/reliability.md; strace, prlimit and Python add to them
#   make check        format, lints, freshness of what is generated
#   make bench        ten minutes: timings beside an empty program, wc -l and peers, into docs/performance.md
#   make completions  writes completions/ and docs/cli.md anew
#   make install      PREFIX=/usr/local DESTDIR=

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
	$(CARGO) bench --locked --bench commands

completions:
	LINEAGE_UPDATE=1 $(CARGO) test --locked --test cli generated::

install: build
	$(INSTALL) -d "$(DESTDIR)$(PREFIX)/bin" "$(DESTDIR)$(PREFIX)/share/bash-completion/completions" \
		"$(DESTDIR)$(PREFIX)/share/zsh/site-functions" "$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d"
	$(INSTALL) -m 755 "$(TARGET)/release/lineage" "$(DESTDIR)$(PREFIX)/bin/lineage"
	$(INSTALL) -m 644 completions/lineage.bash "$(DESTDIR)$(PREFIX)/share/bash-completion/completions/lineage"
	$(INSTALL) -m 644 completions/_lineage "$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_lineage"
	$(INSTALL) -m 644 completions/lineage.fish "$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/lineage.fish"
