package postgres_test

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"roster/shared/fault"
	"roster/shared/postgres"
	"roster/shared/user"
)

// What ends the reset tokens of an account also ends those that are stored at
// the same moment. Somebody who still reads the old mailbox can request tokens
// without pause.
func TestNoResetOutlivesWhatEndsIt(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(t *testing.T, db *postgres.DB, g user.Guard, u user.User) bool{
		"a change of e-mail": func(t *testing.T, db *postgres.DB, g user.Guard, u user.User) bool {
			return updateUser(t, db, g, user.Edit{Email: ptr("new-" + u.Email), At: now, RevokeResets: true})
		},
		"a deactivation": func(t *testing.T, db *postgres.DB, g user.Guard, u user.User) bool {
			return updateUser(t, db, g, user.Edit{Active: ptr(false), At: now, RevokeTokens: true, RevokeResets: true})
		},
		"a deletion": func(t *testing.T, db *postgres.DB, g user.Guard, u user.User) bool {
			o, err := db.DeleteUser(t.Context(), g, nil, event)
			return succeeded(t, o.Done, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := openMany(t)
			rounds(t, func(round int) {
				u := create(t, db, account(fmt.Sprintf("ann%d", round)))
				g := guardOf(t, u, u)
				var ended atomic.Bool
				concurrently(6, func(i int) {
					if i == 0 {
						ended.Store(end(t, db, g, u))
						return
					}
					_, err := db.CreateReset(t.Context(), resetOf(u.Username, u.Email, fmt.Sprint(u.Username, i), now), event)
					if err != nil && !errors.Is(err, fault.Unavailable) {
						t.Errorf("create a reset: %v", err)
					}
				})
				if !ended.Load() {
					return // it met a time limit of the database
				}
				for i := range 6 {
					if used, err := db.UseReset(t.Context(), user.ResetUse{Hash: hashOf(fmt.Sprint(u.Username, i)), PasswordHash: "stolen", At: now}, event); used || err != nil {
						t.Errorf("round %d: the token is valid after %s: %v, %v", round, name, used, err)
					}
				}
			})
		})
	}
}

func updateUser(t *testing.T, db *postgres.DB, g user.Guard, e user.Edit) bool {
	o, err := db.UpdateUser(t.Context(), g, e, event)
	return succeeded(t, o.Done, err)
}

// succeeded reports whether a change was made. It fails the test for an error
// that is not a time limit of the database.
func succeeded(t *testing.T, ok bool, err error) bool {
	if err != nil && !errors.Is(err, fault.Unavailable) {
		t.Error(err)
	}
	return ok && err == nil
}
