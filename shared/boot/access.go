package boot

import (
	"context"
	"log/slog"
	"strconv"
	"time"

	"roster/shared/aws/awsenv"
	"roster/shared/aws/rdsauth"
	"roster/shared/postgres/dburl"
)

// DatabaseAccess is how the servers of DATABASE_URL and MIGRATE_DATABASE_URL show
// who they are (DATABASE_CA, where it is given), and how we do (DATABASE_AUTH).
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

// tokens makes the passwords of IAM database authentication, with the function's
// own credentials.
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
		return signer.Token(ctx, to.Host, to.Port, to.User)
	}
}

// warn logs what is weak about the way to the database of that variable, in a
// deployment. Elsewhere a database without TLS is the usual one.
func (e *Environment) warn(access dburl.Access, variable string) {
	cfg, err := dburl.Parse(variable, e.Optional(variable, ""))
	if e.Optional("AWS_LAMBDA_FUNCTION_NAME", "") == "" || err != nil {
		return
	}
	for _, warning := range access.Warnings(variable, cfg.ConnConfig) {
		slog.Warn(warning)
	}
}

// concurrency is how many requests the process serves at a time. Lambda says so
// where that is more than one, which is on Lambda Managed Instances.
func (e *Environment) concurrency() int32 {
	n, err := strconv.ParseInt(e.Optional("AWS_LAMBDA_MAX_CONCURRENCY", ""), 10, 32)
	if err != nil {
		return 1 // it is Lambda's variable, and no setting that could be wrong
	}
	return int32(n)
}
