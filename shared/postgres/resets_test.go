package postgres_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roster/localdev/postgrestest"
	"roster/shared/postgres"
	"roster/shared/user"
)

// mint stores a token for the account, and fails the test if it may not.
func mint(t testing.TB, db *postgres.DB, u user.User, token string, at time.Time) []byte {
	t.Helper()
	r := resetOf(token, at)
	got, err := db.CreateReset(t.Context(), u.Username, u.Email, r, event)
	if err != nil || got == nil {
		t.Fatalf("create a reset: %v, %v", got, err)
	}
	return r.Hash
}

// opens reports which account a token opens, and whether spending it would.
func opens(t testing.TB, db *postgres.DB, hash []byte, at time.Time) string {
	t.Helper()
	u, err := db.UserByReset(t.Context(), hash, at)
	if err != nil {
		t.Fatal(err)
	}
	if u == nil {
		if spent, err := db.SpendReset(t.Context(), user.SpentReset{Hash: hash, PasswordHash: "stolen", At: at}, event); spent || err != nil {
			t.Fatalf("a token that opens nothing is spent: %v, %v", spent, err)
		}
		return ""
	}
	return u.Username
}

func rows(t testing.TB) (n int) {
	t.Helper()
	if err := postgrestest.Pool(t).QueryRow(t.Context(), "select count(*) from resets").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestCreateReset(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	u := create(t, db, account("ann"))
	create(t, db, account("ben"))
	inactive := account("cid")
	inactive.Active = false
	create(t, db, inactive)
	for _, c := range []struct{ name, email, want string }{
		{"ann", "ann@example.com", "ann"},
		{"ann", "ANN@Example.com", "ann"},
		{"ann", "ben@example.com", ""},
		{"ann", "", ""},
		{"", "ann@example.com", ""},
		{"nobody", "ann@example.com", ""},
		{"cid", "cid@example.com", ""},
		{"ann", "ann@example.co_", ""},
		{"ann", "ann%", ""},
	} {
		before := rows(t)
		token := c.name + " " + c.email
		got, err := db.CreateReset(t.Context(), c.name, c.email, resetOf(token, now), event)
		if err != nil {
			t.Fatal(err)
		}
		if c.want == "" && (got != nil || rows(t) != before || opens(t, db, hashOf(token), now) != "") {
			t.Errorf("%s, %s: %v, %d rows more", c.name, c.email, got, rows(t)-before)
		}
		if c.want != "" {
			if diff := cmp.Diff(&u, got); diff != "" {
				t.Errorf("%s, %s (-want +got):\n%s", c.name, c.email, diff)
			}
			if got := opens(t, db, hashOf(token), now); got != c.want {
				t.Errorf("%s, %s opens %q", c.name, c.email, got)
			}
		}
	}
}

func TestAtMostThreeResets(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	a, b := create(t, db, account("ann")), create(t, db, account("ben"))
	other := mint(t, db, b, "other", now)
	var hashes [][]byte
	for i := range 6 {
		hashes = append(hashes, mint(t, db, a, fmt.Sprint(i), now.Add(time.Duration(i)*time.Second)))
	}
	at := now.Add(10 * time.Second)
	for i, hash := range hashes {
		if got, live := opens(t, db, hash, at), i >= 3; (got == "ann") != live {
			t.Errorf("token %d opens %q", i, got)
		}
	}
	if got := opens(t, db, other, at); got != "ben" {
		t.Errorf("another's token opens %q", got)
	}
	if n := rows(t); n != 4 {
		t.Errorf("%d rows", n)
	}
	mint(t, db, a, "later", now.Add(24*time.Hour)) // the old ones have expired
	if n := rows(t); n != 2 {
		t.Errorf("%d rows a day later", n)
	}
}

func TestResetExpires(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	hash := mint(t, db, create(t, db, account("ann")), "token", now)
	for after, want := range map[time.Duration]string{
		0: "ann", 30*time.Minute - time.Microsecond: "ann", 30 * time.Minute: "", 24 * time.Hour: "",
	} {
		if got := opens(t, db, hash, now.Add(after)); got != want {
			t.Errorf("after %v it opens %q", after, got)
		}
	}
}

func TestSpendReset(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	u, b := create(t, db, account("ann")), create(t, db, account("ben"))
	hash, sibling, other := mint(t, db, u, "1", now), mint(t, db, u, "2", now), mint(t, db, b, "3", now)
	at := now.Add(time.Minute)
	if spent, err := db.SpendReset(t.Context(), user.SpentReset{Hash: hash, PasswordHash: "new hash", At: at}, event); !spent || err != nil {
		t.Fatal(spent, err)
	}
	want := u
	want.PasswordHash, want.PasswordChangedAt, want.UpdatedAt, want.TokenVersion = "new hash", &at, at, u.TokenVersion+1
	if diff := cmp.Diff(want, find(t, db, "ann")); diff != "" {
		t.Errorf("after the reset (-want +got):\n%s", diff)
	}
	if got := opens(t, db, hash, at) + opens(t, db, sibling, at); got != "" {
		t.Errorf("its tokens open %q", got)
	}
	if got := opens(t, db, other, at); got != "ben" {
		t.Errorf("another's token opens %q", got)
	}
	if diff := cmp.Diff(b, find(t, db, "ben")); diff != "" {
		t.Errorf("another account changed (-want +got):\n%s", diff)
	}
	if got := opens(t, db, mint(t, db, u, "4", at), at); got != "ann" {
		t.Errorf("a new token opens %q", got)
	}
}

// R-RST-3: what ends the tokens of an account, and what does not.
func TestWhatEndsResets(t *testing.T) {
	t.Parallel()
	change := func(e user.Edit) func(testing.TB, *postgres.DB, user.User) bool {
		return func(t testing.TB, db *postgres.DB, u user.User) bool {
			e.At = now
			o, err := db.UpdateUser(t.Context(), over(t, u, u), e, event)
			return o.Done && err == nil
		}
	}
	for name, c := range map[string]struct {
		do          func(testing.TB, *postgres.DB, user.User) bool
		ends, stays bool
	}{
		"a change of password": {do: change(user.Edit{PasswordHash: ptr("x"), EndTokens: true, EndResets: true}), ends: true},
		"a change of e-mail":   {do: change(user.Edit{Email: ptr("new@example.com"), EndResets: true}), ends: true},
		"a deactivation":       {do: change(user.Edit{Active: ptr(false), EndTokens: true, EndResets: true}), ends: true},
		"only its flag":        {do: change(user.Edit{Active: ptr(false)}), ends: true, stays: true}, // belt and braces
		"a change of names":    {do: change(user.Edit{FirstName: ptr("x"), Username: ptr("new")})},
		"the end of tokens":    {do: change(user.Edit{EndTokens: true})},
		"a deletion": {ends: true, do: func(t testing.TB, db *postgres.DB, u user.User) bool {
			o, err := db.DeleteUser(t.Context(), over(t, u, u), event)
			return o.Done && err == nil
		}},
		"a login": {do: func(t testing.TB, db *postgres.DB, u user.User) bool {
			ok, err := db.RecordLogin(t.Context(), rehashed(u, now, "x"), event)
			return ok && err == nil
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := postgrestest.Open(t)
			u := create(t, db, account("ann"))
			hash := mint(t, db, u, "token", now)
			if !c.do(t, db, u) {
				t.Fatal("it was not done")
			}
			if got := opens(t, db, hash, now); (got == "") != c.ends {
				t.Errorf("the token opens %q", got)
			}
			if n := rows(t); (n == 0) != c.ends && !c.stays {
				t.Errorf("%d rows are left", n)
			}
		})
	}
}

// Reactivation, or an e-mail changed back, brings nothing back to life.
func TestEndedResetsStayDead(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	u, admin := create(t, db, account("ann")), create(t, db, adminAccount("boss"))
	hash := mint(t, db, u, "token", now)
	for _, e := range []user.Edit{
		{Active: ptr(false), EndTokens: true, EndResets: true},
		{Active: ptr(true)},
		{Email: ptr("new@example.com"), EndResets: true},
		{Email: &u.Email, EndResets: true},
	} {
		e.At = now
		if o, err := db.UpdateUser(t.Context(), over(t, admin, u), e, event); !o.Done || err != nil {
			t.Fatal(o, err)
		}
	}
	if got := opens(t, db, hash, now); got != "" {
		t.Errorf("the token opens %q", got)
	}
}
