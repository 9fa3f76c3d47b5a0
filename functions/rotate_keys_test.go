package functions_test

import (
	"crypto/rand"
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"roster/localdev/awstest"
	"roster/localdev/postgrestest"
	"roster/shared/aws/secrets"
	"roster/shared/credential/keyring"
)

const kmsKey = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"

// rotate invokes the function and returns what it did.
func (v *service) rotate(event string) []string {
	v.t.Helper()
	answer, err := v.functions["rotate_keys"].Invoke(v.t.Context(), []byte(event))
	if err != nil {
		v.t.Fatalf("%v\n%s", err, v.log)
	}
	var report struct{ Did []string }
	if err := json.Unmarshal(answer, &report); err != nil {
		v.t.Fatalf("%v: %s", err, answer)
	}
	v.nothingSecretIn(string(answer))
	return report.Did
}

// ring returns the key ring in the secret, and its JSON.
func (v *service) ring() (*keyring.Ring, string) {
	v.t.Helper()
	values, err := secrets.ParseMembers(v.aws.Secret(keysARN))
	if err != nil {
		v.t.Fatal(err)
	}
	r, err := keyring.Parse(values["JWT_KEYS"])
	if err != nil {
		v.t.Fatal(err)
	}
	return r, values["JWT_KEYS"]
}

// restart starts functions again, as Lambda may at any time. They read the secret
// at once, instead of five minutes after they read it last.
func (v *service) restart(over map[string]string, folders ...string) {
	v.t.Helper()
	for _, folder := range folders {
		v.functions[folder].Close()
		v.functions[folder] = v.start(*readTemplate(v.t).Function(folder), over)
	}
}

func TestRotateKeys(t *testing.T) {
	t.Parallel()
	v := newService(t, postgrestest.URL(t), withoutRing(settings{}))
	before := v.aws.Secret(keysARN)
	if did := v.rotate(scheduled); len(did) > 0 {
		t.Errorf("while a shared secret signs, a run did %v", did)
	}
	if did := v.rotate(`{"start":true}`); len(did) != 1 || !strings.HasPrefix(did[0], "published ") {
		t.Errorf("the first run did %v", did)
	}
	if did := v.rotate(scheduled); len(did) > 0 {
		t.Errorf("the second run did %v", did)
	}
	ring, text := v.ring()
	if want := strings.TrimSuffix(before, "}") + `,"JWT_KEYS":` + text + "}"; v.aws.Secret(keysARN) != want {
		t.Errorf("other members were changed: %s", v.aws.Secret(keysARN))
	}
	v.restart(nil, "jwks", "login", "get_user")
	if got := v.call("GET", "/.well-known/jwks.json", "", "", 200); !strings.Contains(got, ring.Keys[0].ID) {
		t.Errorf("the next key is not published: %s", got)
	}
	v.call("POST", "/api/user/register", "", account, 201)
	old := v.login(credentials) // the next key does not sign yet
	v.call("GET", "/api/user/user1", old, "", 200)
	if alg := algorithm(t, old); alg != "HS256" {
		t.Errorf("signed with %s", alg)
	}

	if did := v.rotate(`{"replace_all":true}`); len(did) != 2 {
		t.Errorf("replacing all did %v", did)
	}
	v.restart(nil, "jwks", "login", "get_user")
	access := v.login(credentials)
	if alg := algorithm(t, access); alg != "ES256" {
		t.Errorf("signed with %s", alg)
	}
	v.call("GET", "/api/user/user1", access, "", 200)
	v.call("GET", "/api/user/user1", old, "", 401)
	for _, line := range []string{
		`"message":"audit","action":"key_published","kid":"` + ring.Keys[0].ID, `"action":"key_signs"`, `"action":"key_removed"`,
	} {
		if !strings.Contains(v.log.String(), line) {
			t.Errorf("the log has no %s", line)
		}
	}
	_, text = v.ring()
	var doc struct{ Keys []struct{ Private string } }
	if err := json.Unmarshal([]byte(text), &doc); err != nil || doc.Keys[0].Private == "" {
		t.Fatalf("%v: %s", err, text)
	}
	v.nothingSecretIn(v.log.String(), doc.Keys[0].Private, access, old)
	v.logsAsLambdaDoes()
}

// Somebody has removed the ring, or the schedule came before the first step of the
// first deployment. Functions that only verify cannot start without a key that
// signs, so they get one from the next run.
func TestAScheduledRunMakesTheFirstKey(t *testing.T) {
	t.Parallel()
	v := newService(t, "postgres://roster@127.0.0.1:1/roster", secret("JWT_KEYS", ""))
	if did := v.rotate(scheduled); len(did) != 1 || !strings.HasPrefix(did[0], "signs ") {
		t.Errorf("the run did %v", did)
	}
	if v.public("JWT_PUBLIC_KEYS") == "" {
		t.Error("those who verify do not have the key")
	}
}

func algorithm(t *testing.T, raw string) string {
	t.Helper()
	var header struct{ Alg string }
	if !decodeSegment(strings.Split(raw, ".")[0], &header) {
		t.Fatalf("%s is not a JWT", raw)
	}
	return header.Alg
}

// With JWT_KMS_KEY, login asks KMS once, and a function that only verifies never
// does.
func TestWrappedKeysAsDeployed(t *testing.T) {
	t.Parallel()
	v := newService(t, postgrestest.URL(t), variable("JWT_KMS_KEY", kmsKey))
	v.aws.AddKey(kmsKey)
	v.rotate(`{"replace_all":true}`)
	if _, text := v.ring(); strings.Contains(text, `"private"`) || !strings.Contains(text, `"wrapped"`) {
		t.Fatalf("the ring is %s", text)
	}
	v.restart(nil, "login", "refresh", "get_user", "jwks", "register")
	v.call("POST", "/api/user/register", "", account, 201)
	v.aws.Fail(awstest.Decrypt, awstest.Times(3, awstest.ServerError)...)
	if w := v.send("POST", "/api/user/login", "", credentials); w.Code != 503 || w.Header().Get("Retry-After") == "" {
		t.Errorf("in an outage of KMS login answers %d: %s", w.Code, w.Body)
	}
	calls := v.aws.Calls(awstest.Decrypt)
	access := v.login(credentials)
	v.login(credentials)
	v.call("GET", "/api/user/user1", access, "", 200)
	if n := v.aws.Calls(awstest.Decrypt) - calls; n != 1 {
		t.Errorf("%d calls to KMS, want 1", n)
	}
	v.nothingSecretIn(v.log.String(), access)
}

// The keys are not rotated while Secrets Manager rotates something in their secret.
func TestRotateKeysWaitsForAnotherRotation(t *testing.T) {
	t.Parallel()
	v := newService(t, "postgres://roster@127.0.0.1:1/roster", settings{})
	v.label(keysARN, "AWSPENDING")
	_, err := v.functions["rotate_keys"].Invoke(t.Context(), []byte(`{"start":true}`))
	if err == nil || !strings.Contains(err.Error(), "a rotation of the secret by Secrets Manager is not finished") {
		t.Errorf("%v", err)
	}
	if !strings.Contains(v.log.String(), "the keys were not rotated") {
		t.Errorf("the log does not say so:\n%s", v.log)
	}
}

// label writes the secret's text as a new version with these labels. With
// AWSPENDING alone it is how Secrets Manager's own rotation begins.
func (v *service) label(arn string, labels ...string) {
	v.t.Helper()
	text, token := v.aws.Secret(arn), rand.Text()+rand.Text()
	_, err := secretsmanager.NewFromConfig(v.aws.Config()).PutSecretValue(v.t.Context(), &secretsmanager.PutSecretValueInput{
		SecretId: &arn, SecretString: &text, ClientRequestToken: &token, VersionStages: labels,
	})
	if err != nil {
		v.t.Fatal(err)
	}
}
