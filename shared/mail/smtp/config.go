package smtp

import (
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"strconv"
	"strings"

	"roster/shared/mail"
)

// TLS says how the connection is protected.
type TLS int

const (
	// StartTLS connects unencrypted and switches to TLS before it sends anything
	// secret (RFC 3207). It refuses a server that does not offer STARTTLS. This
	// is the zero value.
	StartTLS TLS = iota
	// Implicit uses TLS from the first byte (RFC 8314).
	Implicit
	// None is for a server on this machine, without a password.
	None
)

// ImplicitPort is the port on which connections use TLS from the first byte.
const ImplicitPort = 465

// ModeFor returns the mode for MAIL_PORT and MAIL_USE_TLS, with the meaning that
// they have for Flask-Mail. Port 465 is Implicit, whatever MAIL_USE_TLS says.
// Otherwise true is StartTLS and false is None. If MAIL_USE_TLS is not set, pass
// true. Flask-Mail's default is false, but New accepts that only for a server on
// this machine.
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
	Username string // MAIL_USERNAME; "" means no login
	Password string // MAIL_PASSWORD
	From     string // MAIL_FROM, in the form of mail.ParseFrom
	// Roots are the only authorities that may vouch for the server: MAIL_CA. Nil
	// means the system's.
	Roots *x509.CertPool
}

// String returns the server without the account.
func (c Config) String() string { return net.JoinHostPort(c.Host, strconv.Itoa(c.Port)) }

// GoString does the same for %#v.
func (c Config) GoString() string { return "smtp.Config(" + c.String() + ")" }

// LogValue does the same for log/slog.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// New checks a configuration. It does not connect. The error names every bad
// variable, but contains no value.
func New(c Config) (*Sender, error) {
	from, err := mail.ParseFrom(c.From)
	reasons := c.invalidSettings()
	if err != nil {
		reasons = append(reasons, err.Error())
	}
	if len(reasons) > 0 {
		return nil, errors.New(strings.Join(reasons, "; "))
	}
	return &Sender{config: c, from: from}, nil
}

// invalidSettings returns a sentence for each bad variable.
func (c Config) invalidSettings() (list []string) {
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
		list = append(list, "MAIL_USE_TLS=false would send MAIL_PASSWORD unencrypted; "+
			"set MAIL_USE_TLS=true or leave MAIL_USERNAME and MAIL_PASSWORD out")
	}
	if c.TLS == None && c.Roots != nil {
		list = append(list, "MAIL_CA has no use without TLS; leave it out, or set MAIL_USE_TLS=true")
	}
	return list
}

// validHost accepts IP addresses and host names.
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
