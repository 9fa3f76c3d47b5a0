package user_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roster/shared/fault"
	"roster/shared/mail"
	"roster/shared/user"
)

func seedAdmin(t testing.TB, db *store, box *outbox, in user.Admin) (user.Seeded, error) {
	t.Helper()
	return user.SeedAdmin(t.Context(), db, user.SeedAdminParts{Passwords: passwords, Tokens: tokens, Notices: user.Notices{Mailer: mail.Mailer{Transport: box}, PublicURL: publicURL}}, in, now)
}

var admin = user.Admin{Username: "Admin", Email: "root@example.com"}

func TestSeedAdminMailsALink(t *testing.T) {
	t.Parallel()
	db, box := &store{}, &outbox{}
	got, err := seedAdmin(t, db, box, admin)
	if err != nil {
		t.Fatal(err)
	}
	wantCalls(t, db, "UserByUsername", "CreateUser", "CreateReset")
	if u := db.created; u.Username != "admin" || u.Role != user.RoleAdmin || !u.Active || u.PasswordHash != "" || u.PasswordChangedAt != nil || u.TokenVersion != 1 || !uuid4.MatchString(u.UUID) {
		t.Errorf("created %+v", u)
	}
	if db.event.Target != db.created.UUID { // by the function itself, so that the MAC covers it
		t.Errorf("the link's entry in the audit log is of %q", db.event.Target)
	}
	if len(box.sent) != 1 || box.sent[0].To != "root@example.com" || !strings.Contains(box.sent[0].Text, got.Link) {
		t.Fatalf("mails: %v", box.sent)
	}
	_, token, _ := strings.Cut(got.Link, publicURL+"/reset_password?token=")
	if hash, ok := tokens.Hash(token); !ok || !cmp.Equal(hash, db.reset.Hash) {
		t.Errorf("the link %q does not lead to the stored token", got.Link)
	}
	log, _ := json.Marshal(got)
	if !got.Created || !got.Mailed || strings.Contains(string(log), token) {
		t.Errorf("logged %s", log)
	}
}

func TestSeedAdminWithAPasswordMailsNothing(t *testing.T) {
	t.Parallel()
	db, box := &store{}, &outbox{}
	in := admin
	in.Password = right
	got, err := seedAdmin(t, db, box, in)
	if err != nil || !got.Created || got.Link != "" || got.Mailed || len(box.sent) > 0 {
		t.Errorf("%+v, %v, mails %v", got, err, box.sent)
	}
	wantCalls(t, db, "UserByUsername", "CreateUser")
	if ok, _, err := passwords.Hasher.Verify(db.created.PasswordHash, right); !ok || err != nil || db.created.PasswordChangedAt == nil {
		t.Errorf("created %+v", db.created)
	}
}

// Above all an account that a stranger registered with the username.
func TestSeedAdminLeavesAnExistingAccountAlone(t *testing.T) {
	t.Parallel()
	in := admin
	in.Password = right
	const stranger = "the account exists and is not an ADMIN; it was left as it is. If it is not yours, choose another ADMIN_USERNAME"
	for note, existing := range map[string]*user.User{
		"the account exists; nothing to do": with(boss(), func(u *user.User) { u.Username = "admin" }),
		stranger:                            with(ann(), func(u *user.User) { u.Username = "admin" }),
		"the account exists and is not active; it was left as it is": with(boss(), func(u *user.User) { u.Username, u.Active = "admin", false }),
	} {
		db, box := &store{users: []*user.User{existing}}, &outbox{}
		got, err := seedAdmin(t, db, box, in)
		if err != nil || got != (user.Seeded{Note: note, Missing: existing.Role != user.RoleAdmin || !existing.Active}) || len(box.sent) > 0 {
			t.Errorf("%+v, %v, mails %v", got, err, box.sent)
		}
		wantCalls(t, db, "UserByUsername")
	}
}

// Anyone may register with ADMIN_EMAIL before the admin exists, and an ADMIN may
// be renamed. Neither may make a deployment fail.
func TestSeedAdminReportsATakenAddress(t *testing.T) {
	t.Parallel()
	const (
		stranger = "not made: ADMIN_EMAIL belongs to another account; give the admin an address of its own"
		renamed  = "the account with ADMIN_EMAIL is an active ADMIN and is taken for the admin; nothing to do"
	)
	theirs := func(u *user.User) { u.Email = admin.Email }
	for name, test := range map[string]struct {
		holder *user.User
		note   string
	}{
		"a stranger":         {with(ann(), theirs), stranger},
		"the admin, renamed": {with(boss(), theirs), renamed},
		"inactive":           {with(boss(), func(u *user.User) { theirs(u); u.Active = false }), stranger},
		"gone meanwhile":     {ben(), stranger},
	} {
		db, box := &store{users: []*user.User{test.holder}, taken: user.Taken{Email: true}}, &outbox{}
		got, err := seedAdmin(t, db, box, admin)
		if err != nil || got != (user.Seeded{Note: test.note, Missing: test.note == stranger}) || len(box.sent) > 0 {
			t.Errorf("%s: %+v, %v, mails %v", name, got, err, box.sent)
		}
		wantCalls(t, db, "UserByUsername", "CreateUser", "UserByEmail")
	}
}

func TestConcurrentSeedingMakesOneAdmin(t *testing.T) {
	t.Parallel()
	db, box := &store{taken: user.Taken{Username: true, Email: true}}, &outbox{}
	got, err := seedAdmin(t, db, box, admin)
	if err != nil || got.Created || len(box.sent) > 0 {
		t.Errorf("%+v, %v, mails %v", got, err, box.sent)
	}
	wantCalls(t, db, "UserByUsername", "CreateUser")
}

func TestSeedAdminRefusesBadSettingsAndOutages(t *testing.T) {
	t.Parallel()
	_, err := seedAdmin(t, &store{}, &outbox{}, user.Admin{Username: "a", Email: "x", Password: "password123"})
	wantRefusal(t, err, fault.Invalid, fault.Fields{"ADMIN_USERNAME": "is not a username", "ADMIN_EMAIL": "must be an e-mail address", "ADMIN_PASSWORD": "is too common"})
	for method, taken := range map[string]bool{"UserByUsername": false, "CreateUser": false, "CreateReset": false, "UserByEmail": true} {
		db, box := &store{errs: map[string]error{method: errOutage}, taken: user.Taken{Email: taken}}, &outbox{}
		if _, err := seedAdmin(t, db, box, admin); !errors.Is(err, fault.Unavailable) || len(box.sent) > 0 {
			t.Errorf("%s fails: %v, mails %v", method, err, box.sent)
		}
	}
}

// At the first deployment mail may not work yet.
func TestSeedAdminKeepsTheAccountWhenMailFails(t *testing.T) {
	t.Parallel()
	got, err := seedAdmin(t, &store{}, &outbox{err: errors.New("not verified")}, admin)
	if err != nil || !got.Created || got.Mailed || !strings.Contains(got.Note, "use forget_password") {
		t.Errorf("%+v, %v", got, err)
	}
}
