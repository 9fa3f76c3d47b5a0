package functions_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roster/localdev/awstest"
	"roster/localdev/postgrestest"
	"roster/localdev/programtest"
	"roster/shared/postgres/migrations"
)

// The events that run the function: EventBridge's, and the one that a person sends
// with aws lambda invoke.
const (
	scheduled = `{"version":"0","id":"53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa","detail-type":"Scheduled Event","source":"aws.events",` +
		`"account":"123456789012","time":"2026-01-05T03:17:00Z","region":"eu-central-1","resources":[],"detail":{}}`
	byHand = `{}`
)

// report is what the function answers.
type report struct {
	Migrations []string
	Admin      struct {
		Created, Mailed bool
		Note            string
	}
	Removed *struct{}
}

func (v *service) seed(event string) report {
	v.t.Helper()
	answer, err := v.functions["seed_admin"].Invoke(v.t.Context(), []byte(event))
	if err != nil {
		v.t.Fatalf("%v\n%s", err, v.log)
	}
	var r report
	if err := json.Unmarshal(answer, &r); err != nil {
		v.t.Fatalf("%v: %s", err, answer)
	}
	v.nothingSecretIn(string(answer))
	return r
}

func allMigrations(t *testing.T) []string {
	t.Helper()
	names, err := fs.Glob(migrations.Files, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestSeedingMigratesAndInvitesTheAdmin(t *testing.T) {
	t.Parallel()
	v := newService(t, postgrestest.Empty(t), settings{})
	first := v.seed(scheduled)
	if diff := cmp.Diff(allMigrations(t), first.Migrations); diff != "" {
		t.Errorf("migrations (-want +got):\n%s", diff)
	}
	if !first.Admin.Created || !first.Admin.Mailed {
		t.Errorf("the first run says %+v", first)
	}
	second := v.seed(byHand)
	if len(second.Migrations) > 0 || second.Admin.Created || second.Admin.Mailed || second.Admin.Note == "" {
		t.Errorf("the second run says %+v", second)
	}
	if mails := v.aws.Mails(); len(mails) != 1 || mails[0].To != "ops@example.com" || mails[0].From != "no-reply@example.com" {
		t.Fatalf("mails: %+v, want one to the admin", mails)
	}
	token := v.mailedToken()
	v.call("POST", "/api/user/reset_password", "", `{"token":"`+token+`","new_password":"correct horse battery"}`, 200)
	access := v.login(`{"username":"admin","password":"correct horse battery"}`)
	if got := v.call("GET", "/api/user/admin", access, "", 200); !strings.Contains(got, `"role":"ADMIN"`) {
		t.Errorf("the admin is %s", got)
	}
	v.nothingSecretIn(v.log.String(), token, access)
	v.logsAsLambdaDoes()
	if n := strings.Count(v.log.String(), `"message":"seeded"`); n != 2 {
		t.Errorf("%d runs are in the log, want 2:\n%s", n, v.log)
	}
}

func TestSeedingTakesAPasswordOnceAndNeverAgain(t *testing.T) {
	t.Parallel()
	v := newService(t, postgrestest.Empty(t), secret("ADMIN_PASSWORD", "correct horse battery"))
	if got := v.seed(byHand); !got.Admin.Created || got.Admin.Mailed {
		t.Errorf("the first run says %+v", got)
	}
	v.setSecret(overlay(v.secret, map[string]string{"ADMIN_PASSWORD": "another horse battery"}))
	v.functions["seed_admin"] = v.start(*readTemplate(t).Function("seed_admin"), nil)
	if got := v.seed(byHand); got.Admin.Created || got.Admin.Note != "the account exists; nothing to do" {
		t.Errorf("the second run says %+v", got)
	}
	v.call("POST", "/api/user/login", "", `{"username":"admin","password":"correct horse battery"}`, 200)
	v.call("POST", "/api/user/login", "", `{"username":"admin","password":"another horse battery"}`, 401)
	if n := len(v.aws.Mails()); n != 0 {
		t.Errorf("%d mails were sent, want none", n)
	}
	v.nothingSecretIn(v.log.String(), "correct horse battery")
}

// A deployment may run at the same time as the schedule.
func TestSeedingByManyAtOnceMakesOneAdmin(t *testing.T) {
	t.Parallel()
	v := newService(t, postgrestest.Empty(t), settings{})
	reports := make([]report, 3)
	var all sync.WaitGroup
	for i := range reports {
		all.Go(func() { reports[i] = v.seed(scheduled) })
	}
	all.Wait()
	if n := len(v.functions["seed_admin"].Instances()); n < 2 {
		t.Errorf("%d processes: they did not run at once", n)
	}
	var applied []string
	created := 0
	for _, r := range reports {
		applied = append(applied, r.Migrations...)
		if r.Admin.Created {
			created++
		}
	}
	slices.Sort(applied)
	if diff := cmp.Diff(allMigrations(t), applied); diff != "" || created != 1 || len(v.aws.Mails()) != 1 {
		t.Errorf("%d say that they made the admin, %d mails, migrations (-want +got):\n%s", created, len(v.aws.Mails()), diff)
	}
}

// SES refuses a sender that is not verified yet. The deployment goes on, and the
// admin uses forget_password later.
func TestSeedingGoesOnWithoutMail(t *testing.T) {
	t.Parallel()
	v := newService(t, postgrestest.Empty(t), settings{})
	v.aws.Fail(awstest.SendEmail, awstest.AccessDenied)
	if got := v.seed(byHand); !got.Admin.Created || got.Admin.Mailed || !strings.Contains(got.Admin.Note, "use forget_password") {
		t.Errorf("the run says %+v", got)
	}
	if !strings.Contains(v.log.String(), `"MailFailed":1`) {
		t.Errorf("the failure is not counted:\n%s", v.log)
	}
	v.call("POST", "/api/user/forget_password", "", `{"username":"admin","email":"ops@example.com"}`, 200)
	v.call("POST", "/api/user/reset_password", "", `{"token":"`+v.mailedToken()+`","new_password":"correct horse battery"}`, 200)
	v.login(`{"username":"admin","password":"correct horse battery"}`)
}

// TestReservationsFitTheDatabase counts what special says. From an empty database
// to the admin's account a run needs no more. It opens one connection after the
// other; where PostgreSQL is slow to notice that some were closed, it is run again.
func TestSeedingNeedsNoMoreConnectionsThanAreCounted(t *testing.T) {
	t.Parallel()
	server := postgrestest.Server(t)
	v := newService(t, owner(t, server, canary), settings{})
	execute(t, server, fmt.Sprint("ALTER ROLE roster CONNECTION LIMIT ", special["seed_admin"].connections))
	programtest.Eventually(t, "the admin is there", func() bool {
		answer, err := v.functions["seed_admin"].Invoke(t.Context(), []byte(byHand))
		return err == nil && strings.Contains(string(answer), "admin")
	})
	v.call("POST", "/api/user/reset_password", "", `{"token":"`+v.mailedToken()+`","new_password":"correct horse battery"}`, 200)
}
