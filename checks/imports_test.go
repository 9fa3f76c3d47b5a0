package checks_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"roster/localdev/programtest"
)

// imports are what a package may import beside the standard library: packages of
// this repository, and others by the beginning of their path. Why says what more
// imports would break.
type imports struct {
	own, others []string
	why         string
}

const (
	mod    = "roster"
	sdk    = "github.com/aws/aws-sdk-go-v2/"
	lambda = "github.com/aws/aws-lambda-go/"
	pgx    = "github.com/jackc/pgx/v5"
	kin    = "github.com/getkin/kin-openapi/"
	yaml   = "go.yaml.in/yaml/v3"
)

// allowedImports has a line for each package. A name with a star stands for all
// packages there that have no line of their own. A commit that adds an import to a
// line says why it is needed. Which folders may import which is in layers_test.go.
var allowedImports = map[string]imports{
	"roster": {nil, nil, "the root holds the version and two documents, and no code"},

	"checks":    {nil, nil, "it holds tests of the whole repository and no code"},
	"functions": {nil, nil, "it holds tests of all functions and no code"},
	"functions/*": {
		own: []string{
			"roster", "shared/api", "shared/web", "shared/authorizer", "shared/boot", "shared/boot/cutover", "shared/boot/importing", "shared/boot/keys", "shared/boot/mailing", "shared/boot/policy", "shared/boot/rotating",
			"shared/job/importusers", "shared/boot/signing", "shared/boot/tokens", "shared/docspage", "shared/aws/lambdahttp", "shared/postgres/migrations", "shared/job/rotation", "shared/web/routes",
			"shared/job/seed", "shared/boot/settings", "shared/user",
		},
		why: "a main is a list of parts; what decides or computes belongs into the parts",
	},

	"examples": {nil, nil, "it holds tests of the examples and no code"},
	"examples/service": {
		own: []string{"shared/bearer"},
		why: "it shows what a service elsewhere needs, which is one package",
	},

	"cmd/roster": {
		own: []string{
			"roster", "cmd/roster/doctor", "cmd/roster/flask", "cmd/roster/remote", "shared/aws/awsenv", "shared/boot", "shared/boot/cutover", "shared/boot/importing",
			"shared/boot/mailing", "shared/boot/policy", "shared/boot/rotating", "shared/boot/settings", "shared/directory", "shared/directory/convert", "shared/job/rotation",
			"shared/job/seed", "shared/postgres", "shared/postgres/migrations", "shared/user", "shared/web",
		},
		others: []string{"github.com/spf13/cobra", pgx, "golang.org/x/term"},
		why:    "it reads flags and prints; what its commands do is in the packages that the functions use",
	},
	"cmd/roster/flask": {
		own: []string{"shared/directory"}, others: []string{pgx},
		why: "it reads another service's database, and nothing of Roster's",
	},
	"cmd/roster/doctor": {
		own: []string{
			"roster", "shared/boot", "shared/boot/mailing", "shared/boot/policy", "shared/boot/settings", "shared/mail", "shared/postgres/dburl", "shared/postgres/migrations",
		},
		others: []string{sdk + "aws", sdk + "service/cloudformation", sdk + "service/cloudwatch", sdk + "service/cloudwatchlogs", sdk + "service/sesv2", "github.com/aws/smithy-go", pgx},
		why:    "it asks AWS, the database and the API; only the command line links it, so the weight of the clients does not matter",
	},
	"cmd/roster/remote": {own: []string{"roster"}, why: "it calls the API as any client does, and knows what the description says"},

	"shared/fault":      {nil, nil, "every package may import it, so it imports none"},
	"shared/strictjson": {nil, nil, "it reads JSON for every layer, and knows no field of it"},
	"shared/request":    {nil, nil, "it says who asks, and knows neither HTTP nor accounts"},
	"shared/audit": {
		own: []string{"shared/fault", "shared/request"},
		why: "every domain records events; a domain beside user must not need accounts for it",
	},
	"shared/ratelimit": {
		own: []string{"shared/fault"},
		why: "every domain counts attempts; what is counted is its own business",
	},
	"shared/user": {
		own: []string{"shared/audit", "shared/aws/metric", "shared/fault", "shared/ratelimit", "shared/request", "shared/strictjson"}, others: []string{"golang.org/x/net/idna"},
		why: "a domain knows neither HTTP, SQL nor AWS, no other domain and no heavy third party, so that it can be read and tested without them; it asks for what it needs by small interfaces",
	},
	"shared/directory": {
		own: []string{"shared/audit", "shared/fault", "shared/request", "shared/strictjson"},
		why: "a domain knows neither HTTP, SQL nor AWS, and no other domain; it asks for the rules of the fields by an interface",
	},
	"shared/directory/convert": {
		own: []string{"shared/directory", "shared/fault", "shared/request"},
		why: "it reads files of other systems, and is apart so that a function that imports links none of it",
	},
	"shared/web": {
		own: []string{"shared/fault", "shared/request", "shared/strictjson"},
		why: "every endpoint of every domain uses it, so it knows none",
	},
	"shared/api": {
		own: []string{"shared/audit", "shared/fault", "shared/request", "shared/user", "shared/web"},
		why: "it speaks net/http for the domains, to any store and behind any server; with others in it, no test could do without them",
	},
	"shared/api/apitest": {
		own: []string{"roster"}, others: []string{kin + "openapi3", kin + "openapi3filter", kin + "routers"},
		why: "it compares with the description alone; what it knew of the code it could not find wrong",
	},
	"shared/postgres": {
		own:    []string{"shared/audit", "shared/directory", "shared/fault", "shared/postgres/dburl", "shared/ratelimit", "shared/request", "shared/user"},
		others: []string{pgx},
		why:    "it stores for the domains, and decides nothing",
	},
	"shared/postgres/dburl": {
		own: []string{"shared/postgres/rdsroots"}, others: []string{pgx},
		why: "it reads a URL for all that connect, and connects to nothing",
	},
	"shared/postgres/rdsroots": {nil, nil, "it is data, and the one question which of it a host needs"},
	"shared/postgres/migrations": {
		own: []string{"shared/postgres/dburl"}, others: []string{pgx, "github.com/pressly/goose/v3"},
		why: "it is apart so that only what migrates links goose",
	},
	"localdev/postgrestest": {
		own: []string{"localdev/pgserver", "shared/postgres", "shared/postgres/dburl", "shared/postgres/migrations"}, others: []string{pgx},
		why: "it gives tests a database, and nothing else",
	},

	"shared/boot": {
		own: []string{"shared/audit", "shared/aws/awsenv", "shared/aws/rdsauth", "shared/credential/cursor", "shared/credential/device", "shared/credential/onetime", "shared/credential/password", "shared/postgres", "shared/postgres/dburl", "shared/postgres/rdsroots", "shared/credential/refresh", "shared/boot/settings", "shared/ratelimit", "shared/user"},
		why: "every function with a database links it; what only some need has a package of its own below it",
	},
	"shared/boot/importing": {
		own: []string{"shared/aws/awsenv", "shared/aws/s3", "shared/boot", "shared/directory", "shared/user"},
		why: "it is apart so that only what imports accounts links the directory, and the way to S3",
	},
	"shared/boot/mailing": {
		own: []string{"shared/aws/awsenv", "shared/boot", "shared/mail", "shared/mail/ses", "shared/mail/smtp", "shared/user"},
		why: "it assembles what mails",
	},
	"shared/boot/policy": {
		own: []string{"shared/credential/blocklist", "shared/boot", "shared/credential/breach", "shared/user"},
		why: "it is apart so that a function that sets no password links no list of common ones, and asks nobody about one",
	},
	"shared/boot/keys": {
		own: []string{"shared/credential/keyring", "shared/boot/settings", "shared/fault"},
		why: "it is apart from boot, for what publishes the keys has no database, and from boot/tokens, for it signs nothing",
	},
	"shared/boot/rotating": {
		own: []string{"shared/aws/awsenv", "shared/credential/keyring", "shared/aws/kms", "shared/job/rotation", "shared/aws/secrets", "shared/boot/settings"},
		why: "it assembles what writes the secret, and is apart because nothing else may",
	},
	"shared/boot/signing": {
		own: []string{"shared/aws/awsenv", "shared/boot", "shared/boot/tokens", "shared/aws/kms"}, others: []string{sdk + "aws"},
		why: "it is apart so that only functions that issue access tokens can ask KMS for private keys",
	},
	"shared/boot/tokens": {
		own: []string{"shared/boot", "shared/boot/keys", "shared/credential/keyring", "shared/credential/token", "shared/request", "shared/user"},
		why: "it is apart so that only functions with access tokens link the JWT library; it stands between tokens and users, which do not know each other",
	},
	"shared/boot/cutover": {
		own: []string{"shared/boot", "shared/boot/tokens", "shared/credential/flasktoken", "shared/fault", "shared/request", "shared/user"},
		why: "it is apart so that only the functions whose calls another service had link what reads that service's tokens",
	},
	"shared/aws/lambdahttp": {
		others: []string{lambda + "events", lambda + "lambda", lambda + "lambdacontext"},
		why:    "it runs any http.Handler and knows none",
	},
	"shared/job/importusers": {
		own: []string{"shared/directory", "shared/fault", "shared/job/stack"}, others: []string{lambda + "lambda", lambda + "lambdacontext"},
		why: "it is told where files come from, so that its tests need no S3",
	},
	"shared/job/rotation": {
		own: []string{"shared/credential/keyring", "shared/aws/secrets", "shared/job/stack"}, others: []string{lambda + "lambda", lambda + "lambdacontext"},
		why: "it is told where the keys are and who wraps them, and has no database",
	},
	"shared/job/seed": {
		own: []string{"shared/audit", "shared/job/stack", "shared/user"}, others: []string{lambda + "lambda", lambda + "lambdacontext"},
		why: "it is told how to migrate, so that its tests need no database",
	},
	"shared/job/stack": {
		others: []string{lambda + "cfn"},
		why:    "it speaks CloudFormation's events for any job, and knows none",
	},
	"shared/authorizer": {
		own: []string{"shared/aws/metric", "shared/fault", "shared/request", "shared/user", "shared/wallclock"}, others: []string{lambda + "events", lambda + "lambda"},
		why: "it speaks API Gateway's events for package user, to any store and any keys",
	},
	"shared/docspage": {
		others: []string{"github.com/swaggest/swgui/v5/static"},
		why:    "the documentation is given to it; a page must not link users, tokens or a database",
	},
	"shared/aws/sam": {
		own: []string{"roster"}, others: []string{yaml},
		why: "it reads the template for localdev and tests alike",
	},
	"shared/web/routes": {why: "it is a list, so that a function need not read the template"},

	"shared/aws/awsenv": {others: []string{sdk + "aws", sdk + "credentials"}, why: "every function with a secret links it; config.LoadDefaultConfig would cost 1.6 MB"},
	"localdev/awstest":  {own: []string{"shared/aws/awsenv"}, others: []string{sdk + "aws"}, why: "it plays AWS's side, and must not know ours"},
	"shared/boot/settings": {
		own: []string{"shared/aws/awsenv", "shared/aws/secrets", "shared/wallclock"}, others: []string{lambda + "lambdacontext"},
		why: "functions without a database link it; what makes parts of the values is package boot",
	},
	"shared/aws/rdsauth": {others: []string{sdk + "aws"}, why: "it signs one request, and calls nothing"},
	"shared/aws/secrets": {own: []string{"shared/wallclock"}, others: []string{sdk + "aws", sdk + "service/secretsmanager"}, why: "it reads one secret and knows nothing of what is in it"},
	"shared/aws/kms":     {others: []string{sdk + "aws"}, why: "it wraps bytes and knows nothing of what they are; the client of KMS would cost 450 KB and 2,600 allocations before main"},
	"shared/aws/s3":      {others: []string{sdk + "aws"}, why: "it reads one object, and knows nothing of what is in it"},
	"shared/mail/ses":    {own: []string{"shared/mail"}, others: []string{sdk + "aws", sdk + "service/sesv2"}, why: "it is a way for mails and nothing more"},
	"shared/mail/smtp":   {own: []string{"shared/mail"}, others: []string{"github.com/wneessen/go-mail/smtp"}, why: "it is a way for mails and nothing more; the whole of go-mail imports html/template"},

	"shared/wallclock":            {nil, nil, "it tells the time"},
	"shared/bearer":               {own: []string{"shared/credential/keyring", "shared/credential/token", "shared/wallclock"}, why: "services elsewhere link it; they have no database of ours, no AWS and no users"},
	"shared/credential/blocklist": {others: []string{"github.com/ccojocar/zxcvbn-go/data"}, why: "it is a list"},
	"shared/credential/breach":    {others: []string{"golang.org/x/text/unicode/norm"}, why: "it asks one service one question, and must have no way to tell it more"},
	"shared/credential/cursor":    {nil, nil, "a mechanism that knows nothing of lists"},
	"shared/credential/device":    {nil, nil, "a mechanism that knows nothing of users"},
	"shared/credential/keyring":   {nil, nil, "a mechanism that knows nothing of users, nor of tokens: what publishes keys and what rotates them link no JWT library"},
	"shared/credential/refresh":   {nil, nil, "a mechanism that knows nothing of users"},
	"shared/mail":                 {nil, nil, "mails are plain values"},
	"shared/aws/metric":           {nil, nil, "it writes a line to the log"},
	"shared/credential/onetime":   {nil, nil, "a mechanism that knows nothing of users"},
	"shared/credential/password": {
		own:    []string{"shared/credential/password/foreign"},
		others: []string{"golang.org/x/crypto/argon2", "golang.org/x/text/unicode/norm"},
		why:    "a mechanism that knows nothing of users",
	},
	"shared/credential/password/foreign": {
		others: []string{"golang.org/x/crypto/argon2", "golang.org/x/crypto/bcrypt", "golang.org/x/crypto/scrypt"},
		why:    "it reads what other systems stored, and must not know how Roster stores it",
	},
	"shared/credential/flasktoken": {others: []string{"github.com/golang-jwt/jwt/v5"}, why: "a mechanism that knows nothing of users"},
	"shared/credential/token":      {own: []string{"shared/credential/keyring"}, others: []string{"github.com/golang-jwt/jwt/v5"}, why: "a mechanism that knows nothing of users"},

	"localdev": {
		own: []string{
			"roster", "localdev/awstest", "localdev/gateway", "localdev/handlers", "localdev/mailbox", "localdev/pgserver", "localdev/runtimeapi", "shared/aws/lambdahttp", "shared/aws/sam",
			"shared/aws/secrets", "shared/boot", "shared/boot/mailing", "shared/boot/policy", "shared/boot/rotating", "shared/boot/settings", "shared/boot/tokens",
			"shared/credential/keyring", "shared/job/rotation", "shared/job/seed", "shared/postgres/dburl",
		},
		others: []string{lambda + "events", pgx, "github.com/joho/godotenv"},
		why:    "it plays the world around the functions; what they are made of is in localdev/handlers",
	},
	"bench/deployed": {
		own:    []string{"roster", "localdev/awstest", "localdev/gateway", "localdev/runtimeapi", "shared/aws/sam", "shared/credential/keyring"},
		others: []string{lambda + "events"},
		why:    "it runs the functions' binaries with what surrounds them, and links no code of theirs",
	},
	"bench": {
		own: []string{
			"roster", "bench/coldstart", "bench/cost", "bench/lambdacpu", "bench/report", "localdev/pgserver", "shared/aws/sam",
		},
		others: []string{pgx}, why: "it runs Roster as localdev does, and measures from outside; it links nothing of what it measures",
	},
	"bench/limit": {
		others: []string{"github.com/golang-jwt/jwt/v5", pgx, "golang.org/x/crypto/argon2"}, why: "it is the yardstick, so it has nothing of Roster",
	},
	"bench/coldstart": {own: []string{"bench/deployed", "bench/report", "localdev/runtimeapi"}, why: "it measures starts, and what runs is bench/deployed's business"},
	"bench/lambdacpu": {own: []string{"bench/deployed", "bench/report", "localdev/runtimeapi"}, why: "it limits and measures, and what runs is bench/deployed's business"},
	"bench/hello":     {others: []string{lambda + "lambda"}, why: "it is the smallest function possible, with which the others are compared"},
	"bench/report":    {own: []string{"bench/plot"}, why: "it writes what it is given"},
	"bench/cost":      {own: []string{"bench/report"}, why: "it computes with prices and measures nothing"},
	"bench/plot":      {nil, nil, "it draws figures and knows none"},
	"localdev/handlers": {
		own: []string{
			"roster", "shared/api", "shared/web", "shared/web/routes", "shared/boot", "shared/boot/cutover", "shared/boot/keys", "shared/boot/mailing", "shared/boot/policy", "shared/boot/settings",
			"shared/boot/signing", "shared/boot/tokens", "shared/docspage", "shared/job/seed", "shared/postgres/migrations", "shared/user",
		},
		why: "it is a copy of the functions' mains",
	},
	"localdev/mailbox":     {own: []string{"localdev/awstest"}, why: "it shows mails, and neither sends nor keeps any"},
	"localdev/gateway":     {others: []string{lambda + "events"}, why: "it plays API Gateway for any function"},
	"localdev/runtimeapi":  {others: []string{lambda + "events"}, why: "it plays Lambda for any binary"},
	"localdev/filelock":    {nil, nil, "it locks files for anybody"},
	"localdev/programtest": {own: []string{"localdev/filelock", "localdev/pgserver", "localdev/runtimeapi"}, why: "it builds and watches any program"},
	"localdev/pgserver":    {own: []string{"localdev/filelock"}, others: []string{pgx, "github.com/fergusstrange/embedded-postgres"}, why: "it starts PostgreSQL for any schema"},
	"localdev/browsertest": {others: []string{"github.com/chromedp/"}, why: "it opens any page"},
}

// restricted are packages that few may import, with a reason that the test prints.
var restricted = map[string]string{
	"shared/mail/ses":             "merely importing SES's client costs each function 650 KB and 4,350 allocations before main; functions that mail have boot/mailing",
	"shared/aws/kms":              "only what issues access tokens needs private keys; such functions have boot/signing",
	"shared/mail/smtp":            "a function that may not send mail has no use for a way to send it; functions that mail have boot/mailing",
	"shared/credential/blocklist": "the lists are 375 KB; functions that set passwords have boot/policy",
	"shared/credential/breach":    "what sets no password must not send hashes of them anywhere; functions that do have boot/policy",
	"shared/boot":                 "only a main knows the environment; everything else is given its parts",
	"shared/aws/lambdahttp":       "only a main knows that it runs on Lambda",
	"shared/api":                  "only a main knows that HTTP is spoken",
	"shared/postgres":             "the store is given as an interface of package user",
	"shared/postgres/migrations":  "it links goose; only seed_admin and development migrate",
	"localdev/postgrestest":       "it is for tests",
	"shared/api/apitest":          "it is for tests",
	"localdev/browsertest":        "it is for tests",
	"localdev/programtest":        "it is for tests",
	"localdev/awstest":            "it is for tests and for localdev, which has no AWS",
}

// listed is what go list says about a package.
type listed struct {
	ImportPath, Name, Doc string
	GoFiles, Imports      []string
}

// listPackages lists this module's packages and the example, which is a module
// of its own.
func listPackages(t *testing.T) []listed {
	t.Helper()
	return append(listModule(t, "."), listModule(t, "examples/service")...)
}

func listModule(t *testing.T, dir string) []listed {
	t.Helper()
	programtest.WatchSources(t)
	cmd := exec.Command("go", "list", "-json=ImportPath,Name,Doc,GoFiles,Imports", "./...")
	cmd.Dir = filepath.Join(root, dir)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.Bytes())
	}
	var all []listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		p.ImportPath = strings.TrimPrefix(p.ImportPath, mod+"/")
		all = append(all, p)
	}
}

// importsOf returns the line of allowedImports for a package.
func importsOf(pkg string) (name string, r imports, ok bool) {
	for _, name = range []string{pkg, path.Dir(pkg) + "/*"} {
		if r, ok = allowedImports[name]; ok {
			return name, r, true
		}
	}
	return "", imports{}, false
}

// The rules are for what becomes part of a program. Tests may import what they
// need: a fake, a database, a browser.
func TestImports(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, p := range listPackages(t) {
		name, r, ok := importsOf(p.ImportPath)
		if !ok {
			t.Errorf("%s is new: give it a line in checks/imports_test.go that says what it may import, and why no more", p.ImportPath)
			continue
		}
		used[name] = true
		for _, imported := range p.Imports {
			by, ok := r.allows(imported)
			used[name+" "+by] = true
			if !ok {
				t.Errorf("%s imports %s: %s", p.ImportPath, imported, reasons(r, imported))
			}
		}
	}
	for name, r := range allowedImports {
		if !used[name] {
			t.Errorf("checks/imports_test.go has a line for %s, which does not exist", name)
		}
		for _, allowed := range append(r.own, r.others...) {
			if !used[name+" "+allowed] {
				t.Errorf("%s may import %s and does not: take that out of checks/imports_test.go", name, allowed)
			}
		}
	}
}

// allows reports whether a package may be imported, and by which entry. The standard
// library needs no entry; its paths have no dot in their first element.
func (r imports) allows(imported string) (by string, ok bool) {
	if own := strings.TrimPrefix(imported, mod+"/"); own != imported || imported == mod {
		return own, slices.Contains(r.own, own)
	}
	if first, _, _ := strings.Cut(imported, "/"); !strings.Contains(first, ".") {
		return "", true
	}
	for _, other := range r.others {
		if imported == other || strings.HasPrefix(imported, strings.TrimSuffix(other, "/")+"/") {
			return other, true
		}
	}
	return "", false
}

func reasons(r imports, imported string) string {
	why := r.why
	if more, ok := restricted[strings.TrimPrefix(imported, mod+"/")]; ok {
		why += "; and " + more
	}
	return why
}
