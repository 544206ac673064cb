export FUZZTIME ?= 1m
SEED ?= 1
BENCHTIME ?= 1s

.PHONY: help quickstart test race lint fmt bench microbench batch fuzz chaos soak kill release ci

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "%-12s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

quickstart: ## watch users being provisioned into an org in memory
	go run ./examples/quickstart

test: ## run the tests
	go test ./...

race: ## run the tests under the race detector, which needs a C compiler
	go test -race ./...

lint: ## run the linters
	.ci/run lint

fmt: ## format the code
	.ci/run fix_format

bench: ## compare with plain net/http and go-salesforce, in some minutes
	go -C bench run .

microbench: ## run the benchmarks of Go's own kind, each for BENCHTIME
	go test -run='^$$' -bench=. -benchmem -benchtime=$(BENCHTIME) ./...

fuzz: ## run each fuzz target for FUZZTIME
	.ci/run fuzz

batch: ## bring 10,000 users to their states while one request in ten fails
	go test -run='^TestEnsureAllInTurmoil$$' -v -count=1 -timeout=30m . -batch.users=10000

chaos: ## 100,000 operations while one request in ten fails; SEED=n for others
	go test -run='^TestChaos$$' -v -count=1 -timeout=30m . \
		-chaos.ops=100000 -chaos.users=20000 -chaos.workers=64 -chaos.faults=0.1 -chaos.seed=$(SEED)

soak: ## let a company of 2,000 people go through a year, in minutes
	go test -run='^TestSoak$$' -v -count=1 -timeout=30m . -soak.days=365 -soak.people=2000 -soak.seed=$(SEED)

kill: ## kill workers of the queue, and Postgres, in the middle of 10,000 events
	cd sfprovriver && GOWORK=off SFPROVRIVER_EVENTS=10000 go test -run='Killed|Crashes' -v -count=1 -parallel=1 -timeout=30m .

release: ## check whether VERSION can be released, and print the commands that tag it
	.ci/release $(VERSION)

ci: ## run all that CI runs
	.ci/run
