package dburl

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Access is what a URL cannot say of a database: who vouches for its server,
// and where a password comes from that lives for minutes. The zero value is
// enough for most.
type Access struct {
	// Roots are the only authorities that count. Nil is the system's, and AWS's
	// own for a host of RDS.
	Roots *x509.CertPool
	// Token makes the password of one connection, where the URL has none.
	Token func(ctx context.Context, endpoint Endpoint) (string, error)
}

// Endpoint is a server and who logs in to it.
type Endpoint struct {
	Host string
	Port uint16
	User string
}

// Config reads the URL of that variable, and makes sure that the server's
// certificate is checked as a says.
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

// refuse says what of the URL contradicts a.
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

// Login puts the password of one connection into its configuration, right
// before it is made.
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
