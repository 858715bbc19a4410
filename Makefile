# Tools are installed once, pinned, into .cache/. `make` alone lists the targets.

GOLANGCI_VERSION := v2.15.0
GOLANGCI := .cache/bin/golangci-lint-$(GOLANGCI_VERSION)
SAM := SAM_CLI_TELEMETRY=0 .cache/sam/bin/sam

# The processor of the functions that `sam build` makes: arm64, or amd64 for Architecture=x86_64.
GOARCH ?= arm64

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' $(MAKEFILE_LIST) | expand -t 18

.PHONY: run
run: ## start the local stack on http://localhost:3000 (PORT= moves it)
	@echo "building the local stack"
	@go build -o .cache/bin/localstack ./localstack
	@exec .cache/bin/localstack

.PHONY: clean-data
clean-data: ## forget all data of the local stack
	rm -rf .data

.PHONY: demo
demo: ## play one ticket's story against the running local stack
	@go run ./localstack/tools/demo

.PHONY: test
test: ## run every test: unit, conformance, end to end
	go vet ./...
	go test -race -shuffle=on ./...

.PHONY: fuzz
fuzz: .cache/schemathesis/installed ## fuzz every decoder for a while, and the running API by its description
	@go run ./localstack/tools/fuzz

.PHONY: test-api
test-api: .cache/schemathesis/installed ## try the running API by its description
	@go run ./localstack/tools/fuzz api

.PHONY: judge
judge: ## ask everything that is asked of the system, at length, and write docs/quality.md (ITEMS="faults log" asks these again)
	@go run ./localstack/tools/quality $(ITEMS)

.PHONY: bench
bench: ## measure the local stack: answers a second, fan-out, memory (ONLY="post fan-out" measures these, or ONLY="cold-start")
	@go run ./localstack/tools/bench $(ONLY)

.PHONY: mutate
mutate: ## plant bugs one by one and see whether the tests notice (ONLY=refresh for some)
	@go run ./localstack/tools/seededbugs -only "$(ONLY)"

.PHONY: test-deploy
test-deploy: .cache/sam/installed .cache/ministack/installed ## deploy with SAM onto an emulator and run the end-to-end suite there
	localstack/ministack/test-deploy.sh

.PHONY: lint
lint: $(GOLANGCI) .cache/sam/installed check-template ## check formatting, code, imports and template
	$(GOLANGCI) run
	AWS_DEFAULT_REGION=us-east-1 $(SAM) validate --lint

.PHONY: check-template
check-template: .cache/checkov/installed ## let cfn-lint and checkov look at the template; infra/waivers.yaml says what stays, and why
	@AWS_DEFAULT_REGION=us-east-1 go run ./localstack/tools/templatelint

.PHONY: build
build: .cache/sam/installed ## build every function for deployment (GOARCH=amd64 for x86_64)
	$(SAM) build

.PHONY: admin
admin: .cache/sam/installed ## make PHONE= an administrator of the deployed STACK=
	@test -n "$(PHONE)" -a -n "$(STACK)" || { echo "usage: make admin PHONE=+98... STACK=ticketsystem-dev" >&2; exit 2; }
	$(SAM) remote invoke AdminGrantFunction --stack-name "$(STACK)" --event '{"phone":"$(PHONE)"}'

.PHONY: replay
replay: ## make heads, numbers and search anew from the logs: of the local stack, or of the deployed STACK=
	@test -z "$(STACK)" || $(MAKE) --no-print-directory .cache/sam/installed
	@STACK="$(STACK)" PORT="$(PORT)" infra/replay.sh

# What `sam build` calls for each function: build-TicketCreateFunction builds
# functions/ticket-create. Without version-control stamps an unchanged function stays the
# same file and is not deployed again.
GO_BUILD = CGO_ENABLED=0 GOOS=linux GOARCH=$(GOARCH) go build -trimpath -buildvcs=false -tags lambda.norpc

build-%Function: .cache/compiled-$(GOARCH)
	@$(GO_BUILD) -ldflags "-s -w" -o "$(ARTIFACTS_DIR)/bootstrap" \
		./functions/$(shell echo $* | sed 's/\([a-z]\)\([A-Z]\)/\1-\2/g' | tr A-Z a-z)

# SAM starts all builds at once, and each would compile every package they share (5 minutes
# instead of 2 with two processors). So one compiles while the others wait for the lock.
# Where there is no flock the result is the same, later.
LOCK := $(if $(shell command -v flock),flock .cache/compile.lock)

.cache/compiled-$(GOARCH): go.mod $(shell find pkg infra -type f)
	@mkdir -p .cache
	@$(LOCK) env $(GO_BUILD) ./pkg/... ./infra
	@touch $@

.PHONY: tools
tools: $(GOLANGCI) .cache/sam/installed .cache/checkov/installed .cache/schemathesis/installed .cache/ministack/installed ## install what the other targets need, each once (-j4: side by side)

.cache/%/installed: localstack/tools/requirements/%.txt
	python3 -m venv --clear .cache/$*
	.cache/$*/bin/pip install --quiet --requirement $<
	@touch $@

$(GOLANGCI):
	@echo "building golangci-lint $(GOLANGCI_VERSION), once"
	@GOBIN=$(CURDIR)/.cache/bin go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	@mv .cache/bin/golangci-lint $@
