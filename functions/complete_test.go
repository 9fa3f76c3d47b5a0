package functions_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"roster"
	"roster/shared/aws/sam"
)

// For a new folder under functions/ this test prints what template.yaml and
// openapi.yaml still need.
func TestEachFunctionHasItsFolder(t *testing.T) {
	t.Parallel()
	template := readTemplate(t)
	for _, folder := range slices.Sorted(maps.Keys(mains(t))) {
		for _, todo := range missing(t, template, folder) {
			t.Error(todo)
		}
	}
	for _, f := range template.Functions {
		if _, there := mains(t)[f.Folder]; !there || f.Properties["CodeUri"] != "functions/"+f.Folder {
			t.Errorf("template.yaml, %s: its CodeUri is %v, and there is no such folder with a main.go", f.LogicalID, f.Properties["CodeUri"])
		}
	}
}

// missing says what a function still needs, and where.
func missing(t *testing.T, template *sam.Template, folder string) (todo []string) {
	t.Helper()
	m := mains(t)[folder]
	described := describedRoutes(t)[folder]
	if template.Function(folder) == nil {
		todo = append(todo, fmt.Sprintf("template.yaml has no function for functions/%s. Add to its Resources:\n%s",
			folder, suggestedResource(template, m, described)))
	}
	if m.http && len(described) == 0 {
		todo = append(todo, fmt.Sprintf("openapi.yaml has no operation of %s. Describe its route there, with x-function: %s", folder, folder))
	}
	return todo
}

// logicalID is the name of a function in the template: GetUserFunction.
func logicalID(folder string) string {
	name := goName(folder)
	return strings.ToUpper(name[:1]) + name[1:] + "Function"
}

// suggestedResource is the resource that a function needs, by its main. Its
// description, and a route that openapi.yaml does not have yet, are placeholders.
func suggestedResource(template *sam.Template, m assembly, routes []sam.Route) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, "  "+format+"\n", args...) }
	line("%s:", logicalID(m.folder))
	line("  Type: AWS::Serverless::Function")
	if step := m.waitsFor(); step != "" {
		line("  DependsOn: " + step)
	}
	line("  Metadata: {BuildMethod: go1.x, BuildProperties: {TrimGoPath: true}}")
	line("  Properties:")
	line("    Description: Say in a few words what it does")
	line("    CodeUri: functions/%s", m.folder)
	if m.has("env.Postgres") {
		line("%s", suggestedReservation(m))
	}
	line("    AutoPublishAliasAllProperties: true")
	switch variables := m.variables(); {
	case m.hashes() || special[m.folder].computes:
		line("    MemorySize: 1024")
	case len(variables) == 0:
		line("    MemorySize: 128")
	}
	if policies := m.policies(); len(policies) > 0 {
		line("    Policies: [!Ref %s]", strings.Join(policies, ", !Ref "))
	}
	suggestVariables(line, template, m)
	suggestEvents(line, m, routes)
	return b.String()
}

// computedVariables are the variables that are no parameter's value, as each
// function has them in template.yaml. The description of a version has what tells
// one value from another: the name of a secret, for example.
var computedVariables = map[string]struct{ value, local, description string }{
	"SECRET_ARN": {
		"!If [MakesSecret, !Ref DatabaseSecret, !Ref ExistingSecretArn]",
		"Secret", "!If [MakesSecret, '-', !Select [6, !Split [':', !Ref ExistingSecretArn]]]",
	},
	"SETTINGS_SECRET_ARN": {value: "!Ref SettingsSecret"},
	"PUBLIC_SECRET_ARN":   {value: "!Ref PublicSecret"},
	"KEYS_SECRET_ARN": {
		"!If [OwnsKeys, !Ref KeysSecretArn, !Ref KeysSecret]", "Keys", "!If [OwnsKeys, !Select [6, !Split [':', !Ref KeysSecretArn]], '-']",
	},
	"MIGRATE_SECRET_ARN":    {"!Ref MigrateSecretArn", "Migrate", "!If [HasOwner, !Select [6, !Split [':', !Ref MigrateSecretArn]], '-']"},
	"DATABASE_AUTH":         {"!If [UsesIam, iam, password]", "Auth", "!If [UsesIam, iam, '-']"},
	"MIGRATE_DATABASE_USER": {value: "!If [UsesIam, roster_owner, !Ref AWS::NoValue]"}, // Auth tells
	"PASSWORD_MIN_LENGTH":   {value: "12"},
	"REGISTRATION":          {value: "after_admin"},
}

// secretVariables are those that name a secret.
func secretVariables() []string {
	all := slices.Collect(maps.Keys(computedVariables))
	return slices.DeleteFunc(all, func(name string) bool { return !strings.HasSuffix(name, "SECRET_ARN") })
}

func suggestVariables(line func(string, ...any), template *sam.Template, m assembly) {
	names := m.variables()
	if len(names) == 0 {
		return
	}
	line("    Environment:")
	line("      Variables:")
	var described, locals []string
	for _, name := range names {
		computed, isComputed := computedVariables[name]
		if name == "KEYS_SECRET_ARN" && !m.readsKeys() {
			computed = computedVariables["PUBLIC_SECRET_ARN"]
		}
		switch {
		case !isComputed:
			parameter := parameterOf(template, name)
			line("        %s: !Ref %s", name, parameter)
			described = append(described, "${"+parameter+"}")
			continue
		case computed.local != "":
			described = append(described, "${"+computed.local+"}")
			locals = append(locals, computed.local+": "+computed.description)
		}
		line("        %s: %s", name, computed.value)
	}
	if len(locals) == 0 {
		line("    VersionDescription: !Sub '%s'", strings.Join(described, " "))
		return
	}
	line("    VersionDescription: !Sub")
	line("      - %s", strings.Join(described, " "))
	line("      - %s", strings.Join(locals, "\n          "))
}

// parameterOf returns the parameter that other functions have for a variable, or
// else one of the same name: PublicUrl for PUBLIC_URL.
func parameterOf(template *sam.Template, variable string) string {
	for _, f := range template.Functions {
		environment, _ := f.Properties["Environment"].(map[string]any)
		variables, _ := environment["Variables"].(map[string]any)
		if reference, ok := variables[variable].(map[string]any); ok && reference["Ref"] != nil {
			return reference["Ref"].(string)
		}
	}
	name := goName(strings.ToLower(variable))
	return strings.ToUpper(name[:1]) + name[1:]
}

func suggestEvents(line func(string, ...any), m assembly, routes []sam.Route) {
	if !m.http {
		return
	}
	if len(routes) == 0 {
		routes = []sam.Route{{Method: "METHOD", Path: "/the/path"}}
	}
	line("    Events:")
	for i, route := range routes {
		line("      Route%d:", i+1)
		line("        Type: HttpApi")
		line("        Properties: {ApiId: !Ref Api, Method: %s, Path: '%s'}", route.Method, route.Path)
	}
}

// operation is what is read here of an operation in openapi.yaml.
type operation struct {
	Function string `yaml:"x-function"`
}

// describedRoutes are the routes of openapi.yaml, by function.
func describedRoutes(t *testing.T) map[string][]sam.Route {
	t.Helper()
	routes, err := readDescription()
	if err != nil {
		t.Fatal(err)
	}
	return routes
}

var readDescription = sync.OnceValues(func() (map[string][]sam.Route, error) {
	var document struct {
		Paths   map[string]map[string]yaml.Node // a method's is an operation
		Default operation                       `yaml:"x-default-route"`
	}
	if err := yaml.Unmarshal(roster.OpenAPI, &document); err != nil {
		return nil, err
	}
	routes := map[string][]sam.Route{document.Default.Function: {{Method: "ANY", Path: sam.DefaultPath}}}
	for path, item := range document.Paths {
		for method, node := range item {
			var o operation
			if node.Decode(&o) == nil && o.Function != "" {
				routes[o.Function] = append(routes[o.Function], sam.Route{Method: strings.ToUpper(method), Path: path})
				if method == "get" { // HEAD is answered alike
					routes[o.Function] = append(routes[o.Function], sam.Route{Method: "HEAD", Path: path})
				}
			}
		}
	}
	return routes, nil
})

// The suggestions are right for the functions that exist. For each function this
// test replaces its resource in template.yaml by the suggested one: the function is
// the same as before.
func TestTheSuggestionsAreRight(t *testing.T) {
	t.Parallel()
	whole := readTemplate(t)
	for folder, m := range mains(t) {
		id, resource := logicalID(folder), suggestedResource(whole, m, describedRoutes(t)[folder])
		text := replaceOnce(t, string(roster.Template), block(t, string(roster.Template), "  "+id+":\n"), resource)
		template, err := sam.Parse([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v\n%s", folder, err, resource)
		}
		want, got := withoutAuthored(t, whole.Function(folder)), withoutAuthored(t, template.Function(folder))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-template.yaml +suggestion):\n%s", folder, diff)
		}
		template.Functions = slices.DeleteFunc(template.Functions, func(f sam.Function) bool { return f.Folder == folder })
		todo := strings.Join(missing(t, template, folder), "\n")
		if line := "CodeUri: functions/" + folder + "\n"; !strings.Contains(todo, line) {
			t.Errorf("%s has no resource, and %q is not asked for:\n%s", folder, line, todo)
		}
	}
}

func replaceOnce(t *testing.T, text, old, by string) string {
	t.Helper()
	if n := strings.Count(text, old); n != 1 {
		t.Errorf("template.yaml has these lines %d times instead of once:\n%s", n, old)
	}
	return strings.Replace(text, old, by, 1)
}

// block returns the lines of a YAML text from one line to the next with the same
// indentation.
func block(t *testing.T, text, first string) string {
	t.Helper()
	_, after, found := strings.Cut(text, "\n"+first)
	if !found {
		t.Fatalf("template.yaml has no line %q", first)
	}
	lines := []string{first}
	for line := range strings.Lines(after) {
		if len(line) > 2 && line[2] != ' ' {
			break
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "")
}

// withoutAuthored is a function without what only its author can know, and with
// its lists in one order.
func withoutAuthored(t *testing.T, f *sam.Function) sam.Function {
	t.Helper()
	c := *f
	c.Timeout, c.Schedules = 0, nil
	c.Routes = slices.DeleteFunc(slices.Clone(c.Routes), sam.Route.IsLegacy) // no new function has one
	slices.SortFunc(c.Routes, func(a, b sam.Route) int { return strings.Compare(a.String(), b.String()) })
	slices.SortFunc(c.Policies, func(a, b sam.Policy) int { return strings.Compare(a.Name, b.Name) })
	c.Properties = maps.Clone(f.Properties)
	c.Properties["VersionDescription"] = names(t, f.Properties["VersionDescription"])
	for _, authored := range []string{"Description", "Events", "Timeout", "DeploymentPreference", "Policies", "ReservedConcurrentExecutions"} {
		delete(c.Properties, authored)
	}
	return c
}
