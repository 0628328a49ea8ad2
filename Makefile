# What a newcomer and the CI call. Needs Debian 12 or later (root or sudo for `setup`) and Rust.

CARGO ?= cargo
DENY_VERSION := 0.20.2
# Debian's packages of the foreign peer and the foreign dissector that the tests run against, and what
# builds the peer's C shim.
PACKAGES := gcc libc6-dev libspandsp-dev tshark
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
LAB := $(CARGO) run --release --package fax-harness --features spandsp --bin faxlab --

.PHONY: help setup test conformance demo lint bench-modem bench-calls bench-t38 fuzz acceptance acceptance-unit acceptance-efax acceptance-foreign

help:
	@echo 'make demo         a page through faxgw in real time; one through two gateways over a lossy network; in target/demo'
	@echo 'make test         every test, the foreign peer included'
	@echo 'make conformance  the 151 conformance cases of T.30 against our session, on a phone line and on T.38, as a table'
	@echo 'make lint         format, clippy, licences and sources, documentation'
	@echo 'make bench-modem  the table of docs/modem-performance.md, measured anew (20 minutes)'
	@echo 'make bench-calls  the table of docs/call-performance.md; BENCH_SCALE=20 for a 20th of the calls (2 CPU hours)'
	@echo 'make bench-t38    what packets cost, in time and instructions; ten million losses under parity (15 minutes)'
	@echo 'make acceptance   SIPp against the SIP endpoint; floods, kills, a full disk and load against faxgw, in real time;'
	@echo '                  docs/acceptance.md anew (40 minutes; ACCEPTANCE_SECONDS, KILLS and LOAD_CALLS make it shorter)'
	@echo 'make acceptance-unit  the package under a systemd of its own: start, a fax, reload, kill, stop (2 minutes; needs root)'
	@echo 'make acceptance-efax  a page to efax and a page from it, in real time (2 minutes; needs efax, libtiff-tools)'
	@echo 'make acceptance-foreign  whole faxes through faxgw in real time, with rtpengine as a foreign gateway (5 minutes)'
	@echo 'make deb          the Debian package of the gateway, in target/debian'
	@echo 'make fuzz         each fuzz target for FUZZ_SECONDS (default 60)'

# Installs only what is missing, and asks nothing.
setup:
	@missing=''; for package in $(PACKAGES); do \
	  dpkg-query --show --showformat='$${Status}' $$package 2>/dev/null | grep -q 'ok installed' \
	    || missing="$$missing $$package"; \
	done; \
	if [ -n "$$missing" ]; then \
	  echo "installing$$missing"; \
	  $(SUDO) apt-get update --quiet && \
	  $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends $$missing; \
	fi

test: setup
	$(CARGO) test --workspace --all-features --locked

conformance:
	$(CARGO) test --package fax-harness --test conformance --locked -- --nocapture

# The gateway's own part binds 127.0.0.1:5060, 5070 and 9338.
demo: setup
	$(CARGO) build --release --locked --package fax-gateway --bin faxgw
	$(CARGO) build --release --locked --package fax-harness --features spandsp --bin faxlab
	gateway/demo/demo.sh target/release/faxgw target/release/faxlab test-vectors/pages/itu1.tif target/demo/gateway
	$(LAB) demo --out target/demo
	$(LAB) modem demo --out target/demo

lint: setup
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --all-features --locked -- -D warnings
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --workspace --all-features --no-deps --locked
	@$(CARGO) deny --version 2>/dev/null | grep -q ' $(DENY_VERSION)$$' \
	  || $(CARGO) install --locked cargo-deny --version $(DENY_VERSION)
	$(CARGO) deny --locked check bans licenses sources

bench-modem: setup
	$(LAB) modem table --out docs

BENCH_SCALE ?= 1
BENCH_JOBS ?= 1

# What has been measured stays in target/call-table.jsonl, a cell a line, and is not measured again: stop it and go on
# later. Remove the file to begin anew, as after a change of the gateways.
bench-calls: setup
	$(LAB) table --out docs --scale $(BENCH_SCALE) --jobs $(BENCH_JOBS)

# Times by criterion; then instructions a call, of a hundred thousand calls, where valgrind is there.
bench-t38:
	$(CARGO) bench --package fax-t38 --locked
	@command -v valgrind >/dev/null || { echo 'no instruction counts without valgrind'; exit 0; }; \
	bench=$$($(CARGO) bench --package fax-t38 --bench udptl --no-run --message-format=json --locked 2>/dev/null \
	  | sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' | tail -n 1); \
	for what in parse receive send pass; do \
	  valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect="*counted_$$what*" \
	    "$$bench" --counted 2>&1 >/dev/null \
	    | sed -n "s/.*Collected : \([0-9]*\)[0-9]\{5\}$$/UDPTL $$what: \1 instructions/p"; \
	done
	$(CARGO) test --package fax-t38 --test udptl --locked -- --ignored

ACCEPTANCE_SECONDS ?= 60
KILLS ?= 50
# Where other programs keep the processors busy: chrt --rr 10
ACCEPTANCE_PRIORITY ?= nice -n -10
LOAD_CALLS ?= 100 200 300 400 600 900

# In real time, with priority if it may; a disk is mounted, which needs root. gateway/acceptance/lab.py says which ports.
acceptance: setup
	@$(MAKE) --no-print-directory setup PACKAGES=sip-tester
	$(CARGO) test --package fax-net --test sipp --locked -- --ignored
	$(CARGO) build --release --locked --package fax-gateway --bin faxgw
	$(CARGO) build --release --locked --package fax-harness --features spandsp --bin faxlab
	@failed=''; \
	for run in 'media $(ACCEPTANCE_SECONDS)' 'flood $(ACCEPTANCE_SECONDS)' 'kill $(KILLS)' disk 'capacity $(LOAD_CALLS)'; do \
	  set -- $$run; name=$$1; shift; echo "$$run"; \
	  $(ACCEPTANCE_PRIORITY) gateway/acceptance/$$name.py target/release/faxgw target/release/faxlab \
	    test-vectors/pages/itu1.tif target/acceptance "$$@" || failed="$$failed $$name"; \
	done; \
	gateway/acceptance/page.py target/acceptance docs/acceptance.md; \
	[ -z "$$failed" ] || { echo "not as it must be:$$failed"; exit 1; }

# The package under a systemd in namespaces of its own; needs root.
acceptance-unit: deb
	$(CARGO) build --release --locked --package fax-harness --features spandsp --bin faxlab
	gateway/acceptance/unit.py target/debian/faxgw_*.deb target/release/faxlab test-vectors/pages/itu1.tif target/acceptance
	gateway/acceptance/page.py target/acceptance docs/acceptance.md

# efax, another T.30 program, over the peer's class 1 modem and a pty.
acceptance-efax:
	$(CARGO) build --release --package fax-harness --bin faxlab --locked
	for way in receive send; do \
	  harness/acceptance/efax.py target/release/faxlab test-vectors/pages/itu1.tif $$way || exit 1; \
	done

FOREIGN_JOBS ?= 4

# In real time, so many calls at once; binds 127.0.0.1:6200 to 6299 and 24000 to 26999. Pages are compared by libtiff.
acceptance-foreign: setup
	@$(MAKE) --no-print-directory setup PACKAGES='rtpengine-daemon libtiff-tools'
	$(CARGO) build --release --locked --package fax-gateway --bin faxgw
	$(CARGO) build --release --locked --package fax-harness --bin faxlab
	harness/acceptance/foreign.py target/release/faxgw target/release/faxlab test-vectors/pages target/acceptance $(FOREIGN_JOBS)

FUZZ_SECONDS ?= 60

# On the stable tool chain, as its nightly flags are let through. What is found stays out of the tree.
fuzz:
	@$(CARGO) fuzz --version >/dev/null 2>&1 || $(CARGO) install --locked cargo-fuzz --version 0.13.2
	@export RUSTC_BOOTSTRAP=1; for target in $$($(CARGO) fuzz list); do \
	  seeds=fuzz/corpus/$$target; case $$target in sdp) seeds=test-vectors/sdp;; t85) seeds=test-vectors/image/jbig;; esac; \
	  mkdir -p $$seeds fuzz/corpus.tmp/$$target; \
	  $(CARGO) fuzz run $$target fuzz/corpus.tmp/$$target $$seeds -- -max_total_time=$(FUZZ_SECONDS) || exit 1; \
	done

# The gateway with its unit, its manual page and its configuration.
deb:
	@$(CARGO) deb --version >/dev/null 2>&1 || $(CARGO) install --locked cargo-deb --version 3.8.0
	$(CARGO) deb --package fax-gateway --locked --strip
