# The most useful targets are run and test. Each target installs what it needs,
# pinned by go.sum and infra/package-lock.json, and rebuilds only what is out of
# date.

# Everything is compiled without C, as the functions have to be for AWS Lambda. So what
# programs share is compiled three times: for Lambda, for this machine, and, which needs
# C, with the race detector.
export CGO_ENABLED := 0

# Each function is compiled for Lambda and for this machine.
FUNCTIONS   := $(patsubst functions/%/main.go,%,$(wildcard functions/*/main.go))
VERSION     := $(or $(shell git describe --tags --always 2>/dev/null),devel)
STAMP       := -X sdtasktracker/shared/version.Version=$(VERSION)
BUILD       := go build -tags lambda.norpc -buildvcs=false
# Debug information takes an eighth of the time. Functions for Lambda are stripped of it,
# and stack traces don't need it.
NO_DEBUGGER := -gcflags=all=-dwarf=false
# Folders are prerequisites too, because removing a file changes only its folder.
GO_FILES     = $(shell find $(1) -name node_modules -prune -o -name testdata -prune -o -name e2e -prune -o \
  \( -type d -o -name '*.go' ! -name '*_test.go' \) -print) go.mod go.sum Makefile
DEPLOYABLES := $(FUNCTIONS:%=build/functions/%/bootstrap)
LOCALS      := $(FUNCTIONS:%=build/local/functions/%/bootstrap)
# The test of the report looks at it in a browser.
BROWSER     := infra/report/browser
# The function that tests of the local Lambda invoke.
TESTED      := infra/local/lambdahost/testdata/function

# The guidance's stack owns these two in AWS. The local stack creates them itself.
# The local stack has every part that runs on this machine.
LOCAL_CONTEXT := -c taskEvents=true -c topicArn=arn:aws:sns:us-east-1:000000000000:sd-notification-output -c outputBucket=sd-output-bucket

CDK := infra/node_modules/.bin/cdk
# Synthesizing for the local stack needs no AWS account. It must not depend on the
# user's environment, nor on cdk.context.json and ~/.cdk.json, which the CDK CLI
# reads from its working directory and from HOME.
LOCAL_CDK = cd build/synth && env -i PATH="$$PATH" HOME="$(CURDIR)/build/synth" TMPDIR="$(TMPDIR)" \
  XDG_CACHE_HOME="$${XDG_CACHE_HOME:-$$HOME/.cache}" JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=20 \
  AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true AWS_REGION=us-east-1 \
  "$(CURDIR)/$(CDK)" synth --quiet --build true --app "cd '$(CURDIR)' && build/cdk-app" --output "$(CURDIR)/cdk.out"

# Node fails if TMPDIR names a directory that does not exist.
export TMPDIR := $(or $(wildcard $(TMPDIR)),/tmp)
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20

# Three things are built at the same time: for Lambda, for this machine, and what is only
# fetched. Several goals are made one after the other, such as clean and test.
ifneq ($(word 2,$(MAKECMDGOALS)),)
.NOTPARALLEL:
else
MAKEFLAGS += --jobs=3
endif
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: setup help run local test tests-raced tests-unraced tasks redrive deploy diff destroy logs open synth build \
  prepare check bench chaos recording clean

help: ## Show this list
	@awk -F ':.*## ' '/^##@ /{printf "\n%s\n", substr($$0, 5)} /^[a-z]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' \
	  $(MAKEFILE_LIST)

# What building needs; everything that is built has it as an order-only prerequisite.
# A dry run counts the steps; as $(MAKE) it would run in a dry run, too, and count again.
setup:
	@infra/setup.sh 3 && infra/step.sh --of "$$(make --dry-run $(MAKECMDGOALS) 2>/dev/null | grep -c '^infra/step.sh')"

##@ Try it, without an AWS account

run: cdk.out/.local build/local-stack build/local-s3 $(LOCALS) ## Deploy to this machine, and see it at work
	@build/local-stack run

local: cdk.out/.local build/local-stack build/local-s3 $(LOCALS) ## Deploy to this machine, and keep the stack running until Ctrl-C
	@build/local-stack up

# With PKG, the tests themselves build what they need: see infra/local/prepare. make check
# vets. A program with the race detector need not wait at its end for races to be printed.
GO_TEST = TESTS_PREPARED=$(if $(PKG),,yes) GORACE=atexit_sleep_ms=10 \
  go test -vet=off -tags lambda.norpc -timeout 20m $(if $(RUN),-run '$(RUN)')
# Without PKG, a package without tests is not compiled: the S3 server is larger than all
# the rest.
TESTED_ONLY = -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}'
LIST = go list -tags lambda.norpc $(or $(PKG),$(TESTED_ONLY) ./...)
# Tested without the race detector:
# - The CDK app has no goroutines, and its bindings would be compiled once more.
# - The benchmark and e2e start the functions as processes, which the detector does not watch.
#   It watches the handlers in their own tests, and the local stack in those of infra/operator
#   and in make chaos.
# - The task table's thousands of orders would take twice as long. The detector watches the
#   handlers, which share a table.
UNRACED = sdtasktracker/(infra/cdk|infra/bench|infra/local/e2e|shared/tasktable)$$
# The environment of the race detector; empty without a C compiler.
RACE_ENV = $(shell command -v $$(go env CC) >/dev/null && echo CGO_ENABLED=1)
RACE = $(if $(RACE_ENV),-race $(NO_DEBUGGER))

test: tests-raced tests-unraced ## Run all tests, or some: make test PKG=./functions/deliver RUN=Keys
	@rm -rf build/tmp

tests-raced: $(if $(PKG),,prepare)
	@$(if $(PKG),,infra/setup.sh 7)
	@$(if $(RACE_ENV),,echo 'set-up: there is no C compiler: the tests run without the race detector')
	@rm -rf build/tmp # of an interrupted run
	@# More packages at once than there may be CPUs: their tests mostly wait for servers.
	@all=$$($(LIST)) || exit; packages=$$(echo "$$all" | grep -Ev '$(UNRACED)'); \
	  [ -z "$$packages" ] || $(RACE_ENV) $(GO_TEST) $(RACE) -p 3 $$packages

tests-unraced: $(if $(PKG),,prepare)
	@all=$$($(LIST)) || exit; packages=$$(echo "$$all" | grep -E '$(UNRACED)'); \
	  [ -z "$$packages" ] || $(GO_TEST) $$packages

##@ Deploy to AWS: ARGS are the CDK CLI's; STACK is the stack's name, if you changed it

STACK  ?= SdTaskTracker
# output NAME prints an output of the stack.
output  = aws cloudformation describe-stacks --stack-name '$(STACK)' --output text \
  --query "Stacks[0].Outputs[?OutputKey=='$(1)'].OutputValue"

deploy: infra/node_modules/.stamp ## Deploy, or update: make deploy ARGS='-c guidanceStack=SdOnEKSStack'
	$(CDK) deploy $(ARGS)

diff: infra/node_modules/.stamp ## Show what a deployment would change
	$(CDK) diff $(ARGS)

destroy: infra/node_modules/.stamp ## Remove the stack; it says what is kept
	@echo 'This deletes the functions, their logs, subscriptions, alarms and dashboard. It keeps the task table, a created'
	@echo 'delivery bucket and the dead-letter queues: infra/README.md, Removal, says how to delete them, too.'
	$(CDK) destroy $(ARGS)

logs: ## Follow the functions' logs until Ctrl-C (AWS CLI, version 2)
	@trap 'kill 0' INT TERM; for f in Record Deliver Redrive Reconcile; do \
	  name=$$($(call output,$${f}Function)) && group=$$(aws lambda get-function-configuration --output text \
	    --function-name "$$name" --query LoggingConfig.LogGroup) && aws logs tail "$$group" --follow --since 5m & \
	done; wait

open: ## Open the dashboard in a browser, or print its URL
	@url=$$($(call output,DashboardUrl)) && [ -n "$$url" ] || { echo "$(STACK) has no dashboard" >&2; exit 1; }; \
	  echo "$$url"; { open "$$url" || xdg-open "$$url"; } >/dev/null 2>&1 || true

##@ Use it, there or here: source .local/env for a local stack

tasks: build/sdtasks ## Look at tasks: make tasks ARGS='list --status failed --since 24h'; see also --help
	@build/sdtasks $(ARGS)

redrive: build/sdtasks ## Retry dead letters: make redrive ARGS='--dry-run --queue deliver'; see also --help
	@build/sdtasks redrive $(ARGS)

##@ Develop

build: $(DEPLOYABLES) build/cdk-app ## Compile the Lambda functions and the CDK app

synth: infra/node_modules/.stamp ## Write the template to cdk.out/: for AWS with ARGS='-c …', else for the local stack
ifeq ($(ARGS),)
	@$(MAKE) --silent cdk.out/.local
	@echo "cdk.out/ has the template for the local stack. Deploy it with make run."
else
	$(CDK) synth --quiet $(ARGS)
endif

check: ## Check formatting, vet, staticcheck and go.mod
	@unformatted=$$(gofmt -l $$(find functions shared infra -name node_modules -prune -o -name "*.go" -print)); \
	  if [ -n "$$unformatted" ]; then echo "run gofmt -w on:" $$unformatted; exit 1; fi
	go vet -tags lambda.norpc ./...
	go tool staticcheck -tags lambda.norpc ./...
	go mod tidy -diff

bench: prepare infra/bench/peers/node_modules/.stamp ## Measure the functions against what bounds them, and against their peers
	@go run ./infra/bench

chaos: prepare ## Run a longer chaos test: make chaos CHAOS_MESSAGES=20000 CHAOS_SEED=7
	CHAOS_MESSAGES=$(or $(CHAOS_MESSAGES),10000) CHAOS_SEED=$(or $(CHAOS_SEED),$(shell date +%s)) $(RACE_ENV) \
	  go test $(RACE) -tags lambda.norpc -count=1 -timeout 2h -v -run 'TestChaos|TestLoad|TestAttempts' ./infra/local/e2e

recording: cdk.out/.local build/local-stack build/local-s3 $(LOCALS) ## Record make run for README
	@build/local-stack run | go run ./infra/local/recording 'make run' > build/run.svg
	@mv build/run.svg infra/local/recording/run.svg

clean: ## Remove everything built, synthesized, or left by a local stack
	rm -rf build cdk.out .local infra/node_modules $(BROWSER)/node_modules infra/bench/peers/node_modules

prepare: cdk.out/.local build/local-stack build/local-s3 $(LOCALS) build/local/$(TESTED)/bootstrap $(BROWSER)/node_modules/.stamp ## Build what tests run

# The rest is no target of yours.

# Two go commands at once would both compile what they share. So programs are built one
# after the other: chain lets each of its arguments wait for the one before it. Only the
# CDK app is built beside them: while they are Lambda's, it shares nothing with them, and
# then it has only its own bindings left, one core's work. Not where a goal is one program,
# as a test's are: it would wait for programs that nobody needs.
chain = $(if $(word 2,$1),$(eval $(word 2,$1): | $(word 1,$1))$(call chain,$(wordlist 2,$(words $1),$1)))
ifneq ($(filter-out build/%,$(MAKECMDGOALS)),)
$(call chain,$(DEPLOYABLES) build/local-stack build/local-s3 $(LOCALS) build/local/$(TESTED)/bootstrap)
endif

# It changes, and what is stamped is built again, only with the version.
$(shell mkdir -p build && (echo '$(VERSION)' | cmp -s - build/version || echo '$(VERSION)' > build/version))

.SECONDEXPANSION:

build/functions/%/bootstrap: $$(call GO_FILES,functions/$$* shared) build/version | setup
	@infra/step.sh 'Compiling functions/$* for AWS Lambda …'
	@# Without paths of this machine, the bytes are the same on every other.
	@GOOS=linux GOARCH=arm64 $(BUILD) -ldflags '-s -w $(STAMP)' -trimpath $(NO_DEBUGGER) -o $@ ./functions/$*

# Not stamped: each commit would change the functions, and go test would run their tests again.
build/local/%/bootstrap: $$(call GO_FILES,$$* shared) | setup
	@infra/step.sh 'Compiling $* for this machine …'
	@$(BUILD) -ldflags '-s -w' -o $@ ./$*

build/cdk-app: $(call GO_FILES,infra/cdk shared) build/version | setup
	@infra/step.sh 'Compiling the CDK app; the first time, its bindings take a minute …'
	@go build -ldflags '$(STAMP)' -o $@ ./infra/cdk

build/local-s3: $(call GO_FILES,infra/local/servers/s3/gateway infra/local/copyguard) | setup
	@infra/step.sh 'Compiling the local S3 server; the first time, it takes a minute …'
	@go build -o $@ ./infra/local/servers/s3/gateway

build/local-stack: $(call GO_FILES,infra/local infra/report shared) infra/report/page.html | setup
	@infra/step.sh 'Compiling the local stack …'
	@go build -o $@ ./infra/local

build/sdtasks: $(call GO_FILES,infra/operator infra/report shared) infra/report/page.html build/version | setup
	@infra/step.sh 'Compiling sdtasks …'
	@go build -ldflags '$(STAMP)' -o $@ ./infra/operator

# This stamp is newer than cdk.out/manifest.json only while cdk.out/ has the local
# stack's template: cdk deploy writes another template there.
cdk.out/.local: $(DEPLOYABLES) build/cdk-app cdk.json infra/node_modules/.stamp $(wildcard cdk.out/manifest.json)
	@infra/step.sh 'Synthesizing the template …'
	@mkdir -p build/synth && cp cdk.json build/synth/
	@$(LOCAL_CDK) $(LOCAL_CONTEXT)
	@touch $@

infra/node_modules/.stamp: infra/package.json infra/package-lock.json infra/.npmrc | setup
	@infra/step.sh 'Installing the CDK CLI and the local servers, pinned by infra/package-lock.json …'
	@npm ci --prefix infra --no-audit --no-fund --loglevel error
	@touch $@

infra/bench/peers/node_modules/.stamp: infra/bench/peers/package.json infra/bench/peers/package-lock.json | setup
	@infra/step.sh 'Installing the AWS SDK for JavaScript, to compare with …'
	@npm ci --prefix infra/bench/peers --no-audit --no-fund --loglevel error
	@touch $@

$(BROWSER)/node_modules/.stamp: $(BROWSER)/package.json $(BROWSER)/package-lock.json $(BROWSER)/.npmrc | setup
	@infra/step.sh 'Installing a browser for a test …'
	@npm ci --prefix $(BROWSER) --no-audit --no-fund --loglevel error
	@touch $@
