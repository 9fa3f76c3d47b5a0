package functions_test

import (
	"encoding/json"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roster/shared/aws/sam"
	bootsettings "roster/shared/boot/settings"
	"roster/shared/credential/keyring"
)

// The secrets of a stack: each function gets those that the template gives it.
const (
	secretARN   = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:database-AbCdEf"
	migrateARN  = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:migrate-AbCdEf"
	settingsARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:settings-AbCdEf"
	publicARN   = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:public-AbCdEf"
	keysARN     = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:keys-AbCdEf"
)

// homes are the secrets of the members that do not belong to the settings.
var homes = map[string]string{
	"DATABASE_URL": secretARN, "username": secretARN, "password": secretARN,
	"MIGRATE_DATABASE_URL": migrateARN,
	"ROOT_KEY":             keysARN, "SECRET_KEY": keysARN, "SECURITY_PASSWORD_SALT": keysARN, "JWT_KEYS": keysARN,
	"JWT_PUBLIC_KEYS": publicARN,
}

// keysOf returns the secret that the template gives a function for keys: those
// that sign, or the public ones.
func keysOf(t testing.TB, f sam.Function) string {
	t.Helper()
	environment, _ := f.Properties["Environment"].(map[string]any)
	switch value := variableOf(environment, "KEYS_SECRET_ARN"); {
	case cmp.Equal(value, any(keysSecret)):
		return keysARN
	case cmp.Equal(value, any(ref("PublicSecret"))):
		return publicARN
	}
	t.Fatalf("%s has other keys", f.Folder)
	return ""
}

// setSecret writes each value into the secret where it belongs, and beside them
// what rotate_keys copies: the public keys and the key of the audit log.
func (v *service) setSecret(values map[string]string) {
	v.t.Helper()
	v.secret = values
	secrets := map[string]map[string]string{secretARN: {}, migrateARN: {}, settingsARN: {}, publicARN: {}, keysARN: {}}
	if ring, err := keyring.Parse(values["JWT_KEYS"]); err == nil {
		public, err := ring.PublicJSON()
		if err != nil {
			v.t.Fatal(err)
		}
		secrets[publicARN]["JWT_PUBLIC_KEYS"] = string(public)
	}
	if key := auditKeyOf(values["ROOT_KEY"]); key != "" {
		secrets[publicARN]["AUDIT_KEY"] = key
	}
	for name, value := range values {
		home, elsewhere := homes[name]
		if !elsewhere {
			home = settingsARN
		}
		secrets[home][name] = value
	}
	for arn, members := range secrets {
		text, err := json.Marshal(members)
		if err != nil {
			v.t.Fatal(err)
		}
		v.aws.SetSecret(arn, string(text))
	}
}

// auditKeyOf returns the key that is derived from a root key.
func auditKeyOf(rootKey string) string {
	return bootsettings.FromMap(map[string]string{"ROOT_KEY": rootKey}).AuditKey()
}

// usualRing is a ring with one key, as the first deployment makes it.
var usualRing = sync.OnceValue(func() string {
	k, err := keyring.Generate(keyring.ES256)
	if err != nil {
		panic(err)
	}
	text, err := keyring.NewRing(k, time.Now().Add(-time.Hour)).JSON()
	if err != nil {
		panic(err)
	}
	return string(text)
})

// withoutRing are these settings for a deployment whose tokens a shared secret
// signs.
func withoutRing(s settings) settings {
	s.secret = overlay(map[string]string{"JWT_SECRET_KEY": canary}, maps.Clone(s.secret))
	s.secret["JWT_KEYS"] = ""
	return s
}
