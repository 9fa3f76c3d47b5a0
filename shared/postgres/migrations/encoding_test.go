package migrations_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"roster/localdev/postgrestest"
	"roster/shared/postgres/dburl"
	"roster/shared/postgres/migrations"
)

// A database in another encoding stores a name as other characters. It is refused
// before anything is made in it.
func TestUpRefusesAnotherEncoding(t *testing.T) {
	t.Parallel()
	for _, encoding := range []string{"LATIN1", "SQL_ASCII"} {
		address := emptyInEncoding(t, encoding)
		applied, err := migrations.Up(t.Context(), address, dburl.Access{})
		if err == nil || len(applied) > 0 || !strings.Contains(err.Error(), "has the encoding "+encoding) || !strings.Contains(err.Error(), "encoding 'UTF8' template template0") {
			t.Errorf("%s: applied %q, %v", encoding, applied, err)
		}
		var tables int
		if err := connect(t, address).QueryRow(t.Context(), "select count(*) from pg_tables where schemaname = 'public'").Scan(&tables); err != nil || tables > 0 {
			t.Errorf("%s: %d tables, %v", encoding, tables, err)
		}
	}
}

// emptyInEncoding makes a database in another encoding, beside one of the tests'.
func emptyInEncoding(t *testing.T, encoding string) (address string) {
	t.Helper()
	super := postgrestest.Empty(t)
	u, err := url.Parse(super)
	if err != nil {
		t.Fatal(err)
	}
	name := strings.TrimPrefix(u.Path, "/") + "_" + strings.ToLower(encoding)
	conn := connect(t, super)
	if _, err := conn.Exec(t.Context(), "create database "+name+" encoding '"+encoding+"' lc_collate 'C' lc_ctype 'C' template template0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		conn, err := pgx.Connect(context.Background(), super)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(context.Background())
		if _, err := conn.Exec(context.Background(), "drop database "+name+" with (force)"); err != nil {
			t.Error(err)
		}
	})
	u.Path = "/" + name
	return u.String()
}

// The same characters are lost if the server takes our text for another encoding.
func TestUpRefusesAnotherEncodingOfTheClient(t *testing.T) {
	t.Parallel()
	address := postgrestest.Empty(t)
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	sql := "alter database " + strings.TrimPrefix(u.Path, "/") + " set client_encoding = 'LATIN1'"
	if _, err := connect(t, address).Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
	applied, err := migrations.Up(t.Context(), address, dburl.Access{})
	if err == nil || len(applied) > 0 || !strings.Contains(err.Error(), "reads our text as LATIN1") {
		t.Errorf("applied %q, %v", applied, err)
	}
}
