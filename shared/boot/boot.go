// Package boot makes the parts of a function from its settings. It is for main
// packages only.
//
// It refuses to link what not every function with a database needs: what mails,
// what sets passwords and what knows access tokens have packages of their own
// below it. A function without a database takes package settings alone.
package boot

import (
	"context"

	"roster/shared/boot/settings"
	"roster/shared/postgres"
)

// Environment is the configuration of a function with a database.
type Environment struct {
	*settings.Environment

	db *postgres.DB // made by the first call of Postgres
}

// Load reads the environment and, where SECRET_ARN is set, the secret.
func Load() *Environment { return &Environment{Environment: settings.Load()} }

// Build is settings.Build for a function with a database.
func Build[T any](build func(*Environment) T) func(context.Context) (T, error) {
	return settings.Build(func(e *settings.Environment) T { return build(&Environment{Environment: e}) })
}

// Aside is settings.Environment's.
func (e *Environment) Scoped() *Environment {
	return &Environment{Environment: e.Environment.Scoped(), db: e.db}
}

// Of returns an Environment of the values alone.
func FromMap(values map[string]string) *Environment {
	return &Environment{Environment: settings.FromMap(values)}
}
