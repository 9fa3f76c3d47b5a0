package api_test

import (
	"strings"
	"testing"
)

const deleted = `{"msg":"User deleted."}`

func TestDeleteUserRemovesTheAccount(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ann, boss := s.account("ann"), s.account("boss", asAdmin)
	s.account("ben")
	s.mailedToken("ann")
	s.send("DELETE", "/api/user/Ann", "", bearer(t, ann)).wants(t, "oneself", 200, deleted)
	if rows := s.storedRows(); strings.Contains(rows, "ann@") || strings.Contains(rows, "hash\":\"\\\\x") {
		t.Errorf("still stored: %s", rows)
	}
	s.expectChange("again", false, func() {
		s.send("DELETE", "/api/user/ann", "", bearer(t, ann)).wants(t, "again", 401, unauthenticated)
		s.send("GET", "/api/user/ann", "", bearer(t, ann)).wants(t, "a token of before", 401, unauthenticated)
		s.send("GET", "/api/user/ann", "", bearer(t, boss)).wants(t, "to an admin", 404, noSuchUser)
		s.send("DELETE", "/api/user/ann", "", bearer(t, boss)).wants(t, "as an admin", 404, noSuchUser)
	})
	s.send("DELETE", "/api/user/ben", "", bearer(t, boss)).wants(t, "another", 200, deleted)

	// CVE-2026-55670: a later account with the same name is another account.
	s.register("the name again", strings.Replace(zoeRegistration, "Zoe.Lee", "ann", 1))
	s.send("GET", "/api/user/ann", "", bearer(t, ann)).wants(t, "the token of the first", 401, unauthenticated)
	if again := s.find("ann"); again.UUID == ann.UUID || again.ID == ann.ID {
		t.Errorf("the second has the ids of the first: %+v", again)
	}
}

func TestDeleteUserRefusesOthersAndTheLastAdmin(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ann, boss := s.account("ann"), s.account("boss", asAdmin)
	s.account("ben")
	s.account("idle", asAdmin, inactive)
	s.expectChange("refusals", false, func() {
		s.send("DELETE", "/api/user/ben", "", bearer(t, ann)).wants(t, "another", 403, forbidden)
		s.send("DELETE", "/api/user/boss", "", bearer(t, ann)).wants(t, "an admin", 403, forbidden)
		s.send("DELETE", "/api/user/nobody", "", bearer(t, ann)).wants(t, "nobody", 403, forbidden)
		s.send("DELETE", "/api/user/nobody", "", bearer(t, boss)).wants(t, "nobody, as ADMIN", 404, noSuchUser)
		s.send("DELETE", "/api/user/boss", "", bearer(t, boss)).wants(t, "the last active admin", 409, lastAdmin)
		s.send("DELETE", "/api/user/ann", "").wants(t, "without a token", 401, unauthenticated)
	})
	s.account("chief", asAdmin)
	s.send("DELETE", "/api/user/boss", "", bearer(t, boss)).wants(t, "one of two", 200, deleted)
}
