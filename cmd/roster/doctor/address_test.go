package doctor_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"roster"
	"roster/cmd/roster/doctor"
)

// deployment answers what the checks ask for, over TLS.
type deployment struct {
	status        int
	health        string
	issuer        string // "" is its own address
	discovery     int
	date          string
	withoutTheTLS bool
}

func (d deployment) start(t *testing.T) *httptest.Server {
	t.Helper()
	var server *httptest.Server
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, status int, body string) {
		if d.date != "" {
			w.Header().Set("Date", d.date)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, d.status, d.health) })
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		issuer := d.issuer
		if issuer == "" {
			issuer = server.URL
		}
		answer(w, d.discovery, fmt.Sprintf(`{"issuer":%q}`, issuer))
	})
	if d.withoutTheTLS {
		server = httptest.NewServer(mux)
	} else {
		server = httptest.NewTLSServer(mux)
	}
	t.Cleanup(server.Close)
	return server
}

func good() deployment {
	return deployment{status: 200, health: `{"version":"` + roster.Version + `"}`, discovery: 200}
}

// at is a subject of which only the address is known.
func at(t *testing.T, server *httptest.Server) doctor.Subject {
	t.Helper()
	s := subject(t, nil)
	s.Env, s.URL, s.HTTP = nil, server.URL, server.Client()
	return s
}

func TestAGoodAddress(t *testing.T) {
	t.Parallel()
	s := at(t, good().start(t))
	for check, says := range map[string]string{
		"address: https": "https://127.0.0.1", "address: /healthz": "it runs Roster " + roster.Version, "address: certificate": "it is valid until 2",
		"address: clock": "it differs by 0s", "address: PUBLIC_URL of the functions": "https://127.0.0.1",
	} {
		expect(t, s, check, doctor.OK, says)
	}
}

func TestABadAddress(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*deployment)
		check  string
		want   doctor.Status
		says   string
	}{
		"an outage":       {func(d *deployment) { d.status = 503 }, "address: /healthz", doctor.Failed, "it answers 503"},
		"another service": {func(d *deployment) { d.health = "fine" }, "address: /healthz", doctor.Failed, "it answers 200, and not as Roster does"},
		"another version": {func(d *deployment) { d.health = `{"version":"0.9.0"}` }, "address: /healthz", doctor.Warning, "it runs Roster 0.9.0"},
		"another issuer":  {func(d *deployment) { d.issuer = "https://old.example.com" }, "address: PUBLIC_URL of the functions", doctor.Failed, "it is https://old.example.com, so mailed links lead there"},
		"no issuer":       {func(d *deployment) { d.discovery = 503 }, "address: PUBLIC_URL of the functions", doctor.Failed, "answers 503, and no issuer"},
		"a slow clock":    {func(d *deployment) { d.date = "Mon, 05 Jan 2026 10:00:00 GMT" }, "address: clock", doctor.Failed, "it differs by"},
		"no clock":        {func(d *deployment) { d.date = "soon" }, "address: clock", doctor.NotChecked, "has no Date"},
		"without TLS":     {func(d *deployment) { d.withoutTheTLS = true }, "address: https", doctor.Warning, "is for this machine only"},
		"no certificate":  {func(d *deployment) { d.withoutTheTLS = true }, "address: certificate", doctor.NotChecked, "there is no TLS"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := good()
			c.change(&d)
			expect(t, at(t, d.start(t)), c.check, c.want, c.says)
		})
	}
	server := good().start(t)
	s := at(t, server)
	s.Now = func() time.Time { return server.Certificate().NotAfter.Add(-24 * time.Hour) }
	expect(t, s, "address: certificate", doctor.Warning, "renew it")
	s.HTTP = http.DefaultClient // which does not trust it
	expect(t, s, "address: reachable", doctor.Failed, "certificate")
	s.URL = "http://accounts.invalid"
	expect(t, s, "address: https", doctor.Failed, "clear text")
	s.URL = "accounts"
	expect(t, s, "address", doctor.Failed, "is no URL")
}
