package seed_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roster/shared/audit"
	"roster/shared/credential/onetime"
	"roster/shared/credential/password"
	"roster/shared/job/seed"
	"roster/shared/mail"
	"roster/shared/user"
)

// stage plays all that a job needs and writes down what is asked of it.
type fakes struct {
	calls   []string
	found   *user.User
	holder  *user.User // of the admin's address
	migrate error
	store   error
	purge   error
}

func (s *fakes) record(call string) { s.calls = append(s.calls, call) }

func (s *fakes) Up(context.Context) ([]string, error) {
	s.record("migrate")
	if s.migrate != nil {
		return nil, s.migrate
	}
	return []string{"00001_create_users.sql"}, nil
}

func (s *fakes) UserByUsername(context.Context, string) (*user.User, error) {
	s.record("find")
	return s.found, s.store
}

func (s *fakes) UserByEmail(context.Context, string) (*user.User, error) {
	s.record("find by e-mail")
	return s.holder, nil
}

func (s *fakes) CreateUser(context.Context, user.User, audit.Event) (user.Taken, error) {
	s.record("create")
	return user.Taken{Email: s.holder != nil}, nil
}

func (s *fakes) CreateReset(context.Context, string, string, user.Reset, audit.Event) (*user.User, error) {
	s.record("reset")
	return &user.User{}, nil
}

func (s *fakes) PurgeExpired(context.Context, time.Time, time.Time, time.Time, int) (user.Purged, error) {
	s.record("tidy")
	return user.Purged{Limits: 2, Resets: 1}, s.purge
}

func (s *fakes) Send(_ context.Context, m mail.Message) error {
	s.record("mail " + m.To)
	return nil
}

func (s *fakes) job(origin, adminPassword string) seed.Job {
	passwords := user.Passwords{Hasher: password.NewHasher(""), Policy: password.DefaultPolicy}
	tokens := onetime.New([]byte(strings.Repeat("0123456789abcdef", 2)))
	admin := user.Admin{Username: "admin", Email: "ops@example.com", Password: adminPassword}
	return seed.NewJob(s, seed.Parts{
		Migrate: s.Up, Admin: admin,
		Seeding: user.SeedAdminParts{Passwords: passwords, Tokens: tokens, Notices: user.Notices{Mailer: mail.Mailer{Transport: s}, PublicURL: origin}},
	})
}

const (
	address        = "https://accounts.example.com"
	placeholderURL = "https://roster.invalid"
)

func TestJobRunsItsStepsInOrder(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		stage            fakes
		origin, password string
		want             []string
		created          bool
	}{
		"the admin is invited":          {fakes{}, address, "", []string{"migrate", "find", "create", "reset", "mail ops@example.com", "tidy"}, true},
		"a password was given":          {fakes{}, address, "correct horse battery", []string{"migrate", "find", "create", "tidy"}, true},
		"also without an address":       {fakes{}, placeholderURL, "correct horse battery", []string{"migrate", "find", "create", "tidy"}, true},
		"the admin is there":            {fakes{found: &user.User{Role: user.RoleAdmin, Active: true}}, address, "", []string{"migrate", "find", "tidy"}, false},
		"nothing could be removed":      {fakes{purge: errors.New("failed"), found: &user.User{Role: user.RoleAdmin, Active: true}}, address, "", []string{"migrate", "find", "tidy"}, false},
		"a stranger has the address":    {fakes{holder: &user.User{Role: user.RoleUser, Active: true}}, address, "", []string{"migrate", "find", "create", "find by e-mail", "tidy"}, false},
		"the admin has another name":    {fakes{holder: &user.User{Role: user.RoleAdmin, Active: true}}, address, "", []string{"migrate", "find", "create", "find by e-mail", "tidy"}, false},
		"no address yet":                {fakes{}, placeholderURL, "", []string{"migrate", "tidy"}, false},
		"no address yet, with a port":   {fakes{}, placeholderURL + ":8443", "", []string{"migrate", "tidy"}, false},
		"an address that looks like it": {fakes{}, "https://invalid.example.com", "", []string{"migrate", "find", "create", "reset", "mail ops@example.com", "tidy"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := test.stage
			report, err := s.job(test.origin, test.password)(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, s.calls); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			if report.Admin.Created != test.created || report.Admin.Note == "" || report.Removed != (user.Purged{Limits: 2, Resets: 1}) || !slices.Equal(report.Migrations, []string{"00001_create_users.sql"}) {
				t.Errorf("the report is %+v", report)
			}
		})
	}
}

func TestJobStopsAtAFailure(t *testing.T) {
	t.Parallel()
	failed := errors.New("failed")
	for name, test := range map[string]struct {
		stage fakes
		want  []string
	}{
		"to migrate": {fakes{migrate: failed}, []string{"migrate"}},
		"to look":    {fakes{store: failed}, []string{"migrate", "find", "tidy"}}, // what has had its time waits for nobody
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := test.stage
			if _, err := s.job(address, "")(t.Context()); !errors.Is(err, failed) {
				t.Errorf("the error is %v", err)
			}
			if diff := cmp.Diff(test.want, s.calls); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
		})
	}
}

// Whoever may invoke the function, or reads its log, must not get the link.
func TestReportHidesTheLink(t *testing.T) {
	t.Parallel()
	report, err := (&fakes{}).job(address, "")(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	_, token, _ := strings.Cut(report.Admin.Link, "token=")
	if token == "" || strings.Contains(string(text), token) {
		t.Errorf("the token %q, the report %s", token, text)
	}
	want := `{"migrations":["00001_create_users.sql"],"admin":{"created":true,"mailed":true,"note":"made; a link to set its password was mailed"},"removed":{"limits":2,"resets":1,"sessions":0}}`
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
