package user_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"roster/shared/audit"
	"roster/shared/fault"
	"roster/shared/ratelimit"
	"roster/shared/user"
)

func ptr[T any](v T) *T { return &v }

func update(t testing.TB, db *store, caller *user.User, target string, in user.Changes) error {
	t.Helper()
	if db.outcome == (user.Outcome{}) {
		db.outcome.Done = true
	}
	return user.Update(t.Context(), requestBy(callerOf(caller)), db, user.UpdateParts{Passwords: passwords, Limits: user.DefaultLimits}, user.UpdateRequest{Username: target, Changes: in})
}

// wantWritten is what an update must write, and what its guard must ask for.
type wantWritten struct {
	edit         user.Edit
	asAdmin      bool
	removesAdmin bool
}

type goodUpdate struct {
	caller *user.User
	target *user.User
	in     user.Changes
	want   wantWritten
}

func goodUpdates() map[string]goodUpdate {
	return map[string]goodUpdate{
		"nothing":                    {ann(), ann(), user.Changes{}, wantWritten{}},
		"own names":                  {ann(), ann(), user.Changes{FirstName: ptr("Anna"), LastName: ptr("Day")}, wantWritten{edit: user.Edit{FirstName: ptr("Anna"), LastName: ptr("Day")}}},
		"own e-mail":                 {ann(), ann(), user.Changes{Email: ptr("new@EXAMPLE.com")}, wantWritten{edit: user.Edit{Email: ptr("new@example.com"), RevokeResets: true}}},
		"the e-mail that it has":     {ann(), ann(), user.Changes{Email: ptr("ann@example.com")}, wantWritten{edit: user.Edit{Email: ptr("ann@example.com")}}},
		"own e-mail in another case": {ann(), ann(), user.Changes{Email: ptr("Ann@example.com")}, wantWritten{edit: user.Edit{Email: ptr("Ann@example.com"), RevokeResets: true}}},
		"another's names":            {boss(), ann(), user.Changes{FirstName: ptr("Anna")}, wantWritten{edit: user.Edit{FirstName: ptr("Anna")}, asAdmin: true}},
		"another's username":         {boss(), ann(), user.Changes{Username: ptr("Anna.Lee")}, wantWritten{edit: user.Edit{Username: ptr("anna.lee")}, asAdmin: true}},
		"promotion":                  {boss(), ann(), user.Changes{Role: ptr(user.RoleAdmin)}, wantWritten{edit: user.Edit{Role: ptr(user.RoleAdmin)}, asAdmin: true}},
		"demotion":                   {boss(), with(ann(), func(u *user.User) { u.Role = user.RoleAdmin }), user.Changes{Role: ptr(user.RoleUser)}, wantWritten{edit: user.Edit{Role: ptr(user.RoleUser), RevokeTokens: true}, asAdmin: true, removesAdmin: true}},
		"the role that it has":       {boss(), ann(), user.Changes{Role: ptr(user.RoleUser)}, wantWritten{edit: user.Edit{Role: ptr(user.RoleUser)}, asAdmin: true, removesAdmin: true}},
		"deactivation":               {boss(), ann(), user.Changes{Active: ptr(false)}, wantWritten{edit: user.Edit{Active: ptr(false), RevokeTokens: true, RevokeResets: true, EndSessions: true}, asAdmin: true, removesAdmin: true}},
		"activation":                 {boss(), ann(), user.Changes{Active: ptr(true)}, wantWritten{edit: user.Edit{Active: ptr(true)}, asAdmin: true}},
		"own demotion":               {boss(), boss(), user.Changes{Role: ptr(user.RoleUser)}, wantWritten{edit: user.Edit{Role: ptr(user.RoleUser), RevokeTokens: true}, asAdmin: true, removesAdmin: true}},
		"own deactivation":           {boss(), boss(), user.Changes{Active: ptr(false)}, wantWritten{edit: user.Edit{Active: ptr(false), RevokeTokens: true, RevokeResets: true, EndSessions: true}, asAdmin: true, removesAdmin: true}},
		"own names, as ADMIN":        {boss(), boss(), user.Changes{FirstName: ptr("B")}, wantWritten{edit: user.Edit{FirstName: ptr("B")}}},
		"only the right password":    {ann(), ann(), user.Changes{CurrentPassword: ptr(right)}, wantWritten{edit: user.Edit{Clear: []ratelimit.Budget{{Key: "current password\x00", PerAccount: true, Owner: ratelimit.Owner{Account: annUUID}, Provisional: true, Limit: 100, Consecutive: true}}}}},
	}
}

func TestUpdateWritesAndGuardsTheChange(t *testing.T) {
	t.Parallel()
	for name, c := range goodUpdates() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := &store{users: []*user.User{c.target}}
			if c.caller.UUID != c.target.UUID {
				db.users = append(db.users, c.caller)
			}
			if err := update(t, db, c.caller, c.target.Username, c.in); err != nil {
				t.Fatal(err)
			}
			c.want.edit.At = now
			if diff := cmp.Diff(c.want.edit, db.edit); diff != "" {
				t.Errorf("edit (-want +got):\n%s", diff)
			}
			guard := user.Guard{
				Caller: callerOf(c.caller), AsAdmin: c.want.asAdmin, TargetUUID: c.target.UUID, Username: c.target.Username, RemovesAdmin: c.want.removesAdmin,
				ExpectedTarget: &user.Snapshot{Role: c.target.Role, Active: c.target.Active, Email: c.target.Email},
			}
			if diff := cmp.Diff(guard, db.guard); diff != "" {
				t.Errorf("guard (-want +got):\n%s", diff)
			}
		})
	}
}

// A user's change of the own e-mail is counted, whether or not the address is
// taken. The audit log records when a wait begins.
func TestUpdateCountsEmailChanges(t *testing.T) {
	t.Parallel()
	changed := user.Changes{Email: ptr("new@example.com")}
	taken := user.Outcome{Taken: user.Taken{Email: true}}
	for name, c := range map[string]struct {
		caller  *user.User
		in      user.Changes
		outcome user.Outcome
		last    bool
		did     []string
		actions []audit.Action
	}{
		"the own e-mail":               {ann(), changed, user.Outcome{}, false, []string{"CallerAndTarget", "Consume", "UpdateUser"}, []audit.Action{audit.ActionEmailChanged}},
		"the last":                     {ann(), changed, user.Outcome{}, true, []string{"CallerAndTarget", "Consume", "UpdateUser"}, []audit.Action{audit.ActionEmailChanged, audit.ActionWait}},
		"one that is taken":            {ann(), changed, taken, false, []string{"CallerAndTarget", "Consume", "UpdateUser", "Record"}, []audit.Action{audit.ActionUpdateFailed}},
		"the last, taken":              {ann(), changed, taken, true, []string{"CallerAndTarget", "Consume", "UpdateUser", "Record"}, []audit.Action{audit.ActionUpdateFailed, audit.ActionWait}},
		"the one that it has":          {ann(), user.Changes{Email: ptr("ann@example.com")}, user.Outcome{}, true, []string{"CallerAndTarget", "UpdateUser"}, []audit.Action{audit.ActionProfileChanged}},
		"only names":                   {ann(), user.Changes{FirstName: ptr("Anna")}, user.Outcome{}, true, []string{"CallerAndTarget", "UpdateUser"}, []audit.Action{audit.ActionProfileChanged}},
		"another account, by an ADMIN": {boss(), changed, taken, true, []string{"CallerAndTarget", "UpdateUser", "Record"}, []audit.Action{audit.ActionUpdateFailed}},
	} {
		db := &store{users: []*user.User{ann(), boss()}, outcome: c.outcome, last: c.last}
		err := update(t, db, c.caller, "ann.lee", c.in)
		if (c.outcome == taken) != (code(err) == fault.Conflict) {
			t.Errorf("%s: %v", name, err)
		}
		wantCalls(t, db, c.did...)
		if diff := cmp.Diff(c.actions, db.event.Actions); diff != "" {
			t.Errorf("%s: actions (-want +got):\n%s", name, diff)
		}
	}
}

func TestPasswordChangeRevokesTheTokens(t *testing.T) {
	t.Parallel()
	db := &store{users: []*user.User{ann()}}
	if err := update(t, db, ann(), "ann.lee", user.Changes{Password: ptr("another kite"), CurrentPassword: ptr(right)}); err != nil {
		t.Fatal(err)
	}
	if ok, stale, err := passwords.Hasher.Verify(*db.edit.PasswordHash, "another kite"); !ok || stale || err != nil {
		t.Errorf("the stored hash: %v, %v, %v", ok, stale, err)
	}
	if !db.edit.RevokeTokens || !db.edit.RevokeResets {
		t.Errorf("the tokens are not revoked: %+v", db.edit)
	}
}

func TestUpdateRefusesWithReasons(t *testing.T) {
	t.Parallel()
	noPassword := with(ann(), func(u *user.User) { u.PasswordHash = "" })
	const notRight = "is not right"
	for name, c := range map[string]struct {
		caller *user.User
		target *user.User
		in     user.Changes
		code   fault.Code
		fields fault.Fields
	}{
		"role, as USER":                        {ann(), ann(), user.Changes{Role: ptr(user.RoleAdmin)}, fault.Forbidden, nil},
		"the role that it has, as USER":        {ann(), ann(), user.Changes{Role: ptr(user.RoleUser)}, fault.Forbidden, nil},
		"an unknown role, as USER":             {ann(), ann(), user.Changes{Role: ptr(user.Role("ROOT"))}, fault.Forbidden, nil},
		"active, as USER":                      {ann(), ann(), user.Changes{Active: ptr(true), FirstName: ptr("")}, fault.Forbidden, nil},
		"own username":                         {ann(), ann(), user.Changes{Username: ptr("anna")}, fault.Invalid, fault.Fields{"username": "can be changed by another admin only"}},
		"own username, as ADMIN":               {boss(), boss(), user.Changes{Username: ptr("bossy")}, fault.Invalid, fault.Fields{"username": "can be changed by another admin only"}},
		"another's password":                   {boss(), ann(), user.Changes{Password: ptr("another kite")}, fault.Invalid, fault.Fields{"password": "can be changed by its owner only; a reset mail lets them choose a new one"}},
		"another's password, with the own one": {boss(), ann(), user.Changes{Password: ptr("another kite"), CurrentPassword: ptr(right)}, fault.Invalid, fault.Fields{"password": "can be changed by its owner only; a reset mail lets them choose a new one", "current_password": "is for one's own password only"}},
		"a password without the old one":       {ann(), ann(), user.Changes{Password: ptr("another kite")}, fault.Invalid, fault.Fields{"current_password": "is required to change the password"}},
		"a wrong password":                     {ann(), ann(), user.Changes{Password: ptr("another kite"), CurrentPassword: ptr("wrong")}, fault.Invalid, fault.Fields{"current_password": notRight}},
		"an empty password":                    {ann(), ann(), user.Changes{Password: ptr("another kite"), CurrentPassword: ptr("")}, fault.Invalid, fault.Fields{"current_password": notRight}},
		"a wrong password with nothing else":   {ann(), ann(), user.Changes{CurrentPassword: ptr("wrong")}, fault.Invalid, fault.Fields{"current_password": notRight}},
		"an account without a password":        {noPassword, noPassword, user.Changes{Password: ptr("another kite"), CurrentPassword: ptr("")}, fault.Invalid, fault.Fields{"current_password": notRight}},
		"a common password":                    {ann(), ann(), user.Changes{Password: ptr("password123"), CurrentPassword: ptr(right)}, fault.Invalid, fault.Fields{"password": "is too common"}},
		"a password that is the new name":      {ann(), ann(), user.Changes{Password: ptr("wilhelmina"), CurrentPassword: ptr(right), FirstName: ptr("Wilhelmina")}, fault.Invalid, fault.Fields{"password": "must not be one of the account's own names"}},
		"an unknown role":                      {boss(), ann(), user.Changes{Role: ptr(user.Role("admin"))}, fault.Invalid, fault.Fields{"role": "must be USER or ADMIN"}},
		"an empty role":                        {boss(), ann(), user.Changes{Role: ptr(user.Role(""))}, fault.Invalid, fault.Fields{"role": "must be USER or ADMIN"}},
		"a reserved username":                  {boss(), ann(), user.Changes{Username: ptr("Admin")}, fault.Invalid, fault.Fields{"username": "is reserved"}},
		"everything at once, own account":      {ann(), ann(), user.Changes{Username: ptr("x"), FirstName: ptr(""), LastName: ptr("L\n"), Email: ptr("x"), Password: ptr("x")}, fault.Invalid, fault.Fields{"username": "can be changed by another admin only", "first_name": "is required", "last_name": "must not have control characters", "email": "must be an e-mail address", "password": "must have at least 8 characters", "current_password": "is required to change the password"}},
		"everything at once, another account":  {boss(), ann(), user.Changes{Username: ptr("x"), FirstName: ptr(" "), LastName: ptr(""), Email: ptr(""), Role: ptr(user.Role("x"))}, fault.Invalid, fault.Fields{"username": "must be 3 to 32 ASCII letters, digits, '.', '_' or '-', the first and last a letter or digit", "first_name": "is required", "last_name": "is required", "email": "is required", "role": "must be USER or ADMIN"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := &store{users: []*user.User{c.target, c.caller}}
			wantRefusal(t, update(t, db, c.caller, c.target.Username, c.in), c.code, c.fields)
			if c.fields["current_password"] == notRight {
				wantCalls(t, db, "CallerAndTarget", "Consume", "RecordFailure")
			} else {
				wantCalls(t, db, "CallerAndTarget")
			}
		})
	}
}
