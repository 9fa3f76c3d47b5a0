package postgres_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roster/localdev/postgrestest"
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
		"an address and no ADMIN any more": {adminAccount("ann"), func(user.User) string { return line("ann", `"role":"USER","email":"eve@example.org"`) }, true},
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

// Who looks for a change of a role, a password or an address in the log finds those of
// an import, too.
func TestTheLogSaysWhatAnImportChanged(t *testing.T) {
	t.Parallel()
	db := openOwner(t)
	create(t, db, adminAccount("boss"))
	ann := create(t, db, account("ann"))
	uuid := fmt.Sprintf(`"uuid":%q`, ann.UUID)
	const rows = `"detail":{"change":"updated","rows":"1-1"`
	for _, step := range []struct{ row, actions, detail string }{
		{line("ann", uuid, `"role":"ADMIN"`), "import,role_changed", rows + `,"role":"ADMIN"}`},
		{line("ann", uuid, `"active":false`), "import,active_changed", rows + `,"active":"false"}`},
		{line("anna", uuid, `"email":"anna@example.org"`), "import,username_changed,email_changed", rows + `}`},
		{line("anna", uuid, `"email":"anna@example.org","password_hash":"new","password_changed_at":"2027-01-01T00:00:00Z"`), "import,password_changed", rows + `}`},
		{line("anna", uuid, `"email":"anna@example.org","metadata":{"a":1}`), "import,metadata_changed", rows + `}`},
		{line("anna", uuid, `"email":"anna@example.org","email_status":"bounced"`), "import", rows + `}`},
		{line("anna", uuid, `"email":"anna@example.org","app_metadata":{"a":1},"active":true,"role":"USER"`), "import,role_changed,active_changed,metadata_changed", rows + `,"active":"true","role":"USER"}`},
	} {
		if _, err := importLines(t, db, directory.Options{Policy: directory.PolicyUpdate}, step.row); err != nil {
			t.Fatal(err)
		}
		var actions, text string
		err := postgrestest.Pool(t).QueryRow(t.Context(), `with found as (delete from audit where target = $1 and 'import' = any (actions) returning actions, event)
			select array_to_string(actions, ','), event from found`, ann.UUID).Scan(&actions, &text)
		var event struct{ Detail map[string]string }
		var want struct{ Detail map[string]string }
		if err := errors.Join(err, json.Unmarshal([]byte(text), &event), json.Unmarshal([]byte("{"+step.detail+"}"), &want)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, event); actions != step.actions || diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", step.row, actions, diff)
		}
	}
}
