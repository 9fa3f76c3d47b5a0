package password_test

import (
	"errors"
	"strings"
	"testing"

	"roster/shared/credential/password"
)

func TestAPepperedHashNamesItsPepperAndVerifies(t *testing.T) {
	t.Parallel()
	peppered := password.NewHasher("a pepper of enough length, kept elsewhere")
	stored := peppered.Hash("correct horse")
	if strings.Contains(stored, "pepper") || !strings.Contains(stored, ",keyid=") {
		t.Errorf("stored as %q", stored)
	}
	if ok, stale := verify(t, peppered, stored, "correct horse"); !ok || stale {
		t.Errorf("ok %v, stale %v", ok, stale)
	}
	if ok, _ := verify(t, peppered, stored, "wrong horse"); ok {
		t.Error("a wrong password is accepted")
	}
	if ok, _ := verify(t, peppered, stored, "cafe\u0301"); ok {
		t.Error("a wrong password is accepted")
	}
}

// SECURITY_PASSWORD_SALT may be set at any time. Older hashes still verify, and are
// replaced when their owner logs in.
func TestHashesFromBeforeThePepperStillVerify(t *testing.T) {
	t.Parallel()
	old := plain.Hash("correct horse")
	now := password.NewHasher("set later")
	if ok, stale := verify(t, now, old, "correct horse"); !ok || !stale {
		t.Errorf("ok %v, stale %v; want both", ok, stale)
	}
	if ok, _ := verify(t, now, old, "wrong horse"); ok {
		t.Error("a wrong password is accepted")
	}
}

func TestAHashWithAnotherPepperIsUnusable(t *testing.T) {
	t.Parallel()
	stored := password.NewHasher("one").Hash("correct horse")
	for name, h := range map[string]*password.Hasher{"another pepper": password.NewHasher("two"), "none": plain} {
		ok, stale, err := h.Verify(stored, "correct horse")
		if ok || stale || !errors.Is(err, password.ErrUnusable) {
			t.Errorf("%s: ok %v, stale %v, error %v", name, ok, stale, err)
		}
	}
}

// An attacker who can write to the database must not be able to remove the pepper.
func TestAHashWithoutItsPeppersIDDoesNotVerify(t *testing.T) {
	t.Parallel()
	h := password.NewHasher("one")
	stored := h.Hash("correct horse")
	before, after, _ := strings.Cut(stored, ",keyid=")
	_, rest, _ := strings.Cut(after, "$")
	if ok, _ := verify(t, h, before+"$"+rest, "correct horse"); ok {
		t.Error("it was computed without the pepper")
	}
}
