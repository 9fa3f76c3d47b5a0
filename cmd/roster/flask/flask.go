// Package flask reads the accounts of the Flask service that Roster replaces, from that
// service's PostgreSQL database:
//
//	db, err := flask.Open("postgres://reader@db.example.com/original", nil)
//	rows := db.Accounts(ctx) // a directory.Source
//
// It keeps ids and password hashes as they are. It refuses to write anything there, and
// to decide which usernames Roster accepts; it only finds usernames that differ only in
// upper and lower case, because the service told them apart.
package flask

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// ErrConnect is in the chain of an error of connecting.
var ErrConnect = errors.New("connect to the Flask service's database")

// Database is the database of the Flask service.
type Database struct {
	config  *pgx.ConnConfig
	renames map[string]string // new usernames, by the old ones as they are written there
}

// Open reads a URL, also as SQLAlchemy writes it, such as
// postgresql+psycopg2://…. It does not connect. The renames are new usernames by old
// ones.
func Open(url string, renames map[string]string) (*Database, error) {
	scheme, rest, found := strings.Cut(url, "://")
	dialect, _, _ := strings.Cut(scheme, "+")
	if !found || dialect != "postgres" && dialect != "postgresql" {
		return nil, errors.New("the Flask service's database must be a URL that begins with postgresql:// (SQLALCHEMY_DATABASE_URI)")
	}
	config, err := pgx.ParseConfig("postgresql://" + rest)
	if err != nil {
		return nil, errors.New("the URL of the Flask service's database cannot be read") // the cause shows parts of it
	}
	config.RuntimeParams["application_name"] = "roster import flask"
	config.ConnectTimeout = 10 * time.Second
	return &Database{config, renames}, nil
}

// read runs f in a transaction that writes nothing and sees one state of the
// database, however long it takes.
func (d *Database) read(ctx context.Context, f func(tx pgx.Tx) error) error {
	conn, err := pgx.ConnectConfig(ctx, d.config.Copy())
	if err != nil {
		return fmt.Errorf("%w: %w", ErrConnect, err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	return explain(pgx.BeginTxFunc(ctx, conn, options, f))
}

// explain says what is probably wrong where the table is not the expected one.
func explain(err error) error {
	var refused *pgconn.PgError
	if !errors.As(err, &refused) {
		return err
	}
	switch refused.Code {
	case "42P01", "42703": // undefined table, undefined column
		return fmt.Errorf(`this is not the database of the Flask service, which has a table "user" with id, username, first_name, last_name, `+
			`password_hash, email, role, created_at, updated_at and active: %s; check the database's name in --from`, refused.Message)
	case "42501": // insufficient privilege
		return fmt.Errorf(`the role of --from must be allowed to read the table "user": %s; grant select on "user" to it`, refused.Message)
	}
	return err
}

// Count returns how many accounts there are.
func (d *Database) Count(ctx context.Context) (n int64, err error) {
	err = d.read(ctx, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `select count(*) from "user"`).Scan(&n)
	})
	return n, err
}

// Unknown returns the old names of renames that no account has.
func (d *Database) Unknown(ctx context.Context) (unknown []string, err error) {
	err = d.read(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select n from unnest($1::text[]) n where not exists (select from "user" where username = n) order by n`,
			slices.AppendSeq([]string{}, maps.Keys(d.renames)))
		if err != nil {
			return err
		}
		unknown, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	return unknown, err
}

// Taken returns which of these names, in lower case, are usernames there.
func (d *Database) Taken(ctx context.Context, names []string) (taken map[string]bool, err error) {
	taken = map[string]bool{}
	err = d.read(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select lower(btrim(username)) from "user" where lower(btrim(username)) = any ($1)`, names)
		if err != nil {
			return err
		}
		var name string
		_, err = pgx.ForEachRow(rows, []any{&name}, func() error {
			taken[name] = true
			return nil
		})
		return err
	})
	return taken, err
}

// Usernames returns the usernames of accounts, as they are written there.
func (d *Database) Usernames(ctx context.Context, ids []int64) (names map[int64]string, err error) {
	names = map[int64]string{}
	err = d.read(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select id, username from "user" where id = any ($1::bigint[]) and username is not null`, ids)
		if err != nil {
			return err
		}
		var id int64
		var name string
		_, err = pgx.ForEachRow(rows, []any{&id, &name}, func() error {
			names[id] = name
			return nil
		})
		return err
	})
	return names, err
}
