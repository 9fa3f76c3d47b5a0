package postgres_test

import (
	"errors"
	"testing"

	"roster/localdev/postgrestest"
	"roster/shared/user"
)

// Before the first ADMIN exists nobody else gets an account, and one statement
// tells so.
func TestNoAccountBeforeTheFirstAdmin(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	try := func(name string) error {
		_, taken, err := db.CreateUser(t.Context(), user.NewAccount{User: account(name), AfterAdmin: true}, event)
		if err == nil && taken.Any() {
			t.Errorf("%s: %+v", name, taken)
		}
		return err
	}
	create(t, db, account("ann")) // an account that was there before
	for _, name := range []string{"ben", "ann"} {
		var err error
		statements := postgrestest.Statements(t, func() { err = try(name) })
		if !errors.Is(err, user.ErrNoAdmin) || len(statements) != 1 {
			t.Errorf("%s: %v, by %d statements", name, err, len(statements))
		}
	}
	var rows int
	if err := postgrestest.Pool(t).QueryRow(t.Context(), "select (select count(*) from users) + (select count(*) from audit)").Scan(&rows); err != nil || rows != 2 {
		t.Errorf("%d rows, %v", rows, err)
	}
	admin := account("root-admin")
	admin.Role, admin.Email = user.RoleAdmin, "root@example.com"
	create(t, db, admin)
	statements := postgrestest.Statements(t, func() {
		if err := try("ben"); err != nil {
			t.Error(err)
		}
	})
	if len(statements) != 1 {
		t.Errorf("an account takes %d statements", len(statements))
	}
	if _, taken, err := db.CreateUser(t.Context(), user.NewAccount{User: account("ben"), AfterAdmin: true}, event); err != nil || !taken.Username {
		t.Errorf("a taken name: %+v, %v", taken, err)
	}
}
