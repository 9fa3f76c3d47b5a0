package postgres_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"

	"roster/localdev/postgrestest"
	"roster/shared/postgres"
	"roster/shared/postgres/dburl"
	"roster/shared/postgres/migrations"
)

func openURL(t *testing.T, url string, o postgres.Options) *postgres.DB {
	t.Helper()
	db, err := postgres.OpenSource(t.Context(), func(context.Context, bool) (string, error) { return url, nil }, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// PostgreSQL parses a statement once for a connection, unless it is told not to.
func TestStatementsArePrepared(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options postgres.Options
		want    int
	}{
		"by default": {postgres.Options{}, 2}, // the query, and the count
		"unprepared": {postgres.Options{Unprepared: true}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := openURL(t, postgrestest.FunctionsURL(t), c.options)
			for range 5 {
				if _, err := db.UserByUsername(t.Context(), "ann"); err != nil {
					t.Fatal(err)
				}
			}
			if n, err := db.CountPrepared(t.Context()); err != nil || n != c.want {
				t.Errorf("%d prepared statements, want %d; %v", n, c.want, err)
			}
		})
	}
}

// A migration changes a table while its statements are prepared: no request fails.
func TestPreparedStatementsSurviveAMigration(t *testing.T) {
	t.Parallel()
	url := postgrestest.Empty(t)
	if _, err := migrations.Up(t.Context(), url, dburl.Access{}); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	db := openURL(t, url, postgres.Options{})
	create(t, db, account("ann"))
	for i, change := range []string{
		"alter table users add column more text not null default ''",
		"alter table users alter column first_name type varchar(60)", // another type of a result
		"alter table users drop column more",
	} {
		find(t, db, "ann")
		if _, err := conn.Exec(t.Context(), change); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			find(t, db, "ann")
		}
		create(t, db, account(fmt.Sprint("user", i)))
	}
	if n, err := db.CountPrepared(t.Context()); err != nil || n < 2 {
		t.Errorf("%d prepared statements, %v: they were given up", n, err)
	}
}
