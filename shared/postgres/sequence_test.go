package postgres_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"roster/localdev/postgrestest"
	"roster/shared/fault"
	"roster/shared/postgres/dburl"
	"roster/shared/postgres/migrations"
	"roster/shared/user"
)

// After a dump was restored without its sequences, no account can be made: its id
// exists. The answer is 503 and the log names the cause, until seed_admin has
// migrated.
func TestASequenceThatIsBehindIsNamedAndRepaired(t *testing.T) {
	t.Parallel()
	db, url := postgrestest.Open(t), postgrestest.URL(t)
	create(t, db, account("ann"))
	create(t, db, account("ben"))
	owner, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Close(t.Context())
	for _, setval := range []string{"1, false", "1, true"} {
		if _, err := owner.Exec(t.Context(), "select setval(pg_get_serial_sequence('users', 'id'), "+setval+")"); err != nil {
			t.Fatal(err)
		}
		_, _, err = db.CreateUser(t.Context(), user.NewAccount{User: account("cem")}, event)
		if !errors.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "the sequence of users.id is behind the highest id") {
			t.Errorf("setval %s: %v", setval, err)
		}
	}
	if _, err := migrations.Up(t.Context(), url, dburl.Access{}); err != nil {
		t.Fatal(err)
	}
	if u := create(t, db, account("cem")); u.ID != 3 {
		t.Errorf("after the repair the id is %d", u.ID)
	}
}
