// Package boot makes the parts of a function from its settings. It is for main
// packages only:
//
//	func main() { lambdahttp.Start(web.WaitForSecrets(boot.Build(handler))) }
//
//	func handler(env *boot.Environment) http.Handler { return api.Health(env.Postgres(), roster.Version) }
//
// It refuses to link what only some functions with a database need. Mail, new
// passwords and access tokens have packages of their own below it. A function
// without a database uses package settings alone.
package boot

import (
	"context"

	"roster/shared/boot/settings"
	"roster/shared/postgres"
)

// Environment is the configuration of a function with a database.
type Environment struct {
	*settings.Environment

	db *postgres.DB // set by the first call of Postgres
}

// Load is settings.Load for a function with a database.
func Load() *Environment { return &Environment{Environment: settings.Load()} }

// Read is settings.Read for a command with a database.
func Read(values map[string]string) *Environment {
	return &Environment{Environment: settings.Read(values)}
}

// Build is settings.Build for a function with a database.
func Build[T any](build func(*Environment) T) func(context.Context) (T, error) {
	return settings.Build(func(e *settings.Environment) T { return build(&Environment{Environment: e}) })
}

// Scoped is settings.Environment.Scoped. The database stays the same one.
func (e *Environment) Scoped() *Environment {
	return &Environment{Environment: e.Environment.Scoped(), db: e.db}
}

// FromMap is settings.FromMap for a function with a database.
func FromMap(values map[string]string) *Environment {
	return &Environment{Environment: settings.FromMap(values)}
}
