package functions_test

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"roster"
	"roster/shared/aws/sam"
	"roster/shared/credential/keyring"
	"roster/shared/user"
)

// These tests check what sam validate and cfn-lint cannot know: whether the
// template fits this repository, and whether it grants what was meant.

// A function gets the variables that its parts need and no others. None of them
// is secret: anybody who may see the function in AWS sees its variables.
func TestEachFunctionIsToldWhatItNeeds(t *testing.T) {
	t.Parallel()
	for _, f := range readTemplate(t).Functions {
		want, got := mains(t)[f.Folder].variables(), slices.Sorted(maps.Keys(f.Environment))
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("template.yaml, the variables of %s (-what its main needs +what it gets):\n%s", f.LogicalID, diff)
		}
	}
}

func TestTheTemplateHoldsNoSecretAndNoSwitchOfDevelopment(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"RESET_TOKEN_IN_RESPONSE", "ADMIN_PASSWORD", "MAIL_PASSWORD", "SECURITY_PASSWORD_SALT", "resolve:"} {
		if strings.Contains(string(roster.Template), name) {
			t.Errorf("the template mentions %s", name)
		}
	}
}

// By estimate a hash takes 75 ms with 1024 MB and four times that with 256 MB.
func TestHashingFunctionsAreLarge(t *testing.T) {
	t.Parallel()
	for _, f := range readTemplate(t).Functions {
		hashes := mains(t)[f.Folder].hashes() || special[f.Folder].computes
		if hashes && f.Memory < 1024 {
			t.Errorf("%s may hash a password and has %d MB: give it MemorySize: 1024", f.LogicalID, f.Memory)
		}
		if !hashes && f.Memory > 256 {
			t.Errorf("%s hashes no password and has %d MB: 256 MB, the default, is enough", f.LogicalID, f.Memory)
		}
	}
}

func TestTimeouts(t *testing.T) {
	t.Parallel()
	template := readTemplate(t)
	for _, f := range template.Functions {
		if want := timeoutOf(f.Folder); f.Timeout != want {
			t.Errorf("%s has %d s, want %d s", f.LogicalID, f.Timeout, want)
		}
	}
	if wait, _ := properties(template, "Schema")["ServiceTimeout"].(int); wait <= template.Function("seed_admin").Timeout {
		t.Errorf("CloudFormation waits %d s for the migration, which may take longer", wait)
	}
}

func TestBuildAndPublishing(t *testing.T) {
	t.Parallel()
	template := readTemplate(t)
	want := map[string]any{
		"Runtime": "provided.al2023", "Handler": "bootstrap", "Architectures": []any{map[string]any{"Ref": "Architecture"}},
		"AutoPublishAlias": "live", "AutoPublishAliasAllProperties": true,
		"LoggingConfig":       map[string]any{"LogFormat": "JSON", "LogGroup": map[string]any{"Ref": "FunctionLogs"}},
		"PermissionsBoundary": map[string]any{"Ref": "FunctionBoundary"},
	}
	build := map[string]any{"BuildMethod": "go1.x", "BuildProperties": map[string]any{"TrimGoPath": true}}
	for _, f := range template.Functions {
		for name, value := range want {
			if diff := cmp.Diff(value, f.Properties[name]); diff != "" {
				t.Errorf("%s, %s (-want +got):\n%s", f.Folder, name, diff)
			}
		}
		if diff := cmp.Diff(build, template.Resource(f.LogicalID)["Metadata"]); diff != "" {
			t.Errorf("%s, Metadata (-want +got):\n%s", f.Folder, diff)
		}
		if f.Properties["Tags"] != nil {
			t.Errorf("%s has tags: changing one would publish a version that Lambda refuses", f.Folder)
		}
	}
}

// SAM's build cache looks at a function's own folder only, so after a change in
// shared/ it would deploy the old code.
func TestBuildsAreNotCached(t *testing.T) {
	t.Parallel()
	config, err := os.ReadFile("../samconfig.toml")
	if err != nil {
		t.Fatal(err)
	}
	builds := strings.Count(string(config), ".build.parameters]")
	if off := strings.Count(string(config), "\ncached = false\n"); builds == 0 || off != builds {
		t.Errorf("samconfig.toml sets cached = false %d times for %d environments", off, builds)
	}
}

// A function must not be changed before what it reads is there. Without its keys
// jwks would publish an empty set, which services elsewhere keep for minutes.
func TestFunctionsWaitForTheSchemaAndTheKeys(t *testing.T) {
	t.Parallel()
	template := readTemplate(t)
	for _, f := range template.Functions {
		var want []string
		if step := mains(t)[f.Folder].waitsFor(); step != "" {
			want = []string{step}
		}
		if diff := cmp.Diff(want, f.DependsOn); diff != "" {
			t.Errorf("%s, DependsOn (-want +got):\n%s", f.LogicalID, diff)
		}
	}
	if got := template.Resource("Schema")["DependsOn"]; got != "SigningKeys" {
		t.Errorf("Schema has DependsOn: %v", got)
	}
	seed := template.Function("seed_admin")
	schema := properties(template, "Schema")
	for property, attribute := range map[string]string{"ServiceToken": ".Alias", "Version": ".Version"} {
		if diff := cmp.Diff(map[string]any{"Ref": seed.LogicalID + attribute}, schema[property]); diff != "" {
			t.Errorf("Schema, %s (-want +got):\n%s", property, diff)
		}
	}
	if len(seed.Schedules) != 1 {
		t.Errorf("seed_admin has the schedules %q, want one", seed.Schedules)
	}
}

func TestRotateKeysRunsAsOftenAsTheRingNeeds(t *testing.T) {
	t.Parallel()
	got := readTemplate(t).Function("rotate_keys").Schedules
	if diff := cmp.Diff([]string{"rate(1 hour)"}, got); diff != "" || keyring.RunInterval != time.Hour {
		t.Errorf("keyring.RunInterval is %v; schedules (-want +got):\n%s", keyring.RunInterval, diff)
	}
}

func TestNoRouteIsAUsername(t *testing.T) {
	t.Parallel()
	for _, route := range readTemplate(t).Routes() {
		rest, below := strings.CutPrefix(route.Path, "/api/user/")
		name, _, _ := strings.Cut(rest, "/")
		if below && !strings.HasPrefix(name, "{") && !user.Reserved(name) {
			t.Errorf("%q of %s can be a username; reserve it in shared/user", name, route)
		}
	}
}

func TestOnlyNotFoundTakesWhatNoRouteTakes(t *testing.T) {
	t.Parallel()
	var found []string
	for _, f := range readTemplate(t).Functions {
		for _, route := range f.Routes {
			if route.Path == sam.DefaultPath || route.Method == "ANY" {
				found = append(found, f.Folder)
			}
		}
	}
	if diff := cmp.Diff([]string{"not_found"}, found); diff != "" {
		t.Errorf("functions with a route for any path or method (-want +got):\n%s", diff)
	}
}

func properties(t *sam.Template, logicalID string) map[string]any {
	p, _ := t.Resource(logicalID)["Properties"].(map[string]any)
	return p
}

// accessLogVariables are those that the access log may have. Path, query and
// headers are not among them, because they name accounts and hold tokens.
var accessLogVariables = []string{
	"$context.requestId", "$context.requestTime", "$context.identity.sourceIp", "$context.routeKey", "$context.status",
	"$context.responseLength", "$context.responseLatency", "$context.integrationLatency", "$context.integrationStatus",
	"$context.integration.requestId", "$context.error.message", "$context.integrationErrorMessage",
}

func TestLogs(t *testing.T) {
	t.Parallel()
	template := readTemplate(t)
	settings, _ := properties(template, "Api")["AccessLogSettings"].(map[string]any)
	format, _ := settings["Format"].(string)
	var line map[string]string
	if err := json.Unmarshal([]byte(format), &line); err != nil {
		t.Fatalf("the access log's format is not JSON: %v", err)
	}
	for name, variable := range line {
		if !slices.Contains(accessLogVariables, variable) {
			t.Errorf("the access log has %s as %s", variable, name)
		}
	}
	for id, resource := range resources(template, "AWS::Logs::LogGroup") {
		if diff := cmp.Diff(map[string]any{"Ref": "LogRetentionDays"}, resource["RetentionInDays"]); diff != "" {
			t.Errorf("%s keeps its lines for ever (-want +got):\n%s", id, diff)
		}
	}
}

// resources returns the properties of all resources of a type.
func resources(t *sam.Template, kind string) map[string]map[string]any {
	found := map[string]map[string]any{}
	for id := range t.Document["Resources"].(map[string]any) {
		if t.Resource(id)["Type"] == kind {
			found[id] = properties(t, id)
		}
	}
	return found
}
