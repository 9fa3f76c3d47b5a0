package functions_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roster/localdev/awstest"
	"roster/localdev/runtimeapi"
)

func TestAStartNamesAllThatIsMissing(t *testing.T) {
	t.Parallel()
	nothing := map[string]string{"DATABASE_URL": "", "ROOT_KEY": "", "JWT_KEYS": ""}
	variables := map[string]string{}
	for name := range parameters {
		variables[name] = ""
	}
	for _, name := range secretVariables() {
		delete(variables, name)
	}
	v := newService(t, "", settings{secret: nothing, variables: variables})
	for _, folder := range stepsLast(v) {
		got, want := v.refusal(t, folder), ""
		if required := mains(t)[folder].required(); len(required) > 0 {
			want = unusable + strings.Join(required, " is missing; ") + " is missing"
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want, by parts in facts_test.go +got):\n%s", folder, diff)
		}
	}
}

// refusal starts a function and returns why it cannot do its work, or "". A step
// of a deployment starts all the same and says it at each run, which
// CloudFormation reads.
func (v *service) refusal(t *testing.T, folder string) string {
	t.Helper()
	if !special[folder].isStep {
		if err := v.functions[folder].Warm(t.Context()); err != nil {
			return refusal(t, err)
		}
		return ""
	}
	var refused *runtimeapi.FunctionError
	_, err := v.functions[folder].Invoke(t.Context(), []byte(byHand))
	if errors.As(err, &refused) && strings.HasPrefix(refused.Message, unusable) {
		return refused.Message
	}
	return ""
}

const unusable = "the configuration is not usable: "

// refusal returns the one line that a function wrote when it refused to start.
func refusal(t *testing.T, err error) string {
	t.Helper()
	var refused *runtimeapi.InitError
	if !errors.As(err, &refused) || refused.Status != "exit status 1" {
		t.Fatalf("%v, want a process that ends itself", err)
	}
	var line struct{ Level, Message string }
	if err := json.Unmarshal([]byte(refused.Output), &line); err != nil || line.Level != "ERROR" {
		t.Fatalf("what it wrote is not one line of JSON: %s", refused.Output)
	}
	return line.Message
}

// canary is a good key with a word in it that must never be shown.
const canary = "canary-0123456789-ABCDEF-abcdefgh"

const (
	generate  = "generate one, for example with: openssl rand -hex 32"
	givenNone = "give the real value, or leave it out"
	anOrigin  = "PUBLIC_URL must be an origin such as https://accounts.example.com"
)

func TestAStartRefusesWhatIsBad(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		function string
		settings settings
		want     string
	}{
		"a placeholder": {
			"get_user", secret("JWT_SECRET_KEY", "your_jwt_secret_key_"+canary),
			"JWT_SECRET_KEY is a placeholder; " + generate,
		},
		"a short key": {
			"get_user", secret("JWT_SECRET_KEY", canary[:31]),
			"JWT_SECRET_KEY is too short: it must have at least 32 bytes",
		},
		"a simple key": {
			"reset_password", secret("SECRET_KEY", strings.Repeat("canary", 6)),
			"SECRET_KEY is too simple; " + generate,
		},
		"a short root key": {"reset_password", secret("ROOT_KEY", canary[:31]), "ROOT_KEY is too short: it must have at least 32 bytes"},
		"a short salt": {
			"register", secret("SECURITY_PASSWORD_SALT", canary[:31]),
			"SECURITY_PASSWORD_SALT is too short: it must have at least 32 bytes",
		},
		"no database": {"register", secret("DATABASE_URL", ""), "DATABASE_URL is missing"},
		"another database": {
			"health", secret("DATABASE_URL", "mysql://u:"+canary+"@h/d"),
			"DATABASE_URL must begin with postgres:// or postgresql://",
		},
		"a slash in a password": {
			"health", secret("DATABASE_URL", "postgres://u:"+canary+"/@h/d"),
			"DATABASE_URL is not a PostgreSQL URL such as postgres://user:password@host:5432/database",
		},
		"a slash, and a number": {
			"health", secret("DATABASE_URL", "postgres://u:12345/"+canary+"@127.0.0.1:1/d"),
			"DATABASE_URL has an @ in its host or database",
		},
		"an @ in the owner's": {
			"seed_admin", secret("MIGRATE_DATABASE_URL", "postgres://u:s3@"+canary+"@127.0.0.1:1/d"),
			"MIGRATE_DATABASE_URL has an @ in its host or database",
		},
		"a space in the owner's": {
			"seed_admin", secret("MIGRATE_DATABASE_URL", "postgres://u:ta@"+canary+" s@127.0.0.1:1/d"),
			"MIGRATE_DATABASE_URL has a space or a line end in it",
		},
		"an origin with a query":  {"login", variable("PUBLIC_URL", "https://accounts.example.com/app?x=1"), anOrigin},
		"an origin without https": {"login", variable("PUBLIC_URL", "accounts.example.com"), anOrigin},
		"a short minimum": {
			"register", variable("PASSWORD_MIN_LENGTH", "7"),
			"PASSWORD_MIN_LENGTH must be a whole number from 8 to 64",
		},
		"a minimum in words": {
			"update_user", variable("PASSWORD_MIN_LENGTH", "eight"),
			"PASSWORD_MIN_LENGTH must be a whole number from 8 to 64",
		},
		"neither on nor off":    {"reset_password_page", secret("PASSWORD_BLOCKLIST", "maybe"), "PASSWORD_BLOCKLIST must be true or false"},
		"a sender's name alone": {"forget_password", variable("MAIL_FROM", "Roster"), "MAIL_FROM"},
		"a bad mail server": {
			"seed_admin", secret("MAIL_SERVER", "smtp.example.com", "MAIL_PORT", "0"),
			"MAIL_PORT must be a whole number from 1 to 65535",
		},
		"placeholders": {
			"seed_admin", secret("MAIL_SERVER", "your_mail_server", "MAIL_USERNAME", "your_canary", "MAIL_PASSWORD", "canary-changeme", "ADMIN_PASSWORD", "your-canary-password"),
			"ADMIN_PASSWORD is a placeholder; " + givenNone + "; MAIL_PASSWORD is a placeholder; " + givenNone +
				"; MAIL_SERVER is a placeholder; " + givenNone + "; MAIL_USERNAME is a placeholder; " + givenNone,
		},
		"a placeholder's server": {"forget_password", secret("MAIL_SERVER", "your_mail_server"), "MAIL_SERVER is a placeholder; " + givenNone},
		"several at once": {
			"seed_admin", secret("SECRET_KEY", canary[:8], "DATABASE_URL", "", "PASSWORD_BLOCKLIST", "maybe"),
			"DATABASE_URL is missing; PASSWORD_BLOCKLIST must be true or false; SECRET_KEY is too short: it must have at least 32 bytes",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newService(t, "postgres://roster:"+canary+"@127.0.0.1:1/roster", test.settings)
			v.refuses(t, test.function, test.want)
		})
	}
}

// secret and variable take a name, its value, the next name and so on.
func secret(pairs ...string) settings   { return settings{secret: mapOf(pairs)} }
func variable(pairs ...string) settings { return settings{variables: mapOf(pairs)} }

func mapOf(pairs []string) map[string]string {
	m := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return m
}

// refuses starts a function and fails the test unless it refuses with a message
// that begins like this and shows no secret.
func (v *service) refuses(t *testing.T, folder, want string) {
	t.Helper()
	if got := v.refusal(t, folder); !strings.HasPrefix(got, unusable+want) {
		t.Errorf("the message is %q, want %q in it", got, want)
	}
	if log := v.log.String(); strings.Contains(log, "canary") {
		t.Errorf("a secret is shown:\n%s", log)
	}
}

func TestAStartRefusesAnUnreadableSecret(t *testing.T) {
	t.Parallel()
	const name = "SECRET_ARN cannot be read: "
	for kind, test := range map[string]struct {
		prepare func(*awstest.Server)
		want    string
	}{
		"denied": {
			func(s *awstest.Server) { s.Fail(awstest.GetSecretValue, awstest.Times(9, awstest.AccessDenied)...) },
			"not allowed; the function's role needs secretsmanager:GetSecretValue",
		},
		"bytes": {func(s *awstest.Server) { s.SetBinarySecret(secretARN, []byte(canary)) }, "it holds bytes (SecretBinary)"},
		"text":  {func(s *awstest.Server) { s.SetSecret(secretARN, canary) }, "it is not a JSON object"},
		"a list": {
			func(s *awstest.Server) { s.SetSecret(secretARN, `{"DATABASE_URL":["`+canary+`"]}`) },
			"DATABASE_URL is not text, a number, true, false or an object",
		},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			v := newService(t, "", settings{})
			test.prepare(v.aws)
			v.refuses(t, "get_user", name+"read secret "+secretARN)
			if !strings.Contains(v.log.String(), test.want) {
				t.Errorf("the log does not say %q:\n%s", test.want, v.log)
			}
		})
	}
	t.Run("an outage, for what is not behind the API", func(t *testing.T) {
		t.Parallel()
		v := newService(t, "", settings{})
		v.aws.Fail(awstest.GetSecretValue, awstest.Times(100, awstest.ServerError)...)
		tried := 0
		for _, f := range readTemplate(t).Functions {
			if _, reads := f.Environment["SETTINGS_SECRET_ARN"]; reads && len(f.Routes) == 0 {
				v.refuses(t, f.Folder, "")
				v.logHas("SECRET_ARN cannot be read: read secret ", ": no usable answer from Secrets Manager")
				tried++
			}
		}
		if tried < 3 {
			t.Errorf("only %d functions were tried", tried)
		}
	})
	t.Run("absent", func(t *testing.T) {
		t.Parallel()
		v := newService(t, "", variable("SECRET_ARN", secretARN+"x"))
		v.refuses(t, "get_user", name)
		if !strings.Contains(v.log.String(), "there is no such secret") {
			t.Errorf("the log does not say that it is absent:\n%s", v.log)
		}
	})
}

// After a bad start the next event starts a new process, which finds what was
// repaired meanwhile.
func TestAStartIsTriedAgain(t *testing.T) {
	t.Parallel()
	v := newService(t, "postgres://roster@127.0.0.1:1/roster", secret("ROOT_KEY", ""))
	v.refuses(t, "reset_password", "SECRET_KEY is missing")
	v.setSecret(overlay(v.secret, map[string]string{"ROOT_KEY": canary}))
	if err := v.functions["reset_password"].Warm(t.Context()); err != nil {
		t.Error(err)
	}
}
