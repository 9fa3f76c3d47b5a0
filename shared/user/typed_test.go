package user_test

import (
	"strings"
	"testing"

	"roster/shared/mail"
	"roster/shared/request"
	"roster/shared/user"
)

// account is what a lookup asks for.
type account struct{ username, email string }

// Where there is no account, attempts are counted by what was typed. If two texts
// shared that counter and could belong to different accounts, a second text would be
// refused where there is no account and not where there is one, and would tell which.
func TestWhatSharesACounterAsksForTheSameAccount(t *testing.T) {
	t.Parallel()
	texts := []string{
		"ann", " ann", "ANN ", "ann\u00a0", "\u200bann", "ann\u3000", "an n", "Ann.", "ann.", "../x", "..\\x", " ", "\u00a0", "\u200b", "\u3000 ", "x", "X",
		"ann@example.com", " ANN@Example.com", "ann@example.com.", "ann@bücher.example", "ann@xn--bcher-kva.example", "ann@BÜCHER.example ", "ann@", "@", "ann@x y.com", "ann\u0301",
		"username", "email", "username\u0001ann", "email\u0001ann@example.com", "ann@example\u3002com", "ａｎｎ@example.com", "ann＠example.com",
	}
	t.Run("login", func(t *testing.T) {
		t.Parallel()
		seen := map[string]account{}
		for _, name := range texts {
			db := &store{}
			_, _ = login(t, db, passwords, name, "x")
			sharesWith(t, seen, db)
		}
	})
	t.Run("forget_password", func(t *testing.T) {
		t.Parallel()
		seen := map[string]account{}
		given := []*string{nil}
		for _, text := range texts {
			given = append(given, &text)
		}
		for _, name := range given {
			for _, email := range given {
				db := &store{}
				_, _ = user.ForgetPassword(t.Context(), requestFrom(request.Client{}), db, user.ForgetPasswordParts{
					Tokens: tokens, Notices: user.Notices{Mailer: mail.Mailer{Transport: &outbox{}}}, Limits: user.DefaultLimits,
				}, user.ResetRequest{Username: name, Email: email})
				sharesWith(t, seen, db)
			}
		}
	})
}

// sharesWith compares the lookup with those before it.
func sharesWith(t *testing.T, seen map[string]account, db *store) {
	t.Helper()
	if len(db.calls) == 0 { // refused before it was counted
		return
	}
	asked := account{db.lookup.Username, db.lookup.Email}
	if before, known := seen[db.lookup.Typed]; known && !sameAccount(before, asked) {
		t.Errorf("%+q asks for %+v and for %+v", db.lookup.Typed, before, asked)
	}
	seen[db.lookup.Typed] = asked
}

func sameAccount(a, b account) bool {
	return a.username == b.username && strings.EqualFold(a.email, b.email)
}
