package functions_test

import (
	"strings"
	"testing"

	"roster/localdev/awstest"
	"roster/localdev/postgrestest"
	"roster/shared/aws/secrets"
	"roster/shared/credential/keyring"
)

const apiAddress = "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com"

// newStackWithoutDomain is a stack as CloudFormation has just made it: PublicUrl is
// empty, the keys' secret has a new root key and the settings' secret is empty.
func newStackWithoutDomain(t *testing.T) *service {
	t.Helper()
	return newService(t, postgrestest.Empty(t), settings{
		secret: map[string]string{"JWT_KEYS": ""}, variables: map[string]string{"PUBLIC_URL": ""},
	})
}

// One deployment is enough: its steps run in the order of template.yaml, and after
// them the administrator can set a password and log in.
func TestOneDeploymentIsEnough(t *testing.T) {
	t.Parallel()
	v, s := newStackWithoutDomain(t), newStack(t)
	step := func(function, resource, properties string) {
		t.Helper()
		answer, _ := s.step(t, v, function, resource, "Create", properties)
		if answer.Status != "SUCCESS" || answer.LogicalResourceID != resource || answer.PhysicalResourceID != "roster-"+strings.ToLower(resource) {
			t.Fatalf("%s: %+v\n%s", resource, answer, v.log)
		}
	}
	step("rotate_keys", "SigningKeys", "")
	ring, _ := v.ring()
	if key, signs := ring.Current(); !signs || v.public("JWT_PUBLIC_KEYS") == "" {
		t.Errorf("no key signs: %v, %v", key, ring)
	}
	if want := auditKeyOf(v.secret["ROOT_KEY"]); v.public("AUDIT_KEY") != want {
		t.Error("the functions that only verify have another key of the audit log")
	}
	step("seed_admin", "Schema", "")
	step("rotate_keys", "ApiAddress", `,"Url":"`+apiAddress+`"`)
	for _, arn := range []string{publicARN, keysARN} { // each function reads one of the two
		if !strings.Contains(v.aws.Secret(arn), `"API_URL":"`+apiAddress+`"`) {
			t.Errorf("%s has no address", arn)
		}
	}
	step("seed_admin", "Administrator", "")

	mails := v.aws.Mails()
	if len(mails) != 1 || !strings.Contains(mails[0].Text, apiAddress+"/reset_password?token=") {
		t.Fatalf("mails: %+v, want one with a link to the API's own address", mails)
	}
	_, after, _ := strings.Cut(mails[0].Text, "/reset_password?token=")
	token := strings.Fields(after)[0]
	v.call("POST", "/api/user/reset_password", "", `{"token":"`+token+`","new_password":"correct horse battery"}`, 200)
	access := v.login(`{"username":"admin","password":"correct horse battery"}`)
	if alg := algorithm(t, access); alg != "ES256" {
		t.Errorf("the first token is signed with %s", alg)
	}
	v.call("GET", "/api/user/me", access, "", 200) // by a function that cannot read the keys that sign
	if got := v.call("GET", "/.well-known/openid-configuration", "", "", 200); !strings.Contains(got, `"issuer":"`+apiAddress+`"`) {
		t.Errorf("the issuer is another: %s", got)
	}
}

// The steps run again with each release, and change nothing then.
func TestTheNextDeploymentKeepsTheKeys(t *testing.T) {
	t.Parallel()
	v, s := newStackWithoutDomain(t), newStack(t)
	all := func(requestType string) {
		t.Helper()
		for _, resource := range []string{"SigningKeys", "ApiAddress"} {
			if answer, _ := s.step(t, v, "rotate_keys", resource, requestType, `,"Url":"`+apiAddress+`"`); answer.Status != "SUCCESS" {
				t.Fatalf("%s: %+v", resource, answer)
			}
		}
	}
	all("Create")
	keys, public, writes := v.aws.Secret(keysARN), v.aws.Secret(publicARN), v.aws.Calls(awstest.PutSecretValue)
	all("Update")
	if v.aws.Secret(keysARN) != keys || v.aws.Secret(publicARN) != public || v.aws.Calls(awstest.PutSecretValue) != writes {
		t.Error("the next deployment has changed a secret")
	}
	all("Delete")
	if v.aws.Secret(keysARN) != keys {
		t.Error("the deletion of the stack has changed the keys")
	}
}

// A bad setting is found by the first steps, before the API is changed, and not by
// the last one.
func TestTheSchemaStepChecksEverySetting(t *testing.T) {
	t.Parallel()
	v, s := newService(t, postgrestest.Empty(t), variable("PUBLIC_URL", "", "MAIL_FROM", "Roster", "ADMIN_EMAIL", "")), newStack(t)
	answer, _ := s.send(t, v, "Create")
	if answer.Status != "FAILED" || !strings.Contains(answer.Reason, "ADMIN_EMAIL is missing; MAIL_FROM") || strings.Contains(answer.Reason, "PUBLIC_URL") {
		t.Errorf("%+v", answer)
	}
	v = newService(t, postgrestest.Empty(t), variable("PUBLIC_URL", ""))
	if answer, _ := s.step(t, v, "seed_admin", "Administrator", "Create", ""); answer.Status != "FAILED" || !strings.Contains(answer.Reason, "PUBLIC_URL is missing") {
		t.Errorf("without any address: %+v", answer)
	}
}

// The copy for those who verify cannot be written when the next key is published.
// The key must not sign before they have had it as long as anyone may keep an old
// copy.
func TestAKeyThatNobodyKnowsDoesNotSign(t *testing.T) {
	t.Parallel()
	v := newService(t, "postgres://roster@127.0.0.1:1/roster", settings{})
	v.rotate(scheduled)
	before := v.public("JWT_PUBLIC_KEYS")
	v.label(publicARN, "AWSPENDING") // somebody else is changing it
	_, err := v.functions["rotate_keys"].Invoke(t.Context(), []byte(`{"start":true}`))
	if err == nil || !strings.Contains(err.Error(), "those who verify do not know it yet") || v.public("JWT_PUBLIC_KEYS") != before {
		t.Errorf("%v", err)
	}
	v.label(publicARN, "AWSPENDING", "AWSCURRENT")
	if did := v.rotate(scheduled); len(did) != 1 || !strings.HasPrefix(did[0], "published ") {
		t.Errorf("the next run did %v", did)
	}
	ring, _ := v.ring()
	public, err := keyring.ParsePublic(v.public("JWT_PUBLIC_KEYS"))
	if err != nil || len(public.Keys) != 2 || !public.Has(ring.Keys[1].ID) {
		t.Errorf("%v, %v", public, err)
	}
}

// public returns a member of the secret with the public keys.
func (v *service) public(name string) string {
	v.t.Helper()
	values, err := secrets.ParseMembers(v.aws.Secret(publicARN))
	if err != nil {
		v.t.Fatal(err)
	}
	return values[name]
}
