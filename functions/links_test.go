package functions_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"

	"roster/localdev/programtest"
	"roster/localdev/runtimeapi"
	"roster/shared/aws/sam"
)

// heavy are packages that cost a function size, memory or start time, or that
// show what it can do.
var heavy = []struct{ name, path string }{
	{"argon2", "golang.org/x/crypto/argon2"},
	{"cloudformation", "github.com/aws/aws-lambda-go/cfn"},
	{"common-passwords", "github.com/ccojocar/zxcvbn-go/data"},
	{"go-mail", "github.com/wneessen/go-mail"},
	{"goose", "github.com/pressly/goose/v3"},
	{"html/template", "html/template"},
	{"jwt", "github.com/golang-jwt/jwt/v5"},
	{"kms", "roster/shared/aws/kms"},
	{"pgx", "github.com/jackc/pgx/v5"},
	{"secretsmanager", "github.com/aws/aws-sdk-go-v2/service/secretsmanager"},
	{"sesv2", "github.com/aws/aws-sdk-go-v2/service/sesv2"},
	{"smtp", "github.com/wneessen/go-mail/smtp"},
	{"swagger-ui", "github.com/swaggest/swgui/v5/static"},
	{"text/template", "text/template"},
	{"yaml", "go.yaml.in/yaml/v3"},
}

// never are packages that no function may link, and why.
var never = map[string]string{
	"roster/localdev":                     "it is for development",
	"roster/localdev/awstest":             "it plays AWS for tests",
	"roster/shared/api/apitest":           "it is for tests",
	"roster/shared/bearer":                "it believes a token whose session has ended; functions ask the database",
	"roster/localdev/postgrestest":        "it is for tests",
	"testing":                             "it brings flags and tests into a program",
	"net/rpc":                             "it turns off the linker's pruning of methods; build with the tag lambda.norpc",
	"plugin":                              "it turns off the linker's pruning",
	"github.com/aws/aws-sdk-go-v2/config": "package awsenv does in ten lines what a function needs of it",
	"github.com/getkin/kin-openapi":       "it is for tests",
	"github.com/chromedp":                 "it is for tests",
	"github.com/fergusstrange":            "it is for development",
	"github.com/google/go-cmp":            "it is for tests",
	"github.com/joho/godotenv":            "functions take no .env",
}

// dependencies are all packages that each function links, by folder.
var dependencies = sync.OnceValues(func() (map[string][]string, error) {
	cmd := exec.Command("go", "list", "-tags", runtimeapi.Tags, "-f", `{{.ImportPath}} {{join .Deps " "}}`, "./...")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=arm64")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w\n%s", err, stderr.Bytes())
	}
	all := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		if packages := strings.Fields(line); len(packages) > 0 {
			all[path.Base(packages[0])] = packages[1:]
		}
	}
	return all, nil
})

func links(t *testing.T, folder string) []string {
	t.Helper()
	programtest.WatchSources(t)
	all, err := dependencies()
	if err != nil {
		t.Fatal(err)
	}
	if len(all[folder]) == 0 {
		t.Fatalf("go list knows no function %s", folder)
	}
	return all[folder]
}

// A new link makes a function larger and slower to start, or lets it do something
// new. So it must be seen in review: run make generate and look at the diff.
func TestLinks(t *testing.T) {
	t.Parallel()
	var report strings.Builder
	for _, f := range readTemplate(t).Functions {
		packages := links(t, f.Folder)
		fmt.Fprintf(&report, "%s:", f.Folder)
		for _, h := range heavy {
			if slices.Contains(packages, h.path) {
				fmt.Fprintf(&report, " %s", h.name)
			}
		}
		fmt.Fprintln(&report)
		checkNever(t, f.Folder, packages)
		checkMail(t, f, slices.Contains(packages, "github.com/aws/aws-sdk-go-v2/service/sesv2"))
	}
	golden(t, "testdata/links.txt", report.String())
}

func checkNever(t *testing.T, folder string, packages []string) {
	t.Helper()
	for banned, why := range never {
		for _, p := range packages {
			if p == banned || strings.HasPrefix(p, banned+"/") {
				t.Errorf("%s links %s: %s", folder, p, why)
			}
		}
	}
}

// checkMail fails the test for a function that links the client of SES and may
// not send mail, or the other way round.
func checkMail(t *testing.T, f sam.Function, can bool) {
	t.Helper()
	may := false
	for _, policy := range f.Policies {
		for _, s := range policy.Statements {
			may = may || s.Effect == "Allow" && slices.Contains(s.Actions, "ses:SendEmail")
		}
	}
	if may != can {
		t.Errorf("%s links sesv2: %v; template.yaml lets it send mail: %v", f.Folder, can, may)
	}
}
