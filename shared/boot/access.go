package boot

import (
	"log/slog"

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
