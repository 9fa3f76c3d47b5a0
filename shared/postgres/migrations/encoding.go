package migrations

import (
	"context"
	"database/sql"
	"fmt"
)

// checkEncoding refuses a database that cannot store every character, and a role
// whose text the server reads in another encoding than UTF-8. PostgreSQL would
// store the bytes of a name as other characters, and say nothing.
func checkEncoding(ctx context.Context, db *sql.DB) error {
	var name, server, client string
	const query = `select current_database(), current_setting('server_encoding'), current_setting('client_encoding')`
	if err := db.QueryRowContext(ctx, query).Scan(&name, &server, &client); err != nil {
		return err
	}
	const utf8 = "UTF8"
	if server != utf8 {
		return fmt.Errorf("the database %s has the encoding %s, which cannot store every name. Roster needs UTF8: make a database with "+
			"create database … encoding 'UTF8' template template0, move what is in the old one with pg_dump --encoding=UTF8, and change the database's address", name, server)
	}
	if client != utf8 {
		return fmt.Errorf("the server reads our text as %s, not as UTF8, because the role or the database %s sets client_encoding; "+
			"remove that with alter role … reset client_encoding, or alter database … reset client_encoding", client, name)
	}
	return nil
}
