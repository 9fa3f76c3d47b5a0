// Package dburl reads the URL of a database, which has a password in it.
//
// It refuses to show any of it: an error names the variable and says what is
// wrong, and quotes nothing. It refuses a URL, too, whose password would be
// shown later, in the errors of connecting.
package dburl

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Parse reads the URL, or the keywords and values, of that variable.
func Parse(variable, url string) (*pgxpool.Config, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, hidden(variable, err)
	}
	shown := cfg.ConnConfig.Database + cfg.ConnConfig.Host
	for _, other := range cfg.ConnConfig.Fallbacks {
		shown += other.Host
	}
	if strings.Contains(shown, "@") { // what stands before it is of the password
		return nil, errors.New(variable + " has an @ in its host or database; in its password write @ as %40 and / as %2F")
	}
	return cfg, nil
}

// hidden is pgx's error without the URL, and with its cause where that quotes
// nothing.
func hidden(variable string, err error) error {
	no := variable + " is not a PostgreSQL URL such as postgres://user:password@host:5432/database"
	var parse *pgconn.ParseConfigError
	if !errors.As(err, &parse) || parse.Unwrap() == nil || strings.ContainsAny(parse.Unwrap().Error(), "\"`") {
		return errors.New(no)
	}
	return fmt.Errorf("%s (%w)", no, parse.Unwrap())
}
