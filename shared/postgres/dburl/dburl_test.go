package dburl_test

import (
	"strings"
	"testing"

	"roster/shared/postgres/dburl"
)

const (
	notAURL = "X_URL is not a PostgreSQL URL such as postgres://user:password@host:5432/database"
	space   = "X_URL has a space or a line end in it; write a space as %20"
	scheme  = "X_URL must begin with postgres:// or postgresql://, in lower case, without quotes around it"
	keyword = "X_URL has a keyword that is not known; if a password has one of the characters / ? # & =, write it percent-encoded, such as %3F for ?"
	atSign  = "X_URL has an @ in its host or database; in its password write @ as %40 and / as %2F"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"postgres://owner:p%40s%2Fs@h:1234/d":          "owner p@s/s h 1234 d",
		"postgresql://owner:p@h/d?application_name=a@": "owner p h 5432 d",
		"postgres://owner:p@h/d?pool_max_conns=3":      "owner p h 5432 d",
		"host=h user=owner password=p@ss dbname=d":     "owner p@ss h 5432 d",
		"postgres://owner:p@h:1,h2:2/d":                "owner p h 1 d",
		" postgres://owner:p@h/d":                      "owner p h 5432 d",
		"postgres://owner:p@h/d\n":                     "owner p h 5432 d",
		"\ufeffpostgres://owner:p@h/d\r\n":             "owner p h 5432 d",
		"\t host=h user=owner password=p dbname=d \n":  "owner p h 5432 d",
		"postgres://owner:p@h/d?sslmode=require":       "owner p h 5432 d",
	} {
		cfg, err := dburl.Parse("X_URL", url)
		if err != nil {
			t.Errorf("%s: %v", url, err)
			continue
		}
		c := cfg.ConnConfig
		words := strings.Fields(want)
		if c.User != words[0] || c.Password != words[1] || c.Host != words[2] || c.Database != words[4] {
			t.Errorf("%s: %s %s %s %d %s, want %s", url, c.User, c.Password, c.Host, c.Port, c.Database, want)
		}
	}
}

// Each URL has a part of its password in a place that pgx would show.
func TestParseShowsNothing(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"postgres://owner:s3@s3cret@127.0.0.1:1/d":           atSign,
		"postgres://owner:p@h1:1,s3cret@h2:2/d":              atSign,
		"postgres://owner:12345/s3cret@127.0.0.1:1/d":        atSign,
		"postgres://owner:ta@s3cret s@127.0.0.1:1/d":         space,
		"postgres://owner:s3cret s@127.0.0.1:1/d":            space,
		"postgres://owner:s3cret@127.0.0.1:1/d\nx":           space,
		"postgres://owner:s3cret%zz@h/d":                     notAURL + " (invalid percent-encoded token in password)",
		"postgres://owner:p@h/d?pool_max_conns=s3cret":       notAURL,
		"postgres://owner:p@h/d?connect_timeout=s3cret":      notAURL,
		"postgres://owner:s3cret@h:port/d":                   notAURL,
		"postgres://owner:s3cret@h/d?sslmode=perhaps":        notAURL + " (sslmode is invalid)",
		"postgres://owner:99999/s3cret@127.0.0.1/d":          notAURL,
		"host=127.0.0.1 password='s3cret":                    notAURL + " (unterminated quoted string in connection info string)",
		"host=s3cret@127.0.0.1 user=owner":                   atSign,
		"mysql://owner:s3cret@h/d":                           scheme,
		"Postgres://owner:s3cret@h/d":                        scheme,
		"POSTGRES://owner:s3cret@h/d":                        scheme,
		"postgresql+psycopg2://owner:s3cret@h/d":             scheme,
		"jdbc:postgresql://owner:s3cret@h/d":                 scheme,
		`"postgres://owner:s3cret@h/d"`:                      scheme,
		"'postgres://owner:s3cret@h/d'":                      scheme,
		"<postgres://owner:s3cret@h/d>":                      scheme,
		`"host=h password=s3cret"`:                           scheme,
		"DATABASE_URL=postgres://owner:s3cret@h/d":           scheme,
		"\u200bpostgres://owner:s3cret@h/d":                  scheme,
		"postgres://owner:p@h/d?s3cret=1":                    keyword,
		"postgres://owner:p@h/d?sslmod=verify-full":          keyword,
		"host=h user=owner pasword=s3cret":                   keyword,
		"postgres://owner:s3cret@h/d?target_session_attrs=x": notAURL,
	} {
		cfg, err := dburl.Parse("X_URL", url)
		if err == nil || err.Error() != want || cfg != nil {
			t.Errorf("%s: %v, want %s", url, err, want)
		}
	}
}
