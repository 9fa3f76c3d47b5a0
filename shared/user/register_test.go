package user_test

import (
	"errors"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"roster/shared/fault"
	"roster/shared/request"
	"roster/shared/user"
)

var uuid4 = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func TestRegisterStoresTheCanonicalAccount(t *testing.T) {
	t.Parallel()
	in, db := registration(), &store{}
	in.Username, in.Email = "Ann.Lee", "Ann@Example.COM"
	if _, err := user.Register(t.Context(), requestFrom(request.Client{}), db, registerParts(passwords), in); err != nil {
		t.Fatal(err)
	}
	wantCalls(t, db, "Consume", "CreateUser")
	want := user.User{
		Username: "ann.lee", FirstName: "Ann", LastName: "Lee", Email: "Ann@example.com", Role: user.RoleUser, Active: true,
		TokenVersion: 1, CreatedAt: now, UpdatedAt: now, PasswordChangedAt: &now,
	}
	if diff := cmp.Diff(want, db.created, cmpopts.IgnoreFields(user.User{}, "UUID", "PasswordHash")); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
	if !uuid4.MatchString(db.created.UUID) {
		t.Errorf("UUID %q", db.created.UUID)
	}
	if ok, stale, err := passwords.Hasher.Verify(db.created.PasswordHash, right); !ok || stale || err != nil {
		t.Errorf("the stored hash: %v, %v, %v", ok, stale, err)
	}
}

func TestRegisterNamesEveryBadField(t *testing.T) {
	t.Parallel()
	db := &store{}
	_, err := user.Register(t.Context(), requestFrom(request.Client{}), db, registerParts(passwords), user.Registration{Username: "me", LastName: "\x00", Email: "x", Password: "short"})
	wantRefusal(t, err, fault.Invalid, fault.Fields{
		"username":   "must be 3 to 32 ASCII letters, digits, '.', '_' or '-', the first and last a letter or digit",
		"first_name": "is required",
		"last_name":  "must not have control characters",
		"email":      "must be an e-mail address",
		"password":   "must have at least 8 characters",
	})
	wantCalls(t, db)
}

func TestRegisterRefusesOwnNamesAsPassword(t *testing.T) {
	t.Parallel()
	in := user.Registration{Username: "wilhelmina", FirstName: "Wilhelmina-Anna", LastName: "van der Berg", Email: "Wil.Berg@example.com"}
	for _, pw := range []string{"wilhelmina", "WILHELMINA-ANNA", "van der berg", "Wilhelmina-Anna van der Berg", "wil.berg@example.com", "wil.berg"} {
		in.Password = pw
		if got := in.Check(passwords)["password"]; got != "must not be one of the account's own names" {
			t.Errorf("%q: %q", pw, got)
		}
	}
	in.Password = "wilhelmina with a kite"
	if fields := in.Check(passwords); len(fields) > 0 {
		t.Errorf("%q: %v", in.Password, fields)
	}
}

func TestRegisterNamesTheTakenFields(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		taken user.Taken
		want  fault.Fields
	}{
		{user.Taken{Username: true}, fault.Fields{"username": "already taken"}},
		{user.Taken{Email: true}, fault.Fields{"email": "already taken"}},
		{user.Taken{Username: true, Email: true}, fault.Fields{"username": "already taken", "email": "already taken"}},
	} {
		_, err := user.Register(t.Context(), requestFrom(request.Client{}), &store{taken: c.taken}, registerParts(passwords), registration())
		wantRefusal(t, err, fault.Conflict, c.want)
	}
}

func TestRegisterOutageIsUnavailable(t *testing.T) {
	t.Parallel()
	db := &store{errs: map[string]error{"CreateUser": errOutage}}
	if _, err := user.Register(t.Context(), requestFrom(request.Client{}), db, registerParts(passwords), registration()); !errors.Is(err, fault.Unavailable) {
		t.Error(err)
	}
}
