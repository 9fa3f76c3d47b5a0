// Package dburl reads the URL of a database, which contains a password.
//
//	cfg, err := dburl.Parse("DATABASE_URL", url)
//
// It refuses to show any part of the URL: an error names the variable, says
// what is wrong and quotes nothing. It also refuses a URL whose password would
// show up later, in the errors of connecting.
package dburl

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Parse reads the value of a variable: a URL, or keywords and values. Space and
// line ends around it do not count.
func Parse(variable, url string) (*pgxpool.Config, error) {
	url = Trim(url)
	if err := checkForm(variable, url); err != nil {
		return nil, err
	}
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, withoutURL(variable, err)
	}
	if err := checkParameters(variable, cfg.ConnConfig.RuntimeParams); err != nil {
		return nil, err
	}
	shown := cfg.ConnConfig.Database + cfg.ConnConfig.Host
	for _, other := range cfg.ConnConfig.Fallbacks {
		shown += other.Host
	}
	if strings.Contains(shown, "@") { // the text before it belongs to the password
		return nil, errors.New(variable + " has an @ in its host or database; in its password write @ as %40 and / as %2F")
	}
	return cfg, nil
}

// withoutURL returns pgx's error without the URL, and with its cause if the
// cause quotes nothing.
func withoutURL(variable string, err error) error {
	reason := variable + " is not a PostgreSQL URL such as postgres://user:password@host:5432/database"
	var parse *pgconn.ParseConfigError
	if !errors.As(err, &parse) || parse.Unwrap() == nil || strings.ContainsAny(parse.Unwrap().Error(), "\"`") {
		return errors.New(reason)
	}
	return fmt.Errorf("%s (%w)", reason, parse.Unwrap())
}
