package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"roster/localdev/postgrestest"
	"roster/shared/aws/sam"
	"roster/shared/directory"
)

// legacySecret is the JWT_SECRET_KEY of a Flask service.
const legacySecret = "9a5e48f2c6b7d8e9f0a1b2c3d4e5f60718293a4b7f3c1d0b"

// The paths of the Flask service are answered as Roster's own where LEGACY_PATHS
// says so, to each caller, and with 404 everywhere else.
func TestLegacyPaths(t *testing.T) {
	t.Parallel()
	for name, variables := range map[string]map[string]string{
		"served":     {"PUBLIC_URL": "http://roster.test", "LEGACY_PATHS": "true"},
		"not served": {"PUBLIC_URL": "http://roster.test"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newTestServer(t, inThisProcess, variables)
			routes := 0
			for _, route := range sam.MustRoutes() {
				if !route.IsLegacy() {
					continue
				}
				routes++
				want := strings.Fields(access[asDescribed(route.String())])
				for i, c := range callers {
					s.accounts(t)
					got, status := s.callAs(t, c.is, route, c.whose, i), "404"
					if name == "served" {
						status = want[i%len(want)]
					}
					if fmt.Sprint(got.status) != status {
						t.Errorf("%s by %s (%s) is answered %v, want %s", route, c.is, c.whose, got, status)
					}
				}
			}
			if routes != 8 {
				t.Errorf("%d routes", routes)
			}
		})
	}
}

// A client of the Flask service, which knows nothing of Roster, goes on: through
// the functions' binaries, too.
func TestAClientOfTheFlaskServiceGoesOn(t *testing.T) {
	t.Parallel()
	for _, way := range modes {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			s := newTestServer(t, way, map[string]string{"LEGACY_PATHS": "true"})
			values := map[string]string{}
			for _, c := range []struct {
				method, path, body string
				status             int
				want               string
			}{
				{"POST", "/user/register", `{"username":"user1","first_name":"User","last_name":"One","email":"user1@example.com","password":"password123"}`, 201, `{"msg":"User registered successfully."`},
				{"POST", "/user/login", `{"username":"user1","password":"password123"}`, 200, `"access_token":`},
				{"GET", "/user/user1", "", 200, `"email":"user1@example.com"`},
				{"PUT", "/user/user1", `{"first_name":"Una"}`, 200, `{"msg":"User details updated."}`},
				{"POST", "/user/forget_password", `{"username":"user1","email":"user1@example.com"}`, 200, `{"msg":"Token generated successfully."`},
				{"POST", "/user/reset_password", `{"token":"«reset»","new_password":"password456"}`, 200, `{"msg":"Password has been reset."}`},
				{"POST", "/user/login", `{"username":"user1","password":"password456"}`, 200, `"access_token":`},
				{"PATCH", "/user/user1", `{"first_name":"Una"}`, 404, `"code":"not_found"`}, // the Flask service had no PATCH
				{"DELETE", "/user/user1", "", 200, `{"msg":"User deleted."}`},
				{"GET", "/user/user1", "", 401, `"code":"unauthenticated"`},
			} {
				got := s.call(t, c.method, c.path, values["access"], strings.ReplaceAll(c.body, "«reset»", values["reset"]))
				if got.status != c.status || !strings.Contains(got.body, c.want) {
					t.Fatalf("%s %s: %v", c.method, c.path, got)
				}
				storeTokens(values, got)
			}
		})
	}
}

type claims map[string]any

// legacyToken is an access token of that account as Flask-JWT-Extended makes it.
// Package flasktoken reads tokens that the library itself has made.
func legacyToken(t *testing.T, secret string, id int64, username string, change claims) string {
	t.Helper()
	now := time.Now()
	c := claims{
		"fresh": false, "iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(15 * time.Minute).Unix(), "jti": "7f86a6d8-6575-439d-81aa-a2bf7ad091fd",
		"type": "access", "sub": claims{"id": id, "username": username, "role": "ADMIN"}, // Roster reads the role from the row
	}
	maps.Copy(c, change)
	body, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	content := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode(body)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(content))
	return content + "." + encode(mac.Sum(nil))
}

// moveIn makes the accounts that the Flask service had, and their sessions.
func (s testServer) moveIn(t *testing.T) (ids map[string]int64) {
	t.Helper()
	s.accounts(t)
	ids = map[string]int64{}
	var accounts []directory.LegacyAccount
	for _, name := range []string{"ann", "ben", "chief"} {
		var id int64
		if err := postgrestest.Pool(t).QueryRow(t.Context(), `update users set password_hash = 'hash of ' || username where username = $1 returning id`, name).Scan(&id); err != nil {
			t.Fatal(err)
		}
		ids[name] = id
		accounts = append(accounts, directory.LegacyAccount{ID: id, Username: name, PasswordHash: "hash of " + name})
	}
	if n, err := postgrestest.Open(t).OpenLegacySessions(t.Context(), accounts, time.Now(), time.Now().Add(time.Hour)); err != nil || n != 3 {
		t.Fatal(n, err)
	}
	return ids
}

func cutOver(t *testing.T, way string) testServer {
	t.Helper()
	return newTestServer(t, way, map[string]string{
		"PUBLIC_URL": "http://roster.test", "LEGACY_JWT_SECRET_KEY": legacySecret, "LEGACY_TOKENS_UNTIL": time.Now().Add(time.Hour).UTC().Format(time.RFC3339),
	})
}

func TestTokensOfTheFlaskServiceStayGood(t *testing.T) {
	t.Parallel()
	for _, way := range modes {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			s := cutOver(t, way)
			ids := s.moveIn(t)
			ann, chief := legacyToken(t, legacySecret, ids["ann"], "Ann", nil), legacyToken(t, legacySecret, ids["chief"], "chief", nil)
			for _, c := range []struct {
				who, token, method, path, body string
				status                         int
			}{
				{"ann", ann, "GET", "/api/user/ann", "", 200},
				{"ann", ann, "GET", "/api/user/me", "", 200},
				{"ann", ann, "PUT", "/api/user/ann", `{"first_name":"Anna"}`, 200},
				{"ann, whose token says ADMIN,", ann, "GET", "/api/user/ben", "", 403},
				{"ann, whose token says ADMIN,", ann, "PUT", "/api/user/ann", `{"role":"ADMIN"}`, 403},
				{"ann, whose token says ADMIN,", ann, "DELETE", "/api/user/ben", "", 403},
				{"chief", chief, "GET", "/api/user/ben", "", 200},
				{"chief", chief, "PUT", "/api/user/ben", `{"last_name":"New"}`, 200},
				{"chief", chief, "DELETE", "/api/user/ben", "", 200},
				// What the Flask service had not asks for a login.
				{"ann", ann, "GET", "/api/user/me/sessions", "", 401},
				{"ann", ann, "POST", "/api/user/logout", `{}`, 401},
				{"ann", ann, "POST", "/api/user/change_password", `{"current_password":"x","new_password":"another password 456"}`, 401},
				{"chief", chief, "GET", "/api/audit", "", 401},
				{"ann", ann, "POST", "/api/user/refresh", `{"refresh_token":"` + ann + `"}`, 401},
				{"ann", ann, "DELETE", "/api/user/ann", "", 200},
				{"ann", ann, "GET", "/api/user/ann", "", 401},
			} {
				if got := s.call(t, c.method, c.path, c.token, c.body); got.status != c.status {
					t.Errorf("%s: %s %s is answered %v, want %d", c.who, c.method, c.path, got, c.status)
				}
			}
		})
	}
}

// Each token differs in one thing from one that is accepted, or comes from an
// attacker who has other keys.
func TestForgedTokensOfTheFlaskServiceAreRefused(t *testing.T) {
	t.Parallel()
	s := cutOver(t, inThisProcess)
	ids := s.moveIn(t)
	now := time.Now()
	own := s.token(t, "ann")
	parts := strings.Split(legacyToken(t, legacySecret, ids["chief"], "chief", nil), ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`))
	for name, token := range map[string]string{
		"another key":                   legacyToken(t, strings.Repeat("another key ", 4), ids["chief"], "chief", nil),
		"Roster's own key":              legacyToken(t, s.settings.values["ROOT_KEY"]+s.settings.values["JWT_SECRET_KEY"], ids["chief"], "chief", nil),
		"alg none":                      none + "." + parts[1] + ".",
		"a body of another token":       strings.Split(legacyToken(t, legacySecret, ids["ann"], "ann", nil), ".")[0] + "." + parts[1] + "." + strings.Split(own, ".")[2],
		"Roster's claims":               legacyToken(t, legacySecret, ids["chief"], "chief", claims{"sub": "01939e6e-5a7c-7bd0-8f0e-3a1f5d0c9b42", "ver": 1, "sid": "01939e6e-5a7c-7bd0-8f0e-3a1f5d0c9b43"}),
		"a refresh token":               legacyToken(t, legacySecret, ids["chief"], "chief", claims{"type": "refresh"}),
		"expired":                       legacyToken(t, legacySecret, ids["chief"], "chief", claims{"exp": now.Add(-time.Minute).Unix()}),
		"issued in the future":          legacyToken(t, legacySecret, ids["chief"], "chief", claims{"iat": now.Add(time.Hour).Unix()}),
		"another account's id":          legacyToken(t, legacySecret, ids["ann"], "chief", nil),
		"an account that was not moved": legacyToken(t, legacySecret, 1, "admin", nil),
		"nobody's id":                   legacyToken(t, legacySecret, 1<<40, "chief", nil),
		"a username that cannot be":     legacyToken(t, legacySecret, ids["chief"], "chief' or true --", nil),
	} {
		if got := s.call(t, "GET", "/api/user/chief", token, ""); got.status != 401 {
			t.Errorf("%s: %v", name, got)
		}
	}
	if got := s.call(t, "GET", "/api/user/chief", legacyToken(t, legacySecret, ids["chief"], "chief", nil), ""); got.status != 200 {
		t.Errorf("the unchanged token: %v", got)
	}
	if got := s.call(t, "GET", "/api/user/ann", own, ""); got.status != 200 {
		t.Errorf("Roster's own token: %v", got)
	}
}

// What ends Roster's own tokens ends those of the Flask service.
func TestWhatEndsTokensOfTheFlaskService(t *testing.T) {
	t.Parallel()
	s := cutOver(t, inThisProcess)
	for name, end := range map[string]func(admin string){
		"deactivated, and active again": func(admin string) {
			s.mustCall(t, "PUT", "/api/user/chief", admin, `{"active":false}`)
			s.mustCall(t, "PUT", "/api/user/chief", admin, `{"active":true}`)
		},
		"demoted": func(admin string) { s.mustCall(t, "PUT", "/api/user/chief", admin, `{"role":"USER"}`) },
		"renamed": func(admin string) { s.mustCall(t, "PUT", "/api/user/chief", admin, `{"username":"chef"}`) },
		"deleted": func(admin string) { s.mustCall(t, "DELETE", "/api/user/chief", admin, "") },
		"deleted, and somebody else has the name": func(admin string) {
			s.mustCall(t, "DELETE", "/api/user/chief", admin, "")
			s.exec(t, `update users set username = 'chief' where username = 'ben'`)
		},
		"a reset": func(string) {
			values := map[string]string{}
			storeTokens(values, s.mustCall(t, "POST", "/api/user/forget_password", "", `{"username":"chief"}`))
			s.mustCall(t, "POST", "/api/user/reset_password", "", `{"token":"`+values["reset"]+`","new_password":"password123"}`)
		},
		"a logout everywhere": func(string) {
			s.mustCall(t, "POST", "/api/user/logout", s.token(t, "chief"), `{"scope":"all"}`)
		},
		"a logout of the other devices": func(string) {
			s.mustCall(t, "POST", "/api/user/logout", s.token(t, "chief"), `{"scope":"others"}`)
		},
	} {
		s.exec(t, `delete from users where username = 'chef'`)
		token := legacyToken(t, legacySecret, s.moveIn(t)["chief"], "chief", nil)
		admin := s.token(t, "admin")
		if got := s.call(t, "GET", "/api/user/me", token, ""); got.status != 200 {
			t.Fatalf("before %q: %v", name, got)
		}
		end(admin)
		if got := s.call(t, "GET", "/api/user/me", token, ""); got.status != 401 {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// Without the settings the tokens are refused, and a request costs what it did.
func TestTokensOfTheFlaskServiceAreRefusedWithoutTheSetting(t *testing.T) {
	t.Parallel()
	s := newTestServer(t, inThisProcess, nil)
	token := legacyToken(t, legacySecret, s.moveIn(t)["ann"], "ann", nil)
	statements := postgrestest.Statements(t, func() {
		if got := s.call(t, "GET", "/api/user/ann", token, ""); got.status != 401 {
			t.Error(got)
		}
	})
	if len(statements) > 0 {
		t.Errorf("statements: %v", statements)
	}
}

// The owner sees the session of the old tokens in the list, and can end it.
func TestTheSessionOfTheFlaskServiceIsListed(t *testing.T) {
	t.Parallel()
	s := cutOver(t, inThisProcess)
	legacy, own := legacyToken(t, legacySecret, s.moveIn(t)["ann"], "ann", nil), s.token(t, "ann")
	var list struct {
		Sessions []struct {
			ID         string `json:"id"`
			Current    bool   `json:"current"`
			DeviceName string `json:"device_name"`
		} `json:"sessions"`
	}
	answer := s.mustCall(t, "GET", "/api/user/me/sessions", own, "")
	if err := json.Unmarshal([]byte(answer.body), &list); err != nil || len(list.Sessions) != 2 {
		t.Fatal(answer, err)
	}
	for _, session := range list.Sessions {
		if !session.Current {
			if session.DeviceName != "The service before Roster" {
				t.Errorf("%+v", session)
			}
			s.mustCall(t, "DELETE", "/api/user/me/sessions/"+session.ID, own, "")
		}
	}
	if got := s.call(t, "GET", "/api/user/me", legacy, ""); got.status != 401 {
		t.Errorf("the old token, after its session has ended: %v", got)
	}
	s.mustCall(t, "GET", "/api/user/me", own, "")
}

// With them, a request with Roster's own token takes one statement as before.
func TestOwnTokensCostNoMoreDuringACutOver(t *testing.T) {
	t.Parallel()
	s := cutOver(t, inThisProcess)
	legacy, own := legacyToken(t, legacySecret, s.moveIn(t)["ann"], "ann", nil), s.token(t, "ann")
	for token, want := range map[string]int{own: 1, legacy: 2} {
		statements := postgrestest.Statements(t, func() { s.mustCall(t, "GET", "/api/user/ann", token, "") })
		if len(statements) != want {
			t.Errorf("%d statements, want %d: %v", len(statements), want, statements)
		}
	}
}
