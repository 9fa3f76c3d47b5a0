package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"roster/localdev/postgrestest"
	"roster/shared/credential/password"
	"roster/shared/fault"
	"roster/shared/postgres"
	"roster/shared/request"
	"roster/shared/user"
)

// tally counts how a race went. An outage is the database's time limit for a
// lock: it is no success, and nobody is told that it was one.
type tally struct{ won, lost, out atomic.Int32 }

func (n *tally) count(t *testing.T, won bool, err error) {
	switch {
	case errors.Is(err, fault.Unavailable):
		n.out.Add(1)
	case err != nil:
		t.Error(err)
	case won:
		n.won.Add(1)
	default:
		n.lost.Add(1)
	}
}

func (n *tally) oneWon(t *testing.T, round int) {
	t.Helper()
	if n.won.Load() != 1 {
		t.Errorf("round %d: %d of %d won, %d lost, %d met a time limit", round, n.won.Load(), many(), n.lost.Load(), n.out.Load())
	}
}

func TestRaceForOneName(t *testing.T) {
	t.Parallel()
	db := wide(t)
	for field, make := range map[string]func(round, i int) user.User{
		"username": func(round, i int) user.User {
			u := account(fmt.Sprintf("ann%d", round))
			u.Email = fmt.Sprintf("ann%d-%d@example.com", round, i)
			return u
		},
		"e-mail": func(round, i int) user.User {
			u := account(fmt.Sprintf("ben%d-%d", round, i))
			u.Email = fmt.Sprintf("bEn%d@example.com", round)
			return u
		},
	} {
		rounds(t, func(round int) {
			var n tally
			atOnce(many(), func(i int) {
				taken, err := db.CreateUser(t.Context(), make(round, i), event)
				if taken.Any() && (taken.Username != (field == "username") || taken.Email != (field == "e-mail")) {
					t.Errorf("%s: taken is %+v", field, taken)
				}
				n.count(t, !taken.Any(), err)
			})
			n.oneWon(t, round)
		})
	}
}

func TestRaceForOneResetToken(t *testing.T) {
	t.Parallel()
	db := wide(t)
	u := create(t, db, account("ann"))
	rounds(t, func(round int) {
		hash := mint(t, db, u, fmt.Sprint(round), now)
		var n tally
		var winner atomic.Value
		atOnce(many(), func(i int) {
			spent, err := db.SpendReset(t.Context(), user.SpentReset{Hash: hash, PasswordHash: fmt.Sprintf("hash %d %d", round, i), At: now}, event)
			if spent {
				winner.Store(fmt.Sprintf("hash %d %d", round, i))
			}
			n.count(t, spent, err)
		})
		n.oneWon(t, round)
		if got := find(t, db, "ann"); got.PasswordHash != winner.Load() || got.TokenVersion != int64(round)+2 {
			t.Errorf("round %d: %v won, stored are %q and version %d", round, winner.Load(), got.PasswordHash, got.TokenVersion)
		}
	})
}

// duel lets two admins do the same to each other, many times at once, through
// the operations and so with decisions made on rows that were read before.
func duel(t *testing.T, others int, do func(context.Context, *postgres.DB, request.Caller, string) error) {
	t.Helper()
	db := wide(t)
	for i := range others {
		create(t, db, adminAccount(fmt.Sprintf("other%d", i)))
	}
	rounds(t, func(round int) {
		a := create(t, db, adminAccount(fmt.Sprintf("ann%d", round)))
		b := create(t, db, adminAccount(fmt.Sprintf("ben%d", round)))
		asA, asB := callerOf(t, a), callerOf(t, b)
		var sides [2]tally
		atOnce(many(), func(i int) {
			caller, target := asA, b
			if i%2 == 1 {
				caller, target = asB, a
			}
			err := do(t.Context(), db, caller, target.Username)
			if errors.Is(err, fault.Conflict) && others > 0 {
				t.Errorf("round %d: %v, though there are others", round, err)
			}
			sides[i%2].count(t, err == nil, expected(err))
		})
		// The winner may do it to the loser a second time.
		if x, y := sides[0].won.Load(), sides[1].won.Load(); (x > 0) == (y > 0) {
			t.Errorf("round %d: one won %d times and the other %d times", round, x, y)
		}
		if left := activeAdmins(t); left != others+1 {
			t.Errorf("round %d: %d admins are left", round, left)
		}
		if _, err := postgrestest.Pool(t).Exec(t.Context(), "delete from users where username ~ '^(ann|ben)'"); err != nil {
			t.Fatal(err)
		}
	})
}

// expected leaves out the refusals that a duel's loser meets.
func expected(err error) error {
	for _, c := range []fault.Code{fault.Unauthenticated, fault.Conflict, fault.NotFound} {
		if errors.Is(err, c) {
			return nil
		}
	}
	return err
}

func activeAdmins(t *testing.T) (n int) {
	t.Helper()
	if err := postgrestest.Pool(t).QueryRow(t.Context(), "select count(*) from users where role = 'ADMIN' and active").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func demote(ctx context.Context, db *postgres.DB, c request.Caller, name string) error {
	return user.Update(ctx, request.Request{Caller: c, At: now}, db, user.UpdateParts{Passwords: user.Passwords{Policy: password.DefaultPolicy}, Limits: user.DefaultLimits}, user.UpdateRequest{Username: name, Changes: user.Changes{Role: ptr(user.RoleUser)}})
}

func deactivate(ctx context.Context, db *postgres.DB, c request.Caller, name string) error {
	return user.Update(ctx, request.Request{Caller: c, At: now}, db, user.UpdateParts{Passwords: user.Passwords{Policy: password.DefaultPolicy}, Limits: user.DefaultLimits}, user.UpdateRequest{Username: name, Changes: user.Changes{Active: ptr(false)}})
}

func remove(ctx context.Context, db *postgres.DB, c request.Caller, name string) error {
	return user.Delete(ctx, request.Request{Caller: c, At: now}, db, name)
}

// CVE-2026-22640, and with a third admin the case that counting alone misses:
// the one who has just been demoted must not still demote.
func TestRaceOfTwoAdmins(t *testing.T) {
	t.Parallel()
	for verb, do := range map[string]func(context.Context, *postgres.DB, request.Caller, string) error{"demote": demote, "deactivate": deactivate, "delete": remove} {
		for others := range 2 {
			t.Run(fmt.Sprintf("%s each other, %d others", verb, others), func(t *testing.T) {
				t.Parallel()
				duel(t, others, do)
			})
		}
	}
}

// Of the last admins who all lay the office down, one has to keep it.
func TestRaceToLayItDown(t *testing.T) {
	t.Parallel()
	db := wide(t)
	rounds(t, func(round int) {
		var admins []user.User
		var callers []request.Caller
		for i := range 10 {
			admins = append(admins, create(t, db, adminAccount(fmt.Sprintf("ann%d-%d", round, i))))
			callers = append(callers, callerOf(t, admins[i]))
		}
		var n tally
		atOnce(len(admins), func(i int) {
			do := []func(context.Context, *postgres.DB, request.Caller, string) error{demote, deactivate, remove}[i%3]
			err := do(t.Context(), db, callers[i], admins[i].Username)
			n.count(t, err == nil, expected(err))
		})
		left, out := activeAdmins(t), int(n.out.Load())
		if left != len(admins)-int(n.won.Load()) || left < 1 || (out == 0 && left != 1) {
			t.Errorf("round %d: %d admins are left, %d gave it up, %d met a time limit", round, left, n.won.Load(), out)
		}
		if _, err := postgrestest.Pool(t).Exec(t.Context(), "delete from users"); err != nil {
			t.Fatal(err)
		}
	})
}
