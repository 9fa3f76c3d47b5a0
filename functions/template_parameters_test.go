package functions_test

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roster/shared/aws/sam"
)

func parameter(t *testing.T, template *sam.Template, name string) map[string]any {
	t.Helper()
	p, ok := template.Document["Parameters"].(map[string]any)[name].(map[string]any)
	if !ok {
		t.Fatalf("there is no parameter %s", name)
	}
	return p
}

func TestParameterPatterns(t *testing.T) {
	t.Parallel()
	template := readTemplate(t)
	tests := map[string]struct{ good, bad []string }{
		"PublicUrl": {
			[]string{"", "https://a1.execute-api.eu-central-1.amazonaws.com", "https://a.example:8443"},
			[]string{"http://a.example", "https://a.example/", "https://A.example", "https://a.example?x", "https://localhost", "https://u@a.example"},
		},
		"CorsOrigins": {
			[]string{"", "https://a.example", "http://localhost:5173,https://b.example"},
			[]string{"*", "https://a.example/", "https://a.example, https://b.example", "null", "https://*.example", ","},
		},
		"DatabaseUrl": {
			[]string{
				"", "postgres://u:p%22%5C@db.example:5432/roster?sslmode=verify-full", "postgresql://u:$&'()[]@[::1]/d?sslmode=verify-full",
				"postgres://u@h/d?pool_max_conns=2&sslmode=verify-full&connect_timeout=3",
			},
			[]string{
				"mysql://u@h/d?sslmode=verify-full", `postgres://u:"@h/d?sslmode=verify-full`, `postgres://u:\@h/d?sslmode=verify-full`,
				"postgres://u: @h/d?sslmode=verify-full", "postgres://u:ü@h/d?sslmode=verify-full", "postgres://u:\n@h/d?sslmode=verify-full",
				"postgres://u@h/d", "postgres://u@h/d?sslmode=require", "postgres://u@h/d?sslmode=verify-fully", "postgres://u@h/d?x_sslmode=verify-full",
			},
		},
		"MigrateSecretArn": {
			[]string{"", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:roster/owner-AbCd12"},
			[]string{"roster", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:roster", "*"},
		},
		"KeysSecretArn": {
			[]string{"", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:roster/keys-AbCd12"},
			[]string{"roster", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:roster", "*"},
		},
		"ExistingSecretArn": {
			[]string{"", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:roster/prod-AbCd12"},
			[]string{"roster", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:*", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:roster", "*"},
		},
		"MailFrom": {
			[]string{"no-reply@example.com", "a+b@mail.example.co.uk"},
			[]string{"", "Roster <a@example.com>", "a@localhost", "a@example.com, b@example.com", "*@example.com", "${aws:username}@example.com"},
		},
		"AdminEmail": {[]string{"ops@example.com"}, []string{"", "ops", "ops@localhost"}},
		"JwtKmsKeyArn": {
			[]string{"", "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab", "arn:aws:kms:eu-central-1:123456789012:key/mrk-1234"},
			[]string{"alias/roster", "arn:aws:kms:eu-central-1:123456789012:alias/roster", "*", "arn:aws:kms:eu-central-1:123456789012:key/*"},
		},
		"DatabaseResourceId": {
			[]string{"", "cluster-ABCDEFGHIJKL01234", "db-ABCDEFGHIJKL01234", "prx-0123456789abcdef0"},
			[]string{"app", "app.cluster-c9akciq32.eu-central-1.rds.amazonaws.com", "cluster-*", "*", "arn:aws:rds-db:eu-central-1:1:dbuser:db-A"},
		},
		"AlarmTopicArn": {[]string{"", "arn:aws:sns:eu-central-1:123456789012:alarms"}, []string{"alarms", "arn:aws:sqs:eu-central-1:123456789012:alarms"}},
	}
	for name, test := range tests {
		p := parameter(t, template, name)
		pattern := regexp.MustCompile("^(?:" + p["AllowedPattern"].(string) + ")$") // CloudFormation matches the whole value
		for _, value := range test.good {
			if !pattern.MatchString(value) {
				t.Errorf("%s refuses %q", name, value)
			}
		}
		for _, value := range test.bad {
			if pattern.MatchString(value) {
				t.Errorf("%s takes %q", name, value)
			}
		}
		if p["ConstraintDescription"] == nil {
			t.Errorf("%s does not say what it takes", name)
		}
	}
}

func TestParametersAreDescribedAndGrouped(t *testing.T) {
	t.Parallel()
	template := readTemplate(t)
	metadata := template.Document["Metadata"].(map[string]any)["AWS::CloudFormation::Interface"].(map[string]any)
	var grouped []string
	for _, group := range metadata["ParameterGroups"].([]any) {
		for _, name := range group.(map[string]any)["Parameters"].([]any) {
			grouped = append(grouped, name.(string))
		}
	}
	slices.Sort(grouped)
	all := slices.Sorted(maps.Keys(template.Document["Parameters"].(map[string]any)))
	if diff := cmp.Diff(all, grouped); diff != "" {
		t.Errorf("parameters (-) and those in a group (+) differ:\n%s", diff)
	}
	for _, name := range all {
		if parameter(t, template, name)["Description"] == nil {
			t.Errorf("%s has no description", name)
		}
	}
	for _, name := range all {
		// sam deploy --guided takes no empty answer for a parameter that it hides.
		if hidden := parameter(t, template, name)["NoEcho"] == true; hidden != (name == "DatabaseUrl") {
			t.Errorf("%s is hidden: %v; only DatabaseUrl is, which always has a value", name, hidden)
		}
	}
}

// CloudFormation publishes a version when its description changes, and Lambda
// refuses a version in which nothing else has changed. So the description names
// exactly the parameters that the environment names. A secret of the stack keeps
// its ARN.
func TestVersionDescriptions(t *testing.T) {
	t.Parallel()
	template := readTemplate(t)
	isParameter := func(name string) bool {
		_, there := template.Document["Parameters"].(map[string]any)[name]
		return there
	}
	// parametersOf are those that decide a value, by conditions as well.
	parametersOf := func(value any) []string {
		all := names(t, value)
		for _, condition := range branching.FindAllStringSubmatch(write(t, value), -1) {
			all = append(all, names(t, template.Document["Conditions"].(map[string]any)[condition[1]])...)
		}
		slices.Sort(all)
		return slices.DeleteFunc(slices.Compact(all), func(name string) bool { return !isParameter(name) })
	}
	for _, f := range template.Functions {
		want, got := parametersOf(f.Properties["Environment"]), parametersOf(f.Properties["VersionDescription"])
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: the environment's parameters (-) and the description's (+) differ:\n%s", f.Folder, diff)
		}
	}
}

// branching finds the conditions of a value.
var branching = regexp.MustCompile(`"Fn::If":\["(\w+)"`)

var reference = regexp.MustCompile(`"Ref":"([A-Za-z:]+)"|\$\{([A-Za-z:.]+)\}`)

// names returns the parameters and resources that a value refers to.
func names(t *testing.T, value any) []string {
	t.Helper()
	found := map[string]bool{}
	for _, match := range reference.FindAllStringSubmatch(write(t, value), -1) {
		found[match[1]+match[2]] = true
	}
	delete(found, "AWS::NoValue")
	return slices.Sorted(maps.Keys(found))
}

// Lambda takes descriptions of at most 256 characters. The secrets are taken to be
// the stack's own.
func TestTheLongestVersionDescriptionFits(t *testing.T) {
	t.Parallel()
	template := readTemplate(t)
	longest := len("iam - - -")
	for _, name := range []string{"PublicUrl", "MailFrom", "AdminEmail"} {
		longest += 1 + parameter(t, template, name)["MaxLength"].(int)
	}
	if longest > 256 {
		t.Errorf("the description of seed_admin's version may have %d characters", longest)
	}
}

// sam deploy --guided asks for each parameter. Only these need an answer; any
// other one has a default that works. docs/deploy/guided.txt shows the questions.
func TestFewParametersNeedAnAnswer(t *testing.T) {
	t.Parallel()
	template := readTemplate(t)
	transcript, err := os.ReadFile("../docs/deploy/guided.txt")
	if err != nil {
		t.Fatal(err)
	}
	var needed, asked []string
	all := slices.Sorted(maps.Keys(template.Document["Parameters"].(map[string]any)))
	for _, name := range all {
		if _, has := parameter(t, template, name)["Default"]; !has {
			needed = append(needed, name)
		}
	}
	for _, match := range regexp.MustCompile(`(?m)^\tParameter (\w+)`).FindAllStringSubmatch(string(transcript), -1) {
		asked = append(asked, match[1])
	}
	slices.Sort(asked)
	if diff := cmp.Diff([]string{"AdminEmail", "MailFrom"}, needed); diff != "" { // and DatabaseUrl, by the rule OneSecret
		t.Errorf("parameters without a default (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(all, asked); diff != "" {
		t.Errorf("the template's parameters (-) and those in docs/deploy/guided.txt (+) differ; make it anew with sam deploy --guided:\n%s", diff)
	}
}
