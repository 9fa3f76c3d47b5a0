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
	"secretsmanager:GetSecretValue":           "to read the one secret",
	"secretsmanager:PutSecretValue":           "to rotate the keys in it",
	"secretsmanager:UpdateSecretVersionStage": "to make that the current version",
	"kms:Decrypt":         "for a secret under a key of the operator's, and for wrapped keys in it",
	"kms:Encrypt":         "to wrap the keys in it",
	"kms:GenerateDataKey": "to write a secret under a key of the operator's",
	"ses:SendEmail":       "to send mail",
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
	"key/*":               "kms:ViaService and the secret's ARN as encryption context",
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
		_, after, _ := strings.Cut(text, "${AWS::AccountId}:")
		if after = strings.TrimSuffix(after, `"}`); strings.Contains(text, "*") && wildcards[after] == "" {
			t.Errorf("%s may %s on %s, which is too wide", who, s.Actions, text)
		}
	}
}

func TestTheSecretIsForThoseWhoKnowIt(t *testing.T) {
	t.Parallel()
	template := readTemplate(t)
	arn := map[string]any{"Fn::If": []any{"MakesSecret", ref("Secret"), ref("ExistingSecretArn")}}
	for _, f := range template.Functions {
		_, given := f.Environment["SECRET_ARN"]
		granted := grants(f, "secretsmanager:GetSecretValue")
		if given != (len(granted) == 1) {
			t.Errorf("%s has SECRET_ARN: %v; statements that let it read the secret: %d", f.Folder, given, len(granted))
		}
		for _, s := range granted {
			if diff := cmp.Diff([]any{arn}, s.Resources); diff != "" {
				t.Errorf("%s may read other secrets (-want +got):\n%s", f.Folder, diff)
			}
		}
		for _, s := range grants(f, "kms:Decrypt") {
			if cmp.Equal(s.Resources, []any{ref("JwtKmsKeyArn")}) {
				continue // TestKeysAreForThoseWhoSign
			}
			want := map[string]any{"StringEquals": map[string]any{
				"kms:ViaService":                  map[string]any{"Fn::Sub": "secretsmanager.${AWS::Region}.${AWS::URLSuffix}"},
				"kms:EncryptionContext:SecretARN": arn,
			}}
			if diff := cmp.Diff(want, s.Conditions); diff != "" {
				t.Errorf("%s may decrypt more than its secret (-want +got):\n%s", f.Folder, diff)
			}
		}
	}
}

// Only functions that sign may unwrap private keys, and only those of the one
// secret. Only the rotation of keys may write the secret.
func TestKeysAreForThoseWhoSign(t *testing.T) {
	t.Parallel()
	signs, rotates := withPolicy(t, "SignTokens"), withPolicy(t, "ChangeSecret")
	arn := map[string]any{"Fn::If": []any{"MakesSecret", ref("Secret"), ref("ExistingSecretArn")}}
	may := map[string][]string{}
	for _, f := range readTemplate(t).Functions {
		for _, s := range statements(f) {
			if cmp.Equal(s.Resources, []any{ref("JwtKmsKeyArn")}) {
				want := map[string]any{"StringEquals": map[string]any{"kms:EncryptionContext:secret": arn}}
				if diff := cmp.Diff(want, s.Conditions); diff != "" {
					t.Errorf("%s may use the key for more than the secret (-want +got):\n%s", f.Folder, diff)
				}
				for _, action := range s.Actions {
					may[action] = append(may[action], f.Folder)
				}
				continue
			}
			for _, action := range s.Actions {
				if action != "kms:Decrypt" && action != "secretsmanager:GetSecretValue" && action != "ses:SendEmail" {
					may[action] = append(may[action], f.Folder)
				}
			}
		}
	}
	want := map[string][]string{
		"kms:Decrypt": signs, "kms:Encrypt": rotates, "kms:GenerateDataKey": rotates,
		"secretsmanager:PutSecretValue": rotates, "secretsmanager:UpdateSecretVersionStage": rotates,
	}
	for action := range may {
		slices.Sort(may[action])
	}
	if diff := cmp.Diff(want, may); diff != "" {
		t.Errorf("the functions that may use each action (-want +got):\n%s", diff)
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

func TestTheSecretOutlivesTheStack(t *testing.T) {
	t.Parallel()
	template := readTemplate(t)
	for _, policy := range []string{"DeletionPolicy", "UpdateReplacePolicy"} {
		if got := template.Resource("Secret")[policy]; got != "Retain" {
			t.Errorf("the secret's %s is %v", policy, got)
		}
	}
	users := 0
	for name := range template.Document["Resources"].(map[string]any) {
		if strings.Contains(write(t, template.Resource(name)), "DatabaseUrl") {
			users++
		}
	}
	if users != 1 {
		t.Errorf("%d resources use DatabaseUrl, want only the secret", users)
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
