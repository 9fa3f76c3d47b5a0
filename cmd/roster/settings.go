package main

import (
	"errors"
	"maps"

	"roster/shared/boot"
)

// settings returns the settings of a command that works on a database: the
// variables of the process, the members of the secrets that they name, and the
// flag --database.
func (p *program) settings() (*boot.Environment, error) {
	if p.url != "" {
		return nil, usageError{"this command works on a database; give --database instead of --url"}
	}
	values, err := p.variables()
	if err != nil {
		return nil, err
	}
	env := boot.Read(values)
	if err := env.Check(); err != nil {
		return nil, err
	}
	if env.Optional("DATABASE_URL", "") == "" {
		return nil, errors.New("no database is given; set DATABASE_URL, or give --database")
	}
	return env, nil
}

// variables returns the variables of the process, with the flag --database.
func (p *program) variables() (map[string]string, error) {
	values := map[string]string{}
	maps.Copy(values, p.environ)
	if p.database == "" {
		return values, nil
	}
	if values["SECRET_ARN"] != "" { // its member DATABASE_URL would win
		return nil, usageError{"--database and SECRET_ARN both name a database; give one of them"}
	}
	values["DATABASE_URL"] = p.database
	return values, nil
}
