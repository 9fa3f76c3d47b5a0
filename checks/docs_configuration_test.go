package checks_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roster/shared/boot/settings"
	"roster/shared/credential/keyring"
	"roster/shared/credential/password"
	"roster/shared/ratelimit"
	"roster/shared/user"
)

// configuration is the table of variables; tests have one of their own.
const configuration = "docs/configuration.md"

// computed are the defaults that the code does not have as literals.
var computed = map[string]string{
	"JWT_ALGORITHM":               string(keyring.ES256),
	"PASSWORD_MIN_LENGTH":         fmt.Sprint(password.DefaultPolicy.MinLength),
	"SESSION_IDLE_HOURS":          fmt.Sprint(user.DefaultSessionRules.Idle.Hours()),
	"SESSION_HOURS":               fmt.Sprint(user.DefaultSessionRules.Lifetime.Hours()),
	"SESSION_MAX":                 fmt.Sprint(user.DefaultSessionRules.MaxPerAccount),
	"REFRESH_GRACE_SECONDS":       fmt.Sprint(user.DefaultSessionRules.Grace.Seconds()),
	"LIMIT_LOGIN_IN_A_ROW":        fmt.Sprint(user.DefaultLimits.MaxConsecutiveFailures),
	"LIMIT_LOGIN_ACCOUNT_NETWORK": rate(user.DefaultLimits.LoginFromNetwork),
	"LIMIT_LOGIN_NETWORK":         rate(user.DefaultLimits.Login),
	"LIMIT_REGISTER_NETWORK":      rate(user.DefaultLimits.Register),
	"LIMIT_EMAIL_ACCOUNT":         rate(user.DefaultLimits.EmailAccount),
	"LIMIT_EXPORT_ACCOUNT":        rate(user.DefaultLimits.ExportAccount),
	"LIMIT_FORGET_ACCOUNT":        rate(user.DefaultLimits.ForgetAccount),
	"LIMIT_FORGET_NETWORK":        rate(user.DefaultLimits.Forget),
	"LIMIT_RESET_NETWORK":         rate(user.DefaultLimits.Reset),
	"LIMIT_ADMIN_MAIL":            rate(user.DefaultLimits.AdminMail),
}

// rate is how a rate is written: 10/15m.
func rate(r ratelimit.Rate) string {
	if r.Window%time.Hour == 0 {
		return fmt.Sprintf("%d/%dh", r.Limit, r.Window/time.Hour)
	}
	return fmt.Sprintf("%d/%dm", r.Limit, r.Window/time.Minute)
}

// row is a variable's row: what it is, its values, its default, and localdev's.
type row struct{ values, byDefault, inLocaldev string }

// variableRows are the rows of configuration.md's tables with all columns.
func variableRows(t *testing.T) map[string]row {
	t.Helper()
	rows := map[string]row{}
	for _, cells := range tableRows(readFile(t, configuration)) {
		if name := strings.Trim(cells[0], "`"); len(cells) == 5 && variableForm.MatchString(name) {
			if _, twice := rows[name]; twice {
				t.Errorf("%s has %s twice", configuration, name)
			}
			rows[name] = row{cells[2], cells[3], cells[4]}
		}
	}
	return rows
}

// exactly returns the value of a cell that is one value and nothing else.
func exactly(cell string) string {
	if m := regexp.MustCompile("^`([^`]+)`$").FindStringSubmatch(cell); m != nil {
		return m[1]
	}
	return ""
}

// Each variable that the code reads has its row, and each row is read.
func TestConfigurationIsTheCodes(t *testing.T) {
	t.Parallel()
	code, rows := readSources(t), variableRows(t)
	tests := readFile(t, "CONTRIBUTING.md")
	for name, v := range code.variables {
		if _, ok := rows[name]; !ok && !foreign(name) && !strings.Contains(tests, "| `"+name+"` |") {
			t.Errorf("%v: %s has no row in %s", v.mentions[0], name, configuration)
		}
	}
	for _, f := range parse(t).Functions {
		for name := range f.Environment {
			if _, ok := rows[name]; !ok {
				t.Errorf("template.yaml gives %s the variable %s, which has no row in %s", f.Folder, name, configuration)
			}
		}
	}
	for name := range rows {
		if v := code.variables[name]; v == nil || !v.read {
			t.Errorf("%s has a row for %s, and no code reads it", configuration, name)
		}
	}
	for _, cells := range tableRows(tests) {
		if name := strings.Trim(cells[0], "`"); variableForm.MatchString(name) && (code.variables[name] == nil || !code.variables[name].read) {
			t.Errorf("CONTRIBUTING.md has a row for %s, and no code reads it", name)
		}
	}
}

var bounds = regexp.MustCompile(`^[0-9]+ to [0-9]+$`)

// Defaults and bounds are those of the code.
func TestConfigurationStatesDefaultsAndBounds(t *testing.T) {
	t.Parallel()
	code := readSources(t)
	for name, row := range variableRows(t) {
		v := code.variables[name]
		if v == nil {
			continue // TestConfigurationIsTheCodes says so
		}
		checkDefault(t, configuration, name, row.byDefault, v)
		for _, b := range v.bounds {
			if row.values != b {
				t.Errorf("%s may be %s, says %s; the code takes %s", name, row.values, configuration, b)
			}
		}
		if bounds.MatchString(row.values) && len(v.bounds) == 0 {
			t.Errorf("%s may be %s, says %s; the code has no such bounds", name, row.values, configuration)
		}
		checkLocaldev(t, name, row.inLocaldev, code)
	}
	for _, cells := range tableRows(readFile(t, "docs/limits.md")) {
		if name := strings.Trim(cells[0], "`"); code.variables[name] != nil {
			checkDefault(t, "docs/limits.md", name, cells[1], code.variables[name])
		}
	}
}

// checkDefault compares a cell, where on and off are true and false, too.
func checkDefault(t *testing.T, document, name, cell string, v *source) {
	t.Helper()
	defaults := v.defaults
	if value, ok := computed[name]; ok {
		defaults = append(slices.Clone(defaults), value)
	}
	stated := exactly(cell)
	switch stated {
	case "on":
		stated = "true"
	case "off":
		stated = "false"
	}
	for _, d := range defaults {
		if d != stated {
			t.Errorf("%s is %s by default, says %s; the code has %s", name, cell, document, d)
		}
	}
	if stated != "" && len(defaults) == 0 {
		t.Errorf("%s is %s by default, says %s; the code has no such default, or computes it: add it to computed", name, cell, document)
	}
}

func checkLocaldev(t *testing.T, name, cell string, code sources) {
	t.Helper()
	if stated, has := exactly(cell), code.localdev[name]; stated != has {
		t.Errorf("%s is %q in localdev, says %s; the code has %q", name, cell, configuration, has)
	}
	if unread := strings.HasPrefix(cell, "not read"); unread == code.dotenv[name] {
		t.Errorf("%s: is in variableNames of localdev/settings.go: %v; %s says %q. Add it there, or write \"not read\" and why", name, code.dotenv[name], configuration, cell)
	}
}

func TestConfigurationNamesTheStacksParameters(t *testing.T) {
	t.Parallel()
	got, want := map[string]string{}, map[string]string{}
	for _, cells := range tableRows(readFile(t, configuration)) {
		if name := strings.Trim(cells[0], "`"); len(cells) == 2 && variableForm.MatchString(name) {
			got[name] = strings.Trim(cells[1], "`")
		}
	}
	template := parse(t)
	parameters := template.Document["Parameters"].(map[string]any)
	for _, f := range template.Functions {
		for name := range f.Environment {
			variables := f.Properties["Environment"].(map[string]any)["Variables"].(map[string]any)
			switch of, _ := variables[name].(map[string]any); {
			case of["Ref"] == "AWS::NoValue": // for `sam local` alone
			case of["Ref"] != nil && parameters[of["Ref"].(string)] != nil:
				want[name] = of["Ref"].(string)
			default: // a resource, or computed of several: the table says how
				want[name] = got[name]
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("variables and parameters (-template.yaml +%s):\n%s", configuration, diff)
	}
}

// A start refuses a member of a secret that nearly has one of these names.
func TestTheSettingsKnowTheirNames(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff(slices.Sorted(maps.Keys(variableRows(t))), settings.Names); diff != "" {
		t.Errorf("%s (-) and Names in shared/boot/settings/names.go (+):\n%s", configuration, diff)
	}
}
