#   make demo         run a real search on this machine and show its log, in under a minute
#   make test         run all tests
#   make check        check formatting, lints, and that generated files are fresh
#   make completions  regenerate completions/, man/ and docs/cli.md
#   make pictures     run the demo and draw its log into docs/pictures/
#   make macos        check that the program compiles for macOS: rustup target add aarch64-apple-darwin
#   make stress       run the stress tests in full, about six minutes (docs/reliability.md)
#   make eval         measure how well `similar` finds repeated edits of real runs
#   make bench        measure times, memory and size, about ten minutes, into docs/performance.md
#   make install      install the program, its completions and man pages: PREFIX=/usr/local DESTDIR=
#   make notices      write THIRD-PARTY-NOTICES.txt, the licences of the crates in the program
#   make dist         build the crate, Debian packages, wheels and a static archive into target/dist

PREFIX ?= /usr/local
CARGO ?= cargo
INSTALL ?= install
TARGET := $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)
VERSION = $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml)
HOST = $(shell rustc -vV | sed -n 's/^host: //p')
ARCHIVE = lineage-$(VERSION)-$(HOST)

.PHONY: build demo pictures test macos stress check deny eval bench completions install notices dist

build:
	$(CARGO) build --release --locked

demo: build
	LINEAGE="$(TARGET)/release/lineage" sh examples/compress/search.sh target/demo

pictures: demo
	cp target/demo/.lineage/results.tsv target/demo/.lineage/lineage.toml docs/pictures/
	LINEAGE_UPDATE=1 $(CARGO) test --locked --test cli pictures::

test:
	$(CARGO) test --locked
	$(CARGO) test --locked --features postgres --test shared

macos:
	$(CARGO) check --locked --target aarch64-apple-darwin

stress:
	$(CARGO) test --locked --release --test stress -- --long

check:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --all-targets -- -D warnings
	$(CARGO) clippy --locked --all-targets --features postgres -- -D warnings
	$(CARGO) test --locked --test cli generated::
	$(MAKE) deny

# Licences, banned crates and sources of all dependencies, without the network; skipped without cargo-deny.
deny:
	@if $(CARGO) deny --version >/dev/null 2>&1; then $(CARGO) deny --offline check licenses bans sources; \
	else echo "skipped: cargo-deny is not there (cargo install cargo-deny)"; fi

eval:
	$(CARGO) test --locked --test cli -- --nocapture similar_eval::

bench:
	$(CARGO) bench --locked --bench commands -- --write

completions:
	LINEAGE_UPDATE=1 $(CARGO) test --locked --test cli generated::

install: build
	$(INSTALL) -d "$(DESTDIR)$(PREFIX)/bin" "$(DESTDIR)$(PREFIX)/share/bash-completion/completions" \
		"$(DESTDIR)$(PREFIX)/share/zsh/site-functions" "$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d" \
		"$(DESTDIR)$(PREFIX)/share/man/man1"
	$(INSTALL) -m 755 "$(TARGET)/release/lineage" "$(DESTDIR)$(PREFIX)/bin/lineage"
	$(INSTALL) -m 644 completions/lineage.bash "$(DESTDIR)$(PREFIX)/share/bash-completion/completions/lineage"
	$(INSTALL) -m 644 completions/_lineage "$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_lineage"
	$(INSTALL) -m 644 completions/lineage.fish "$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/lineage.fish"
	$(INSTALL) -m 644 man/*.1 "$(DESTDIR)$(PREFIX)/share/man/man1"

# The licences of the crates that the program contains.
notices:
	mkdir -p "$(TARGET)"
	python3 packaging/third-party.py > "$(TARGET)/THIRD-PARTY-NOTICES.txt"
	mv "$(TARGET)/THIRD-PARTY-NOTICES.txt" .

# Needs cargo-deb (`cargo install cargo-deb`) and maturin (`pip install maturin`).
dist: notices
	rm -rf "$(TARGET)/dist" && mkdir -p "$(TARGET)/dist"
	$(CARGO) package --locked
	cp "$(TARGET)/package/lineage-cli-$(VERSION).crate" "$(TARGET)/dist"
	$(CARGO) deb --locked --output "$(TARGET)/dist/"
	$(CARGO) deb --locked --variant postgres --output "$(TARGET)/dist/"
	maturin build --release --locked --out "$(TARGET)/dist"
	maturin build --release --locked --features postgres --out "$(TARGET)/dist/postgres"
	RUSTFLAGS="-C target-feature=+crt-static" $(CARGO) build --release --locked --target $(HOST)
	mkdir -p "$(TARGET)/$(ARCHIVE)"
	cp -r "$(TARGET)/$(HOST)/release/lineage" README.md CHANGELOG.md LICENSE THIRD-PARTY-NOTICES.txt completions man \
		"$(TARGET)/$(ARCHIVE)"
	tar -C "$(TARGET)" -czf "$(TARGET)/dist/$(ARCHIVE).tar.gz" $(ARCHIVE)
