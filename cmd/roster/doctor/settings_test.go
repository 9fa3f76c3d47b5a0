package doctor_test

import (
	"testing"

	"roster/cmd/roster/doctor"
	"roster/localdev/awstest"
	"roster/shared/boot"
)

func TestSettings(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		more  map[string]string
		check string
		want  doctor.Status
		says  string
	}{
		"all good":            {nil, "settings", doctor.OK, "all 5 that are set are usable"},
		"a short key":         {map[string]string{"ROOT_KEY": "canary"}, "settings: ROOT_KEY", doctor.Failed, "is too short: it must have at least 32 bytes"},
		"a placeholder":       {map[string]string{"ROOT_KEY": "changeme-0123456789-ABCDEF-abcdefgh"}, "settings: ROOT_KEY", doctor.Failed, "openssl rand -hex 32"},
		"a simple key":        {map[string]string{"SECRET_KEY": "ababababababababababababababababab"}, "settings: SECRET_KEY", doctor.Failed, "is too simple"},
		"another key":         {map[string]string{"AUDIT_KEY": "canary"}, "settings: AUDIT_KEY", doctor.Failed, "is too short"},
		"a weak salt":         {map[string]string{"SECURITY_PASSWORD_SALT": "canary"}, "settings: SECURITY_PASSWORD_SALT", doctor.Failed, "is too short"},
		"a bad number":        {map[string]string{"SESSION_MAX": "many"}, "settings: SESSION_MAX", doctor.Failed, "must be a whole number"},
		"a bad address":       {map[string]string{"PUBLIC_URL": "accounts"}, "settings: PUBLIC_URL", doctor.Failed, "must be an origin"},
		"a bad sender":        {map[string]string{"MAIL_FROM": "Roster"}, "settings: MAIL_SERVER", doctor.Failed, "MAIL_FROM is not an e-mail address"},
		"no admin's address":  {map[string]string{"ADMIN_EMAIL": ""}, "settings: ADMIN_EMAIL", doctor.NotChecked, "is missing -> set it here as the functions have it"},
		"no key":              {map[string]string{"ROOT_KEY": ""}, "settings: SECRET_KEY", doctor.NotChecked, "is missing"},
		"tokens in answers":   {map[string]string{"RESET_TOKEN_IN_RESPONSE": "true"}, "settings: RESET_TOKEN_IN_RESPONSE", doctor.Failed, "everybody gets the reset token"},
		"a weak mail setting": {map[string]string{"MAIL_SERVER": "mail.invalid", "MAIL_USE_TLS": "false"}, "settings: MAIL_SERVER", doctor.Failed, "unencrypted"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expect(t, subject(t, variables(c.more)), c.check, c.want, c.says)
		})
	}
}

func TestSettingsInSecrets(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:roster-AbCdEf"
	for name, c := range map[string]struct {
		secret, arn string
		check       string
		want        doctor.Status
		says        string
	}{
		"a good secret":       {`{"ROOT_KEY":"` + rootKey + `"}`, arn, "settings", doctor.OK, "are usable"},
		"no key in it":        {`{"OTHER":"x"}`, arn, "settings: SECRET_KEY", doctor.Failed, "is missing"},
		"a misspelled member": {`{"ROOT_KEI":"` + rootKey + `"}`, arn, "settings", doctor.Failed, "did you mean ROOT_KEY?"},
		"another ARN":         {`{}`, arn + "x", "settings", doctor.Failed, "KEYS_SECRET_ARN cannot be read: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := awstest.New(t)
			server.SetSecret(arn, c.secret)
			s := subject(t, nil)
			s.Env = boot.Read(withAWS(server.Env(), variables(map[string]string{"ROOT_KEY": "", "KEYS_SECRET_ARN": c.arn})))
			expect(t, s, c.check, c.want, c.says)
		})
	}
}

// Without anything, each group says that it was not checked, and why.
func TestNothingIsSkippedSilently(t *testing.T) {
	t.Parallel()
	s := subject(t, nil)
	s.Env = nil
	for check, says := range map[string]string{
		"settings": "no settings of the functions", "database": "no settings of the functions", "mail": "no settings of the functions", "address": "it is not known",
		"stack": "no AWS credentials (not set: AWS_REGION)", "stack: log retention": "no AWS credentials", "stack: alarms": "no AWS credentials",
	} {
		expect(t, s, check, doctor.NotChecked, says)
	}
	s = subject(t, variables(map[string]string{"MAIL_SERVER": ""}))
	expect(t, s, "mail: SES", doctor.NotChecked, "no AWS credentials (not set: AWS_REGION)")
	expect(t, s, "database", doctor.NotChecked, "no database is given")
	expect(t, s, "mail: DMARC", doctor.NotChecked, "DNS does not answer")
}
