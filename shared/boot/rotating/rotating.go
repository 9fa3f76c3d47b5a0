// Package rotating assembles the rotation of keys from its settings. It is
// apart because nothing else may change the secret.
package rotating

import (
	"time"

	"roster/shared/aws/awsenv"
	"roster/shared/aws/kms"
	"roster/shared/aws/secrets"
	"roster/shared/boot/settings"
	"roster/shared/credential/keyring"
	"roster/shared/job/rotation"
)

// mostDays is the longest time that a key may sign: NIST SP 800-57 part 1
// §5.3.6 gives a private signature key one to three years.
const mostDays = 365

// Job returns the rotation of the keys in the secret that SECRET_ARN names.
func Job(env *settings.Environment) rotation.Job {
	arn := env.Text("SECRET_ARN")
	cfg, err := awsenv.From(func(name string) string { return env.Optional(name, "") })
	if err != nil {
		env.AddError("SECRET_ARN", err)
	}
	s := Settings(env)
	if key := env.Optional("JWT_KMS_KEY", ""); key != "" {
		s.Wrapper = kms.New(cfg, key, arn)
	}
	return rotation.NewJob(secrets.Open(cfg, arn), s, time.Now)
}

// Settings returns when keys change and what is made. Private keys are not
// wrapped.
func Settings(env *settings.Environment) rotation.Settings {
	alg, err := keyring.ParseAlgorithm(env.Optional("JWT_ALGORITHM", string(keyring.ES256)))
	if err != nil {
		env.Reject("JWT_ALGORITHM", err.Error())
	}
	return rotation.Settings{Days: env.Number("JWT_ROTATION_DAYS", 90, 0, mostDays), Algorithm: alg}
}
