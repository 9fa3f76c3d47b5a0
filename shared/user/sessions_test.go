package user_test

import (
	"context"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"roster/shared/request"
	"roster/shared/user"
)

// lister has the sessions of an account.
type lister struct {
	store
	sessions []user.Session
}

func (l *lister) Sessions(context.Context, string) ([]user.Session, error) {
	return slices.Clone(l.sessions), nil
}

// shownAt returns what the list shows at a time.
func shownAt(t *testing.T, at time.Time, sessions ...user.Session) []user.Session {
	t.Helper()
	db := &lister{store: store{users: []*user.User{ann()}}, sessions: sessions}
	shown, err := user.Sessions(t.Context(), request.Request{Caller: callerOf(ann()), At: at}, db, user.Me)
	if err != nil {
		t.Fatal(err)
	}
	return shown
}

func sessionOf(id string, created, lastUsed time.Time) user.Session {
	rules := user.DefaultSessionRules
	s := user.Session{ID: id, CreatedAt: created, LastUsedAt: lastUsed, EndsAt: created.Add(rules.Lifetime)}
	s.IdleEndsAt = lastUsed.Add(rules.Idle)
	return s
}

// Somebody with a copied access token asks for the list again and again. It must not
// change at the moment when the owner refreshes: neither the times nor the order.
func TestTheListDoesNotShowARefresh(t *testing.T) {
	t.Parallel()
	for _, created := range []time.Time{now.Add(-2 * time.Minute), now.Add(-11 * time.Minute), now.Add(-20 * 24 * time.Hour)} {
		other := sessionOf("b", now.Add(-time.Hour), now.Add(-3*time.Minute))
		for before := time.Second; before < 10*time.Minute && before < now.Sub(created); before += 7 * time.Second {
			for _, at := range []time.Time{now, now.Add(2*time.Minute + 13*time.Second)} {
				beforeIt := shownAt(t, at, other, sessionOf("a", created, at.Add(-before)))
				afterIt := shownAt(t, at, sessionOf("a", created, at), other)
				if diff := cmp.Diff(beforeIt, afterIt, cmpopts.EquateComparable(netip.Addr{})); diff != "" {
					t.Fatalf("a session of %v that was refreshed %v ago, and then now (-before +after):\n%s", created, before, diff)
				}
			}
		}
	}
}

func TestTheListShowsAPause(t *testing.T) {
	t.Parallel()
	at := now.Add(2 * time.Minute) // now is a multiple of 5 minutes
	for ago, want := range map[time.Duration]time.Time{
		time.Minute: now, 14 * time.Minute: now, 16 * time.Minute: now.Add(-15 * time.Minute), 121 * time.Minute: now.Add(-2 * time.Hour),
	} {
		s := shownAt(t, at, sessionOf("a", now.Add(-24*time.Hour), at.Add(-ago)))[0]
		if !s.LastUsedAt.Equal(want) || !s.IdleEndsAt.Equal(want.Add(7*24*time.Hour)) {
			t.Errorf("refreshed %v ago: shown as %v, until %v", ago, s.LastUsedAt, s.IdleEndsAt)
		}
	}
	old := shownAt(t, now, sessionOf("old", now.Add(-23*24*time.Hour-time.Second), now.Add(-time.Second)))[0]
	if old.IdleEndsAt.After(old.EndsAt) {
		t.Errorf("ends at %v, and idle at %v", old.EndsAt, old.IdleEndsAt)
	}
}
