# Thin aliases; each target is one command that can be typed as well.
.DEFAULT_GOAL := help
TOOL := go tool -modfile=tools/go.mod
# Our files, and not Go's own sources, which CI may have in .ci/tools.
GOFUMPT := git ls-files -z '*.go' | xargs -0 $(TOOL) gofumpt
FUNCTIONS := CGO_ENABLED=0 GOOS=linux GOARCH=arm64 go build -tags lambda.norpc -trimpath -ldflags '-s -w' -o bin/

.PHONY: help run lambda test race limits refreshes bench timing tokens malformed differential fuzz lint fmt interop aws functions links schema audit-verify validate deploy ci clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## run it on this machine
	go run ./localdev

lambda: ## the same, each function a process over the Lambda Runtime API
	go run ./localdev -lambda

test: ## all tests
	go test ./...

race: ## all tests under the race detector
	go test -race -skip '^TestTiming$$' ./...

limits: ## the limits, over 10,000 rounds and across 20 processes; takes half an hour on two cores
	go test ./shared/postgres -run TestTakeIsExact -rounds 10000 -timeout 2h -v
	go test ./functions -run TestLimitHoldsAcrossProcesses -count 1 -v

refreshes: ## refresh tokens: 20 clients at once, and reuse, 10,000 rounds each (some five minutes)
	go test ./shared/postgres -run 'TestRenewAtOnce|TestReuseEndsTheSession' -refreshes 10000 -timeout 2h -v

bench: ## the benchmarks: hash, token, requests, cold start
	go test -run '^$$' -bench . ./...

timing: ## measure what time tells of accounts, into docs/security/timing.md (half an hour)
	go test ./localdev -count=1 -v -run '^TestTiming$$' -timing 2000 -update -timeout 4h

tokens: ## try 500,000 mutations of access tokens and as many of reset tokens
	go test ./shared/credential/token ./shared/credential/onetime -count=1 -v -run '^TestMutations$$' -mutations 500000 -timeout 1h
	go test ./localdev -count=1 -v -run '^TestMutations$$'

malformed: ## send 1,000,000 malformed requests to the service (some minutes)
	go test ./localdev -count=1 -v -run '^TestMalformed$$' -malformed 1000000 -timeout 2h

differential: ## 100,000 requests answered alike in process and by the real binaries (some minutes)
	go test ./localdev -count=1 -v -run '^TestBothWaysAnswerAlike$$' -requests 100000 -parallel 4 -timeout 2h

fuzz: ## fuzz with each target for FUZZTIME (1m)
	.ci/fuzz $(or $(FUZZTIME),1m)

interop: ## show tokens and keys to go-oidc and to npm's jose, which it installs
	cd tools/interop && npm install --ignore-scripts --no-audit --no-fund && go test -count=1 -v ./...

aws: ## run functions under AWS's own emulator, and against moto and aws-ses-v2-local, which it installs
	test -x .ci/tools/bin/pip || python3 -m venv .ci/tools
	.ci/tools/bin/pip install --quiet --disable-pip-version-check -r tools/aws/requirements.txt
	cd tools/aws && npm install --ignore-scripts --no-audit --no-fund && go test -count=1 -v ./...

lint: ## formatting, vet, staticcheck
	test -z "$$($(GOFUMPT) -l)" || { $(GOFUMPT) -d; exit 1; }
	go vet ./...
	$(TOOL) staticcheck ./...
	cd examples/service && go vet ./... && go tool -modfile=../../tools/go.mod staticcheck ./...

fmt: ## format the code
	$(GOFUMPT) -w

functions: ## build all functions for Lambda into bin/
	mkdir -p bin && $(FUNCTIONS) ./functions/...

links: ## write down what each function links, for review
	go test ./functions -run TestLinks -update

schema: ## write docs/schema.sql from the migrations
	go test ./shared/postgres/migrations -update

audit-verify: ## check the audit log of DATABASE_URL
	go run ./cmd/audit_verify

validate: ## check the templates with SAM and cfn-lint
	for template in template.yaml docs/authorizer/*.yaml docs/edge/*.yaml; do sam validate --lint --template-file $$template && cfn-lint $$template || exit 1; done

deploy: ## build and deploy with the settings of samconfig.toml
	CGO_ENABLED=0 GOFLAGS="-trimpath -tags=lambda.norpc '-ldflags=-s -w' -buildvcs=false" sam build
	sam deploy

ci: ## everything that CI runs
	bash .ci/run

clean: ## remove what was built and localdev's data
	rm -rf bin .aws-sam .localdev
