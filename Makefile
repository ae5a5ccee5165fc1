# Seatflow's habits, one word each; `make` alone lists them.
#
# Every tool is pinned by a Go module of its own below scripts/tools and built into bin/tools when first needed.
# What loops does so over the modules of go.work, so a new module needs no line here.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

ROOT := $(CURDIR)
TOOLS := bin/tools
BUF := PATH="$(ROOT)/$(TOOLS):$$PATH" buf

# The folders of the workspace's modules, relative to here.
MODULES = $(shell go list -m -f '{{.Dir}}' | sed 's|^$(ROOT)/||')
# Runs one command in every module, all of them even when one fails, and names those that did.
each = red=""; for module in $(MODULES); do (cd $$module && $(1)) || red="$$red $$module"; done; \
	[ -z "$$red" ] || { echo "$@: failed in$$red" >&2; exit 1; }

##@ Use

.PHONY: run
run: build ## Build everything and start it all in one process (settings: ARGS="--flag ...")
	bin/seatflow up $(ARGS)

.PHONY: split
split: build ## The same in one process per service, restarted when one dies (settings: ARGS="--flag ...")
	bin/split $(ARGS)

.PHONY: build
build: ## Build bin/seatflow and each service's own program
	@mkdir -p bin
	go build -o bin/ $$(go list -f '{{if eq .Name "main"}}{{.ImportPath}}{{end}}' work)

.PHONY: images
images: ## Build the container images that the tests use and no registry here serves
	scripts/images/build

##@ Check

TEST ?= work

.PHONY: test
test: ## Run every test (one package: TEST=./services/intake/...)
	go test $(TEST)

# The page of lanes is left out: it starts a program per typed command, and has no goroutines of its own to race.
RACE ?= -skip TestVendorLanes ./services/kit/engine/... ./services/seatflow/...

.PHONY: race
race: ## Run the engine's and the journey's tests under the race detector (others: RACE=work)
	go test -race $(RACE)

.PHONY: lint
lint: $(TOOLS)/golangci-lint ## Run golangci-lint over every module
	@$(call each,$(ROOT)/$(TOOLS)/golangci-lint run --config $(ROOT)/.golangci.yml ./...)

.PHONY: verify
verify: verify-format verify-modules verify-schema verify-generated verify-rules ## Check formatting, modules, schema, generated code and the rules of the house

.PHONY: verify-format
verify-format:
	@unformatted=$$(find proto services scripts -name '*.go' -not -path '*/third_party/*' -print0 | xargs -0 -r gofmt -l); \
	if [ -n "$$unformatted" ]; then echo "not as gofmt writes it (run gofmt -w):"; echo "$$unformatted"; exit 1; fi

.PHONY: verify-modules
verify-modules:
	@$(call each,GOWORK=off go mod tidy -diff && GOWORK=off go build ./...)

.PHONY: verify-schema
verify-schema: $(TOOLS)/buf .protovalidate
	@cd proto && $(BUF) lint
	@BUF="$(ROOT)/$(TOOLS)/buf" scripts/breaking

.PHONY: verify-generated
verify-generated: $(TOOLS)/buf $(TOOLS)/protoc-gen-go .protovalidate
	@fresh=$$(mktemp -d); trap 'rm -rf "$$fresh"' EXIT; \
	(cd proto && $(BUF) generate -o "$$fresh"); \
	diff -r "$$fresh/gen" proto/gen || { echo "proto/gen differs from the schema: run make gen"; exit 1; }

.PHONY: verify-rules
verify-rules:
	@go test -count=1 ./scripts/checks/...

##@ Prove

.PHONY: bench
bench: build ## Measure orders per second, latency and memory, one JSON line each (under 5 minutes)
	go run ./scripts/bench $(ARGS)

.PHONY: soak
soak: build ## The 10-minute measurement that shows whether memory stays flat
	go run ./scripts/bench --soak $(ARGS)

FUZZTIME ?= 30s

.PHONY: fuzz
fuzz: ## Run every fuzz target for a while each (FUZZTIME=30s)
	@go list -f '{{.ImportPath}} {{.Dir}} {{join .TestGoFiles " "}} {{join .XTestGoFiles " "}}' work | while read -r package dir files; do \
		targets=$$(cd "$$dir" && { [ -z "$$files" ] || grep -hoE '^func Fuzz[A-Za-z0-9_]+' $$files || true; } | cut -c6-); \
		for target in $$targets; do echo "$$package $$target"; go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "$$package"; done; \
	done

.PHONY: chaos
chaos: build ## Kill each process of the split shape under load, twice, and check that nothing is lost or bought twice (ARGS="--times 20 ...")
	bin/chaos --rounds 2 --pause --replicas 2 $(ARGS)

.PHONY: chaos-vendor
chaos-vendor: build ## Have 10,000 lines bought by 3 replicas that die while the vendor fails, and hold the ledger against them (ARGS="--lines 500 ...")
	bin/spree $(ARGS)

.PHONY: rate
rate: build ## Measure for 10 minutes how 3 replicas use the vendor's request rate, and how soon a single line starts beside 10,000 (ARGS="--rate 3000 --for 1m ...")
	bin/rate $(ARGS)

##@ Change

.PHONY: gen
gen: $(TOOLS)/buf $(TOOLS)/protoc-gen-go .protovalidate ## Make the Go of the contract from proto/, and docs/vendor-codes.md from the error catalogue
	@fresh=$$(mktemp -d); trap 'rm -rf "$$fresh"' EXIT; \
	(cd proto && $(BUF) generate -o "$$fresh"); \
	rm -rf proto/gen && cp -r "$$fresh/gen" proto/gen
	go test -count=1 ./services/fulfillment/internal/partnercenter/codepage -run TestPageIsCurrent -write

.PHONY: tools
tools: $(patsubst scripts/tools/%/go.mod,$(TOOLS)/%,$(wildcard scripts/tools/*/go.mod)) ## Build the pinned tools now

.PHONY: clean
clean: ## Remove what was built; data folders stay
	rm -rf bin proto/third_party

.PHONY: help
help: ## Print this list
	@awk 'BEGIN { FS = ":.*## " } /^##@ / { printf "\n%s\n", substr($$0, 5) } /^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# ---- what the targets above stand on ----

# A tool is a module of its own, so no tool decides another's dependencies, or the product's.
$(TOOLS)/%: scripts/tools/%/go.mod scripts/tools/%/go.sum
	@mkdir -p $(TOOLS)
	cd scripts/tools/$* && CGO_ENABLED=0 GOWORK=off go build -o $(ROOT)/$(TOOLS)/ tool
	@touch $@

# protovalidate's options as a schema: a folder of its Go module, since no schema registry is used. It is not committed.
PROTOVALIDATE_VERSION := v1.2.2
PROTOVALIDATE := proto/third_party/protovalidate/.$(PROTOVALIDATE_VERSION)

.PHONY: .protovalidate
.protovalidate: $(PROTOVALIDATE)

$(PROTOVALIDATE):
	@rm -rf proto/third_party && mkdir -p proto/third_party
	@module=$$(GOWORK=off go mod download -json github.com/bufbuild/protovalidate@$(PROTOVALIDATE_VERSION) | sed -n 's/.*"Dir": "\(.*\)".*/\1/p'); \
	cp -r "$$module/proto/protovalidate" proto/third_party/ && chmod -R u+w proto/third_party
	@touch $@
