# The two commands to know: make run, make test. Each target installs what it
# needs, pinned by go.sum and infra/package-lock.json, and redoes nothing that
# is up to date.

# The functions as they are deployed, and the same for this machine.
FUNCTIONS   := $(patsubst functions/%/main.go,%,$(wildcard functions/*/main.go))
BUILD       := CGO_ENABLED=0 go build -tags lambda.norpc -trimpath -buildvcs=false -ldflags '-s -w'
# Folders are sources too: a file that was removed changes only its folder.
GO_FILES     = $(shell find $(1) -name node_modules -prune -o -name testdata -prune -o -name e2e -prune -o \
  \( -type d -o -name '*.go' ! -name '*_test.go' \) -print) go.mod go.sum Makefile
SOURCES     := $(call GO_FILES,functions shared)
DEPLOYABLES := $(FUNCTIONS:%=build/functions/%/bootstrap)
LOCALS      := $(FUNCTIONS:%=build/local/functions/%/bootstrap)
# The function that the tests of the local Lambda run.
TESTED      := infra/local/lambdahost/testdata/function

# What the guidance's stack would have made; the local stack makes them.
LOCAL_CONTEXT := -c topicArn=arn:aws:sns:us-east-1:000000000000:sd-notification-output -c outputBucket=sd-output-bucket

CDK := infra/node_modules/.bin/cdk
# Synthesizing for the local stack needs no account, and must not depend on the
# user's: neither on their environment nor on cdk.context.json or ~/.cdk.json,
# which the CDK CLI reads from its directory and from HOME.
LOCAL_CDK = cd build/synth && env -i PATH="$$PATH" HOME="$(CURDIR)/build/synth" TMPDIR="$(TMPDIR)" \
  XDG_CACHE_HOME="$${XDG_CACHE_HOME:-$$HOME/.cache}" JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=20 \
  AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true AWS_REGION=us-east-1 \
  "$(CURDIR)/$(CDK)" synth --quiet --build true --app "cd '$(CURDIR)' && build/cdk-app" --output "$(CURDIR)/cdk.out"

# A directory for temporary files that does not exist makes Node fail.
export TMPDIR := $(or $(wildcard $(TMPDIR)),/tmp)
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help build prepare test bench check chaos synth run local deploy redrive clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: $(DEPLOYABLES) build/cdk-app ## Compile the Lambda functions and the CDK app

prepare: cdk.out/.local build/local-stack $(LOCALS) build/local/$(TESTED)/bootstrap

# One package's tests prepare what they need by themselves: see infra/local/prepare.
test: $(if $(PKG),,prepare) ## Run every test, or some: make test PKG=./functions/deliver RUN=Keys
	@rm -rf build/tmp && mkdir -p build/tmp
	TMPDIR=$(CURDIR)/build/tmp TESTS_PREPARED=$(if $(PKG),,yes) \
	  go test -race -tags lambda.norpc -timeout 20m $(if $(RUN),-run '$(RUN)') $(or $(PKG),./...)
	@rm -rf build/tmp

chaos: prepare ## A longer chaos run: make chaos CHAOS_MESSAGES=20000 CHAOS_SEED=7
	CHAOS_MESSAGES=$(or $(CHAOS_MESSAGES),10000) CHAOS_SEED=$(or $(CHAOS_SEED),$(shell date +%s)) \
	  go test -tags lambda.norpc -count=1 -timeout 2h -v -run TestChaos ./infra/local/e2e

bench: prepare ## Run the benchmarks
	go test -tags lambda.norpc -run '^$$' -bench . -benchmem ./functions/deliver ./shared/announcement ./infra/local/e2e

check: ## Check formatting, vet, staticcheck and go.mod
	@unformatted=$$(gofmt -l $$(find functions shared infra -name node_modules -prune -o -name "*.go" -print)); \
	  if [ -n "$$unformatted" ]; then echo "run gofmt -w on:" $$unformatted; exit 1; fi
	go vet -tags lambda.norpc ./...
	go tool staticcheck -tags lambda.norpc ./...
	go mod tidy -diff

synth: infra/node_modules/.stamp ## Write the template to cdk.out/, for the local stack unless ARGS has -c topicArn=… -c outputBucket=…
ifeq ($(ARGS),)
	@$(MAKE) --silent cdk.out/.local
	@echo "cdk.out/ has the template for the local stack: make run"
else
	$(CDK) synth --quiet $(ARGS)
endif

run: cdk.out/.local build/local-stack $(LOCALS) ## Deploy locally and show it at work: no AWS account needed
	@build/local-stack run

local: cdk.out/.local build/local-stack $(LOCALS) ## Deploy locally and keep it up until Ctrl-C
	@build/local-stack up

deploy: infra/node_modules/.stamp ## Deploy to AWS: make deploy ARGS='-c topicArn=… -c outputBucket=…'
	$(CDK) deploy $(ARGS)

redrive: build/redrive ## Put dead letters back: make redrive ARGS='--dry-run --queue deliver'; --help tells more
	@build/redrive $(ARGS)

clean: ## Remove what was built, synthesized or left by a local stack
	rm -rf build cdk.out .local infra/node_modules

build/functions/%/bootstrap: $(SOURCES)
	GOOS=linux GOARCH=arm64 $(BUILD) -o $@ ./functions/$*

build/local/%/bootstrap: $(SOURCES)
	$(BUILD) -o $@ ./$*

build/local/$(TESTED)/bootstrap: $(TESTED)/main.go

build/cdk-app: $(call GO_FILES,infra/cdk shared)
	go build -o $@ ./infra/cdk

build/local-stack: $(call GO_FILES,infra/local shared)
	go build -o $@ ./infra/local

build/redrive: $(call GO_FILES,infra/operator shared)
	go build -o $@ ./infra/operator

# Newer than what is in cdk.out/ only while that is the local stack's template:
# cdk deploy writes another there.
cdk.out/.local: $(DEPLOYABLES) build/cdk-app cdk.json infra/node_modules/.stamp $(wildcard cdk.out/manifest.json)
	@mkdir -p build/synth && cp cdk.json build/synth/
	$(LOCAL_CDK) $(LOCAL_CONTEXT)
	@touch $@

infra/node_modules/.stamp: infra/package.json infra/package-lock.json infra/.npmrc
	npm ci --prefix infra --no-audit --no-fund --loglevel error
	@touch $@
