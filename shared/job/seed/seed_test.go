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

// fakes implements everything that a job needs, and records its calls.
type fakes struct {
	calls   []string
	found   *user.User
	holder  *user.User // the account that has the admin's e-mail
	migrate error
	store   error
	purge   error
	end     error
	keep    audit.Retention
	owner   error
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

func (s *fakes) CreateUser(context.Context, user.NewAccount, audit.Event) (int64, user.Taken, error) {
	s.record("create")
	return 1, user.Taken{Email: s.holder != nil}, nil
}

func (s *fakes) CreateReset(context.Context, user.NewReset, audit.Event) (*user.User, error) {
	s.record("reset")
	return &user.User{}, nil
}

func (s *fakes) PurgeLimits(_ context.Context, kind user.CounterKind, _ time.Time, _ string) (user.PurgedBatch, error) {
	if kind != user.WindowCounter {
		return user.PurgedBatch{}, nil
	}
	s.record("purge")
	return user.PurgedBatch{Rows: 2}, s.purge
}

func (s *fakes) AuditHeads(context.Context) ([]audit.Head, error) {
	return []audit.Head{{Chain: 3, Seq: 7, Hash: "ab"}}, nil
}

func (s *fakes) PurgeResets(context.Context, time.Time, string) (user.PurgedBatch, error) {
	return user.PurgedBatch{Rows: 1}, nil
}

func (s *fakes) PurgeSessions(context.Context, time.Time, string) (b user.PurgedBatch, err error) {
	return b, nil
}

func (s *fakes) PurgeDevices(context.Context, time.Time, string) (b user.PurgedBatch, err error) {
	return b, nil
}

func (s *fakes) PurgeAudit(context.Context, time.Time, time.Time) (audit.Purged, error) {
	s.record("remove old events")
	return audit.Purged{Removed: 5}, nil
}

func (s *fakes) EraseDeleted(context.Context, time.Time, time.Time) (audit.Purged, error) {
	s.record("erase deleted accounts")
	return audit.Purged{Erased: 4}, s.purge
}

func (s *fakes) Close() { s.record("close") }

func (s *fakes) EndAllSessions(_ context.Context, event audit.Event) (user.AllEnded, error) {
	s.record("end all sessions: " + string(event.Actions[0]))
	return user.AllEnded{Accounts: 3, Sessions: 2, Links: 1}, s.end
}

func (s *fakes) Send(_ context.Context, m mail.Message) error {
	s.record("mail " + m.To)
	return nil
}

func (s *fakes) job(adminPassword string) seed.Job {
	passwords := user.Passwords{Hasher: password.NewHasher(""), Policy: password.DefaultPolicy}
	tokens := onetime.New([]byte(strings.Repeat("0123456789abcdef", 2)))
	admin := user.Admin{Username: "admin", Email: "ops@example.com", Password: adminPassword}
	return seed.NewJob(s, seed.Parts{
		Migrate: s.Up, Admin: admin, Retention: s.keep,
		OpenOwner: func(context.Context) (seed.Owner, error) { s.record("open as the owner"); return s, s.owner },
		Seeding:   user.SeedAdminParts{Passwords: passwords, Tokens: tokens, Notices: user.Notices{Mailer: mail.Mailer{Transport: s}, PublicURL: address}},
	})
}

const address = "https://accounts.example.com"

func TestJobRunsItsStepsInOrder(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		stage    fakes
		password string
		want     []string
		created  bool
	}{
		"the admin is invited":       {fakes{}, "", []string{"migrate", "find", "create", "reset", "mail ops@example.com", "purge"}, true},
		"a password was given":       {fakes{}, "correct horse battery", []string{"migrate", "find", "create", "purge"}, true},
		"the admin exists":           {fakes{found: &user.User{Role: user.RoleAdmin, Active: true}}, "", []string{"migrate", "find", "purge"}, false},
		"a failed purge":             {fakes{purge: errors.New("failed"), found: &user.User{Role: user.RoleAdmin, Active: true}}, "", []string{"migrate", "find", "purge"}, false},
		"a stranger has the e-mail":  {fakes{holder: &user.User{Role: user.RoleUser, Active: true}}, "", []string{"migrate", "find", "create", "find by e-mail", "purge"}, false},
		"the admin has another name": {fakes{holder: &user.User{Role: user.RoleAdmin, Active: true}}, "", []string{"migrate", "find", "create", "find by e-mail", "purge"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := test.stage
			report, err := s.job(test.password)(t.Context(), seed.Request{})
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
		"to look":    {fakes{store: failed}, []string{"migrate", "find", "purge"}}, // expired rows are deleted all the same
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := test.stage
			if _, err := s.job("")(t.Context(), seed.Request{}); !errors.Is(err, failed) {
				t.Errorf("the error is %v", err)
			}
			if diff := cmp.Diff(test.want, s.calls); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
		})
	}
}

// People who may invoke the function or read its log must not get the link.
func TestReportHidesTheLink(t *testing.T) {
	t.Parallel()
	report, err := (&fakes{}).job("")(t.Context(), seed.Request{})
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
	want := `{"migrations":["00001_create_users.sql"],"admin":{"created":true,"mailed":true,"note":"made; a link to set its password was mailed"},"removed":{"limits":2,"resets":1,"sessions":0,"devices":0}}`
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The first step of a deployment: the other functions come after it, and the
// admin's link would lead nowhere.
func TestSchemaOnlyMigratesAndDoesNothingElse(t *testing.T) {
	t.Parallel()
	s := fakes{}
	report, err := s.job("")(t.Context(), seed.Request{SchemaOnly: true})
	if diff := cmp.Diff([]string{"migrate"}, s.calls); diff != "" || err != nil || len(report.Migrations) != 1 {
		t.Errorf("%v, %+v, calls (-want +got):\n%s", err, report, diff)
	}
	for resource, want := range map[string]bool{"Schema": true, "Administrator": false, "": false} {
		var got seed.Request
		event := `{}`
		if resource != "" {
			event = `{"RequestType":"Create","ResponseURL":"http://127.0.0.1:1/","LogicalResourceId":"` + resource + `"}`
		}
		_, _ = seed.Handler(func(_ context.Context, request seed.Request) (seed.Report, error) {
			got = request
			return seed.Report{}, nil
		})(t.Context(), json.RawMessage(event))
		if got.SchemaOnly != want {
			t.Errorf("%q: only the schema: %v", resource, got.SchemaOnly)
		}
	}
}

func TestSessionsEndAfterTheMigrationsAndBeforeAnythingElse(t *testing.T) {
	t.Parallel()
	s := &fakes{found: &user.User{Role: user.RoleAdmin, Active: true}}
	report, err := s.job("")(t.Context(), seed.Request{EndAllSessions: true})
	if want := (user.AllEnded{Accounts: 3, Sessions: 2, Links: 1}); err != nil || report.Ended == nil || *report.Ended != want {
		t.Errorf("%+v, %v", report, err)
	}
	if want := []string{"migrate", "end all sessions: all_sessions_ended", "find", "purge"}; !slices.Equal(s.calls, want) {
		t.Errorf("calls %q, want %q", s.calls, want)
	}
	failed := errors.New("no")
	if _, err := (&fakes{end: failed}).job("")(t.Context(), seed.Request{EndAllSessions: true}); !errors.Is(err, failed) {
		t.Errorf("a failure: %v", err)
	}
}

func TestHandlerRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	for event, want := range map[string]int{
		`{}`: 1, `null`: 1, ``: 1, `{"end_all_sessions":true}`: 1, `{"source":"aws.events","detail-type":"Scheduled Event"}`: 1,
		`{"endAllSessions":true}`: 0, `{"end_all_sessions":"true"}`: 0, `{"SchemaOnly":true}`: 0, `[]`: 0, `{} {}`: 0,
	} {
		runs := 0
		_, err := seed.Handler(func(context.Context, seed.Request) (seed.Report, error) {
			runs++
			return seed.Report{}, nil
		})(t.Context(), json.RawMessage(event))
		if runs != want || (err == nil) != (want == 1) {
			t.Errorf("%s: %d runs, %v", event, runs, err)
		}
	}
}

// A person is told that there is no admin. Neither a deployment nor the hourly run
// fails for it: anybody may register the admin's name first.
func TestAPersonIsToldThatThereIsNoAdmin(t *testing.T) {
	t.Parallel()
	missing := func(context.Context, seed.Request) (seed.Report, error) {
		return seed.Report{Admin: user.Seeded{Note: "it is another's", Missing: true}}, nil
	}
	for event, fails := range map[string]bool{`{}`: true, `{"source":"aws.events"}`: false} {
		_, err := seed.Handler(missing)(t.Context(), json.RawMessage(event))
		if (err != nil) != fails || fails && err.Error() != "there is no admin: it is another's" {
			t.Errorf("%s: %v", event, err)
		}
	}
}

// The audit log is purged as its owner, where that is configured. A failure stops
// neither a deployment nor the hourly run.
func TestJobPurgesTheAuditLogAsItsOwner(t *testing.T) {
	t.Parallel()
	both, admin := audit.Retention{Keep: time.Hour, EraseAfter: time.Hour}, &user.User{Role: user.RoleAdmin, Active: true}
	begin := []string{"migrate", "find", "purge"}
	for name, c := range map[string]struct {
		stage fakes
		more  []string
		want  *audit.Purged
	}{
		"nothing is configured": {fakes{}, nil, nil},
		"both":                  {fakes{keep: both}, []string{"open as the owner", "erase deleted accounts", "remove old events", "close"}, &audit.Purged{Erased: 4, Removed: 5}},
		"no owner":              {fakes{keep: both, owner: errors.New("no")}, []string{"open as the owner"}, nil},
		"a failure":             {fakes{keep: both, purge: errors.New("no")}, []string{"open as the owner", "erase deleted accounts", "close"}, &audit.Purged{Erased: 4}},
	} {
		s := c.stage
		s.found = admin
		report, err := s.job("")(t.Context(), seed.Request{})
		if diff := cmp.Diff(c.want, report.Audit); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
		if diff := cmp.Diff(append(slices.Clone(begin), c.more...), s.calls); diff != "" {
			t.Errorf("%s: calls (-want +got):\n%s", name, diff)
		}
	}
}
