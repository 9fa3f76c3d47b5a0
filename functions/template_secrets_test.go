package functions_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roster/shared/aws/sam"
)

// A function may read the secrets that its variables name, and no others.
func TestASecretIsForThoseWhoKnowIt(t *testing.T) {
	t.Parallel()
	readers := map[string][]string{}
	for _, f := range readTemplate(t).Functions {
		var named, readable []string
		variables := f.Properties["Environment"]
		for _, variable := range secretVariables() {
			value := variableOf(variables, variable)
			if value == nil {
				continue
			}
			if cmp.Equal(value, any(ref("PublicSecret"))) {
				variable = "PUBLIC_SECRET_ARN"
			}
			named = append(named, variable)
			readers[variable] = append(readers[variable], f.Folder)
		}
		for _, s := range grants(f, "secretsmanager:GetSecretValue") {
			for _, resource := range s.Resources {
				readable = append(readable, variableOfSecret(t, resource))
			}
			if stages := write(t, s.Conditions); !strings.Contains(stages, `{"StringEquals":{"secretsmanager:VersionStage":`) {
				t.Errorf("%s may read old versions of a secret: %s", f.Folder, stages)
			}
		}
		slices.Sort(named)
		slices.Sort(readable)
		if diff := cmp.Diff(named, readable); diff != "" {
			t.Errorf("%s: the secrets that its variables name (-) and that it may read (+) differ:\n%s", f.Folder, diff)
		}
		checkDecryption(t, f)
	}
	for _, folder := range []string{"health", "jwks", "get_user", "delete_user", "list_users", "audit", "logout", "sessions", "export_user", "end_session", "authorizer"} {
		if slices.Contains(readers["KEYS_SECRET_ARN"], folder) {
			t.Errorf("%s verifies or less, and can read the keys that sign", folder)
		}
	}
	if diff := cmp.Diff([]string{"seed_admin"}, readers["MIGRATE_SECRET_ARN"]); diff != "" {
		t.Errorf("who reads the address of the tables' owner (-want +got):\n%s", diff)
	}
}

func variableOf(environment any, name string) any {
	e, _ := environment.(map[string]any)
	variables, _ := e["Variables"].(map[string]any)
	return variables[name]
}

// The forms in which template.yaml writes the ARN of each secret.
var (
	databaseSecret = map[string]any{"Fn::If": []any{"MakesSecret", ref("DatabaseSecret"), ref("ExistingSecretArn")}}
	keysSecret     = map[string]any{"Fn::If": []any{"OwnsKeys", ref("KeysSecretArn"), ref("KeysSecret")}}
	// Without an owner's address it is the database's secret once more.
	migrateSecret = map[string]any{"Fn::If": []any{"HasOwner", ref("MigrateSecretArn"), databaseSecret}}
)

// variableOfSecret returns the variable that names a secret.
func variableOfSecret(t *testing.T, arn any) string {
	t.Helper()
	switch {
	case cmp.Equal(arn, any(databaseSecret)):
		return "SECRET_ARN"
	case cmp.Equal(arn, any(keysSecret)):
		return "KEYS_SECRET_ARN"
	case cmp.Equal(arn, any(migrateSecret)):
		return "MIGRATE_SECRET_ARN"
	case cmp.Equal(arn, any(ref("SettingsSecret"))):
		return "SETTINGS_SECRET_ARN"
	case cmp.Equal(arn, any(ref("PublicSecret"))):
		return "PUBLIC_SECRET_ARN"
	}
	t.Errorf("%s is none of the secrets", write(t, arn))
	return ""
}

// checkDecryption fails the test if a function may decrypt more than the secrets
// that it may read.
func checkDecryption(t *testing.T, f sam.Function) {
	t.Helper()
	var readable, decryptable []any
	for _, s := range grants(f, "secretsmanager:GetSecretValue") {
		readable = append(readable, s.Resources...)
	}
	for _, s := range grants(f, "kms:Decrypt") {
		if cmp.Equal(s.Resources, []any{ref("JwtKmsKeyArn")}) {
			continue // TestKeysAreForThoseWhoSign
		}
		if isForImports(t, f, s) {
			continue
		}
		equals, _ := s.Conditions["StringEquals"].(map[string]any)
		if via := write(t, equals["kms:ViaService"]); via != `{"Fn::Sub":"secretsmanager.${AWS::Region}.${AWS::URLSuffix}"}` || len(equals) != 2 {
			t.Errorf("%s may decrypt elsewhere: %s", f.Folder, write(t, s.Conditions))
		}
		if list, several := equals["kms:EncryptionContext:SecretARN"].([]any); several {
			decryptable = append(decryptable, list...)
			continue
		}
		decryptable = append(decryptable, equals["kms:EncryptionContext:SecretARN"])
	}
	if diff := cmp.Diff(readable, decryptable); diff != "" {
		t.Errorf("%s: what it may read (-) and decrypt (+) differ:\n%s", f.Folder, diff)
	}
}

// isForImports reports whether the statement lets import_users decrypt what it reads
// from its bucket, and nothing else.
func isForImports(t *testing.T, f sam.Function, s sam.Statement) bool {
	t.Helper()
	want := map[string]any{
		"StringEquals": map[string]any{"kms:ViaService": map[string]any{"Fn::Sub": "s3.${AWS::Region}.${AWS::URLSuffix}"}},
		"StringLike":   map[string]any{"kms:EncryptionContext:aws:s3:arn": map[string]any{"Fn::Sub": "arn:${AWS::Partition}:s3:::${ImportBucket}*"}},
	}
	return f.Folder == "import_users" && cmp.Equal(want, s.Conditions)
}

// Files are for the function that imports them, and only where the operator has
// named a bucket.
func TestOnlyAnImportReadsFiles(t *testing.T) {
	t.Parallel()
	template := readTemplate(t)
	for _, f := range template.Functions {
		if n := len(grants(f, "s3:GetObject")); n != map[bool]int{true: 1}[f.Folder == "import_users"] {
			t.Errorf("%s has %d statements that let it read from S3", f.Folder, n)
		}
	}
	for _, id := range []string{"ReadImports", "FunctionBoundary"} {
		var conditional int
		for _, entry := range properties(template, id)["PolicyDocument"].(map[string]any)["Statement"].([]any) {
			choice, _ := entry.(map[string]any)["Fn::If"].([]any)
			if !strings.Contains(write(t, entry), "s3:GetObject") {
				continue
			}
			if len(choice) != 3 || choice[0] != "HasImportBucket" || !cmp.Equal(choice[2], any(ref("AWS::NoValue"))) {
				t.Errorf("%s lets a function read from S3 without ImportBucket", id)
			}
			conditional++
		}
		if conditional != 1 {
			t.Errorf("%s has %d statements about S3", id, conditional)
		}
	}
}

// Only functions that sign may unwrap private keys, and only those of the keys'
// secret. Only the rotation of keys may write a secret.
func TestKeysAreForThoseWhoSign(t *testing.T) {
	t.Parallel()
	signs, rotates := withPolicy(t, "SignTokens"), withPolicy(t, "ChangeKeys")
	may := map[string][]string{}
	for _, f := range readTemplate(t).Functions {
		for _, s := range statements(f) {
			if cmp.Equal(s.Resources, []any{ref("JwtKmsKeyArn")}) {
				want := map[string]any{"StringEquals": map[string]any{"kms:EncryptionContext:secret": keysSecret}}
				if diff := cmp.Diff(want, s.Conditions); diff != "" {
					t.Errorf("%s may use the key for more than the secret (-want +got):\n%s", f.Folder, diff)
				}
				for _, action := range s.Actions {
					may[action] = append(may[action], f.Folder)
				}
				continue
			}
			for _, action := range s.Actions {
				if !slices.Contains([]string{"kms:Decrypt", "secretsmanager:GetSecretValue", "ses:SendEmail", "rds-db:connect"}, action) {
					may[action] = append(may[action], f.Folder)
				}
			}
		}
	}
	want := map[string][]string{
		"kms:Decrypt": signs, "kms:Encrypt": rotates, "kms:GenerateDataKey": rotates, "s3:GetObject": {"import_users"},
		"secretsmanager:PutSecretValue": rotates, "secretsmanager:UpdateSecretVersionStage": rotates,
	}
	for action := range may {
		slices.Sort(may[action])
	}
	if diff := cmp.Diff(want, may); diff != "" {
		t.Errorf("the functions that may use each action (-want +got):\n%s", diff)
	}
}

// But a first deployment that fails leaves none behind: nobody has used them, and
// each has its price.
func TestTheSecretsOutliveTheStack(t *testing.T) {
	t.Parallel()
	template := readTemplate(t)
	var users []string
	for name := range template.Document["Resources"].(map[string]any) {
		resource := template.Resource(name)
		if text := write(t, resource); strings.Contains(text, "${DatabaseUrl}") || strings.Contains(text, `"DatabaseUrl"`) {
			users = append(users, name)
		}
		if resource["Type"] != "AWS::SecretsManager::Secret" {
			continue
		}
		for _, policy := range []string{"DeletionPolicy", "UpdateReplacePolicy"} {
			want := map[string]string{"DeletionPolicy": "RetainExceptOnCreate", "UpdateReplacePolicy": "Retain"}[policy]
			if got := resource[policy]; got != want {
				t.Errorf("the %s of %s is %v, want %s", policy, name, got, want)
			}
		}
	}
	if diff := cmp.Diff([]string{"DatabaseSecret"}, users); diff != "" {
		t.Errorf("the resources that hold the database's address (-want +got):\n%s", diff)
	}
}

// A parameter must never reach the keys' secret: an update that writes it again
// makes a new key, and locks every account out whose password is hashed with a
// salt that was there. .ci/translations.py changes each parameter in turn and
// compares the secret in SAM's own translation; this test needs only Go.
func TestNoParameterReachesTheKeys(t *testing.T) {
	t.Parallel()
	template := readTemplate(t)
	for _, secret := range []string{"KeysSecret", "PublicSecret", "SettingsSecret"} {
		resource := template.Resource(secret)
		if resource["Condition"] != nil || resource["DependsOn"] != nil {
			t.Errorf("%s is not there in every stack: %s", secret, write(t, resource))
		}
		for _, name := range names(t, resource) {
			if name != "AWS::StackName" {
				t.Errorf("%s depends on %s", secret, name)
			}
		}
	}
}

// What CloudFormation leaves when the stack is deleted must be no surprise: the
// document lists it, and how to remove it.
func TestWhatStaysIsListed(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/operate.md")
	if err != nil {
		t.Fatal(err)
	}
	template := readTemplate(t)
	stays := 0
	for name := range template.Document["Resources"].(map[string]any) {
		resource := template.Resource(name)
		policy, _ := resource["DeletionPolicy"].(string)
		kind, _ := resource["Type"].(string)
		if !strings.HasPrefix(policy, "Retain") || strings.HasPrefix(kind, "Custom::") { // a step of a deployment is nothing that stays
			continue
		}
		stays++
		if !strings.Contains(string(page), "\n| `"+name+"` |") {
			t.Errorf("%s stays when the stack is deleted; docs/operate.md does not list it under Uninstall", name)
		}
	}
	if rows := strings.Count(string(page), "\n| `") - strings.Count(string(page), "Alarm` |"); stays == 0 || rows < stays {
		t.Errorf("%d resources stay, and %d rows list them", stays, rows)
	}
}
