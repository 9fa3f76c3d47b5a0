package api_test

import (
	"encoding/hex"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"roster/localdev/postgrestest"
	"roster/shared/audit"
	"roster/shared/postgres"
	"roster/shared/user"
)

// everyTable returns each row of each table as text, by the table's name. Bytes are
// in hexadecimal.
func everyTable(t *testing.T) map[string]string {
	t.Helper()
	pool := postgrestest.Pool(t)
	rows, err := pool.Query(t.Context(), `select table_name::text from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`)
	if err != nil {
		t.Fatal(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	dump := map[string]string{}
	for _, name := range names {
		var text string
		sql := `select coalesce(string_agg(to_jsonb(t)::text, E'\n'), '') from ` + pgx.Identifier{name}.Sanitize() + ` t`
		if err := pool.QueryRow(t.Context(), sql).Scan(&text); err != nil {
			t.Fatal(err)
		}
		dump[name] = strings.ToLower(text)
	}
	return dump
}

// tablesWith returns the tables that hold a text, as it is or as bytes.
func tablesWith(dump map[string]string, text string) (tables []string) {
	text = strings.ToLower(text)
	for name, rows := range dump {
		if strings.Contains(rows, text) || strings.Contains(rows, hex.EncodeToString([]byte(text))) {
			tables = append(tables, name)
		}
	}
	slices.Sort(tables)
	return tables
}

// The person's texts. Each is unlike every other text in the database.
const (
	herAddress = "198.51.100.77"
	herAgent   = "herring-agent/1.0"
)

var herTexts = map[string]string{
	"username": "herring-name", "a username before": "herring-former", "first name": "Herringfirst", "last name": "Herringlast",
	"e-mail": "herring-new@example.org", "an e-mail before": "herring-mail@example.org", "device": "Herring's phone",
	"user agent": herAgent, "address": herAddress, "network": "198.51.100.0/24",
	"metadata": "herring-metadata", "app metadata": "herring-app", "a mistyped name": "herring-typo", "request": "herring-request",
}

// person sends requests from her address.
type person struct {
	*service
	header string
}

func (p *person) send(method, path, body string, status int) string {
	p.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.RemoteAddr = netip.AddrPortFrom(netip.MustParseAddr(herAddress), 1234).String()
	r.Header.Set("User-Agent", herAgent)
	r.Header.Set("X-Request-Id", "herring-request")
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if name, value, found := strings.Cut(p.header, ": "); found {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	p.handler.ServeHTTP(w, r)
	if w.Code != status {
		p.t.Fatalf("%s %s: %d %s, want %d", method, path, w.Code, w.Body, status)
	}
	return w.Body.String()
}

// liveALife registers a person who then uses every call, with and without success.
func (s *service) liveALife(boss string) *person {
	s.t.Helper()
	p := &person{service: s}
	p.send("POST", "/api/user/register", `{"username":"herring-former","first_name":"Herringfirst","last_name":"Herringlast","email":"herring-mail@example.org","password":"`+right+`"}`, 201)
	s.exec(`update users set metadata = '{"note":"herring-metadata"}', app_metadata = '{"note":"herring-app"}' where username = 'herring-former'`)
	for _, name := range []string{"herring-former", "herring-mail@example.org"} {
		p.send("POST", "/api/user/login", `{"username":"`+name+`","password":"wrong"}`, 401)
	}
	p.send("POST", "/api/user/login", `{"username":"herring-former","password":"`+right+`","device_name":"Herring's phone"}`, 200)
	first := s.tokensFrom("POST", "/api/user/login", `{"username":"herring-former","password":"`+right+`","device_name":"Herring's phone"}`)
	p.send("POST", "/api/user/refresh", `{"refresh_token":"`+first.RefreshToken+`"}`, 200)
	p.header = first.header()
	p.send("PUT", "/api/user/me", `{"email":"herring-new@example.org"}`, 200)
	p.send("PUT", "/api/user/me", `{"password":"another kite","current_password":"wrong"}`, 400)
	s.send("PUT", "/api/user/herring-former", `{"username":"herring-name"}`, boss)
	p.send("POST", "/api/user/forget_password", `{"username":"herring-name","email":"herring-new@example.org"}`, 200)
	p.send("POST", "/api/user/forget_password", `{"email":"herring-new@example.org"}`, 200)
	p.send("GET", "/api/user/me/export", "", 200)
	return p
}

// A deletion leaves nothing of a person but her events in the audit log, and these
// are erased by the scheduled job. Nothing is left then in any column of any table.
func TestNothingOfADeletedPersonIsLeft(t *testing.T) {
	t.Parallel()
	s := newService(t)
	boss := s.account("boss", asAdmin)
	p := s.liveALife(bearer(t, boss))
	uuid := s.find("herring-name").UUID
	before := everyTable(t)
	for _, table := range []string{"users", "sessions", "devices", "resets", "limits", "audit", "audit_heads"} {
		if before[table] == "" {
			t.Errorf("she has nothing in %s", table)
		}
	}
	for what, text := range herTexts {
		switch found := tablesWith(before, text); what {
		case "a username before", "an e-mail before", "a mistyped name":
			if len(found) > 0 {
				t.Errorf("%s is in %v", what, found)
			}
		default:
			if len(found) == 0 {
				t.Errorf("%s is in no table, so this test shows nothing", what)
			}
		}
	}
	p.send("DELETE", "/api/user/me", "", 200)
	p.header = ""
	for _, name := range []string{"herring-name", "herring-new@example.org", "herring-typo"} { // she tries again
		p.send("POST", "/api/user/login", `{"username":"`+name+`","password":"`+right+`"}`, 401)
	}

	deletedNow := everyTable(t)
	for what, text := range herTexts {
		found := tablesWith(deletedNow, text)
		allowed := what == "user agent" || what == "address" || what == "request"
		if len(found) > 0 && (!allowed || !slices.Equal(found, []string{"audit"})) {
			t.Errorf("after the deletion %s is in %v", what, found)
		}
	}
	if found := tablesWith(deletedNow, uuid); !slices.Equal(found, []string{"audit"}) {
		t.Errorf("after the deletion her UUID is in %v", found)
	}
	s.purgeAsScheduled(t)
	afterwards := everyTable(t)
	for what, text := range herTexts {
		if found := tablesWith(afterwards, text); len(found) > 0 {
			t.Errorf("after the purge %s is in %v", what, found)
		}
	}
	if found := tablesWith(afterwards, uuid); len(found) > 0 || afterwards["limits"] != "" {
		t.Errorf("after the purge her UUID is in %v; counters: %q", found, afterwards["limits"])
	}
	if !strings.Contains(afterwards["users"], boss.UUID) || !strings.Contains(afterwards["audit"], boss.UUID) {
		t.Error("somebody else has gone, too")
	}
	s.verifyAuditChains()
}

// purgeAsScheduled does what the scheduled job does, 8 days and then 31 days after the
// deletion, where accounts are erased after 7 days and events are kept for 30.
func (s *service) purgeAsScheduled(t *testing.T) {
	t.Helper()
	owner, err := postgres.Open(t.Context(), postgrestest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Close()
	const day = 24 * time.Hour
	keep := audit.Retention{EraseAfter: 7 * day, Keep: 30 * day}
	for _, later := range []time.Duration{8 * day, 31 * day} {
		if later > keep.Keep { // what boss has done since then stays
			if err := s.db.Record(t.Context(), audit.Event{Actions: []audit.Action{audit.ActionLogin}, Actor: s.find("boss").UUID, Target: s.find("boss").UUID, At: time.Now().Add(later)}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := user.PurgeExpired(t.Context(), s.db, time.Now().Add(later)); err != nil {
			t.Error(err)
		}
		p, err := audit.Purge(t.Context(), owner, keep, time.Now().Add(later))
		if err != nil || p.Erased+p.Removed == 0 {
			t.Errorf("%v later: %+v, %v", later, p, err)
		}
	}
}

// Each way to delete an account deletes its counters. Those of somebody else stay.
func TestEachDeletionTakesTheCounters(t *testing.T) {
	t.Parallel()
	s := newService(t)
	boss := bearer(t, s.account("boss", asAdmin))
	s.account("ben")
	fail := func(name string) {
		s.send("POST", "/api/user/login", `{"username":"`+name+`","password":"wrong"}`)
	}
	fail("ben")
	for name, deletes := range map[string]func(){
		"DELETE": func() { s.send("DELETE", "/api/user/ann", "", boss) },
		"PATCH": func() {
			s.send("PATCH", "/api/users", `{"users":[{"username":"ann","delete":true},{"username":"ben","active":true}]}`, boss)
		},
		"by an operator": func() {
			if err := user.DeleteAsOperator(t.Context(), s.db, "ann", time.Now()); err != nil {
				t.Error(err)
			}
		},
	} {
		ann := s.account("ann")
		fail("ann")
		counters := func(of string) bool { return strings.Contains(everyTable(t)["limits"], of) }
		if !counters(ann.UUID) {
			t.Fatalf("%s: there are no counters", name)
		}
		deletes()
		if found, _ := s.db.UserByUsername(t.Context(), "ann"); found != nil || counters(ann.UUID) || !counters(s.find("ben").UUID) {
			t.Errorf("%s: the account %v, its counters %v, those of another %v", name, found, counters(ann.UUID), counters(s.find("ben").UUID))
		}
	}
}
