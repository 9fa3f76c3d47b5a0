package postgres

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"roster/shared/user"
)

func TestBindNumbersTheNames(t *testing.T) {
	t.Parallel()
	const text statement = `select @b, '@c', @a, @b -- @d isn't an argument`
	for range 2 { // the first use resolves the names
		sql, values, err := text.bind(named{{"a", 1}, {"b", nil}})
		if err != nil || sql != `select $1, '@c', $2, $1 -- @d isn't an argument` {
			t.Errorf("%q, %v", sql, err)
		}
		if diff := cmp.Diff([]any{nil, 1}, values); diff != "" {
			t.Errorf("values (-want +got):\n%s", diff)
		}
	}
}

// Each name must be given once, at the first use and at each later one. The
// error shows no value.
func TestBindIsStrict(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args  named
		wrong string // the name that the error has to show
	}{
		"a missing argument":     {named{{"a", "s3cret"}}, "b"},
		"an extra argument":      {named{{"a", "s3cret"}, {"b", 2}, {"extra", 3}}, "extra"},
		"another argument":       {named{{"a", "s3cret"}, {"other", 2}}, ""},
		"an argument twice":      {named{{"a", "s3cret"}, {"a", "s3cret"}}, ""},
		"an argument twice, nil": {named{{"a", nil}, {"b", "s3cret"}, {"a", nil}}, "a"},
		"a name with the @":      {named{{"@a", "s3cret"}, {"b", 2}}, ""},
		"a name in another case": {named{{"A", "s3cret"}, {"b", 2}}, ""},
		"no arguments":           {nil, ""},
	} {
		fresh, used := statement("select @a, @b -- fresh: "+name), statement("select @a, @b -- used: "+name)
		if _, _, err := used.bind(named{{"a", 1}, {"b", 2}}); err != nil {
			t.Fatal(err)
		}
		for _, s := range []statement{fresh, fresh, used} {
			_, values, err := s.bind(c.args)
			if err == nil || values != nil || !strings.Contains(err.Error(), c.wrong) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("%s: %v, %v", name, values, err)
			}
		}
	}
}

// A wrong argument is a bug and not an outage. The statement is not sent.
func TestWrongArgumentIsNoOutage(t *testing.T) {
	t.Parallel()
	db, err := Open(t.Context(), "postgres://user:password@192.0.2.1:5432/db") // RFC 5737: nothing answers there
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	err = db.exec(t.Context(), query{"test", "select @a", named{{"b", 1}}})
	if want := "test: argument a found in sql query but not present in StrictNamedArgs"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestBindAtTheSameMoment(t *testing.T) {
	t.Parallel()
	for round := range 50 {
		s := statement(fmt.Sprintf("select @a, @b, %d", round))
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				sql, values, err := s.bind(named{{"b", "second"}, {"a", "first"}})
				if err != nil || sql != fmt.Sprintf("select $1, $2, %d", round) || !cmp.Equal(values, []any{"first", "second"}) {
					t.Errorf("%q, %v, %v", sql, values, err)
				}
			})
		}
		group.Wait()
	}
}

// BenchmarkBind measures the arguments of one call of the statement that has
// the most: positional, named, and named for pgx's own rewriter, which reads
// the whole statement each time.
func BenchmarkBind(b *testing.B) {
	first := "Ann"
	g, e := user.Guard{TargetUUID: "target", Username: "ann"}, user.Edit{FirstName: &first, At: time.Now()}
	var values []any
	var err error
	audit := make([]any, 6) // what audited adds, without the work for it
	withAudit := func() named {
		return append(updateUserArgs(g, e), named{
			{"event", nil}, {"event_chain", nil}, {"event_at", nil}, {"event_actions", nil}, {"event_actor", nil}, {"event_target", nil},
		}...)
	}
	for name, bind := range map[string]func(){
		"positional": func() {
			values = append([]any{g.Caller.UUID, g.Caller.TokenVersion, g.AsAdmin, g.TargetUUID, g.Username, g.RemovesAdmin, g.Caller.Session, nil, nil, nil},
				e.Username, e.Email, e.FirstName, e.LastName, e.Role, e.Active, e.PasswordHash, e.At, e.RevokeTokens, e.RevokeResets,
				limitKeys(e.Clear), e.EndSessions, orNull(e.KeepSession))
			values = append(values, audit...)
		},
		"named": func() { _, values, err = sqlUpdateUser.bind(withAudit()) },
		"pgx": func() {
			args := pgx.StrictNamedArgs{}
			for _, a := range withAudit() {
				args[a.name] = a.value
			}
			_, values, err = args.RewriteQuery(b.Context(), nil, string(sqlUpdateUser), nil)
		},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				bind()
			}
			if len(values) != 29 || err != nil {
				b.Errorf("%d values, %v", len(values), err)
			}
		})
	}
}
