# Short names for commands. Each target is one command that you can also type.
.DEFAULT_GOAL := help
TOOL := go tool -modfile=tools/go.mod
# Only the files in Git: CI may have Go's own sources in .ci/tools.
GOFUMPT := git ls-files -z '*.go' | xargs -0 $(TOOL) gofumpt
# The environment that builds a function: see template.yaml.
BUILD := CGO_ENABLED=0 GOFLAGS="-trimpath -tags=lambda.norpc,nethttpomithttp2 '-ldflags=-s -w' -buildvcs=false"

.PHONY: help run lambda test long race limits burst races refreshes performance pooler plans import-million bench timing vectors flask tokens malformed differential fuzz lint fmt interop clients schemathesis aws functions generate schema audit-verify validate deploy ci clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## run Roster on this machine
	go run ./localdev

lambda: ## run Roster on this machine, with each function as a process behind the Lambda Runtime API
	go run ./localdev -lambda

test: ## run all tests
	go test ./...

long: ## run what CI runs beside: the parts of tests that go test leaves out (a minute)
	.ci/long

race: ## run all tests with the race detector
	go test -race ./...

limits: ## test the rate limits in 10,000 rounds and across 20 processes (half an hour on two cores)
	go test ./shared/postgres -run TestConsumeIsExact -rounds 10000 -timeout 2h -v
	go test ./functions -run TestLimitHoldsAcrossProcesses -attempts 200 -count 1 -v

burst: ## send bursts of 120 requests to functions and a PostgreSQL with 100 connections (a minute)
	go test ./functions -count=1 -v -run '^TestABurst' -burst

races: ## run each race for one name, token, account or admin for a minute, with 200 at once
	go test ./shared/postgres -run 'Race|Beside|Outlives' -racing 1m -timeout 1h -v

refreshes: ## test refresh tokens in 10,000 rounds: 20 clients at once, and reuse (five minutes)
	go test ./shared/postgres -run 'TestRenewAtOnce|TestReuseEndsTheSession' -refreshes 10000 -timeout 2h -v

performance: ## measure what requests, starts and memory sizes cost, into docs/performance.md (half an hour, as root for memory sizes)
	go run ./bench

pooler: ## send 100,000 statements of 16 sandboxes through PgBouncer's two sessions (a few minutes)
	go test ./shared/postgres -run '^TestPgBouncer$$' -pooled 2084 -timeout 1h -v

plans: ## look at the plan of each statement with 1,000,000 accounts (two minutes)
	go test ./shared/postgres -run '^TestGenericPlansUseIndexes$$' -plan-users 1000000 -timeout 1h -v

import-million: ## import a million accounts into a PostgreSQL of its own: rows a second and memory (some minutes)
	go test ./cmd/roster -count=1 -v -run '^TestAnImportIsFastAndSmall$$' -import-rows 1000000 -timeout 1h

bench: ## run the benchmarks: hash, token, requests, cold start
	go test -run '^$$' -bench . ./...

timing: ## measure what response times show about accounts, into docs/security/timing.md (half an hour)
	go test ./localdev -count=1 -v -run '^TestTiming$$' -timing 2000 -update -timeout 4h

tokens: ## test 500,000 mutations of access tokens and as many of reset tokens
	go test ./shared/credential/token ./shared/credential/onetime -count=1 -v -run '^TestMutations$$' -mutations 500000 -timeout 1h
	go test ./localdev -count=1 -v -run '^TestMutations$$'

malformed: ## send 1,000,000 malformed requests to the service (a few minutes)
	go test ./localdev -count=1 -v -run '^TestMalformed$$' -malformed 1000000 -timeout 2h

differential: ## compare 100,000 answers in process with those of the real binaries (a few minutes)
	go test ./localdev -count=1 -v -run '^TestBothWaysAnswerAlike$$' -requests 100000 -parallel 4 -timeout 2h

flask: ## log in all 10,000 users of a Flask service that moved in, with the hashes that Werkzeug made
	go test -count=1 -v -timeout 6h ./cmd/roster -run '^TestUsersOfTheFlaskServiceLogIn$$' -flask-logins 10000

fuzz: ## run each fuzz target for FUZZTIME (1m)
	.ci/fuzz $(or $(FUZZTIME),1m)

interop: ## verify tokens and keys with go-oidc and with npm's jose, which it installs
	cd tools/interop && npm install --ignore-scripts --no-audit --no-fund && go test -count=1 -v ./...

clients: ## generate and compile a Go and a TypeScript client from openapi.yaml, with npm packages that it installs
	cd tools/clients && npm install --ignore-scripts --no-audit --no-fund && go test -count=1 -v ./...

schemathesis: ## send what Schemathesis, which it installs, makes of openapi.yaml, for five minutes in each of three states
	test -x .ci/tools/schemathesis/bin/pip || python3 -m venv .ci/tools/schemathesis
	.ci/tools/schemathesis/bin/pip install --quiet --disable-pip-version-check -r tools/schemathesis/requirements.txt
	.ci/tools/schemathesis/bin/python tools/schemathesis/run.py --seconds 300 --max-examples 100

aws: ## run functions under AWS's emulator, and against moto and aws-ses-v2-local, which it installs
	test -x .ci/tools/bin/pip || python3 -m venv .ci/tools
	.ci/tools/bin/pip install --quiet --disable-pip-version-check -r tools/aws/requirements.txt
	cd tools/aws && npm install --ignore-scripts --no-audit --no-fund && go test -count=1 -v ./...

vectors: ## make hashes of passwords by other systems' libraries, which it installs, into shared/credential/password/foreign/testdata
	test -x .ci/tools/vectors/bin/pip || python3 -m venv .ci/tools/vectors
	.ci/tools/vectors/bin/pip install --quiet --disable-pip-version-check -r tools/vectors/requirements.txt
	cp tools/vectors/package.json .ci/tools/vectors/ && cd .ci/tools/vectors && npm install --ignore-scripts --no-audit --no-fund
	.ci/tools/vectors/bin/python tools/vectors/vectors.py

lint: ## check the formatting, and run vet and staticcheck
	test -z "$$($(GOFUMPT) -l)" || { $(GOFUMPT) -d; exit 1; }
	go vet ./...
	$(TOOL) staticcheck ./...
	cd examples/service && go vet ./... && go tool -modfile=../../tools/go.mod staticcheck ./...

fmt: ## format the code
	$(GOFUMPT) -w

functions: ## build all functions for Lambda into bin/
	mkdir -p bin && $(BUILD) GOOS=linux GOARCH=arm64 go build -o bin/ ./functions/...

generate: ## write what is derived from the functions and openapi.yaml: localdev/handlers, shared/web/routes, functions/testdata, openapi.json.gz
	go test ./shared/docspage -run '^TestTheDescriptionIsPacked$$' -update
	go test ./functions -run '^(TestHandlersAreTheMains|TestRoutesAreTheTemplates|TestLinks|TestResources)$$' -update

schema: ## write docs/schema.sql, from the migrations
	go test ./shared/postgres/migrations -update

audit-verify: ## check the hash chains of the audit log in DATABASE_URL
	go run ./cmd/roster audit verify

validate: ## check the templates with sam and cfn-lint
	for template in template.yaml docs/authorizer/*.yaml docs/edge/*.yaml; do sam validate --lint --template-file $$template && cfn-lint $$template || exit 1; done

deploy: ## build and deploy with the settings of samconfig.toml
	$(BUILD) sam build
	sam deploy

ci: ## run everything that CI runs
	bash .ci/run

clean: ## remove the built files and localdev's data
	rm -rf bin .aws-sam .localdev
