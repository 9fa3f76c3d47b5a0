package user_test

import (
	"errors"
	"testing"

	"roster/shared/fault"
	"roster/shared/request"
	"roster/shared/user"
)

// storeWithReset returns a store in which Ann has a valid reset token, and the
// token.
func storeWithReset() (*store, string) {
	token, hash := tokens.Mint()
	return &store{users: []*user.User{ann()}, reset: user.NewReset{Hash: hash}}, token
}

func reset(t testing.TB, db *store, token, pw string) error {
	t.Helper()
	return user.ResetPassword(t.Context(), requestFrom(request.Client{}), db, user.ResetPasswordParts{Tokens: tokens, Passwords: passwords, Limits: user.DefaultLimits}, user.PasswordReset{Token: token, NewPassword: pw})
}

func TestResetPasswordStoresTheHash(t *testing.T) {
	t.Parallel()
	db, token := storeWithReset()
	if err := reset(t, db, token, "another kite"); err != nil {
		t.Fatal(err)
	}
	wantCalls(t, db, "Consume", "UserByReset", "UseReset")
	if ok, stale, err := passwords.Hasher.Verify(db.newHash, "another kite"); !ok || stale || err != nil {
		t.Errorf("the stored hash: %v, %v, %v", ok, stale, err)
	}
}

func TestRefusedPasswordKeepsTheTokenValid(t *testing.T) {
	t.Parallel()
	for pw, want := range map[string]string{
		"":                "must have at least 8 characters",
		"short":           "must have at least 8 characters",
		"password123":     "is too common",
		"ann@example.com": "must not be one of the account's own names",
		"ANN@EXAMPLE.COM": "must not be one of the account's own names",
	} {
		db, token := storeWithReset()
		wantRefusal(t, reset(t, db, token, pw), fault.Invalid, fault.Fields{"new_password": want})
		for _, call := range db.calls {
			if call == "UseReset" {
				t.Errorf("%q: the token was used up", pw)
			}
		}
	}
}

func TestInvalidResetTokensGetOneAnswer(t *testing.T) {
	t.Parallel()
	invalid := fault.Fields{"token": "is invalid or has expired"}
	other, _ := tokens.Mint()
	for name, token := range map[string]string{
		"unknown": other, "no token": "x", "an access token": "eyJhbGciOiJIUzI1NiJ9.e30.x", "padded": other + "=", "with a line break": other + "\n",
	} {
		db, _ := storeWithReset()
		err := reset(t, db, token, "another kite")
		wantRefusal(t, err, fault.TokenInvalid, invalid)
		if err.Error() != "token_invalid: The token is invalid or has expired. (token is invalid or has expired)" {
			t.Errorf("%s: %v", name, err)
		}
	}
	db, token := storeWithReset()
	db.notUsed = true // another request was faster
	wantRefusal(t, reset(t, db, token, "another kite"), fault.TokenInvalid, invalid)
	wantCalls(t, db, "Consume", "UserByReset", "UseReset", "Record")
}

func TestResetPasswordNeedsBothFields(t *testing.T) {
	t.Parallel()
	db, _ := storeWithReset()
	wantRefusal(t, reset(t, db, "", ""), fault.Invalid, fault.Fields{"token": "is required", "new_password": "must have at least 8 characters"})
	wantCalls(t, db)
}

func TestResetPasswordOutageIsUnavailable(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"UserByReset", "UseReset"} {
		db, token := storeWithReset()
		db.errs = map[string]error{method: errOutage}
		if err := reset(t, db, token, "another kite"); !errors.Is(err, fault.Unavailable) {
			t.Errorf("%s: %v", method, err)
		}
	}
}
