package user_test

import (
	"runtime"
	"strings"
	"testing"

	"roster/shared/request"
	"roster/shared/user"
)

// R-ENUM-4: every refused login computes exactly one hash, so that its time
// reveals nothing. Allocations are counted for the whole process, so this test
// does not run in parallel.
func TestEveryRefusedLoginDoesTheSameWork(t *testing.T) {
	const oneHash = 19456 << 10 // bytes; see package password
	known := func(change func(*user.User)) *store { return &store{users: []*user.User{with(ann(), change)}} }
	for name, c := range map[string]struct {
		db                 *store
		username, password string
	}{
		"unknown":         {&store{}, "ann.lee", right},
		"invalid":         {&store{}, "a/b", right},
		"wrong password":  {known(func(*user.User) {}), "ann.lee", "wrong"},
		"long password":   {known(func(*user.User) {}), "ann.lee", strings.Repeat("x", 16<<10)},
		"unknown, long":   {&store{}, "ann.lee", strings.Repeat("x", 16<<10)},
		"inactive":        {known(func(u *user.User) { u.Active = false }), "ann.lee", right},
		"inactive, wrong": {known(func(u *user.User) { u.Active = false }), "ann.lee", "wrong"},
		"no password":     {known(func(u *user.User) { u.PasswordHash = "" }), "ann.lee", right},
		"unusable hash":   {known(func(u *user.User) { u.PasswordHash = "x" }), "ann.lee", right},
		"unknown address": {&store{}, "nobody@example.com", right},
		"invalid address": {&store{}, "ann@", right},
		"known address":   {known(func(*user.User) {}), "ann@example.com", "wrong"},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := login(t, c.db, passwords, c.username, c.password)
		runtime.ReadMemStats(&after)
		if err == nil {
			t.Errorf("%s: logged in", name)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n < oneHash || n > oneHash+oneHash/4 {
			t.Errorf("%s: %d KiB were allocated", name, n>>10)
		}
	}
}

// Otherwise an attacker could keep the machine busy with bad requests.
func TestRefusedFieldsCostNoHash(t *testing.T) {
	in := registration()
	in.Email = "x"
	in.Check(passwords) // the first call decompresses the list of common passwords
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := user.Register(t.Context(), requestFrom(request.Client{}), &store{}, registerParts(passwords), in)
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; err == nil || n > 8<<20 {
		t.Errorf("error %v, %d KiB were allocated", err, n>>10)
	}
}
