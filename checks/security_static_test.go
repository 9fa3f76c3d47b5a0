package checks_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// These tests check what the sources show and no request can. docs/security names
// each with the weakness or vulnerability that it is about.

// The original ran with its framework's debugger on.
func TestWeakness07NothingToDebugWith(t *testing.T) {
	t.Parallel()
	for _, p := range linksOf(t, "./functions/...", "./localdev") {
		if slices.Contains([]string{"net/http/pprof", "expvar", "plugin"}, p) || strings.Contains(p, "delve") {
			t.Errorf("a program links %s", p)
		}
	}
	for _, route := range parse(t).Routes() {
		if strings.Contains(route.Path, "debug") || strings.Contains(route.Path, "+}") {
			t.Errorf("there is a route %s", route)
		}
	}
}

// The original's requirements had a misspelled name, which anybody could have
// registered, and names without a version.
func TestWeakness08DependenciesArePinned(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{".", "tools"} {
		mod, sum := readFile(t, filepath.Join(dir, "go.mod")), "\n"+readFile(t, filepath.Join(dir, "go.sum"))
		required := regexp.MustCompile(`(?m)^\t(\S+) (v\S+)`).FindAllStringSubmatch(mod, -1)
		if len(required) < 5 {
			t.Errorf("%s/go.mod: %d requirements found", dir, len(required))
		}
		for _, r := range required {
			if !strings.Contains(sum, "\n"+r[1]+" "+r[2]+" h1:") && !strings.Contains(sum, "\n"+r[1]+" "+r[2]+"/go.mod h1:") {
				t.Errorf("%s/go.sum has no hash of %s %s", dir, r[1], r[2])
			}
		}
		if found := regexp.MustCompile(`(?m)^(replace|exclude)\b.*`).FindString(mod); found != "" {
			t.Errorf("%s/go.mod: %s", dir, found)
		}
	}
}

// The code that makes mails cannot see a request (CVE-2025-64101).
func TestMailSeesNoRequest(t *testing.T) {
	t.Parallel()
	mailing, seen := []string{"shared/mail", "shared/mail/smtp", "shared/mail/ses", "shared/user", "shared/boot/mailing"}, 0
	for _, p := range listPackages(t) {
		if !slices.Contains(mailing, p.ImportPath) {
			continue
		}
		seen++
		for _, imported := range p.Imports {
			if imported == "net/http" || strings.HasPrefix(imported, lambda) {
				t.Errorf("%s imports %s", p.ImportPath, imported)
			}
		}
	}
	if seen != len(mailing) {
		t.Errorf("%d of %d packages were looked at", seen, len(mailing))
	}
}

var sqlText = regexp.MustCompile(`(?is)\b(select|insert|update|delete|where|with)\b.*(\$[0-9]|@[a-z]|\bfrom\b|\binto\b|\bset\b|%s)`)

// A statement is a constant, and its values are sent separately (CVE-2024-27289,
// CVE-2026-33503).
func TestSQLIsConstant(t *testing.T) {
	t.Parallel()
	files, err := fs.Glob(tree, "shared/postgres/*.go")
	if err != nil {
		t.Fatal(err)
	}
	constants := 0
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		text := readFile(t, path)
		if strings.Contains(text, "SimpleProtocol") {
			t.Errorf("%s asks for the simple protocol, in which values are written into the statement", path)
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, text, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if d, ok := n.(*ast.GenDecl); ok && d.Tok == token.CONST { // the compiler lets no variable into it
				constants++
				return false
			}
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING && sqlText.MatchString(lit.Value) {
				t.Errorf("%s: SQL outside of a constant: %s", set.Position(n.Pos()), lit.Value)
			}
			return true
		})
	}
	if constants < 10 {
		t.Errorf("only %d declarations of constants were found", constants)
	}
}

// API Gateway answers CORS with exact origins and without credentials
// (CVE-2024-41657). TestParameterPatterns shows which origins can be configured.
func TestCORSIsAnExactList(t *testing.T) {
	t.Parallel()
	api := regexp.MustCompile(`(?s)CorsConfiguration: !If\n(.*?)!Ref AWS::NoValue`).FindAllStringSubmatch(readFile(t, "template.yaml"), -1)
	if len(api) != 1 {
		t.Fatalf("template.yaml has %d CorsConfigurations", len(api))
	}
	settings := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^[ -]+([A-Za-z]+): (.*)$`).FindAllStringSubmatch(api[0][1], -1) {
		settings[m[1]] = m[2]
	}
	if _, credentials := settings["AllowCredentials"]; credentials || strings.Contains(api[0][1], "*") {
		t.Errorf("CORS allows credentials or a wildcard:\n%s", api[0][1])
	}
	if diff := cmp.Diff("!Split [',', !Ref CorsOrigins]", settings["AllowOrigins"]); diff != "" {
		t.Errorf("AllowOrigins (-want +got):\n%s", diff)
	}
}

// No package of ours uses a broken hash or a predictable generator of random numbers
// (ASVS 11.4.1 and 11.5.1). Libraries for TLS and PostgreSQL's protocol may link
// them, for servers that need them. Package breach needs SHA-1 because the service
// that it asks is defined by it; SHA-1 protects nothing there. Package foreign verifies
// hashes that other systems made of SHA-1, which the next login replaces.
func TestNoWeakHashAndNoWeakChance(t *testing.T) {
	t.Parallel()
	for _, p := range listPackages(t) {
		for _, imported := range p.Imports {
			if imported == "crypto/sha1" && slices.Contains([]string{"shared/credential/breach", "shared/credential/password/foreign"}, p.ImportPath) {
				continue
			}
			if slices.Contains([]string{"crypto/md5", "crypto/sha1", "crypto/des", "crypto/rc4", "math/rand", "math/rand/v2"}, imported) {
				t.Errorf("%s imports %s", p.ImportPath, imported)
			}
		}
	}
}
