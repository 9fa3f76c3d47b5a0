package postgres_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roster/localdev/postgrestest"
	"roster/shared/audit"
	"roster/shared/credential/password"
	"roster/shared/postgres"
	"roster/shared/request"
	"roster/shared/user"
)

// racingDB makes another change after the first decision and before the first
// decision is written.
type racingDB struct {
	*postgres.DB
	change func()
}

func (r *racingDB) UpdateUser(ctx context.Context, g user.Guard, e user.Edit, event audit.Event) (user.Outcome, error) {
	if change := r.change; change != nil {
		r.change = nil
		change()
	}
	return r.DB.UpdateUser(ctx, g, e, event)
}

// What a change ends, and what the audit log says about it, depends on the
// account as it is when the change is made, and not as it was read before.
func TestChangesFitTheAccount(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		other, change user.Changes
		version       int64
		action        audit.Action
	}{
		"a demotion during a promotion": {
			user.Changes{Role: ptr(user.RoleAdmin)}, user.Changes{Role: ptr(user.RoleUser)}, 2, audit.ActionRoleChanged,
		},
		"the old e-mail during a change to a new one": {
			user.Changes{Email: ptr("new@example.com")}, user.Changes{Email: ptr("ann@example.com")}, 1, audit.ActionEmailChanged,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := postgrestest.Open(t)
			u := create(t, db, account("ann"))
			one, other := callerOf(t, create(t, db, adminAccount("boss"))), callerOf(t, create(t, db, adminAccount("chief")))
			put := func(db user.Updater, by request.Caller, in user.Changes) {
				t.Helper()
				if err := user.Update(t.Context(), request.Request{Caller: by, At: now}, db, user.UpdateParts{Passwords: user.Passwords{Policy: password.DefaultPolicy}, Limits: user.DefaultLimits}, user.UpdateRequest{Username: "ann", Changes: in}); err != nil {
					t.Fatal(err)
				}
			}
			put(&racingDB{DB: db, change: func() {
				put(db, other, c.other)
				if _, err := db.CreateReset(t.Context(), resetOf("ann", find(t, db, "ann").Email, "ann's", now), event); err != nil {
					t.Fatal(err)
				}
			}}, one, c.change)
			if got := find(t, db, "ann"); got.Role != user.RoleUser || got.Email != "ann@example.com" || got.TokenVersion != c.version {
				t.Errorf("the account is %+v", got)
			}
			if opens, err := db.UserByReset(t.Context(), hashOf("ann's"), now); (opens == nil) != (c.change.Email != nil) || err != nil {
				t.Errorf("the token for the e-mail in between opens %+v, %v", opens, err)
			}
			if diff := cmp.Diff([]audit.Action{c.action}, actionsBy(t, db, one, u)); diff != "" {
				t.Errorf("the log has (-want +got):\n%s", diff)
			}
		})
	}
}

// actionsBy returns what the audit log says that the caller did to the account.
func actionsBy(t *testing.T, db *postgres.DB, c request.Caller, u user.User) (actions []audit.Action) {
	t.Helper()
	page, err := db.ListAudit(t.Context(), u.UUID, audit.Query{Limit: 10})
	if err != nil || len(page.Events) == 0 {
		t.Fatal(page, err)
	}
	for _, e := range page.Events {
		if e.Actor == c.UUID {
			actions = append(actions, e.Actions...)
		}
	}
	return actions
}
