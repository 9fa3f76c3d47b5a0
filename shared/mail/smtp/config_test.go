package smtp_test

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"roster/shared/mail/smtp"
)

func config() smtp.Config {
	return smtp.Config{Host: "smtp.example.com", Port: 587, Username: "ann", Password: password, From: "no-reply@example.com"}
}

func TestNewAcceptsGoodSettings(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*smtp.Config){
		"STARTTLS with login":  func(*smtp.Config) {},
		"without login":        func(c *smtp.Config) { c.Username, c.Password = "", "" },
		"TLS":                  func(c *smtp.Config) { c.Port, c.TLS = 465, smtp.Implicit },
		"none on 127.0.0.1":    func(c *smtp.Config) { *c = smtp.Config{Host: "127.0.0.1", Port: 1025, TLS: smtp.None, From: c.From} },
		"none on ::1":          func(c *smtp.Config) { *c = smtp.Config{Host: "::1", Port: 1025, TLS: smtp.None, From: c.From} },
		"none on localhost":    func(c *smtp.Config) { *c = smtp.Config{Host: "LocalHost", Port: 1025, TLS: smtp.None, From: c.From} },
		"IP address":           func(c *smtp.Config) { c.Host = "192.0.2.1" },
		"spaces in a password": func(c *smtp.Config) { c.Password = "abcd efgh" },
	} {
		c := config()
		change(&c)
		if _, err := smtp.New(c); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNewNamesEveryBadSetting(t *testing.T) {
	t.Parallel()
	clear := func(host string) func(*smtp.Config) {
		return func(c *smtp.Config) { *c = smtp.Config{Host: host, Port: 25, TLS: smtp.None, From: c.From} }
	}
	for name, tt := range map[string]struct {
		change func(*smtp.Config)
		names  []string
	}{
		"no host":                   {func(c *smtp.Config) { c.Host = "" }, []string{"MAIL_SERVER"}},
		"host with port":            {func(c *smtp.Config) { c.Host = "smtp.example.com:587" }, []string{"MAIL_SERVER", "MAIL_PORT"}},
		"URL":                       {func(c *smtp.Config) { c.Host = "smtp://smtp.example.com" }, []string{"MAIL_SERVER"}},
		"no port":                   {func(c *smtp.Config) { c.Port = 0 }, []string{"MAIL_PORT"}},
		"port too high":             {func(c *smtp.Config) { c.Port = 65536 }, []string{"MAIL_PORT"}},
		"name without password":     {func(c *smtp.Config) { c.Password = "" }, []string{"MAIL_USERNAME", "MAIL_PASSWORD"}},
		"password without name":     {func(c *smtp.Config) { c.Username = "" }, []string{"MAIL_USERNAME", "MAIL_PASSWORD"}},
		"line break":                {func(c *smtp.Config) { c.Password += "\n" }, []string{"MAIL_PASSWORD"}},
		"no sender":                 {func(c *smtp.Config) { c.From = "" }, []string{"MAIL_FROM"}},
		"in the clear to a name":    {clear("smtp.example.com"), []string{"MAIL_USE_TLS"}},
		"in the clear to an IP":     {clear("192.0.2.1"), []string{"MAIL_USE_TLS"}},
		"in the clear to 0.0.0.0":   {clear("0.0.0.0"), []string{"MAIL_USE_TLS"}},
		"in the clear to lookalike": {clear("localhost.example.com"), []string{"MAIL_USE_TLS"}},
		"password in the clear": {
			func(c *smtp.Config) { c.Host, c.TLS = "127.0.0.1", smtp.None },
			[]string{"MAIL_USE_TLS", "MAIL_PASSWORD"},
		},
		"an authority without TLS": {
			func(c *smtp.Config) {
				*c = smtp.Config{Host: "127.0.0.1", Port: 1025, TLS: smtp.None, From: c.From, Roots: x509.NewCertPool()}
			},
			[]string{"MAIL_CA", "MAIL_USE_TLS"},
		},
		"everything": {
			func(c *smtp.Config) { *c = smtp.Config{Username: "x", TLS: smtp.None} },
			[]string{"MAIL_SERVER", "MAIL_PORT", "MAIL_USERNAME", "MAIL_PASSWORD", "MAIL_USE_TLS", "MAIL_FROM"},
		},
	} {
		c := config()
		tt.change(&c)
		_, err := smtp.New(c)
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		for _, variable := range tt.names {
			if !strings.Contains(err.Error(), variable) {
				t.Errorf("%s: %q does not name %s", name, err, variable)
			}
		}
		if strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %q shows the password", name, err)
		}
	}
}

func TestModeForFollowsFlaskMail(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		port   int
		useTLS bool
		want   smtp.TLS
	}{
		{587, true, smtp.StartTLS},
		{25, true, smtp.StartTLS},
		{465, true, smtp.Implicit},
		{465, false, smtp.Implicit},
		{25, false, smtp.None},
		{1025, false, smtp.None},
	} {
		if got := smtp.ModeFor(tt.port, tt.useTLS); got != tt.want {
			t.Errorf("ModeFor(%d, %v) = %v, want %v", tt.port, tt.useTLS, got, tt.want)
		}
	}
}

func TestPrintedSenderShowsNoPassword(t *testing.T) {
	t.Parallel()
	c := config()
	s, err := smtp.New(c)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "config", c, "sender", s)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "config", c, "sender", s)
	shown := log.String() + fmt.Sprintf("%v %+v %#v %s %v %+v %#v %s", c, c, c, c, s, s, s, s)
	if strings.Contains(shown, "canary") || !strings.Contains(shown, "smtp.example.com:587") {
		t.Errorf("shown: %s", shown)
	}
}
