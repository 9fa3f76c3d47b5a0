package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"strings"
	"time"

	gosmtp "github.com/wneessen/go-mail/smtp"

	"roster/shared/mail"
)

// deliver connects to the server and sends one mail.
func (s *Sender) deliver(ctx context.Context, m mail.Message) error {
	conn, err := s.connect(ctx)
	if err != nil {
		return failedAt(connecting, err)
	}
	defer conn.Close()
	// When the context ends, a deadline in the past ends the current read or write.
	stop := context.AfterFunc(ctx, func() {
		conn.SetDeadline(time.Unix(1, 0)) // #nosec G104 -- it fails only on a closed connection
	})
	defer stop()

	c, err := s.greet(ctx, conn)
	if err != nil {
		return err
	}
	if err := s.login(c); err != nil {
		return failedAt(loggingIn, err)
	}
	return s.transfer(c, m)
}

func (s *Sender) connect(ctx context.Context) (net.Conn, error) {
	dialer := net.Dialer{Timeout: connectTimeout}
	conn, err := dialer.DialContext(ctx, "tcp", s.config.String())
	if err != nil {
		return nil, err
	}
	// The name localhost may have another address.
	if remote, ok := conn.RemoteAddr().(*net.TCPAddr); s.config.TLS == None && (!ok || !remote.IP.IsLoopback()) {
		conn.Close() // #nosec G104 -- nothing was sent on it
		return nil, setupError("the server is not on this machine and TLS is off; nothing was sent")
	}
	return conn, nil
}

// greet says hello to the server and sets up TLS. After it, secrets may be sent.
func (s *Sender) greet(ctx context.Context, conn net.Conn) (*gosmtp.Client, error) {
	if s.config.TLS == Implicit {
		secured := tls.Client(conn, s.tls())
		if err := secured.HandshakeContext(ctx); err != nil {
			return nil, failedAt(securing, err)
		}
		conn = secured
	}
	c, err := gosmtp.NewClient(conn, s.config.Host)
	if err != nil {
		return nil, failedAt(greeting, err)
	}
	c.SkipSMTPUTF8(true) // addresses are ASCII, and not every server on the way supports the extension
	if err := c.Hello(s.from.Domain()); err != nil {
		return nil, failedAt(greeting, err)
	}
	if s.config.TLS == StartTLS {
		if offered, _ := c.Extension("STARTTLS"); !offered {
			return nil, failedAt(securing,
				setupError("the server offers no STARTTLS; nothing was sent. For TLS from the first byte set MAIL_PORT=465"))
		}
		if err := c.StartTLS(s.tls()); err != nil {
			return nil, failedAt(securing, err)
		}
	}
	return c, nil
}

func (s *Sender) tls() *tls.Config {
	return &tls.Config{ServerName: s.config.Host, RootCAs: s.config.Roots, MinVersion: tls.VersionTLS12}
}

// login uses PLAIN or LOGIN, which every submission server offers with TLS. TLS
// protects the password. A challenge-response mechanism would not be safer: the
// server would have to store the password in readable form.
func (s *Sender) login(c *gosmtp.Client) error {
	if s.config.Username == "" {
		return nil
	}
	_, offered := c.Extension("AUTH")
	mechanisms := strings.Fields(strings.ToUpper(offered))
	switch {
	case slices.Contains(mechanisms, "PLAIN"):
		return c.Auth(gosmtp.PlainAuth("", s.config.Username, s.config.Password, s.config.Host, false))
	case slices.Contains(mechanisms, "LOGIN"):
		return c.Auth(gosmtp.LoginAuth(s.config.Username, s.config.Password, s.config.Host, false))
	case offered == "":
		return setupError("the server offers no login; leave MAIL_USERNAME and MAIL_PASSWORD out, or use its submission port, usually 587")
	default:
		return setupError("the server offers neither PLAIN nor LOGIN")
	}
}

func (s *Sender) transfer(c *gosmtp.Client, m mail.Message) error {
	message, err := compose(s.from, m, time.Now())
	if err != nil {
		return err
	}
	if err := c.Mail("<" + s.from.Address + ">"); err != nil {
		return failedAt(namingSender, err)
	}
	if err := c.Rcpt("<" + m.To + ">"); err != nil {
		return failedAt(namingRecipient, err)
	}
	w, err := c.Data()
	if err != nil {
		return failedAt(sendingText, err)
	}
	_, writeErr := w.Write(message)
	if err := errors.Join(writeErr, w.Close()); err != nil {
		return failedAt(sendingText, err)
	}
	// The server has accepted the mail. Its answer to QUIT does not matter.
	_ = c.Quit()
	return nil
}
