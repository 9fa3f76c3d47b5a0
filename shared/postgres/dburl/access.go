package dburl

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Access says what a URL cannot: which authorities may vouch for the database's
// server, and how to make a password that is valid for minutes only. The zero
// value is enough for most databases.
type Access struct {
	// Roots are the only authorities that may vouch for the server. Nil means the
	// system's and, for a host of RDS, RDS's own.
	Roots *x509.CertPool
	// Token makes the password of one connection. It is used if the URL has no
	// password.
	Token func(ctx context.Context, endpoint Endpoint) (string, error)
}

// Endpoint is a server and the user that logs in.
type Endpoint struct {
	Host string
	Port uint16
	User string
}

// Config reads the URL of that variable and sets the authorities for its servers.
// It refuses a URL that contradicts a.
func (a Access) Config(variable, url string) (*pgxpool.Config, error) {
	cfg, err := Parse(variable, url)
	if err != nil {
		return nil, err
	}
	c := cfg.ConnConfig
	servers := serversOf(c)
	if err := a.refuse(c, servers); err != nil {
		return nil, fmt.Errorf("%s %w", variable, err)
	}
	for _, s := range servers {
		a.trust(s)
	}
	return cfg, nil
}

// refuse returns an error if the URL contradicts a.
func (a Access) refuse(c *pgx.ConnConfig, servers []server) error {
	for _, s := range servers {
		switch full := s.check() == verifyFull; {
		case a.Roots != nil && s.tls != nil && s.tls.RootCAs != nil:
			return errors.New("names a certificate (sslrootcert) and DATABASE_CA has another; leave one of them out")
		case a.Roots != nil && !s.local() && s.check() < verifyCA:
			return errors.New("has an sslmode that does not look at the server's certificate, so DATABASE_CA has no use; write sslmode=verify-full")
		case a.Token != nil && c.Password == "" && !full:
			return errors.New("must have sslmode=verify-full with DATABASE_AUTH=iam: a token is a password, which another server would learn")
		case a.Token != nil && c.Password == "" && len(servers) > 1:
			return errors.New("names several hosts; with DATABASE_AUTH=iam it must name one, because a token is for one")
		}
	}
	return nil
}

// Login puts the password into the configuration of a connection that is about to
// be made.
func (a Access) Login(ctx context.Context, c *pgx.ConnConfig) error {
	if a.Token == nil || c.Password != "" {
		return nil
	}
	token, err := a.Token(ctx, Endpoint{Host: c.Host, Port: c.Port, User: c.User})
	if err != nil {
		return fmt.Errorf("make a token to log in with: %w", err)
	}
	c.Password = token
	return nil
}
