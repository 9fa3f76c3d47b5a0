package functions_test

import (
	"crypto/rand"
	"encoding/json"
	"strings"
	"testing"

	"roster/localdev/postgrestest"
	"roster/shared/aws/sam"
)

// oneSecretARN is the secret of a stack from before there were four.
const oneSecretARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:roster-AbCdEf"

// startAll starts every function again, with these variables over those of the
// template.
func (v *service) startAll(variables func(f sam.Function) map[string]string) {
	v.t.Helper()
	for _, f := range readTemplate(v.t).Functions {
		v.functions[f.Folder].Close()
		v.functions[f.Folder] = v.start(f, variables(f))
	}
}

// The way in docs/secrets.md from a stack with one secret: sessions, mailed links,
// passwords and even access tokens go on. The old stack may be so new that no key
// of its ring signs yet.
func TestAStackWithOneSecretGoesOn(t *testing.T) {
	t.Parallel()
	v, s := newService(t, postgrestest.URL(t), secret("JWT_KEYS", "")), newStack(t)
	members := map[string]string{
		"DATABASE_URL": v.secret["DATABASE_URL"], "ROOT_KEY": rand.Text() + rand.Text(), "SECURITY_PASSWORD_SALT": rand.Text() + rand.Text(),
		"JWT_AUDIENCE": "https://api.example.com", // a setting that signers and verifiers must both find
	}
	text, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	v.aws.SetSecret(oneSecretARN, string(text))
	v.aws.SetSecret(publicARN, "{}")
	v.aws.SetSecret(settingsARN, "{}")
	v.startAll(func(sam.Function) map[string]string {
		return map[string]string{
			"SECRET_ARN": oneSecretARN, "MIGRATE_SECRET_ARN": "", "SETTINGS_SECRET_ARN": "", "PUBLIC_SECRET_ARN": "", "KEYS_SECRET_ARN": "",
		}
	})
	v.rotate(scheduled) // publishes a key that does not sign yet
	v.call("POST", "/api/user/register", "", account, 201)
	before := v.call("POST", "/api/user/login", "", credentials, 200)
	access, refresh := memberOf(t, before, "access_token"), memberOf(t, before, "refresh_token")
	v.call("POST", "/api/user/forget_password", "", `{"username":"user1","email":"user1@example.com"}`, 200)
	link := v.mailedToken()

	v.startAll(func(f sam.Function) map[string]string {
		over := map[string]string{"SECRET_ARN": oneSecretARN, "MIGRATE_SECRET_ARN": oneSecretARN}
		if f.Environment["KEYS_SECRET_ARN"].Intrinsic && keysOf(t, f) == keysARN {
			over["KEYS_SECRET_ARN"] = oneSecretARN
		}
		return over
	})
	for _, resource := range []string{"SigningKeys", "ApiAddress"} {
		if answer, _ := s.step(t, v, "rotate_keys", resource, "Create", `,"Url":"`+apiAddress+`"`); answer.Status != "SUCCESS" {
			t.Fatalf("%s: %+v", resource, answer)
		}
	}
	v.call("GET", "/api/user/me", access, "", 200)
	after := v.call("POST", "/api/user/refresh", "", `{"refresh_token":"`+refresh+`"}`, 200)
	access = memberOf(t, after, "access_token")
	if alg := algorithm(t, access); alg != "ES256" {
		t.Errorf("the first token after the deployment is signed with %s", alg)
	}
	v.call("GET", "/api/user/me", access, "", 200)
	if set := v.call("GET", "/.well-known/jwks.json", "", "", 200); !strings.Contains(set, `"kid"`) {
		t.Errorf("no key is published: %s", set)
	}
	v.login(credentials)
	v.call("POST", "/api/user/reset_password", "", `{"token":"`+link+`","new_password":"staple horse battery"}`, 200)
}

func memberOf(t *testing.T, object, name string) string {
	t.Helper()
	var members map[string]any
	if err := json.Unmarshal([]byte(object), &members); err != nil {
		t.Fatal(err)
	}
	text, _ := members[name].(string)
	return text
}
