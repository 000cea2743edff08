# otelcol-sealed. Everything that it needs beyond Go, make and git it builds
# itself, into .tools/ and build/; `make help` lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

include versions.env

ROOT    := $(CURDIR)
TOOLS   := $(ROOT)/.tools/bin
BUILD   := $(ROOT)/build/collector
MODULES := . envelope exporter/ssekmsexporter extension/encryptedstorage extension/tlsguard \
           processor/redactprocessor redact tests
LINTED  := $(MODULES)
COMPONENTS := exporter/ssekmsexporter extension/encryptedstorage extension/tlsguard processor/redactprocessor
RELEASE ?= 0.1.0-dev
# A release adds -trimpath here. Development builds leave it out so that they
# share the build cache with the tests.
BUILDFLAGS ?=
export PATH := $(TOOLS):$(PATH)
# Static binaries. Only the race detector and the PKCS#11 test plug-in use cgo.
export CGO_ENABLED ?= 0

# What the collector is made of: a change in one of these makes it stale.
SOURCES := $(shell find redact envelope $(COMPONENTS) -name '*.go' -not -name '*_test.go' -o -name go.mod -o -path '*/rules/*' \( -name '*.json' -o -name '*.yaml' \) 2>/dev/null)
MANIFEST := builder-config.yaml versions.env $(addsuffix /go.mod,redact envelope $(COMPONENTS))
CLI     := $(shell find cmd internal go.mod -type f -not -path "internal/tools/*" -not -name "*_test.go" 2>/dev/null)

# What must work with nothing but approved algorithms: the race step tests it so.
FIPS := envelope extension/encryptedstorage

# step runs a long command and says what it does and how long it took.
step = @start=$$SECONDS; printf '%s ... ' '$(1)'; log=$$(mktemp); \
       if ( $(2) ) >"$$log" 2>&1; then printf 'done in %ss\n' $$((SECONDS-start)); rm -f "$$log"; \
       else printf 'failed after %ss\n' $$((SECONDS-start)); cat "$$log" >&2; rm -f "$$log"; exit 1; fi

# tool builds one tool of internal/tools, at the version that is pinned there.
tool = $(call step,build $(1),mkdir -p $(TOOLS) && cd internal/tools && GOWORK=off go build -o $(TOOLS)/$(1) $(2) && touch $@)

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F':.*## ' '{printf "  %-10s %s\n", $$1, $$2}'

.PHONY: build
build: dist/otelcol-sealed dist/sealctl ## Build dist/otelcol-sealed (with ocb) and dist/sealctl

# ocb only writes sources; they are compiled below, so that a change in a
# component's code does not cost another module resolution.
$(BUILD)/go.mod: $(MANIFEST) | $(TOOLS)/builder-$(BUILDER_VERSION)
	$(call step,ocb $(BUILDER_VERSION): collector sources from builder-config.yaml,\
	  rm -rf $(BUILD) && mkdir -p $(BUILD) && GOWORK=off $(TOOLS)/builder --config=builder-config.yaml --skip-compilation)

dist/otelcol-sealed: $(BUILD)/go.mod $(SOURCES)
	$(call step,compile dist/otelcol-sealed (minutes when the Go build cache is empty),\
	  cd $(BUILD) && GOWORK=off go build $(BUILDFLAGS) -ldflags='-s -w' -o $(ROOT)/dist/otelcol-sealed .)
	@touch dist/otelcol-sealed

dist/sealctl: $(CLI) $(SOURCES)
	$(call step,compile dist/sealctl,\
	  GOWORK=off go build $(BUILDFLAGS) -ldflags='-s -w -X github.com/sealed-otel/otelcol-sealed/internal/cli/version.Release=$(RELEASE)' -o dist/sealctl ./cmd/sealctl)
	@touch dist/sealctl

.PHONY: test
test: build servers ## Run every test: unit, component and end to end
	OTELCOL_SEALED_BIN=$(ROOT)/dist/otelcol-sealed SEALCTL_BIN=$(ROOT)/dist/sealctl TOOLS_BIN=$(TOOLS) \
	  go test -timeout 20m $(TESTFLAGS) work

.PHONY: race
race: ## Run the tests of the modules with concurrency under the race detector (needs a C compiler)
	for m in redact $(filter-out $(FIPS),$(COMPONENTS)); do (cd $$m && CGO_ENABLED=1 go test -race -short -vet=off -timeout 20m ./...); done
	for m in $(FIPS); do (cd $$m && GODEBUG=fips140=only CGO_ENABLED=1 go test -race -short -vet=off -timeout 20m ./...); done

.PHONY: e2e
e2e: build servers ## Run only the end-to-end tests
	cd tests && OTELCOL_SEALED_BIN=$(ROOT)/dist/otelcol-sealed SEALCTL_BIN=$(ROOT)/dist/sealctl TOOLS_BIN=$(TOOLS) \
	  go test -count=1 -timeout 20m $(TESTFLAGS) ./...

.PHONY: demo
demo: build servers ## Show the whole promise on a real pipeline, with proofs
	$(call step,compile the demo,cd tests && go build -o $(ROOT)/build/demo ./cmd/demo)
	@OTELCOL_SEALED_BIN=$(ROOT)/dist/otelcol-sealed TOOLS_BIN=$(TOOLS) build/demo $(DEMOFLAGS)

.PHONY: bench
bench: ## Compare with the components people run today, side by side
	cd tests && go test -run '^$$' -bench . -benchmem -timeout 60m $(BENCHFLAGS) ./...

.PHONY: lint
lint: $(TOOLS)/golangci-lint-$(GOLANGCI_LINT_VERSION) ## Run golangci-lint and gofmt over every module
	@failed=; for m in $(LINTED); do echo "lint $$m"; \
	  (cd $$m && $(TOOLS)/golangci-lint run --config $(ROOT)/.golangci.yaml --timeout 15m ./...) || failed="$$failed $$m"; done; \
	  test -z "$$failed" || { echo "lint findings in:$$failed" >&2; exit 1; }

.PHONY: fmt
fmt: $(TOOLS)/golangci-lint-$(GOLANGCI_LINT_VERSION) ## Format every module
	@for m in $(LINTED); do (cd $$m && $(TOOLS)/golangci-lint fmt --config $(ROOT)/.golangci.yaml ./...); done

.PHONY: generate
generate: $(TOOLS)/mdatagen-$(MDATAGEN_VERSION) ## Regenerate mdatagen's files, the rule pages and the classification
	@for m in $(MODULES); do (cd $$m && go generate ./...); done

# Compiles packages and tests and links nothing. To vet is the linter's work: here it
# would go through every dependency once for each platform.
compile = go list -export -test ./... >/dev/null

.PHONY: alone
alone: ## Compile each module and its tests by itself, for the other platforms too
	@for m in $(MODULES); do echo "GOWORK=off $$m"; (cd $$m && GOWORK=off $(compile)); done
	@for os in darwin windows; do for m in redact envelope $(COMPONENTS) .; do echo "GOOS=$$os $$m"; (cd $$m && GOOS=$$os GOWORK=off $(compile)); done; done

.PHONY: tidy
tidy: ## Give every module the same versions, and tidy its go.mod
	@go work sync
	@for m in $(MODULES) internal/tools; do (cd $$m && GOWORK=off go mod tidy); done

.PHONY: clean
clean: ## Remove what was built
	rm -rf dist build .tools

# Tools and servers, each behind a stamp that carries its version.
.PHONY: servers
servers: $(TOOLS)/minio-$(MINIO_VERSION) $(TOOLS)/telemetrygen-stamp

$(TOOLS)/builder-$(BUILDER_VERSION):
	$(call tool,builder,go.opentelemetry.io/collector/cmd/builder)

$(TOOLS)/mdatagen-$(MDATAGEN_VERSION):
	$(call tool,mdatagen,go.opentelemetry.io/collector/cmd/mdatagen)

$(TOOLS)/golangci-lint-$(GOLANGCI_LINT_VERSION):
	$(call tool,golangci-lint,github.com/golangci/golangci-lint/v2/cmd/golangci-lint)

$(TOOLS)/minio-$(MINIO_VERSION):
	$(call step,find or build the MinIO test server (a few minutes when it is not on PATH),\
	  mkdir -p $(TOOLS) && { p=$$(command -v minio || true); if [ -n "$$p" ] && [ "$$p" != $(TOOLS)/minio ]; then ln -sf "$$p" $(TOOLS)/minio; \
	  else GOWORK=off GOBIN=$(TOOLS) go install github.com/minio/minio@$(MINIO_VERSION); fi; } && touch $@)

$(TOOLS)/telemetrygen-stamp: versions.env
	$(call step,build telemetrygen,\
	  mkdir -p $(TOOLS) && GOWORK=off GOBIN=$(TOOLS) go install $(EXCEPTION_TELEMETRYGEN) && touch $@)
