package postgres_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"roster/localdev/postgrestest"
	"roster/shared/postgres"
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

// Each registration asks whether there is an ADMIN, so that must not read all
// accounts.
func TestTheQuestionForAnAdminUsesAnIndex(t *testing.T) {
	t.Parallel()
	pool := postgrestest.Pool(t)
	for _, sql := range []string{
		`insert into users (uuid, username, first_name, last_name, email, password_hash, role, active, token_version, created_at, updated_at)
			select gen_random_uuid(), 'user' || n, 'A', 'B', 'user' || n || '@example.com', '', 'USER', true, 1, now(), now() from generate_series(1, 2000) n`,
		"analyze users",
	} {
		if _, err := pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := pool.Query(t.Context(), "explain "+postgres.AdminExistsSQL)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	plan := strings.Join(lines, "\n")
	if err != nil || strings.Contains(plan, "Seq Scan") || !strings.Contains(plan, "users_admins_idx") {
		t.Errorf("%v\n%s", err, plan)
	}
}
