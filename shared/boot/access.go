package boot

import (
	"log/slog"
	"strconv"

	"roster/shared/postgres/dburl"
)

// DatabaseAccess is how the servers of DATABASE_URL and MIGRATE_DATABASE_URL show who
// they are: by a certificate of DATABASE_CA, where it is given.
func (e *Environment) DatabaseAccess() dburl.Access {
	return dburl.Access{Roots: e.Certificates("DATABASE_CA")}
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
