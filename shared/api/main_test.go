package api_test

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"roster/localdev/postgrestest"
	"roster/shared/api/apitest"
	"roster/shared/audit"
	"roster/shared/boot"
	access "roster/shared/boot/tokens"
	"roster/shared/credential/blocklist"
	"roster/shared/credential/cursor"
	"roster/shared/credential/device"
	"roster/shared/credential/onetime"
	"roster/shared/credential/password"
	"roster/shared/credential/refresh"
	"roster/shared/mail"
	"roster/shared/postgres"
	"roster/shared/user"
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	os.Exit(postgrestest.Main(m))
}

const (
	publicURL = "https://accounts.example.com"
	right     = "zebra kite moon" // the password of every account here
	requestID = "request-of-a-test"
)

var (
	key     = []byte("0123456789abcdef0123456789abcdef")
	tokens  = access.New(boot.FromMap(map[string]string{"JWT_SECRET_KEY": string(key), "PUBLIC_URL": publicURL}))
	resets  = onetime.New(key)
	devices = device.New(key)
	cursors = cursor.New(key)

	refreshKeys = refresh.New(key)
	passwords   = user.Passwords{Hasher: &rememberingHasher{PasswordHasher: password.NewHasher("")}, Policy: password.Policy{MinLength: 8, Common: blocklist.Common}}
	rightHash   = sync.OnceValue(func() string { return passwords.Hasher.Hash(right) })
)

// service is the API with a database of its own.
type service struct {
	t       testing.TB
	db      *postgres.DB
	box     *outbox
	handler http.Handler
}

func newService(t testing.TB) *service {
	t.Helper()
	s := &service{t: t, db: postgrestest.Open(t), box: &outbox{}}
	s.handler = apitest.Handler(t, routes(s.db, s.box, false))
	return s
}

// account stores a user with the password right.
func (s *service) account(name string, change ...func(*user.User)) user.User {
	s.t.Helper()
	var b [16]byte
	_, _ = rand.Read(b[:])
	h := hex.EncodeToString(b[:])
	at := time.Now().Add(-time.Hour).Truncate(time.Microsecond)
	u := user.User{
		UUID: h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:], Username: name,
		FirstName: "First", LastName: "Last", Email: name + "@example.com", PasswordHash: rightHash(),
		Role: user.RoleUser, Active: true, TokenVersion: 1, CreatedAt: at, UpdatedAt: at, PasswordChangedAt: &at,
	}
	for _, c := range change {
		c(&u)
	}
	if _, taken, err := s.db.CreateUser(context.Background(), user.NewAccount{User: u}, audit.Event{Actions: []audit.Action{audit.ActionRegister}, At: time.Now()}); err != nil || taken.Any() {
		s.t.Fatalf("create %s: %+v, %v", name, taken, err)
	}
	return s.find(name)
}

func asAdmin(u *user.User)  { u.Role = user.RoleAdmin }
func inactive(u *user.User) { u.Active = false }

func (s *service) find(name string) user.User {
	s.t.Helper()
	u, err := s.db.UserByUsername(context.Background(), name)
	if err != nil || u == nil {
		s.t.Fatalf("find %s: %v, %v", name, u, err)
	}
	return *u
}

// bearer returns a header with an access token of the account, for a new session.
func bearer(t testing.TB, u user.User) string {
	t.Helper()
	issue, err := tokens.Ready(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	raw, _, err := issue(user.Subject{UUID: u.UUID, Session: postgrestest.Session(t, u.UUID, u.TokenVersion), TokenVersion: u.TokenVersion, Role: u.Role}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return "Authorization: Bearer " + raw
}

// storedRows returns all accounts and reset tokens as text.
func (s *service) storedRows() string {
	s.t.Helper()
	var text string
	err := postgrestest.Pool(s.t).QueryRow(context.Background(), `select concat_ws(E'\n',
		(select json_agg(u order by id) from users u), (select json_agg(r order by hash) from resets r))`).Scan(&text)
	if err != nil {
		s.t.Fatal(err)
	}
	return text
}

// expectChange fails the test if f does not change a row although it should, or
// changes one although it should not.
func (s *service) expectChange(name string, want bool, f func()) {
	s.t.Helper()
	before := s.storedRows()
	f()
	if after := s.storedRows(); (after != before) != want {
		s.t.Errorf("%s: rows before:\n%s\nafter:\n%s", name, before, after)
	}
}

// outbox keeps the mails that are sent.
type outbox struct {
	mu   sync.Mutex
	sent []mail.Message
	err  error
}

func (o *outbox) Send(_ context.Context, m mail.Message) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sent = append(o.sent, m)
	return o.err
}

// drain returns the mails since the last call.
func (o *outbox) drain() []mail.Message {
	o.mu.Lock()
	defer o.mu.Unlock()
	sent := o.sent
	o.sent = nil
	return sent
}
