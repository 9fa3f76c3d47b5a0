package postgres_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"flag"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"roster/localdev/postgrestest"
	"roster/shared/audit"
	"roster/shared/postgres"
	"roster/shared/request"
	"roster/shared/user"
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m)) }

// now has no more digits than the database keeps.
var now = time.Date(2026, 1, 5, 9, 30, 0, 123456000, time.UTC)

// openMany opens the test's database with 16 connections.
func openMany(t testing.TB) *postgres.DB {
	t.Helper()
	u, err := url.Parse(postgrestest.FunctionsURL(t))
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("pool_max_conns", "16")
	u.RawQuery = strings.ReplaceAll(q.Encode(), "+", "%20") // pgx does not read + as a space
	db, err := postgres.Open(context.Background(), u.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// account returns a new user with that username, not stored yet.
func account(name string) user.User {
	var b [16]byte
	_, _ = rand.Read(b[:])
	return user.User{
		UUID:     fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]),
		Username: name, FirstName: "First", LastName: "Last", Email: name + "@example.com", PasswordHash: "hash of " + name,
		Role: user.RoleUser, Active: true, TokenVersion: 1, CreatedAt: now, UpdatedAt: now, PasswordChangedAt: &now,
	}
}

func adminAccount(name string) user.User {
	u := account(name)
	u.Role = user.RoleAdmin
	return u
}

func create(t testing.TB, db *postgres.DB, u user.User) user.User {
	t.Helper()
	_, taken, err := db.CreateUser(t.Context(), user.NewAccount{User: u}, event)
	if err != nil || taken.Any() {
		t.Fatalf("create %s: %+v, %v", u.Username, taken, err)
	}
	return find(t, db, u.Username)
}

func find(t testing.TB, db *postgres.DB, name string) user.User {
	t.Helper()
	u, err := db.UserByUsername(t.Context(), name)
	if err != nil || u == nil {
		t.Fatalf("find %s: %v, %v", name, u, err)
	}
	return *u
}

// callerOf returns the account as a caller, in a new session.
func callerOf(t testing.TB, u user.User) request.Caller {
	t.Helper()
	return request.Caller{UUID: u.UUID, Session: postgrestest.Session(t, u.UUID, u.TokenVersion), TokenVersion: u.TokenVersion}
}

// loginOf returns a login to the account, with its session.
func loginOf(u user.User, at time.Time) user.LoginRecord {
	return user.LoginRecord{
		UUID: u.UUID, TokenVersion: u.TokenVersion, At: at, RefreshHash: hashOf(rand.Text()), MaxSessions: 20, DeviceHash: hashOf(rand.Text()),
		Session: user.Session{
			ID: account("x").UUID, Method: user.MethodPassword, CreatedAt: at, LastUsedAt: at,
			IdleEndsAt: at.Add(7 * 24 * time.Hour), EndsAt: at.Add(30 * 24 * time.Hour),
		},
	}
}

// guardOf returns the guard of a change that the caller makes to the target.
func guardOf(t testing.TB, caller, target user.User) user.Guard {
	t.Helper()
	return user.Guard{Caller: callerOf(t, caller), AsAdmin: caller.UUID != target.UUID, TargetUUID: target.UUID, Username: target.Username}
}

func ptr[T any](v T) *T { return &v }

// hashOf returns the hash that is stored for a token.
func hashOf(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

func resetOf(username, email, token string, at time.Time) user.NewReset {
	target := user.ResetTarget{Username: &username, Email: &email}
	return user.NewReset{Target: target, Hash: hashOf(token), CreatedAt: at, ExpiresAt: at.Add(user.ResetLifetime)}
}

// concurrently runs f n times at the same moment.
func concurrently(n int, f func(i int)) {
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			f(i)
		})
	}
	close(start)
	wg.Wait()
}

var racing = flag.Duration("racing", 0, "how long each race is repeated, with 200 at once; 0 is a short run with fewer")

// racers is how many requests take part in a race.
func racers() int {
	if *racing > 0 {
		return 200
	}
	return 64
}

// rounds repeats a race for some time, and at least 3 times.
func rounds(t *testing.T, race func(round int)) {
	t.Helper()
	end := time.Now().Add(max(*racing, 200*time.Millisecond))
	for round := 0; ; round++ {
		if t.Failed() || (round >= 3 && time.Now().After(end)) {
			t.Logf("%d rounds", round)
			return
		}
		race(round)
	}
}

// event is an event for the audit log.
var event = audit.Event{Actions: []audit.Action{audit.ActionProfileChanged}, At: now}
