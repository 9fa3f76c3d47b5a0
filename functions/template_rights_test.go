package functions_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roster/shared/aws/sam"
)

// actions are the IAM actions that the template may grant, and why. The list
// catches a misspelled action, too: IAM accepts ses:SendEmial and grants nothing.
var actions = map[string]string{
	"secretsmanager:GetSecretValue":           "to read a secret",
	"secretsmanager:PutSecretValue":           "to rotate the keys",
	"secretsmanager:UpdateSecretVersionStage": "to make that the current version",
	"kms:Decrypt":         "for a secret under a key of the operator's, and for wrapped keys",
	"kms:Encrypt":         "to wrap the keys",
	"kms:GenerateDataKey": "to write a secret under a key of the operator's",
	"ses:SendEmail":       "to send mail",
	"s3:GetObject":        "to read a file of accounts",
	"rds-db:connect":      "to log in to the database with a token",
}

// actionsOfSAM are the actions that the boundary allows for the policies that SAM
// adds to each function by itself.
var actionsOfSAM = []string{
	"logs:CreateLogStream", "logs:PutLogEvents",
	"ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface",
	"ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses",
}

// wildcards are the resources with a star that may be granted, and the condition
// that narrows each.
var wildcards = map[string]string{
	"identity/*":          "ses:FromAddress; the identity may be the address or its domain",
	"configuration-set/*": "ses:FromAddress; an identity may have a default set",
	"key/*":               "kms:ViaService and the secret's or the bucket's ARN as encryption context",
	"${ImportBucket}/*":   "the operator gives the bucket; without one the statement is left out",
}

func TestRights(t *testing.T) {
	t.Parallel()
	for _, f := range readTemplate(t).Functions {
		for _, s := range statements(f) {
			checkStatement(t, f.Folder, s, slices.Collect(maps.Keys(actions)))
		}
	}
}

func TestTheBoundaryHoldsAllRightsAndNoMore(t *testing.T) {
	t.Parallel()
	template := readTemplate(t)
	document, _ := properties(template, "FunctionBoundary")["PolicyDocument"].(map[string]any)
	boundary, err := sam.Statements(document)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range boundary {
		got = append(got, s.Actions...)
		if strings.HasPrefix(s.Actions[0], "ec2:") {
			continue // EC2 knows no narrower resource than * for most of these
		}
		checkStatement(t, "the boundary", s, append(slices.Collect(maps.Keys(actions)), actionsOfSAM...))
	}
	slices.Sort(got)
	got = slices.Compact(got)
	want := slices.Sorted(maps.Keys(actions))
	want = append(want, actionsOfSAM...)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("actions of the boundary (-want +got):\n%s", diff)
	}
}

func checkStatement(t *testing.T, who string, s sam.Statement, allowed []string) {
	t.Helper()
	if s.Effect != "Allow" {
		t.Errorf("%s has a statement with the effect %q", who, s.Effect)
	}
	for _, action := range s.Actions {
		if !slices.Contains(allowed, action) {
			t.Errorf("%s may %s, which is not in actions (is it misspelled?)", who, action)
		}
	}
	for _, resource := range s.Resources {
		text := write(t, resource)
		_, after, found := strings.Cut(text, "${AWS::AccountId}:")
		if !found { // a bucket is of no account
			_, after, _ = strings.Cut(text, ":::")
		}
		if after = strings.TrimSuffix(after, `"}`); strings.Contains(text, "*") && wildcards[after] == "" {
			t.Errorf("%s may %s on %s, which is too wide", who, s.Actions, text)
		}
	}
}

// With DatabaseResourceId, each function with a database may log in to that one as
// roster_functions. Only the migration may log in as the tables' owner. Without it
// nobody may log in by a token.
func TestWhoMayLogInToTheDatabaseAsWhom(t *testing.T) {
	t.Parallel()
	template := readTemplate(t)
	user := func(name string) any {
		return map[string]any{"Fn::Sub": "arn:${AWS::Partition}:rds-db:${AWS::Region}:${AWS::AccountId}:dbuser:${DatabaseResourceId}/" + name}
	}
	functions, owner := user("roster_functions"), user("roster_owner")
	for _, f := range template.Functions {
		var want, got []any
		if mains(t)[f.Folder].has("env.Postgres") {
			want = append(want, functions)
		}
		if mains(t)[f.Folder].has("env.Migrator") {
			want = append(want, owner)
		}
		for _, s := range grants(f, "rds-db:connect") {
			got = append(got, s.Resources...)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s may log in as (-want +got):\n%s", f.Folder, diff)
		}
	}
	for id, want := range map[string][]any{"ReadDatabase": {functions}, "ReadMigrate": {owner}, "FunctionBoundary": {functions, owner}} {
		document := properties(template, id)["PolicyDocument"].(map[string]any)
		var found []any
		for _, entry := range document["Statement"].([]any) {
			choice, _ := entry.(map[string]any)["Fn::If"].([]any)
			if strings.Contains(write(t, entry), "rds-db:connect") && len(choice) == 3 && choice[0] == "UsesIam" && cmp.Equal(choice[2], any(ref("AWS::NoValue"))) {
				found = append(found, asList(choice[1].(map[string]any)["Resource"])...)
			}
		}
		if diff := cmp.Diff(want, found); diff != "" {
			t.Errorf("%s, users under the condition UsesIam (-want +got):\n%s", id, diff)
		}
	}
	condition := template.Document["Conditions"].(map[string]any)["UsesIam"]
	given := map[string]any{"Fn::Not": []any{map[string]any{"Fn::Equals": []any{ref("DatabaseResourceId"), ""}}}}
	if diff := cmp.Diff(any(given), condition); diff != "" {
		t.Errorf("the condition UsesIam (-want +got):\n%s", diff)
	}
}

func TestMailIsForThoseWhoSend(t *testing.T) {
	t.Parallel()
	want := map[string]any{"StringEquals": map[string]any{"ses:FromAddress": ref("MailFrom")}}
	for _, f := range readTemplate(t).Functions {
		_, given := f.Environment["MAIL_FROM"]
		granted := grants(f, "ses:SendEmail")
		if given != (len(granted) == 1) {
			t.Errorf("%s has MAIL_FROM: %v; statements that let it send mail: %d", f.Folder, given, len(granted))
		}
		for _, s := range granted {
			if diff := cmp.Diff(want, s.Conditions); diff != "" {
				t.Errorf("%s may send from other addresses (-want +got):\n%s", f.Folder, diff)
			}
		}
	}
}

func statements(f sam.Function) []sam.Statement {
	var all []sam.Statement
	for _, policy := range f.Policies {
		all = append(all, policy.Statements...)
	}
	return all
}

func grants(f sam.Function, action string) []sam.Statement {
	var granted []sam.Statement
	for _, s := range statements(f) {
		if slices.Contains(s.Actions, action) {
			granted = append(granted, s)
		}
	}
	return granted
}

func ref(name string) map[string]any { return map[string]any{"Ref": name} }

func write(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
