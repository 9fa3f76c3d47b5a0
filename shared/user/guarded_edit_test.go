package user_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roster/shared/audit"
	"roster/shared/fault"
	"roster/shared/user"
)

// changingStore is a store in which the target changes between the decision and
// its writing, once for each of the changes.
type changingStore struct {
	store
	changes []func(*user.User)
}

func (m *changingStore) UpdateUser(ctx context.Context, g user.Guard, e user.Edit, event audit.Event) (user.Outcome, error) {
	if _, err := m.store.UpdateUser(ctx, g, e, event); err != nil || len(m.changes) == 0 {
		return user.Outcome{Done: true}, err
	}
	m.changes[0](m.users[0])
	m.changes = m.changes[1:]
	return user.Outcome{}, nil
}

// staleUpdate is an update whose target changes before it is written, and what must
// come of it.
type staleUpdate struct {
	in      user.Changes
	changes []func(*user.User)
	code    fault.Code
	edit    user.Edit
	actions []audit.Action
	did     []string
}

func staleUpdates() map[string]staleUpdate {
	promote := func(u *user.User) { u.Role = user.RoleAdmin }
	move := func(u *user.User) { u.Email = "new@example.com" }
	twice := []string{"CallerAndTarget", "UpdateUser", "CallerAndTarget", "UpdateUser"}
	return map[string]staleUpdate{
		"a demotion while the target is promoted": {
			user.Changes{Role: ptr(user.RoleUser)},
			[]func(*user.User){promote},
			"",
			user.Edit{Role: ptr(user.RoleUser), RevokeTokens: true, At: now},
			[]audit.Action{audit.ActionRoleChanged},
			twice,
		},
		"the former e-mail": {
			user.Changes{Email: ptr("ann@example.com")},
			[]func(*user.User){move},
			"",
			user.Edit{Email: ptr("ann@example.com"), RevokeResets: true, At: now},
			[]audit.Action{audit.ActionEmailChanged},
			twice,
		},
		"a target that is renamed": {
			user.Changes{FirstName: ptr("Anna")},
			[]func(*user.User){func(u *user.User) { u.Username = "anna" }},
			fault.NotFound,
			user.Edit{FirstName: ptr("Anna"), At: now},
			[]audit.Action{audit.ActionProfileChanged},
			twice[:3],
		},
		"a name that another account has now": {
			user.Changes{FirstName: ptr("Anna")},
			[]func(*user.User){func(u *user.User) { u.UUID = benUUID }},
			fault.NotFound,
			user.Edit{FirstName: ptr("Anna"), At: now},
			[]audit.Action{audit.ActionProfileChanged},
			twice[:3],
		},
		"a target that keeps changing": {
			user.Changes{FirstName: ptr("Anna")},
			[]func(*user.User){promote, promote, promote},
			fault.Unavailable,
			user.Edit{FirstName: ptr("Anna"), At: now},
			[]audit.Action{audit.ActionProfileChanged},
			append(twice, twice[:3]...),
		},
	}
}

func TestUpdateDecidesAgainWhenTheTargetChanged(t *testing.T) {
	t.Parallel()
	for name, c := range staleUpdates() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := &changingStore{store: store{users: []*user.User{ann(), boss()}}, changes: c.changes}
			err := user.Update(t.Context(), requestBy(callerOf(boss())), db, user.UpdateParts{Passwords: passwords, Limits: user.DefaultLimits}, user.UpdateRequest{Username: "ann.lee", Changes: c.in})
			if code(err) != c.code {
				t.Errorf("%v, want %q", err, c.code)
			}
			wantCalls(t, &db.store, c.did...)
			if diff := cmp.Diff(c.edit, db.edit); diff != "" {
				t.Errorf("edit (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.actions, db.event.Actions); diff != "" {
				t.Errorf("actions (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDeleteGuardsItsTarget(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		caller  *user.User
		asAdmin bool
	}{"the own account": {ann(), false}, "another account": {boss(), true}} {
		db := &store{users: []*user.User{ann(), boss()}, outcome: user.Outcome{Done: true}}
		if err := user.Delete(t.Context(), requestBy(callerOf(c.caller)), db, "ann.lee"); err != nil {
			t.Fatal(err)
		}
		want := user.Guard{Caller: callerOf(c.caller), AsAdmin: c.asAdmin, TargetUUID: annUUID, Username: "ann.lee", RemovesAdmin: true}
		if diff := cmp.Diff(want, db.guard); diff != "" {
			t.Errorf("%s: guard (-want +got):\n%s", name, diff)
		}
	}
}
