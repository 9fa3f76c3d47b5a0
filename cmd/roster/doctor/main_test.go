package doctor_test

import (
	"context"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"roster/cmd/roster/doctor"
	"roster/localdev/postgrestest"
	"roster/shared/boot"
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	os.Exit(postgrestest.Main(m))
}

const rootKey = "canary-0123456789-ABCDEF-abcdefgh"

// variables are those of a good deployment without a database.
func variables(more map[string]string) map[string]string {
	values := map[string]string{
		"ROOT_KEY": rootKey, "PUBLIC_URL": "https://127.0.0.1:1", "MAIL_FROM": "no-reply@example.com", "ADMIN_EMAIL": "ann@example.com",
		"MAIL_SERVER": "127.0.0.1",
	}
	maps.Copy(values, more)
	return values
}

// subject is a deployment with these settings.
func subject(t *testing.T, values map[string]string) doctor.Subject {
	t.Helper()
	return doctor.Subject{
		Env: boot.FromMap(values), HTTP: http.DefaultClient, DNS: resolver(t, nil), NoAWS: "not set: AWS_REGION", Now: time.Now,
	}
}

// found returns the finding of that check.
func found(t *testing.T, s doctor.Subject, check string) doctor.Finding {
	t.Helper()
	findings := doctor.Examine(t.Context(), s)
	for _, f := range findings {
		if f.Check == check {
			if f.Status != doctor.OK && f.Fix == "" {
				t.Errorf("%+v does not say what to do", f)
			}
			if strings.Contains(f.Found+f.Fix, "canary") {
				t.Errorf("%+v shows a secret", f)
			}
			return f
		}
	}
	t.Fatalf("there is no check %q in %+v", check, findings)
	return doctor.Finding{}
}

// expect checks the status of a finding, and what it says.
func expect(t *testing.T, s doctor.Subject, check string, want doctor.Status, says string) {
	t.Helper()
	if f := found(t, s, check); f.Status != want || !strings.Contains(f.Found+" -> "+f.Fix, says) {
		t.Errorf("%+v\nwant %s and %q", f, want, says)
	}
}

// resolver asks a DNS server of this machine that has these TXT records, and no
// others. Without a map the server does not answer what it is asked.
func resolver(t *testing.T, records map[string]string) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	go serveDNS(conn, records)
	var dialer net.Dialer
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return dialer.DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

func serveDNS(conn net.PacketConn, records map[string]string) {
	buffer := make([]byte, 1500)
	for {
		n, from, err := conn.ReadFrom(buffer)
		if err != nil {
			return
		}
		var m dnsmessage.Message
		if m.Unpack(buffer[:n]) != nil || len(m.Questions) != 1 {
			continue
		}
		q := m.Questions[0]
		answer := dnsmessage.Message{Header: dnsmessage.Header{ID: m.ID, Response: true, RCode: dnsmessage.RCodeNameError}, Questions: m.Questions}
		if records == nil {
			answer.RCode = dnsmessage.RCodeServerFailure
		}
		if text, there := records[strings.TrimSuffix(q.Name.String(), ".")]; there {
			answer.RCode = dnsmessage.RCodeSuccess
			answer.Answers = []dnsmessage.Resource{{
				Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 1},
				Body:   &dnsmessage.TXTResource{TXT: []string{text}},
			}}
		}
		if packed, err := answer.Pack(); err == nil {
			_, _ = conn.WriteTo(packed, from)
		}
	}
}
