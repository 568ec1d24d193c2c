# Needs Go, GNU Make and git; everything else is installed under .local or by what needs it.
.DEFAULT_GOAL := help
.PHONY: help run test lint bench build clean check smoke

BIN     := .local/bin

# Linters are programs of their own, not dependencies of this module: their versions are here and not in go.mod.
GOLANGCI_VERSION   := v2.15.0
ACTIONLINT_VERSION := v1.7.12
GOLANGCI           := $(BIN)/golangci-lint-$(GOLANGCI_VERSION)
ACTIONLINT         := $(BIN)/actionlint-$(ACTIONLINT_VERSION)

help:
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-6s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Not by "go run", which calls it an error to be interrupted.
run: ## run everything on this machine, with demo data: http://localhost:8080
	@go build -tags dev -o $(BIN)/router-dev ./router
	@exec $(BIN)/router-dev dev

test: ## run all tests, on a Postgres of their own (TESTFLAGS=-race: with the race detector)
	@go test -shuffle=on -timeout 20m $(TESTFLAGS) ./...

lint: $(GOLANGCI) $(ACTIONLINT) ## check code and workflows (LINTFLAGS=--fix: and mend what can be mended)
	@$(GOLANGCI) run $(LINTFLAGS)
	@$(GOLANGCI) run $(LINTFLAGS) --build-tags dev,bench
	@$(ACTIONLINT) .github/workflows/*.yml

bench: ## measure holds, contention, searches, start-up and memory; takes minutes
	@go test -tags bench -run '^TestBench' -count=1 -v -timeout 15m ./router

build: ## build the static binary .local/bin/router
	@CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o $(BIN)/router ./router

check: ## check names, routes and configuration as .env.example has it
	@set -a; . ./.env.example; set +a; go run ./router check

smoke: build ## ask a running system for a proof of each thing it does (URL=https://…; CABIN=slug: book that one and cancel, too)
	@test -n '$(URL)' || { echo 'say where it runs: make smoke URL=https://…'; exit 2; }
	@$(BIN)/router smoke $(if $(CABIN),-book -cabin '$(CABIN)') '$(URL)'

# Where Postgres runs as another user its data is under /var/tmp, and a symbolic link stands for it here.
clean: ## remove .local: the demo data, the built binary, the linters
	@for link in .local/*; do \
		case $$(readlink "$$link") in /var/tmp/cabanas-*) rm -rf "$$(readlink "$$link")" ;; esac; \
	done
	@rm -rf .local

$(GOLANGCI):
	@echo "installing golangci-lint $(GOLANGCI_VERSION); this takes a few minutes, once"
	@GOBIN='$(CURDIR)/$(BIN)' go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	@mv $(BIN)/golangci-lint $@

$(ACTIONLINT):
	@echo "installing actionlint $(ACTIONLINT_VERSION)"
	@GOBIN='$(CURDIR)/$(BIN)' go install github.com/rhysd/actionlint/cmd/actionlint@$(ACTIONLINT_VERSION)
	@mv $(BIN)/actionlint $@
