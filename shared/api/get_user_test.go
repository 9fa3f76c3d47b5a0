package api_test

import (
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"roster/shared/user"
)

// profileOf returns the expected answer to GET.
func profileOf(u user.User) string {
	at := func(t *time.Time) string {
		if t == nil {
			return "null"
		}
		return `"` + t.UTC().Format(time.RFC3339Nano) + `"`
	}
	return fmt.Sprintf(`{"id":%d,"uuid":%q,"username":%q,"first_name":%q,"last_name":%q,"email":%q,"role":%q,"active":%v,
		"created_at":%s,"updated_at":%s,"last_login_at":%s,"password_changed_at":%s,"metadata":{},"app_metadata":{}}`, u.ID, u.UUID, u.Username, u.FirstName, u.LastName, u.Email, u.Role, u.Active,
		at(&u.CreatedAt), at(&u.UpdatedAt), at(u.LastLoginAt), at(u.PasswordChangedAt))
}

func TestGetUserAnswersOwnersAndAdmins(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ann := s.account("ann", func(u *user.User) { u.FirstName, u.LastName = "Ärin 🦓", "O'Brien <b>" })
	ben := s.account("ben", inactive, func(u *user.User) { u.PasswordHash, u.PasswordChangedAt = "", nil })
	boss := s.account("boss", asAdmin)
	for _, c := range []struct {
		name, path string
		as         user.User
		status     int
		want       string
	}{
		{"the own account", "/api/user/ann", ann, 200, profileOf(ann)},
		{"in another case", "/api/user/ANN", ann, 200, profileOf(ann)},
		{"percent-encoded", "/api/user/%61nn", ann, 200, profileOf(ann)},
		{"as ADMIN", "/api/user/ben", boss, 200, profileOf(ben)},
		{"the own account, as ADMIN", "/api/user/boss", boss, 200, profileOf(boss)},
		{"another account", "/api/user/ben", ann, 403, forbidden},
		{"the account of an admin", "/api/user/boss", ann, 403, forbidden},
		{"an unknown account", "/api/user/nobody", ann, 403, forbidden},
		{"a route", "/api/user/login", ann, 405, problem(405, "method_not_allowed", "This path does not take GET.")},
		{"an unknown account, as ADMIN", "/api/user/nobody", boss, 404, noSuchUser},
		{"an invalid name, as ADMIN", "/api/user/..%2F..%2Fetc", boss, 404, noSuchUser},
		{"NUL, as ADMIN", "/api/user/a%00b", boss, 404, noSuchUser},
		{"broken UTF-8, as ADMIN", "/api/user/%ff%fe", boss, 404, noSuchUser},
		{"SQL, as ADMIN", "/api/user/ann'%20or%20'1'='1", boss, 404, noSuchUser},
		{"a UUID, as ADMIN", "/api/user/" + ann.UUID, boss, 404, noSuchUser},
		{"an id, as ADMIN", "/api/user/1", boss, 404, noSuchUser},
	} {
		s.expectChange(c.name, false, func() {
			s.send("GET", c.path, "", bearer(t, c.as)).wants(t, c.name, c.status, c.want)
		})
	}
}

// RFC 6750 §2.1.
func TestOnlyOneBearerTokenIsAccepted(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ann := s.account("ann")
	good := bearer(t, ann)
	raw := good[len("Authorization: Bearer "):]
	for _, header := range []string{
		"X-Nothing: here", "Authorization: ", "Authorization: Bearer", "Authorization: Bearer ", "Authorization: " + raw, "Authorization: Basic " + raw, "Authorization: Token " + raw,
		"Authorization: Bearer  " + raw, "Authorization: Bearer\t" + raw, "Authorization: Bearer " + raw + " ", "Authorization: Bearer " + raw + ", Bearer " + raw, "Authorization: Bearer " + raw + ",x",
		"Authorization: Bearer " + raw[1:], "Authorization: Bearer " + raw[:len(raw)-1], "Authorization: Bearer null", "Authorization: Bearer a.b.c", "Authorization: Bearer=" + raw, "Authorization: BearerX " + raw,
		"Cookie: access_token=" + raw, "X-Authorization: Bearer " + raw,
	} {
		a := s.send("GET", "/api/user/ann", "", header)
		a.wants(t, header, 401, unauthenticated)
		if got := a.header.Get("WWW-Authenticate"); got != "Bearer" {
			t.Errorf("%q: WWW-Authenticate %q", header, got)
		}
	}
	s.send("GET", "/api/user/ann?access_token="+raw, "").wants(t, "in the query", 401, unauthenticated)
	r := httptest.NewRequest("GET", "/api/user/ann", nil)
	r.Header["Authorization"] = []string{"Bearer " + raw, "Bearer x"}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	if w.Code != 401 {
		t.Errorf("two headers: %d %s", w.Code, w.Body)
	}
	for _, header := range []string{good, "Authorization: bearer " + raw, "Authorization: BEARER " + raw} { // RFC 9110 §11.1
		// Without the checker of openapi.yaml, which accepts only one spelling.
		send(t, routes(s.db, s.box, false), "GET", "/api/user/ann", "", header).wants(t, header, 200, profileOf(ann))
	}
}

func TestMeIsTheCallersAccount(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ann := s.account("ann")
	me, named := s.send("GET", "/api/user/me", "", bearer(t, ann)), s.send("GET", "/api/user/ann", "", bearer(t, ann))
	if me.status != 200 || me.body != named.body {
		t.Errorf("%d %s, by name %s", me.status, me.body, named.body)
	}
	s.send("PUT", "/api/user/me", `{"first_name":"Anna"}`, bearer(t, ann)).wants(t, "PUT", 200, `{"msg":"User details updated."}`)
	s.send("DELETE", "/api/user/me", "", bearer(t, ann)).wants(t, "DELETE", 200, `{"msg":"User deleted."}`)
}
