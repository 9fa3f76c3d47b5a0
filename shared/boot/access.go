package boot

import (
	"context"
	"log/slog"
	"strconv"
	"time"

	"roster/shared/aws/awsenv"
	"roster/shared/aws/rdsauth"
	"roster/shared/postgres/dburl"
	"roster/shared/postgres/rdsroots"
)

// DatabaseAccess returns how the certificate of a database's server is checked
// (DATABASE_CA) and how we log in (DATABASE_AUTH). Both hold for DATABASE_URL and
// MIGRATE_DATABASE_URL.
func (e *Environment) DatabaseAccess() dburl.Access {
	access := dburl.Access{Roots: e.Certificates("DATABASE_CA")}
	switch e.Optional("DATABASE_AUTH", byPassword) {
	case byPassword:
	case byIAM:
		access.Token = e.tokens()
	default:
		e.Reject("DATABASE_AUTH", "must be password or iam")
	}
	return access
}

// The values of DATABASE_AUTH.
const (
	byPassword = "password"
	byIAM      = "iam"
)

// tokens returns a function that makes the tokens of IAM database authentication
// with the credentials of the function.
func (e *Environment) tokens() func(context.Context, dburl.Endpoint) (string, error) {
	if cfg, err := dburl.Parse("DATABASE_URL", e.Optional("DATABASE_URL", "")); err == nil && cfg.ConnConfig.Password != "" {
		e.Reject("DATABASE_URL", "has a password, and DATABASE_AUTH=iam takes none; leave the password out of it")
	}
	cfg, err := awsenv.From(func(name string) string { return e.Optional(name, "") })
	if err != nil {
		e.AddError("DATABASE_AUTH", err)
		return nil
	}
	signer := rdsauth.New(cfg, time.Now)
	return func(ctx context.Context, to dburl.Endpoint) (string, error) {
		return signer.Token(ctx, rdsauth.Endpoint{Host: to.Host, Port: to.Port, Region: rdsroots.Region(to.Host)}, to.User)
	}
}

// warn logs what is weak about the connection to the database of that variable. It
// does so only in a deployment, because a database on a developer's machine
// usually has no TLS.
func (e *Environment) warn(access dburl.Access, variable string) {
	cfg, err := dburl.Parse(variable, e.Optional(variable, ""))
	if e.Optional("AWS_LAMBDA_FUNCTION_NAME", "") == "" || err != nil {
		return
	}
	for _, warning := range access.Warnings(variable, cfg.ConnConfig) {
		slog.Warn(warning)
	}
}

// concurrency returns how many requests the process serves at a time. Lambda sets
// the variable if that is more than one, as on Lambda Managed Instances.
func (e *Environment) concurrency() int32 {
	n, err := strconv.ParseInt(e.Optional("AWS_LAMBDA_MAX_CONCURRENCY", ""), 10, 32)
	if err != nil {
		return 1 // Lambda sets it, so there is nobody to tell of a mistake
	}
	return int32(n)
}
