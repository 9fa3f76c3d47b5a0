package user_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roster/shared/fault"
	"roster/shared/mail"
	"roster/shared/request"
	"roster/shared/user"
)

const publicURL = "https://accounts.example.com"

func forget(t testing.TB, db *store, box *outbox, name, email string) (string, error) {
	t.Helper()
	in := user.ResetRequest{}
	if name != "" {
		in.Username = &name
	}
	if email != "" {
		in.Email = &email
	}
	return user.ForgetPassword(t.Context(), requestFrom(request.Client{}), db, user.ForgetPasswordParts{Tokens: tokens, Notices: user.Notices{Mailer: mail.Mailer{Transport: box}, PublicURL: publicURL}, Limits: user.DefaultLimits}, in)
}

func TestForgetPasswordMailsTheStoredToken(t *testing.T) {
	t.Parallel()
	db, box := &store{users: []*user.User{ann()}}, &outbox{}
	token, err := forget(t, db, box, "Ann.Lee", "ann@EXAMPLE.com")
	if err != nil {
		t.Fatal(err)
	}
	hash, ok := tokens.Hash(token)
	if !ok || !bytes.Equal(hash, db.reset.Hash) {
		t.Errorf("the token %q is not the one that was stored", token)
	}
	if diff := cmp.Diff([]string{"ann.lee", "ann@example.com"}, []string{*db.reset.Target.Username, *db.reset.Target.Email}); diff != "" {
		t.Errorf("the store was asked for (-want +got):\n%s", diff)
	}
	if want := now.Add(30 * time.Minute); !db.reset.CreatedAt.Equal(now) || !db.reset.ExpiresAt.Equal(want) {
		t.Errorf("the token is valid from %v to %v", db.reset.CreatedAt, db.reset.ExpiresAt)
	}
	want := mail.PasswordReset(mail.PasswordResetInput{
		To: "ann@example.com", Username: "ann.lee", Link: publicURL + "/reset_password?token=" + token, ValidFor: 30 * time.Minute,
	})
	if diff := cmp.Diff([]mail.Message{want}, box.sent); diff != "" {
		t.Errorf("mails (-want +got):\n%s", diff)
	}
}

// A username or an e-mail is enough, and the mail names the username, for those who
// forgot it.
func TestForgetPasswordTakesEither(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]struct{ username, email string }{
		"a username": {username: "ANN.Lee"},
		"an e-mail":  {email: "ann@EXAMPLE.com"},
		"both":       {username: "ann.lee", email: "ann@example.com"},
	} {
		db, box := &store{users: []*user.User{ben(), ann()}}, &outbox{}
		if _, err := forget(t, db, box, in.username, in.email); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if len(box.sent) != 1 || box.sent[0].To != "ann@example.com" || !strings.Contains(box.sent[0].Text, "Your username is ann.lee.") {
			t.Errorf("%s: mailed %v", name, box.sent)
		}
		wantCalls(t, db, "AttemptAtAccount", "CreateReset")
	}
}

// CVE-2019-19844: the mail goes to the stored address, and not to an address in
// the request that is equal to it after case folding.
func TestForgetPasswordMailsTheStoredAddress(t *testing.T) {
	t.Parallel()
	stored := with(ann(), func(u *user.User) { u.Email = "ann@xn--bcher-kva.example" })
	db, box := &store{users: []*user.User{stored}}, &outbox{}
	if _, err := forget(t, db, box, "ann.lee", "ann@BÜCHER.example"); err != nil {
		t.Fatal(err)
	}
	if len(box.sent) != 1 || box.sent[0].To != stored.Email {
		t.Errorf("mails: %v", box.sent)
	}
}

func TestForgetPasswordAnswersAlikeForEveryAccount(t *testing.T) {
	t.Parallel()
	inactive := with(ann(), func(u *user.User) { u.Active = false })
	for _, c := range []struct {
		name, username, email string
		users                 []*user.User
	}{
		{"an unknown name", "ben", "ann@example.com", []*user.User{ann()}},
		{"another's address", "ann.lee", "ben@example.com", []*user.User{ann(), ben()}},
		{"an account that is not active", "ann.lee", "ann@example.com", []*user.User{inactive}},
		{"no accounts", "ann.lee", "ann@example.com", nil},
		{"an invalid name", "../x", "ann@example.com", []*user.User{ann()}},
		{"an invalid address", "ann.lee", "ann", []*user.User{ann()}},
		{"a look-alike address", "ann.lee", "\u0430nn@example.com", []*user.User{ann()}},
		{"two addresses", "ann.lee", "ann@example.com,evil@example.com", []*user.User{ann()}},
		{"a second line", "ann.lee", "ann@example.com\nBcc: evil@example.com", []*user.User{ann()}},
		{"an unknown name alone", "ben", "", []*user.User{ann()}},
		{"an unknown address alone", "", "ben@example.com", []*user.User{ann()}},
		{"an invalid name alone", "../x", "", []*user.User{ann()}},
		{"an invalid address alone", "", "ann", []*user.User{ann()}},
		{"an address for a name", "ann@example.com", "", []*user.User{ann()}},
		{"an inactive name alone", "ann.lee", "", []*user.User{inactive}},
		{"an inactive address alone", "", "ann@example.com", []*user.User{inactive}},
		{"very long", strings.Repeat("a", 256), strings.Repeat("a", 512), []*user.User{ann()}},
	} {
		db, box := &store{users: c.users}, &outbox{}
		token, err := forget(t, db, box, c.username, c.email)
		if _, ok := tokens.Hash(token); !ok || err != nil {
			t.Errorf("%s: token %q, error %v", c.name, token, err)
		}
		if len(box.sent) > 0 {
			t.Errorf("%s: mailed %v", c.name, box.sent)
		}
		wantCalls(t, db, "AttemptAtAccount", "CreateReset") // the same calls in every case
	}
}

func TestForgetPasswordAnswersAlikeWhenMailFails(t *testing.T) {
	t.Parallel() // CVE-2024-45231
	db, box := &store{users: []*user.User{ann()}}, &outbox{err: errors.New("SES is down")}
	token, err := forget(t, db, box, "ann.lee", "ann@example.com")
	if _, ok := tokens.Hash(token); !ok || err != nil {
		t.Errorf("token %q, error %v", token, err)
	}
}

func TestForgetPasswordRefusesWithoutMailing(t *testing.T) {
	t.Parallel()
	db, box := &store{}, &outbox{}
	token, err := forget(t, db, box, "", "")
	wantRefusal(t, err, fault.Invalid, fault.Fields{"username": "is required without email", "email": "is required without username"})
	wantCalls(t, db)
	if token != "" {
		t.Errorf("token %q", token)
	}
	db = &store{users: []*user.User{ann()}, errs: map[string]error{"CreateReset": errOutage}}
	if _, err := forget(t, db, box, "ann.lee", "ann@example.com"); !errors.Is(err, fault.Unavailable) {
		t.Errorf("an outage: %v", err)
	}
	if len(box.sent) > 0 {
		t.Errorf("mailed without a stored token: %v", box.sent)
	}
}
