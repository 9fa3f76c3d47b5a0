package postgres_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roster/shared/directory"
	"roster/shared/fault"
	"roster/shared/user"
)

// Anybody may have registered a username, here or in the system that the file is of.
// So a username alone gives nobody the rights of an ADMIN: neither to somebody who
// took the name of one here before, nor to somebody who has the name of one there.
func TestAUsernameAloneGivesNobodyAnAdminsRights(t *testing.T) {
	t.Parallel()
	const later = `"password_changed_at":"2027-02-01T00:00:00Z"`
	unproven := fault.Fields{"uuid": "must be given, or id, in a row that makes an account an ADMIN, or changes an ADMIN's e-mail address or password"}
	for name, c := range map[string]struct {
		stored  user.User
		row     func(u user.User) string
		refused bool
	}{
		"a new ADMIN":                      {account("ann"), func(user.User) string { return line("ann", `"role":"ADMIN"`) }, true},
		"a new ADMIN of another address":   {account("ann"), func(user.User) string { return line("ann", `"role":"ADMIN","email":"eve@example.org"`) }, true},
		"an ADMIN's e-mail address":        {adminAccount("ann"), func(user.User) string { return line("ann", `"email":"eve@example.org"`) }, true},
		"an ADMIN's password":              {adminAccount("ann"), func(user.User) string { return line("ann", `"password_hash":"eve",`+later) }, true},
		"an address and no ADMIN any more": {adminAccount("ann"), func(user.User) string { return line("ann", `"role":"USER","email":"eve@example.org"`) }, false},
		"no ADMIN any more":                {adminAccount("ann"), func(user.User) string { return line("ann", `"role":"USER"`) }, false},
		"an ADMIN's metadata":              {adminAccount("ann"), func(user.User) string { return line("ann", `"app_metadata":{"a":1}`) }, false},
		"a USER's e-mail address":          {account("ann"), func(user.User) string { return line("ann", `"email":"ann@example.org"`) }, false},
		"with the UUID": {account("ann"), func(u user.User) string {
			return line("ann", fmt.Sprintf(`"uuid":%q,"role":"ADMIN","email":"ann@example.org"`, u.UUID))
		}, false},
		"with the id": {adminAccount("ann"), func(u user.User) string {
			return line("ann", fmt.Sprintf(`"id":%d,"email":"ann@example.org"`, u.ID))
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := openOwner(t)
			create(t, db, adminAccount("boss"))
			stored := create(t, db, c.stored)
			before := dump(t, everything)
			for _, dry := range []bool{true, false} {
				r, err := importLines(t, db, directory.Options{Policy: directory.PolicyUpdate, DryRun: dry}, c.row(stored))
				want := []directory.Refusal{}
				if c.refused {
					want = append(want, directory.Refusal{Row: 1, Username: "ann", Fields: unproven})
				}
				if diff := cmp.Diff(want, r.Refusals); err != nil || diff != "" {
					t.Errorf("dry run %t: %v, refusals (-want +got):\n%s", dry, err, diff)
				}
			}
			if after := dump(t, everything); c.refused != cmp.Equal(before, after) {
				t.Errorf("refused: %t, and the accounts are %s", c.refused, after)
			}
		})
	}
}
