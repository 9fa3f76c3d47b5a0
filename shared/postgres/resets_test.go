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

// storeReset stores a token for the account and returns its hash.
func storeReset(t testing.TB, db *postgres.DB, u user.User, token string, at time.Time) []byte {
	t.Helper()
	r := resetOf(u.Username, u.Email, token, at)
	got, err := db.CreateReset(t.Context(), r, event)
	if err != nil || got == nil {
		t.Fatalf("create a reset: %v, %v", got, err)
	}
	return r.Hash
}

// openedBy returns the username of the account that a token opens, or "". A
// token that opens none must not be spendable either.
func openedBy(t testing.TB, db *postgres.DB, hash []byte, at time.Time) string {
	t.Helper()
	u, err := db.UserByReset(t.Context(), hash, at)
	if err != nil {
		t.Fatal(err)
	}
	if u == nil {
		if used, err := db.UseReset(t.Context(), user.ResetUse{Hash: hash, PasswordHash: "stolen", At: at}, event); used || err != nil {
			t.Fatalf("a token that opens nothing is used: %v, %v", used, err)
		}
		return ""
	}
	return u.Username
}

func countResets(t testing.TB) (n int) {
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
		before := countResets(t)
		token := c.name + " " + c.email
		got, err := db.CreateReset(t.Context(), resetOf(c.name, c.email, token, now), event)
		if err != nil {
			t.Fatal(err)
		}
		if c.want == "" && (got != nil || countResets(t) != before || openedBy(t, db, hashOf(token), now) != "") {
			t.Errorf("%s, %s: %v, %d rows more", c.name, c.email, got, countResets(t)-before)
		}
		if c.want != "" {
			if diff := cmp.Diff(&u, got); diff != "" {
				t.Errorf("%s, %s (-want +got):\n%s", c.name, c.email, diff)
			}
			if got := openedBy(t, db, hashOf(token), now); got != c.want {
				t.Errorf("%s, %s opens %q", c.name, c.email, got)
			}
		}
	}
}

// A username or an e-mail is enough; nothing at all names no account.
func TestCreateResetByOne(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	create(t, db, account("ann"))
	create(t, db, account("ben"))
	inactive := account("cid")
	inactive.Active = false
	create(t, db, inactive)
	for name, c := range map[string]struct {
		username, email *string
		want            string
	}{
		"a username":            {ptr("ann"), nil, "ann"},
		"an e-mail":             {nil, ptr("BEN@Example.com"), "ben"},
		"nothing":               {nil, nil, ""},
		"an invalid username":   {ptr(""), nil, ""},
		"an invalid e-mail":     {nil, ptr(""), ""},
		"an unknown username":   {ptr("nobody"), nil, ""},
		"an unknown e-mail":     {nil, ptr("nobody@example.com"), ""},
		"an inactive username":  {ptr("cid"), nil, ""},
		"an inactive e-mail":    {nil, ptr("cid@example.com"), ""},
		"a wildcard":            {nil, ptr("%"), ""},
		"a username and a typo": {ptr("ann"), ptr(""), ""},
	} {
		r := resetOf("", "", name, now)
		r.Target = user.ResetTarget{Username: c.username, Email: c.email}
		got, err := db.CreateReset(t.Context(), r, event)
		if err != nil || (got != nil) != (c.want != "") || got != nil && got.Username != c.want {
			t.Errorf("%s: %v, %v", name, got, err)
		}
		if opened := openedBy(t, db, r.Hash, now); opened != c.want {
			t.Errorf("%s: the token opens %q", name, opened)
		}
	}
}

func TestAtMostThreeResets(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	a, b := create(t, db, account("ann")), create(t, db, account("ben"))
	other := storeReset(t, db, b, "other", now)
	var hashes [][]byte
	for i := range 6 {
		hashes = append(hashes, storeReset(t, db, a, fmt.Sprint(i), now.Add(time.Duration(i)*time.Second)))
	}
	at := now.Add(10 * time.Second)
	for i, hash := range hashes {
		if got, live := openedBy(t, db, hash, at), i >= 3; (got == "ann") != live {
			t.Errorf("token %d opens %q", i, got)
		}
	}
	if got := openedBy(t, db, other, at); got != "ben" {
		t.Errorf("the token of the other account opens %q", got)
	}
	if n := countResets(t); n != 4 {
		t.Errorf("%d rows", n)
	}
	storeReset(t, db, a, "later", now.Add(24*time.Hour)) // the older tokens have expired
	if n := countResets(t); n != 2 {
		t.Errorf("%d rows a day later", n)
	}
}

func TestResetExpires(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	hash := storeReset(t, db, create(t, db, account("ann")), "token", now)
	for after, want := range map[time.Duration]string{
		0: "ann", 30*time.Minute - time.Microsecond: "ann", 30 * time.Minute: "", 24 * time.Hour: "",
	} {
		if got := openedBy(t, db, hash, now.Add(after)); got != want {
			t.Errorf("after %v it opens %q", after, got)
		}
	}
}

func TestUseReset(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	u, b := create(t, db, account("ann")), create(t, db, account("ben"))
	hash, sibling, other := storeReset(t, db, u, "1", now), storeReset(t, db, u, "2", now), storeReset(t, db, b, "3", now)
	at := now.Add(time.Minute)
	if used, err := db.UseReset(t.Context(), user.ResetUse{Hash: hash, PasswordHash: "new hash", At: at}, event); !used || err != nil {
		t.Fatal(used, err)
	}
	want := u
	want.PasswordHash, want.PasswordChangedAt, want.UpdatedAt, want.TokenVersion = "new hash", &at, at, u.TokenVersion+1
	if diff := cmp.Diff(want, find(t, db, "ann")); diff != "" {
		t.Errorf("after the reset (-want +got):\n%s", diff)
	}
	if got := openedBy(t, db, hash, at) + openedBy(t, db, sibling, at); got != "" {
		t.Errorf("its tokens open %q", got)
	}
	if got := openedBy(t, db, other, at); got != "ben" {
		t.Errorf("the token of the other account opens %q", got)
	}
	if diff := cmp.Diff(b, find(t, db, "ben")); diff != "" {
		t.Errorf("another account changed (-want +got):\n%s", diff)
	}
	if got := openedBy(t, db, storeReset(t, db, u, "4", at), at); got != "ann" {
		t.Errorf("a new token opens %q", got)
	}
}

// R-RST-3: what ends the reset tokens of an account, and what does not.
func TestWhatEndsResets(t *testing.T) {
	t.Parallel()
	change := func(e user.Edit) func(testing.TB, *postgres.DB, user.User) bool {
		return func(t testing.TB, db *postgres.DB, u user.User) bool {
			e.At = now
			o, err := db.UpdateUser(t.Context(), guardOf(t, u, u), e, event)
			return o.Done && err == nil
		}
	}
	for name, c := range map[string]struct {
		do          func(testing.TB, *postgres.DB, user.User) bool
		ends, stays bool
	}{
		"a change of password": {do: change(user.Edit{PasswordHash: ptr("x"), RevokeTokens: true, RevokeResets: true}), ends: true},
		"a change of e-mail":   {do: change(user.Edit{Email: ptr("new@example.com"), RevokeResets: true}), ends: true},
		"a deactivation":       {do: change(user.Edit{Active: ptr(false), RevokeTokens: true, RevokeResets: true}), ends: true},
		"only the flag":        {do: change(user.Edit{Active: ptr(false)}), ends: true, stays: true}, // the rows stay, but open nothing
		"a change of names":    {do: change(user.Edit{FirstName: ptr("x"), Username: ptr("new")})},
		"the end of tokens":    {do: change(user.Edit{RevokeTokens: true})},
		"a deletion": {ends: true, do: func(t testing.TB, db *postgres.DB, u user.User) bool {
			o, err := db.DeleteUser(t.Context(), guardOf(t, u, u), nil, event)
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
			hash := storeReset(t, db, u, "token", now)
			if !c.do(t, db, u) {
				t.Fatal("the change was not made")
			}
			if got := openedBy(t, db, hash, now); (got == "") != c.ends {
				t.Errorf("the token opens %q", got)
			}
			if n := countResets(t); (n == 0) != c.ends && !c.stays {
				t.Errorf("%d rows are left", n)
			}
		})
	}
}

// Neither a reactivation nor a change back to the old e-mail makes a token valid
// again.
func TestEndedResetsStayInvalid(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	u, admin := create(t, db, account("ann")), create(t, db, adminAccount("boss"))
	hash := storeReset(t, db, u, "token", now)
	for _, e := range []user.Edit{
		{Active: ptr(false), RevokeTokens: true, RevokeResets: true},
		{Active: ptr(true)},
		{Email: ptr("new@example.com"), RevokeResets: true},
		{Email: &u.Email, RevokeResets: true},
	} {
		e.At = now
		if o, err := db.UpdateUser(t.Context(), guardOf(t, admin, u), e, event); !o.Done || err != nil {
			t.Fatal(o, err)
		}
	}
	if got := openedBy(t, db, hash, now); got != "" {
		t.Errorf("the token opens %q", got)
	}
}
