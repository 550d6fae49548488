# Every command of this project. Each runs scripts/setup first, which exits at once when nothing is missing.

SHELL := /bin/bash
.DEFAULT_GOAL := help
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

# Seeds for test-race, arguments for run and dev, files for test, names for test-mutants: make test-race PODLING_SEEDS=2000, make run ARGS="--port 9000"
PODLING_SEEDS ?= 200
MUTANTS ?=
ARGS ?=
FILES ?=

.PHONY: demo run dev test test-coverage test-race test-mutants churn soak soak-short soak-services lint fmt typecheck check build build-all dist client image bench pictures install-tools clean help

demo: ## Run a master, two workers and containers on this machine, and remove them all at the end
	@scripts/setup program engine
	@bun scripts/demo.ts

run: ## Run a master and one worker in this terminal, until Ctrl-C
	@scripts/setup program maybe-engine
	@exec bun src/main.ts up $(ARGS)

dev: ## The same, and restart at every change of the source
	@scripts/setup program maybe-engine
	@exec bun --watch src/main.ts up $(ARGS)

test: ## Run all tests: quick ones, and those with real engines, hosts and processes
	@scripts/setup engine lab
	@bun scripts/test.ts $(FILES)

test-coverage: ## The same, with coverage/coverage.html, coverage/lcov.info and the floor for each folder
	@scripts/setup engine lab
	@bun scripts/test.ts --coverage $(FILES)

test-race: ## Run the randomised tests (properties, simulated clusters) with PODLING_SEEDS seeds (default 200)
	@scripts/setup
	@PODLING_SEEDS=$(PODLING_SEEDS) bun scripts/test.ts --race $(FILES)

test-mutants: ## Check that the simulation finds planted mistakes, each within 200 seeds (or only MUTANTS="name ...")
	@scripts/setup
	@bun test/mutants/run.ts $(MUTANTS)

churn: ## Run 2,000 tasks (PODLING_CHURN) on two nodes, audit the result, and print the figures
	@scripts/setup engine lab
	@PODLING_CHURN=$${PODLING_CHURN:-2000} exec bun test --timeout=120000 ./test/system/churn.test.ts

soak: ## Run load and faults for SOAK_MINUTES (default 60); fails when memory grows, or a task is lost, doubled or left over
	@scripts/setup engine lab
	@exec bun scripts/soak.ts

soak-short: ## The same in 5 minutes
	@scripts/setup engine lab
	@SOAK_MINUTES=5 exec bun scripts/soak.ts

soak-services: ## 100,000 requests over endpoints through 20 rollouts and 5 drains; fails if one request fails
	@scripts/setup engine lab
	@exec bun scripts/soak-services.ts

lint: ## Check style and correctness of the source
	@scripts/setup
	@biome check --error-on-warnings

fmt: ## Write the source in the project's format
	@scripts/setup
	@biome check --write

typecheck: ## Check the types
	@scripts/setup
	@tsc --noEmit

check: ## Run everything that CI runs
	@.ci/run

build: ## Build bin/podling, one executable (and links podling-master, podling-worker)
	@scripts/setup
	@scripts/build

build-all: ## Build for linux x64 and arm64 and darwin arm64; the command line also for darwin x64 and windows x64
	@scripts/setup
	@scripts/build-all

dist: ## Write a release to dist/: archives for every platform, checksums, install.sh, the list of components
	@scripts/setup
	@scripts/dist

client: ## Write the npm package @podling/client, with types made from the API, to dist/client
	@scripts/setup
	@bun scripts/client.ts

image: build ## Build the images podling-master and podling-worker with the local engine (BASE=IMAGE for another base)
	@scripts/setup engine
	@scripts/image

bench: build ## Measure side by side with docker run, Swarm and PODLING_BEFORE (an older executable), and print the table
	@scripts/setup engine lab
	@bun bench/main.ts $(ARGS)

pictures: ## Draw the pictures of README.md: the architecture, and the demo's terminal from a real run
	@scripts/setup program engine
	@bun scripts/pictures.ts $(ARGS)

install-tools: ## Install everything that these commands need (each also does so itself)
	@scripts/setup engine lab

clean: ## Remove the results of builds and tests
	@rm -rf bin build coverage dist .podling

help: ## Print this list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
