# Thin on purpose: each target is one or two commands; the work is in deploy/local and in cargo.

# Rust's installer adds this folder to the PATH of new shells only.
export PATH := $(PATH):$(HOME)/.cargo/bin
# Queries are checked against shared/store/.sqlx: a build never needs a database.
export SQLX_OFFLINE := true
ifndef STARTED
export STARTED := $(shell date +%s)
endif

local := deploy/local
step := @$(local)/step
with_services := $(local)/with-services
nextest := $(shell command -v cargo-nextest 2>/dev/null)

# The packages whose unit tests touch no server.
pure := domain stripe-wire projection service bus ingest

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test check unit rules sim soak night services stop clean status bench prepare prepare-check tools

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: tools ## start everything and play a few hundred customers (ONCE=1: exit with the verdict)
	$(step) 'Getting Postgres and RabbitMQ ready.' $(local)/services start >/dev/null
	$(step) 'Building the programs; from nothing this takes some minutes.' \
		cargo build --package counterfoil-cli --package counterfoil-demo
	$(step) 'Running the demo.' \
		$(with_services) $(or $(CARGO_TARGET_DIR),target)/debug/counterfoil-demo

test: tools ## the whole test suite, with real servers
	$(step) 'Getting Postgres and RabbitMQ ready.' $(local)/services start >/dev/null
ifdef nextest
	$(step) 'Building and running all tests.' $(with_services) cargo nextest run --workspace
	@if grep -rqE --include='*.rs' --exclude-dir=target '^ *//[/!] ```' .; then \
		$(local)/step 'Running the examples in the documentation.' \
			$(with_services) cargo test --doc --workspace; \
	fi
else
	$(step) 'Building and running all tests.' $(with_services) cargo test --workspace
endif
	@$(MAKE) --no-print-directory rules
	$(step) 'All tests passed.'

check: tools ## format, lints, documentation, house rules, unit tests; needs no server
	$(step) 'Checking the format.' cargo fmt --all --check
	$(step) 'Running clippy.' cargo clippy --workspace --all-targets -- -D warnings
	$(step) 'Building the documentation.' \
		env RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps
	@$(MAKE) --no-print-directory unit
	$(step) 'Everything checked is clean.'

# With nextest the selection is made among tests built for the whole workspace: the same programs
# that `make test` runs, with the same features, so that nothing is compiled for this alone.
unit: tools ## house rules and unit tests
ifdef nextest
	$(step) 'Running tidy and the unit tests.' cargo nextest run --workspace --filterset \
		'package(=counterfoil-tidy) + (kind(lib) & (none() $(foreach name,$(pure),+ package(=counterfoil-$(name)))))'
else
	$(step) 'Running tidy.' cargo test --package counterfoil-tidy
	$(step) 'Running the unit tests.' cargo test --lib $(pure:%=--package counterfoil-%)
endif

rules: ## check the alert rules and run their tests
	$(step) 'Checking the alert rules.' $(local)/check-rules

# Seeds that fail are added to the file of those that always run.
sim: tools ## seeded worlds without end (COUNT=1000000), or one with its steps (SEED=123)
	$(step) 'Building with optimisation; from nothing this takes some minutes.' \
		cargo build --release --package counterfoil-simulation
	$(step) 'Running the worlds.' \
		$(or $(CARGO_TARGET_DIR),target)/release/counterfoil-simulation \
		$(if $(SEED),--seed $(SEED) --verbose,--count $(or $(COUNT),100000) --keep tests/simulation/seeds.txt)

soak: tools ## ten minutes of load while everything is compared over and over: nothing may be drift
	$(step) 'Getting Postgres and RabbitMQ ready.' $(local)/services start >/dev/null
	$(step) 'Building and running; this takes ten minutes and some.' \
		$(with_services) env COUNTERFOIL_SOAK_SECONDS=$(or $(SECONDS),600) \
		cargo test --package counterfoil-scenarios --test it -- --nocapture on_its_way

night: tools ## a full diff of a million subscriptions (COUNT=…), killed ten times
	$(step) 'Getting Postgres and RabbitMQ ready.' $(local)/services start >/dev/null
	$(step) 'Building with optimisation and running; this takes an hour or so.' \
		$(with_services) env COUNTERFOIL_DIFF_SUBSCRIPTIONS=$(or $(COUNT),1000000) \
		cargo test --release --package counterfoil-scenarios --test it -- --nocapture killed_ten_times

services: ## start Postgres and RabbitMQ; eval "$(make -s services)" sets DATABASE_URL and AMQP_URL
	@$(local)/services start

status: ## show what runs where
	@$(local)/services status

stop: ## stop Postgres and RabbitMQ, keep their data
	@$(local)/services stop

clean: ## stop Postgres and RabbitMQ and remove their data
	@$(local)/services clean

bench: tools ## the benchmarks, each beside its ceiling (BENCH='--quick', BENCH='--help')
	$(step) 'Getting Postgres and RabbitMQ ready.' $(local)/services start >/dev/null
	$(step) 'Building with optimisation; from nothing this takes some minutes.' \
		cargo build --release --package counterfoil-cli --package counterfoil-bench
	$(step) 'Measuring.' \
		$(with_services) $(or $(CARGO_TARGET_DIR),target)/release/counterfoil-bench $(BENCH)

prepare: tools ## write shared/store/.sqlx anew, after a query or a migration changed
	$(step) 'Checking the queries against a scratch database.' \
		$(with_services) $(local)/prepare-queries

prepare-check: tools ## fail if shared/store/.sqlx is not what the queries give
	$(step) 'Checking the queries against a scratch database.' \
		$(with_services) $(local)/prepare-queries --check

tools:
	@command -v cargo >/dev/null || { \
		echo 'cargo is missing: install Rust from https://rustup.rs, then run this again.' >&2; exit 1; }
	@command -v cc >/dev/null || { \
		echo 'A C compiler is missing: install one (Debian: apt-get install gcc libc6-dev).' >&2; exit 1; }
