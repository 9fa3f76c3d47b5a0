// Package migrations holds the schema as SQL files and applies them:
//
//	applied, err := migrations.Up(ctx, url, dburl.Access{})
//
// It refuses Go migrations and steps back. It is not part of package postgres,
// so that only a command that migrates links goose.
//
// Each file is one DDL statement. The files use no triggers, PL/pgSQL, CREATE
// TYPE, TRUNCATE or savepoints. Aurora DSQL has none of these, so moving there
// would take little rewriting; nobody has run the files there yet. A change
// expands the schema first and contracts it in a later release: the code before
// a migration and the code after it both run on its result.
package migrations

import "embed"

// Files are the migrations, named NNNNN_what_it_does.sql.
//
//go:embed *.sql
var Files embed.FS
