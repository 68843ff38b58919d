# Each target installs the packages that it needs, pinned in go.sum and infra/package-lock.json, and rebuilds what is
# out of date. The go command decides which programs that are, so infra/build.sh builds all programs with one command.

FUNCTIONS := $(wildcard functions/*/main.go)
PROGRAMS  := $(FUNCTIONS:%/main.go=./%) ./infra/cdk ./infra/local ./infra/operator \
  ./infra/local/lambdahost/testdata/function
BROWSER   := infra/operator/page/browser
CDK       := infra/node_modules/.bin/cdk
GO        := sh infra/env.sh go
STEP      := @sh infra/step.sh
# Node.js fails if TMPDIR names a directory that doesn't exist.
export TMPDIR := $(shell [ -d "$$TMPDIR" ] && echo "$$TMPDIR" || echo /tmp)

# The downloads, the build for Lambda and the build for this machine run in parallel. If a command names several
# targets, such as clean and test, they run one after the other.
$(if $(word 2,$(MAKECMDGOALS)),$(eval .NOTPARALLEL:),$(eval MAKEFLAGS += --jobs=3))
.DEFAULT_GOAL := help
.PHONY: help run local test test-setup test-raced test-unraced test-machines tasks redrive install init bootstrap deploy \
  diff destroy logs open synth release build check bench chaos clean prepare stack setup lambda programs sdtasks s3

help: ## Show this list
	@awk -F ':.*## ' '/^##@ /{print "\n" substr($$0, 5)} /^[a-z-]+:.*## /{printf "  make %-13s %s\n", $$1, $$2}' Makefile

##@ Try it, without an AWS account

run: stack ## Deploy to this machine, publish sample tasks, and show the results
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

tasks: sdtasks ## Show tasks: make tasks ARGS='failures --since 24h'; see also --help
	@build/bin/sdtasks $(ARGS)

install: sdtasks ## Install sdtasks in ~/.local/bin, or in PREFIX/bin
	@mkdir -p '$(PREFIX)/bin' && cp build/bin/sdtasks '$(PREFIX)/bin/' && echo 'Installed $(PREFIX)/bin/sdtasks.'
	@command -v sdtasks >/dev/null || echo '$(PREFIX)/bin is not in your PATH: add it.'

redrive: sdtasks ## Retry dead letters: make redrive ARGS='--dry-run --queue deliver'; see also --help
	@build/bin/sdtasks redrive $(ARGS)

##@ Develop

build: lambda programs ## Compile the Lambda functions, and all programs that run here

release: lambda ## Write dist/: archives for Linux and macOS that deploy with Node.js alone
	$(STEP) 'Compiling for four platforms, which takes some minutes …' sh infra/build.sh release

synth: $(if $(ARGS),infra/node_modules/.stamp,cdk.out/.local) ## Write the template, for AWS with ARGS='-c …'
	@$(if $(ARGS),$(CDK) synth --quiet $(ARGS),echo 'cdk.out/ has the template for the local stack: see make run.')

check: ## Check formatting, vet, staticcheck, go.mod and dead code; the first run takes minutes
	@sh infra/check.sh

test-machines: build ## Check that the project builds on unusual machines: odd paths, shells, checkouts
	@MACHINES=yes $(GO) test -timeout 30m -count=1 -run TestMachines -v ./infra

bench: ## Measure first invocations, redrive and reconcile with many tasks, and allocations
	@$(GO) test -tags lambda.norpc -run '^$$' -bench . -benchmem -timeout 1h ./shared/... ./functions/... ./infra/bench

chaos: prepare ## Run a longer chaos test: make chaos CHAOS_MESSAGES=20000 CHAOS_SEED=7
	CHAOS_MESSAGES=$(or $(CHAOS_MESSAGES),10000) CHAOS_SEED=$(or $(CHAOS_SEED),$(shell date +%s)) sh infra/test.sh $@

clean: ## Remove everything that was built, synthesized, or left by a local stack
	rm -rf build dist cdk.out .local infra/node_modules $(BROWSER)/node_modules

prepare: stack $(BROWSER)/node_modules/.stamp ## Build everything that tests need

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
	$(STEP) 'Compiling for this machine; the first time, it takes a minute …' sh infra/build.sh here $(PROGRAMS)
sdtasks:
	@sh infra/setup.sh 1 go
	$(STEP) 'Compiling sdtasks …' sh infra/build.sh here ./infra/operator
# Runs after programs, because two go commands at once would both compile the packages that they share.
s3: setup $(if $(filter s3,$(MAKECMDGOALS)),,programs)
	$(STEP) 'Compiling the local S3 server; the first time, it takes a minute …' sh infra/build.sh s3

$(FUNCTIONS:%/main.go=build/%/bootstrap): lambda ;
build/bin/cdk: programs ;
cdk.out/manifest.json: ;
# The stamp is newer than the manifest while cdk.out/ has the local stack's template; cdk deploy writes a new manifest.
cdk.out/.local: $(FUNCTIONS:%/main.go=build/%/bootstrap) build/bin/cdk cdk.json infra/synth.sh cdk.out/manifest.json
	$(STEP) 'Synthesizing the template …' sh infra/synth.sh
	@touch $@

%/node_modules/.stamp: %/package.json %/package-lock.json %/.npmrc | setup
	$(STEP) 'Installing the Node packages that $*/package-lock.json pins …' \
	  npm ci --prefix $* --include=dev --ignore-scripts --no-audit --no-fund --loglevel error >/dev/null
	@touch $@
