// Package smtp sends mail through a server that MAIL_SERVER names.
//
// It never sends a password or a mail in the clear over a network: without TLS
// it talks to this machine only, and without a password. A certificate is
// always checked, against the system's roots (or those of MAIL_CA) and the name
// of the server, and there is no switch to leave that out. TLS is 1.2 or newer.
//
// The dialogue is go-mail's smtp package; the message is made here, with the
// standard library (compose.go). The whole of go-mail was tried and left out. It
// imports html/template, which one careless reference away turns off the
// linker's pruning of unused methods (+3 MB) and is initialised at every cold
// start (+0.4 MB as it stands). Its client also bounds only the connect by the
// context, leaves the connection open when the dialogue fails early, resets the
// session after a delivered mail and reports a failure of that as a failure of
// the mail, and writes recipients into its errors.
package smtp

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"time"

	"roster/shared/mail"
)

// Limits of one mail, whatever the caller's context allows.
const (
	connectTimeout = 5 * time.Second
	sendTimeout    = 15 * time.Second
)

// TLS says how the connection is protected.
type TLS int

const (
	// StartTLS begins in the clear and turns to TLS before anything of value is
	// said (RFC 3207). A server that does not offer it is refused. This is the
	// zero value.
	StartTLS TLS = iota
	// Implicit speaks TLS from the first byte (RFC 8314).
	Implicit
	// None is for a server on this machine, without a password.
	None
)

// ImplicitPort is the port whose connections are TLS from the first byte.
const ImplicitPort = 465

// ModeFor reads MAIL_PORT and MAIL_USE_TLS as Flask-Mail's users mean them:
// port 465 is TLS from the first byte, whatever MAIL_USE_TLS says; else true is
// STARTTLS and false is none. Where MAIL_USE_TLS is not set, true is the value
// to give, although Flask-Mail's is false: New would refuse that for any server
// but one on this machine.
func ModeFor(port int, useTLS bool) TLS {
	switch {
	case port == ImplicitPort:
		return Implicit
	case useTLS:
		return StartTLS
	default:
		return None
	}
}

// Config is a mail server and the account on it.
type Config struct {
	Host     string // MAIL_SERVER, a name or an IP address
	Port     int    // MAIL_PORT
	TLS      TLS    // see ModeFor
	Username string // MAIL_USERNAME; empty: no login
	Password string // MAIL_PASSWORD
	From     string // MAIL_FROM, as mail.ParseFrom takes it
	// Roots are the only authorities that may vouch for the server: MAIL_CA. Nil
	// is the system's.
	Roots *x509.CertPool
}

// String shows the server and not the account.
func (c Config) String() string { return net.JoinHostPort(c.Host, strconv.Itoa(c.Port)) }

// GoString does the same for %#v.
func (c Config) GoString() string { return "smtp.Config(" + c.String() + ")" }

// LogValue does the same for log/slog.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// Sender sends mail through one server, a connection for each mail. It may be
// used by several goroutines.
type Sender struct {
	config Config
	from   mail.From
}

// String shows the server and not the account.
func (s *Sender) String() string { return s.config.String() }

// GoString does the same for %#v.
func (s *Sender) GoString() string { return "smtp.Sender(" + s.config.String() + ")" }

// New checks a configuration without connecting. One error names everything
// that is wrong with it, by the variables' names, and shows no value of them.
func New(c Config) (*Sender, error) {
	from, err := mail.ParseFrom(c.From)
	problems := c.problems()
	if err != nil {
		problems = append(problems, err.Error())
	}
	if len(problems) > 0 {
		return nil, errors.New(strings.Join(problems, "; "))
	}
	return &Sender{config: c, from: from}, nil
}

func (c Config) problems() (list []string) {
	if !validHost(c.Host) {
		list = append(list, "MAIL_SERVER is not the name or the IP address of a server (the port goes into MAIL_PORT)")
	}
	if c.Port < 1 || c.Port > 65535 {
		list = append(list, "MAIL_PORT is not a port between 1 and 65535")
	}
	if (c.Username == "") != (c.Password == "") {
		list = append(list, "MAIL_USERNAME and MAIL_PASSWORD are only of use together; set both or neither")
	}
	if strings.ContainsAny(c.Username+c.Password, "\x00\r\n") {
		list = append(list, "MAIL_USERNAME or MAIL_PASSWORD has a line break or a NUL")
	}
	if c.TLS == None && !isLoopback(c.Host) {
		list = append(list, "MAIL_USE_TLS=false would send mail unencrypted over the network; set MAIL_USE_TLS=true (STARTTLS) or MAIL_PORT=465")
	} else if c.TLS == None && c.Password != "" {
		list = append(list, "MAIL_USE_TLS=false would send MAIL_PASSWORD unencrypted; set MAIL_USE_TLS=true or leave MAIL_USERNAME and MAIL_PASSWORD out")
	}
	if c.TLS == None && c.Roots != nil {
		list = append(list, "MAIL_CA has no use without TLS; leave it out, or set MAIL_USE_TLS=true")
	}
	return list
}

// validHost takes what can be dialled and named in a certificate.
func validHost(host string) bool {
	if net.ParseIP(host) != nil {
		return true
	}
	odd := func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '.' || r == '_')
	}
	return host != "" && len(host) <= 253 && !strings.ContainsFunc(host, odd)
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// Send sends one mail and returns when the server has taken it, which is not
// yet its delivery. It takes 15 seconds at most and ends at once with ctx. A
// message that Validate refuses gives mail.ErrInvalid; everything else is a
// *mail.SendError. Nothing is tried twice.
func (s *Sender) Send(ctx context.Context, m mail.Message) error {
	if err := m.Validate(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	if err := s.deliver(ctx, m); err != nil {
		if ended := ctx.Err(); ended != nil { // then err is only the broken connection
			err = fmt.Errorf("%w: %w", ended, err)
		}
		return mail.Failed("SMTP", m.To, kind(err), err)
	}
	return nil
}
