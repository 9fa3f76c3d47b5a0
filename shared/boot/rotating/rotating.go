// Package rotating makes the job that rotates signing keys, from its settings.
// It is a package of its own because nothing else may change the secret.
package rotating

import (
	"context"
	"time"

	"roster/shared/aws/awsenv"
	"roster/shared/aws/kms"
	"roster/shared/aws/secrets"
	"roster/shared/boot/settings"
	"roster/shared/credential/keyring"
	"roster/shared/job/rotation"
)

// maxDays is how long a key may sign. NIST SP 800-57 part 1 §5.3.6 allows a
// private signature key one to three years.
const maxDays = 365

// Run runs Job once, for the function. Its error names every bad setting.
//
// Where functions that only verify have a secret of their own, each run makes sure
// that a key of the ring signs. The command does not: it does not know whether the
// settings' secret has a key for HS256.
func Run(ctx context.Context, env *settings.Environment, request rotation.Request) (rotation.Report, error) {
	job := Job(env)
	if err := env.Check(); err != nil {
		return rotation.Report{}, err
	}
	request.First = request.First || env.Optional("PUBLIC_SECRET_ARN", "") != ""
	return job(ctx, request)
}

// Job returns the job that rotates the keys in the secret of KEYS_SECRET_ARN, or
// of SECRET_ARN if that is not set. It copies the public keys into the secret of
// PUBLIC_SECRET_ARN, if that is set and another one.
func Job(env *settings.Environment) rotation.Job {
	variable := "KEYS_SECRET_ARN"
	if env.Optional(variable, "") == "" && env.Optional("SECRET_ARN", "") != "" {
		variable = "SECRET_ARN"
	}
	arn := env.Required(variable)
	cfg, err := awsenv.From(func(name string) string { return env.Optional(name, "") })
	if err != nil {
		env.AddError(variable, err)
	}
	s := Settings(env)
	s.SharedSecret = env.Optional("JWT_SECRET_KEY", "") != ""
	if key := env.Optional("JWT_KMS_KEY", ""); key != "" {
		s.Wrapper = kms.New(cfg, key, arn)
	}
	stores := rotation.Stores{Keys: secrets.Open(cfg, arn)}
	if public := env.Optional("PUBLIC_SECRET_ARN", ""); public != "" && public != arn {
		stores.Public = secrets.Open(cfg, public)
		stores.AuditKey = env.AuditKey()
	}
	return rotation.NewJob(stores, s, time.Now)
}

// Settings returns how often keys change and which algorithm new ones have.
// They have no Wrapper: new private keys are stored unwrapped.
func Settings(env *settings.Environment) rotation.Settings {
	alg, err := keyring.ParseAlgorithm(env.Optional("JWT_ALGORITHM", string(keyring.ES256)))
	if err != nil {
		env.Reject("JWT_ALGORITHM", err.Error())
	}
	return rotation.Settings{Days: env.Int("JWT_ROTATION_DAYS", 90, 0, maxDays), Algorithm: alg}
}
