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

// tally counts the results of a race. A request that met the database's time
// limit for a lock counts as an outage: it did not succeed, and its answer does
// not say that it did.
type tally struct{ won, lost, outages atomic.Int32 }

func (n *tally) count(t *testing.T, won bool, err error) {
	switch {
	case errors.Is(err, fault.Unavailable):
		n.outages.Add(1)
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
		t.Errorf("round %d: %d of %d won, %d lost, %d met a time limit", round, n.won.Load(), racers(), n.lost.Load(), n.outages.Load())
	}
}

func TestRaceForOneName(t *testing.T) {
	t.Parallel()
	db := openMany(t)
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
			concurrently(racers(), func(i int) {
				_, taken, err := db.CreateUser(t.Context(), user.NewAccount{User: make(round, i)}, event)
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
	db := openMany(t)
	u := create(t, db, account("ann"))
	rounds(t, func(round int) {
		hash := storeReset(t, db, u, fmt.Sprint(round), now)
		var n tally
		var winner atomic.Value
		concurrently(racers(), func(i int) {
			used, err := db.UseReset(t.Context(), user.ResetUse{Hash: hash, PasswordHash: fmt.Sprintf("hash %d %d", round, i), At: now}, event)
			if used {
				winner.Store(fmt.Sprintf("hash %d %d", round, i))
			}
			n.count(t, used, err)
		})
		n.oneWon(t, round)
		if got := find(t, db, "ann"); got.PasswordHash != winner.Load() || got.TokenVersion != int64(round)+2 {
			t.Errorf("round %d: %v won, stored are %q and version %d", round, winner.Load(), got.PasswordHash, got.TokenVersion)
		}
	})
}

// raceOfTwo lets two admins do the same to each other, many times at the same
// moment. It calls the operations, which decide on rows that were read before.
func raceOfTwo(t *testing.T, others int, do func(context.Context, *postgres.DB, request.Caller, string) error) {
	t.Helper()
	db := openMany(t)
	for i := range others {
		create(t, db, adminAccount(fmt.Sprintf("other%d", i)))
	}
	rounds(t, func(round int) {
		a := create(t, db, adminAccount(fmt.Sprintf("ann%d", round)))
		b := create(t, db, adminAccount(fmt.Sprintf("ben%d", round)))
		asA, asB := callerOf(t, a), callerOf(t, b)
		var sides [2]tally
		concurrently(racers(), func(i int) {
			caller, target := asA, b
			if i%2 == 1 {
				caller, target = asB, a
			}
			err := do(t.Context(), db, caller, target.Username)
			if errors.Is(err, fault.Conflict) && others > 0 {
				t.Errorf("round %d: %v, although there are other admins", round, err)
			}
			sides[i%2].count(t, err == nil, unexpected(err))
		})
		// The winner may succeed more than once.
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

// unexpected drops the refusals that the loser of a race may get.
func unexpected(err error) error {
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

func deleteUser(ctx context.Context, db *postgres.DB, c request.Caller, name string) error {
	return user.Delete(ctx, request.Request{Caller: c, At: now}, db, name)
}

// CVE-2026-22640. With a third admin, counting the admins is not enough: an admin
// who has just been demoted must not demote the other.
func TestRaceOfTwoAdmins(t *testing.T) {
	t.Parallel()
	for verb, do := range map[string]func(context.Context, *postgres.DB, request.Caller, string) error{"demote": demote, "deactivate": deactivate, "delete": deleteUser, "demote in bulk": bulkDemote, "delete in bulk": bulkDelete} {
		for others := range 2 {
			t.Run(fmt.Sprintf("%s each other, %d others", verb, others), func(t *testing.T) {
				t.Parallel()
				raceOfTwo(t, others, do)
			})
		}
	}
}

// When all admins step down at the same moment, one stays.
func TestRaceToStepDown(t *testing.T) {
	t.Parallel()
	db := openMany(t)
	rounds(t, func(round int) {
		var admins []user.User
		var callers []request.Caller
		for i := range 10 {
			admins = append(admins, create(t, db, adminAccount(fmt.Sprintf("ann%d-%d", round, i))))
			callers = append(callers, callerOf(t, admins[i]))
		}
		var n tally
		concurrently(len(admins), func(i int) {
			do := []func(context.Context, *postgres.DB, request.Caller, string) error{demote, deactivate, deleteUser}[i%3]
			err := do(t.Context(), db, callers[i], admins[i].Username)
			n.count(t, err == nil, unexpected(err))
		})
		left, outages := activeAdmins(t), int(n.outages.Load())
		if left != len(admins)-int(n.won.Load()) || left < 1 || (outages == 0 && left != 1) {
			t.Errorf("round %d: %d admins are left, %d stepped down, %d met a time limit", round, left, n.won.Load(), outages)
		}
		if _, err := postgrestest.Pool(t).Exec(t.Context(), "delete from users"); err != nil {
			t.Fatal(err)
		}
	})
}
