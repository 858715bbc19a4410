# Pinned tools are installed into .cache/. `make` without a target lists the targets.

GOLANGCI_VERSION := v2.15.0
GOLANGCI := .cache/bin/golangci-lint-$(GOLANGCI_VERSION)
SAM := SAM_CLI_TELEMETRY=0 .cache/sam/bin/sam

# Architecture of the binaries that `sam build` makes: arm64, or amd64 for Architecture=x86_64.
GOARCH ?= arm64

# The folder of the functions' binaries, which the local stack uses too on such a machine.
BINARIES := .cache/functions-linux-$(GOARCH)

# With the settings of the functions' builds, tests and linters share their compiled packages.
# `make lint` runs every check of go vet, so tests do not repeat some of them.
export CGO_ENABLED ?= 0
export GOFLAGS ?= -trimpath -vet=off

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' $(MAKEFILE_LIST) | expand -t 18

# The pages of /docs, which docs-get embeds. Their viewer comes from npm.
DOCS := functions/docs-get/dist/docs.html

# The files of the web console, which console-get embeds.
CONSOLE := functions/console-get/dist/index.html
CONSOLE_SOURCES := $(shell find functions/console-get/web -type f -not -name schema.d.ts -not -name '*.md' -not -path '*/browser/*')

.PHONY: run
run: $(DOCS) $(CONSOLE) ## start the local stack on http://localhost:3000 (PORT= moves it, PARAMETERS="Name=value …" sets template parameters)
	@echo "building the local stack"
	@go build -o .cache/bin/localstack ./localstack
	@exec .cache/bin/localstack

.PHONY: clean-data
clean-data: ## delete all local data
	rm -rf .data

.PHONY: demo
demo: ## run a scripted demo ticket against the running local stack
	@go run ./localstack/tools/demo

.PHONY: docs
docs: $(DOCS) ## build the pages of /docs (run, test and build do this too)

.PHONY: console
console: $(CONSOLE) ## build the web console (run, test and build do this too; `npm run watch` in its folder builds at each change)

# The store tests that await what a read that is not strongly consistent may show late.
STALE_TESTS := ^(TestAddBlock|TestAutomation|TestChangePhone|TestDeleteUser_.*|TestGoneUsers_.*|TestMarkEntriesRead|TestPurgeTicket|TestRefreshTicket|TestVerifyNewSession_.*)$$

# The store tests whose requests run at once, which are repeated under the race detector.
RACE_TESTS := (Concurrent|Race|UnderTraffic)

.PHONY: test
test: $(DOCS) $(CONSOLE) .cache/npm/typescript/installed test-console-units ## run every test: unit, conformance, end to end
	$(RACE) $$(go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' ./... | grep -Ev '/localstack/(tests|tools)/')
	go test -shuffle=on ./localstack/tests/... ./localstack/tools/...
	$(RACE) ./localstack/tests/conformance -run '$(RACE_TESTS)'
	STALE_READS=1 go test ./localstack/tests/conformance -run '$(STALE_TESTS)'

# The suites in localstack/tests and the tools run without the race detector, because functions
# are processes that it does not see. `make quality` runs all store tests under it. Without
# GORACE each package waits a second at its end.
RACE := CGO_ENABLED=1 GORACE=atexit_sleep_ms=10 go test -race -shuffle=on

.PHONY: test-console-units
test-console-units: .cache/npm/console/tools $(CONSOLE) ## check types, code and sizes of the web console, and run its unit tests
	cd functions/console-get/web && npm run --silent check && npm test --silent && npm run --silent budgets

.PHONY: test-console
test-console: test-console-units ## test the web console in Chromium on a local stack (CHROMIUM= names it; SHOTS= a folder for pictures)
	cd functions/console-get/web && npm run --silent browser

.PHONY: test-console-quality
test-console-quality: .cache/npm/console/tools $(CONSOLE) ## test every screen of the web console for accessibility, width and appearance (UPDATE_GOLDEN=1 draws the pictures again)
	cd functions/console-get/web && QUALITY_FULL=1 npm run --silent quality

.PHONY: fuzz
fuzz: .cache/schemathesis/installed ## fuzz every decoder, and the API with schemathesis
	@go run ./localstack/tools/fuzz

.PHONY: test-openapi
test-openapi: .cache/schemathesis/installed ## test the API against infra/openapi.yaml with schemathesis
	@go run ./localstack/tools/fuzz api

.PHONY: speed-console
speed-console: .cache/npm/console/tools $(CONSOLE) ## measure sizes, speed and memory of the web console in Chromium
	cd functions/console-get/web && npm run --silent budgets && npm run --silent speed

.PHONY: quality
quality: $(DOCS) $(CONSOLE) .cache/npm/console/tools .cache/npm/typescript/installed $(patsubst %,.cache/%/installed,schemathesis checkov ministack) ## run the full quality suite and write docs/quality.md (CHECKS="faults stream" runs these alone)
	@go run ./localstack/tools/quality $(CHECKS)

.PHONY: bench
bench: ## measure requests per second, fan-out and memory of the local stack (ONLY="post fan-out", ONLY="cold-start", or ONLY=pairs BEFORE=<commit>)
	@go run ./localstack/tools/bench $(ONLY)

.PHONY: cost
cost: ## count what tickets of a standard mix use and write docs/cost.md with the prices of AWS
	@go run ./localstack/tools/cost

.PHONY: hotkeys
hotkeys: ## count the units of each partition key in a standard mix, and compute at which rate the busiest is full
	@go run ./localstack/tools/hotkeys

.PHONY: mutation-test
mutation-test: ## apply each seeded bug and check that a test fails (ONLY=refresh for a name prefix)
	@go run ./localstack/tools/seededbugs -only "$(ONLY)"

.PHONY: test-deploy
test-deploy: .cache/sam/installed .cache/ministack/installed ## deploy with SAM to the ministack emulator and run the end-to-end suite
	localstack/ministack/test-deploy.sh

.PHONY: lint
lint: lint-code lint-sam lint-template ## check formatting, code, imports and template (-j3 runs the linters in parallel)

.PHONY: lint-code lint-sam
lint-code: $(GOLANGCI)
	$(GOLANGCI) run

lint-sam: .cache/sam/installed
	AWS_DEFAULT_REGION=us-east-1 $(SAM) validate --lint

.PHONY: lint-template
lint-template: .cache/checkov/installed ## run cfn-lint and checkov on template.yaml (exceptions: infra/checkov.yaml and Metadata in the template)
	@AWS_DEFAULT_REGION=us-east-1 go run ./localstack/tools/templatelint

.PHONY: build
build: .cache/sam/installed $(BINARIES)/built ## build every function for deployment (GOARCH=amd64 for x86_64)
	$(SAM) build

.PHONY: grant-admin
grant-admin: .cache/sam/installed ## make PHONE= an administrator of the deployed STACK=
	@test -n "$(PHONE)" -a -n "$(STACK)" || { echo "usage: make grant-admin PHONE=+98... STACK=ticketsystem-dev" >&2; exit 2; }
	$(SAM) remote invoke AdminGrantFunction --stack-name "$(STACK)" --event '{"phone":"$(PHONE)"}'

.PHONY: rotate-key
rotate-key: ## replace the signing key, locally or of the deployed STACK= (RETIRE=yes ends the old one before its time)
	@test -z "$(STACK)" || $(MAKE) --no-print-directory .cache/sam/installed
	@event='{"retire":$(if $(filter yes,$(RETIRE)),true,false)}'; \
	if [ -n "$(STACK)" ]; then $(SAM) remote invoke SigningKeyRotateFunction --stack-name "$(STACK)" --event "$$event"; \
	else curl -sS --fail-with-body -X POST --data "$$event" "http://localhost:$(or $(PORT),3000)/_local/functions/signing-key-rotate/invoke"; fi

.PHONY: replay
replay: ## rebuild tickets, statistics and the search index from the logs, locally or of the deployed STACK=
	@test -z "$(STACK)" || $(MAKE) --no-print-directory .cache/sam/installed
	@STACK="$(STACK)" PORT="$(PORT)" infra/replay.sh

# The parameters of a deployment, with python3 3.11 or later, and the commit, which /health reports.
PARAMETERS_OF_ENV = $(shell python3 infra/parameters.py "$(ENV)" "Version=$(COMMIT)" $(if $(filter yes,$(URGENT)),GradualDeploy=off))
COMMIT = $(shell git describe --tags --always --dirty)

.PHONY: deploy
deploy: .cache/sam/installed $(BINARIES)/built ## build and deploy the environment ENV= of samconfig.toml (CONFIRM=no does not ask, URGENT=yes works during FailuresAlarm, without a canary)
	@test -n "$(ENV)" || { echo "usage: make deploy ENV=staging" >&2; exit 2; }
	@test -n '$(if $(PARAMETERS_OF_ENV),yes)' || { echo "samconfig.toml has no parameters of $(ENV), or python3 is older than 3.11" >&2; exit 2; }
	$(SAM) build --config-env "$(ENV)"
	$(SAM) deploy --config-env "$(ENV)" $(if $(filter no,$(CONFIRM)),--no-confirm-changeset) --parameter-overrides $(PARAMETERS_OF_ENV)

# An earlier commit installs its own tools. It does not share .cache, where its pinned versions
# would replace those of this commit. It gets the settings of now: with fewer shards than the stack
# has written, for example, it would not find tickets.
.PHONY: rollback
rollback: ## deploy the code of an earlier commit TO= with the present settings of the environment ENV=, at once
	@test -n "$(ENV)" -a -n "$(TO)" || { echo "usage: make rollback ENV=staging TO=<commit>" >&2; exit 2; }
	rm -rf .cache/rollback && git worktree prune && git worktree add --detach .cache/rollback "$(TO)"
	cp samconfig.toml .cache/rollback/samconfig.toml
	$(MAKE) -C .cache/rollback deploy ENV="$(ENV)" CONFIRM="$(CONFIRM)" URGENT=yes COMMIT="$$(git describe --tags --always "$(TO)")"
	git worktree remove --force .cache/rollback

.PHONY: smoke
smoke: ## play one ticket against the stack at API_URL= and delete it (SMOKE_PHONE= and SMOKE_PASSWORD= of a customer)
	@go run ./localstack/tools/smoke

.PHONY: redrive
redrive: .cache/sam/installed ## show the messages of a dead-letter QUEUE= of the deployed STACK= and return them (YES=1 does not ask)
	@test -n "$(QUEUE)" -a -n "$(STACK)" || { echo "usage: make redrive QUEUE=DeliveryDLQ STACK=ticketsystem-dev" >&2; exit 2; }
	@.cache/sam/bin/python infra/redrive.py "$(QUEUE)" "$(STACK)"

.PHONY: restore
restore: .cache/sam/installed ## restore table and files of the deployed STACK= to a time AT= (UTC, or latest); asks before each change
	@test -n "$(STACK)" -a -n "$(AT)" || { echo "usage: make restore STACK=ticketsystem-prod AT=2026-03-01T10:15:00Z" >&2; exit 2; }
	@.cache/sam/bin/python infra/restore.py "$(STACK)" "$(AT)"

.PHONY: test-restore
test-restore: .cache/ministack/installed ## the drill: lose items and files on the emulator, restore them, compare each
	.cache/ministack/bin/python localstack/ministack/restore_drill.py

# `sam build` calls build-TicketCreateFunction to build functions/ticket-create. Without
# version-control stamps the binary of an unchanged function does not change, so it is not
# deployed again.
build-%Function: $(BINARIES)/built
	@cp $(BINARIES)/$(shell echo $* | sed 's/\([a-z]\)\([A-Z]\)/\1-\2/g' | tr A-Z a-z) "$(ARTIFACTS_DIR)/bootstrap"

# All functions are built with one command. SAM starts all builds at once; with flock, one of
# them runs the command and the others wait.
LOCK := $(if $(shell command -v flock),flock .cache/build.lock)

$(BINARIES)/built: go.mod $(shell find pkg infra functions -type f -not -path '*/web/*' -not -path '*/dist/*') $(CONSOLE_SOURCES)
ifdef LOCKED
$(BINARIES)/built: $(DOCS) $(CONSOLE)
	@CGO_ENABLED=0 GOOS=linux GOARCH=$(GOARCH) go build -trimpath -buildvcs=false -tags lambda.norpc -ldflags "-s -w" -o $(BINARIES)/ ./functions/...
	@touch $@
else
	@mkdir -p $(BINARIES)
	@$(LOCK) $(MAKE) --no-print-directory LOCKED=1 $@
endif

$(DOCS): $(wildcard functions/docs-get/web/*.*) infra/openapi.yaml infra/asyncapi.yaml docs/api.md .cache/npm/docs-get/installed
	@node functions/docs-get/web/build.mjs
	@touch $@

$(CONSOLE): $(CONSOLE_SOURCES) .cache/npm/console/installed
	@cd functions/console-get/web && npm run --silent build -- --logLevel warn
	@touch $@

# The build needs a third of the packages. The tools for tests are added when they are needed.
.cache/npm/console/installed: FOLDER := functions/console-get/web
.cache/npm/console/installed: NPM_FLAGS := --omit=dev
.cache/npm/console/installed: functions/console-get/web/package-lock.json

.cache/npm/console/tools: .cache/npm/console/installed
	npm ci --loglevel=error --prefix $(@D)
	@touch $@

.cache/npm/docs-get/installed: FOLDER := functions/docs-get/web
.cache/npm/docs-get/installed: functions/docs-get/web/package-lock.json

.cache/npm/typescript/installed: FOLDER := localstack/tests/typescript
.cache/npm/typescript/installed: localstack/tests/typescript/package-lock.json

# npm installs into .cache, so that neither Go nor the local stack walks through node_modules.
.cache/npm/%/installed:
	@mkdir -p $(@D)
	@cp $(FOLDER)/package.json $(FOLDER)/package-lock.json $(FOLDER)/.npmrc $(@D)
	npm ci --loglevel=error $(NPM_FLAGS) --prefix $(@D)
	@ln -sfn $(CURDIR)/$(@D)/node_modules $(FOLDER)/node_modules
	@touch $@

.PHONY: tools
tools: .cache/npm/docs-get/installed .cache/npm/typescript/installed .cache/npm/console/tools $(GOLANGCI) .cache/sam/installed .cache/checkov/installed .cache/schemathesis/installed .cache/ministack/installed ## install the pinned tools (-j4 installs in parallel)

.cache/%/installed: localstack/tools/requirements/%.txt
	python3 -m venv --clear .cache/$*
	.cache/$*/bin/pip install --quiet --no-compile --requirement $<
	@touch $@

$(GOLANGCI):
	@echo "building golangci-lint $(GOLANGCI_VERSION), once"
	@GOBIN=$(CURDIR)/.cache/bin go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	@mv .cache/bin/golangci-lint $@
