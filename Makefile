# Each target installs what it needs, pinned by go.sum and infra/package-lock.json, and rebuilds what is out of date.
# For programs, go build decides that, so infra/build.sh builds all of them with one command.

FUNCTIONS := $(wildcard functions/*/main.go)
PROGRAMS  := $(FUNCTIONS:%/main.go=./%) ./infra/cdk ./infra/local ./infra/operator \
  ./infra/local/lambdahost/testdata/function
BROWSER   := infra/operator/page/browser
CDK       := infra/node_modules/.bin/cdk
GO        := sh infra/env.sh go
STEP      := @sh infra/step.sh
# Node fails if TMPDIR names a directory that does not exist.
export TMPDIR := $(shell [ -d "$$TMPDIR" ] && echo "$$TMPDIR" || echo /tmp)

# The builds for Lambda and for this machine and the downloads run at the same time. Several goals, such as clean and
# test, run one after the other.
$(if $(word 2,$(MAKECMDGOALS)),$(eval .NOTPARALLEL:),$(eval MAKEFLAGS += --jobs=3))
.DEFAULT_GOAL := help
.PHONY: help run local test test-setup test-raced test-unraced test-machines tasks redrive install init bootstrap deploy \
  diff destroy logs open synth release build check bench chaos clean prepare stack setup lambda programs sdtasks s3

help: ## Show this list
	@awk -F ':.*## ' '/^##@ /{print "\n" substr($$0, 5)} /^[a-z-]+:.*## /{printf "  make %-13s %s\n", $$1, $$2}' Makefile

##@ Try it, without an AWS account

run: stack ## Deploy to this machine, and see it at work
	@build/bin/local run

local: stack ## Deploy to this machine, and keep the stack running until Ctrl-C
	@build/bin/local up

test: test-raced test-unraced ## Run all tests, or some: make test PKG=./functions/deliver RUN=Keys
	@rm -rf build/tmp

##@ Deploy to AWS (ARGS: options of the CDK CLI; STACK: the stack's name, if you changed it)

init: sdtasks ## Find the guidance, and write the settings: make init ARGS='--profile PROFILE'; see also --help
	@build/bin/sdtasks init $(ARGS)

bootstrap: ## Prepare an account and Region for CDK, once: make bootstrap ARGS='aws://ACCOUNT/REGION'
deploy: ## Deploy, or update, with the settings in cdk.context.json
diff: ## Show what a deployment would change
destroy: ## Remove the stack; see Remove in infra/README.md for what is kept
bootstrap deploy diff destroy: infra/node_modules/.stamp
	$(CDK) $@ $(ARGS)

logs: ## Follow the functions' logs until Ctrl-C (AWS CLI, version 2)
open: ## Print the dashboard's URL, and open it in a browser
logs open:
	@sh infra/stack.sh $@ '$(or $(STACK),SdTaskTracker)'

PREFIX ?= $(HOME)/.local

##@ Use it (source .local/env to use a local stack)

tasks: sdtasks ## Look at tasks: make tasks ARGS='failures --since 24h'; see also --help
	@build/bin/sdtasks $(ARGS)

install: sdtasks ## Install sdtasks in ~/.local/bin, or in PREFIX/bin
	@mkdir -p '$(PREFIX)/bin' && cp build/bin/sdtasks '$(PREFIX)/bin/' && echo 'Installed $(PREFIX)/bin/sdtasks.'
	@command -v sdtasks >/dev/null || echo 'Your PATH does not have $(PREFIX)/bin: add it.'

redrive: sdtasks ## Retry dead letters: make redrive ARGS='--dry-run --queue deliver'; see also --help
	@build/bin/sdtasks redrive $(ARGS)

##@ Develop

build: lambda programs ## Compile the Lambda functions, and all programs that run here

release: lambda ## Write dist/: archives for Linux and macOS that deploy with Node.js alone
	$(STEP) 'Compiling for four kinds of machines, for some minutes …' sh infra/build.sh release

synth: $(if $(ARGS),infra/node_modules/.stamp,cdk.out/.local) ## Write the template, for AWS with ARGS='-c …'
	@$(if $(ARGS),$(CDK) synth --quiet $(ARGS),echo 'cdk.out/ has the template for the local stack: see make run.')

check: ## Check formatting, vet, staticcheck, go.mod and dead code; the first time, it takes minutes
	@sh infra/check.sh

test-machines: build ## Check that it builds on unusual machines: odd paths, shells, checkouts
	@MACHINES=yes $(GO) test -timeout 30m -count=1 -run TestMachines -v ./infra

bench: ## Measure first invocations, redrive and reconcile at size, and allocations
	@$(GO) test -tags lambda.norpc -run '^$$' -bench . -benchmem -timeout 1h ./shared/... ./functions/... ./infra/bench

chaos: prepare ## Run a longer chaos test: make chaos CHAOS_MESSAGES=20000 CHAOS_SEED=7
	CHAOS_MESSAGES=$(or $(CHAOS_MESSAGES),10000) CHAOS_SEED=$(or $(CHAOS_SEED),$(shell date +%s)) sh infra/test.sh $@

clean: ## Remove everything built, synthesized, or left by a local stack
	rm -rf build dist cdk.out .local infra/node_modules $(BROWSER)/node_modules

prepare: stack $(BROWSER)/node_modules/.stamp ## Build what tests run

# Internal targets. test-setup also removes what an interrupted run left behind.

test-setup: $(if $(PKG),,prepare)
	@rm -rf build/tmp$(if $(PKG),, && sh infra/setup.sh 7)
test-raced test-unraced: test-setup
	@PKG='$(PKG)' RUN='$(RUN)' sh infra/test.sh $@

stack: programs s3 infra/node_modules/.stamp cdk.out/.local
setup:
	@sh infra/setup.sh 3
lambda: setup
	$(STEP) 'Compiling the functions for AWS Lambda …' sh infra/build.sh lambda
programs: setup
	$(STEP) 'Compiling for this machine; at first, the CDK library takes a minute …' sh infra/build.sh here $(PROGRAMS)
sdtasks:
	@sh infra/setup.sh 1 go
	$(STEP) 'Compiling sdtasks …' sh infra/build.sh here ./infra/operator
# After the others: two go commands at once would both compile what they share.
s3: setup $(if $(filter s3,$(MAKECMDGOALS)),,programs)
	$(STEP) 'Compiling the local S3 server; the first time, it takes a minute …' sh infra/build.sh s3

$(FUNCTIONS:%/main.go=build/%/bootstrap): lambda ;
build/bin/cdk: programs ;
cdk.out/manifest.json: ;
# While cdk.out/ has the local stack's template, the stamp is newer than the manifest; cdk deploy writes another one.
cdk.out/.local: $(FUNCTIONS:%/main.go=build/%/bootstrap) build/bin/cdk cdk.json infra/synth.sh cdk.out/manifest.json
	$(STEP) 'Synthesizing the template …' sh infra/synth.sh
	@touch $@

%/node_modules/.stamp: %/package.json %/package-lock.json %/.npmrc | setup
	$(STEP) 'Installing the Node packages that $*/package-lock.json pins …' \
	  npm ci --prefix $* --include=dev --ignore-scripts --no-audit --no-fund --loglevel error >/dev/null
	@touch $@
