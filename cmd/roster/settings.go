package main

import (
	"errors"
	"fmt"
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

// warnWithoutMAC says, before a command writes, that its entries in the audit log have
// no MAC. The functions' entries have one, and roster audit verify takes an entry
// without one for a forgery.
func (p *program) warnWithoutMAC(env *boot.Environment) {
	if env.AuditKey() == "" {
		fmt.Fprintln(p.err, "warning: neither ROOT_KEY nor AUDIT_KEY is set, so this command's entries in the audit log have no MAC, and roster audit verify will report them")
	}
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
