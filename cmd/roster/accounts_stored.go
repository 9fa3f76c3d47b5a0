package main

import (
	"context"
	"time"

	"roster/shared/boot"
	"roster/shared/postgres"
	"roster/shared/user"
)

// stored are the accounts of a database. The operations are those of an operator, who
// has no account: see shared/user/operator.go.
type stored struct {
	env *boot.Environment
	db  *postgres.DB
	now func() time.Time
}

func (p *program) openDatabase() (accounts, error) {
	env, err := p.settings()
	if err != nil {
		return nil, err
	}
	db := env.Postgres()
	if err := env.Check(); err != nil {
		return nil, err
	}
	return stored{env, db, p.now}, nil
}

func (s stored) show(ctx context.Context, username string) (account, error) {
	u, err := user.FindAsOperator(ctx, s.db, username)
	return accountOf(u), err
}

func (s stored) set(ctx context.Context, username string, a access) error {
	set := user.SetAccess{Active: a.Active}
	if a.Role != nil {
		role := user.Role(*a.Role)
		set.Role = &role
	}
	return user.SetAccessAsOperator(ctx, s.db, username, set, s.now())
}

func (s stored) remove(ctx context.Context, username string) error {
	return user.DeleteAsOperator(ctx, s.db, username, s.now())
}

func (s stored) close(context.Context) error {
	s.db.Close()
	return nil
}

func accountOf(u user.User) account {
	return account{
		ID: u.ID, UUID: u.UUID, Username: u.Username, FirstName: u.FirstName, LastName: u.LastName, Email: u.Email,
		Role: string(u.Role), Active: u.Active, CreatedAt: u.CreatedAt.UTC(), UpdatedAt: u.UpdatedAt.UTC(),
		LastLoginAt: inUTC(u.LastLoginAt), PasswordChangedAt: inUTC(u.PasswordChangedAt),
	}
}

func inUTC(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}
