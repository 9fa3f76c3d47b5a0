// Package migrations holds the schema as SQL files, forward only, and applies
// them. It refuses to hold anything else: no Go migration, no step back. It is
// apart from package postgres so that only what migrates links goose.
//
// Each file is one DDL statement, and the files do without triggers, PL/pgSQL,
// CREATE TYPE, TRUNCATE and savepoints, so that moving to Aurora DSQL, which has
// none of these, needs little of a rewrite. They have not been run there. A
// change is always expand first, contract in a later release: the code before
// and the code after a migration both run on its result.
package migrations

import "embed"

// Files are the migrations, named NNNNN_what_it_does.sql.
//
//go:embed *.sql
var Files embed.FS
