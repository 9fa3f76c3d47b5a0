// Package rdsauth makes the tokens by which a function logs in to RDS and Aurora
// without a password (IAM database authentication).
//
//	token, err := rdsauth.New(cfg, time.Now).Token(ctx, rdsauth.Endpoint{Host: host, Port: 5432}, "roster")
//
// A token is a request that nobody sends, signed with the function's credentials;
// its role must be allowed rds-db:connect for that user. Making one calls
// nothing and takes a fraction of a millisecond. It is good for 15 minutes, which
// is enough for one login: the session goes on after that.
//
// It refuses to keep tokens: each connection gets its own. The SDK has the same few
// lines in its module feature/rds/auth; here they use the signer that every
// function links anyway, without another module. Tests compare the tokens with
// the ones that botocore makes.
package rdsauth

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

const (
	lifetime = 15 * time.Minute // the longest that RDS takes
	scheme   = "https://"
	// emptyHash is the SHA-256 of no body.
	emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
)

// Endpoint is a server of RDS.
type Endpoint struct {
	Host   string // RDS's own name for it
	Port   uint16
	Region string // "" means the Region of the credentials
}

// Signer makes tokens. It is safe for concurrent use.
type Signer struct {
	cfg aws.Config
	now func() time.Time
}

// New returns a Signer with these credentials and this clock. It calls nothing.
func New(cfg aws.Config, now func() time.Time) *Signer { return &Signer{cfg, now} }

// Token returns the password of one connection to an endpoint, as a user of the
// database.
func (s *Signer) Token(ctx context.Context, to Endpoint, user string) (string, error) {
	credentials, err := s.cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return "", fmt.Errorf("credentials: %w", err)
	}
	query := url.Values{"Action": {"connect"}, "DBUser": {user}, "X-Amz-Expires": {strconv.Itoa(int(lifetime.Seconds()))}}
	address := url.URL{Scheme: "https", Host: net.JoinHostPort(to.Host, strconv.Itoa(int(to.Port))), Path: "/", RawQuery: query.Encode()}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return "", err
	}
	signed, _, err := v4.NewSigner().PresignHTTP(ctx, credentials, req, emptyHash, "rds-db", cmp.Or(to.Region, s.cfg.Region), s.now())
	if err != nil {
		return "", err
	}
	return strings.TrimPrefix(signed, scheme), nil
}
