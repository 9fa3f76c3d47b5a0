package postgres_test

import (
	"context"
	"errors"
	"net/url"
	"sync/atomic"
	"testing"

	"roster/localdev/postgrestest"
	"roster/shared/fault"
	"roster/shared/postgres"
)

// secret is a source whose password changes when it is read past the cache.
type secret struct {
	cached, current string
	failing         error
	reads, fresh    atomic.Int32
}

func (s *secret) source(_ context.Context, fresh bool) (string, error) {
	if fresh {
		s.fresh.Add(1)
		s.cached = s.current
		return s.cached, s.failing
	}
	if s.reads.Add(1) > 1 && s.failing != nil {
		return "", s.failing
	}
	return s.cached, nil
}

// F23: after a rotation of the password a login is refused once. The secret is
// then read again, once, and the statement runs.
func TestRefusedLoginReadsTheSourceAgain(t *testing.T) {
	t.Parallel()
	right := postgrestest.Server(t).URL("postgres")
	u, err := url.Parse(right)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(u.User.Username(), "as it was before")
	wrong := u.String()
	for name, c := range map[string]struct {
		s    *secret
		good bool
		want int32
	}{
		"the current password": {&secret{cached: right, current: right}, true, 0},
		"an old password":      {&secret{cached: wrong, current: right}, true, 1},
		"a wrong password":     {&secret{cached: wrong, current: wrong}, false, 1},
		"a source that fails":  {&secret{cached: wrong, failing: errors.New("no secret")}, false, 0},
	} {
		db, err := postgres.OpenSource(t.Context(), c.s.source, postgres.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(db.Close)
		err = db.Exec(t.Context(), "select 1")
		if (err == nil) != c.good || (err != nil && !errors.Is(err, fault.Unavailable)) {
			t.Errorf("%s: %v", name, err)
		}
		if n := c.s.fresh.Load(); n != c.want {
			t.Errorf("%s: read past the cache %d times", name, n)
		}
	}
}

func TestOpenSourceNeedsAURL(t *testing.T) {
	t.Parallel()
	s := &secret{failing: errors.New("no secret")}
	s.reads.Add(1)
	if _, err := postgres.OpenSource(t.Context(), s.source, postgres.Options{}); !errors.Is(err, s.failing) {
		t.Error(err)
	}
}

// A DB stays with the server that it began with. So another address in the secret
// has no effect on a function that runs (docs/restore.md).
func TestOnlyTheLoginFollowsTheSource(t *testing.T) {
	t.Parallel()
	first := postgrestest.Server(t).URL("postgres")
	s := &secret{cached: first, current: first}
	db, err := postgres.OpenSource(t.Context(), s.source, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	u, err := url.Parse(first)
	if err != nil {
		t.Fatal(err)
	}
	s.cached = (&url.URL{Scheme: "postgres", User: u.User, Host: "127.0.0.1:1", Path: "/another"}).String()
	if err := db.Exec(t.Context(), "select 1"); err != nil || s.reads.Load() < 2 {
		t.Errorf("%v after %d readings, want the first server", err, s.reads.Load())
	}
}
