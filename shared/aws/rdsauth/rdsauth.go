// Package rdsauth makes the tokens by which a function logs in to RDS and Aurora
// without a password (IAM database authentication).
//
//	token, err := rdsauth.New(cfg, time.Now).Token(ctx, host, 5432, "roster")
//
// A token is a request that nobody sends, signed with the function's credentials;
// its role must be allowed rds-db:connect for that user. Making one calls
// nothing and takes a fraction of a millisecond. It is good for 15 minutes, which
// is enough for one login: the session goes on after that.
//
// It refuses to keep tokens: each connection gets one of its own. It is those few
// lines of the SDK's feature/rds/auth, over the signer that every function links
// anyway, and so needs no module of its own; tests compare it with botocore.
package rdsauth

import (
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

	"roster/shared/aws/rdsroots"
)

const (
	lifetime = 15 * time.Minute // the longest that RDS takes
	scheme   = "https://"
	// emptyHash is the SHA-256 of no body.
	emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
)

// Signer makes tokens, for use by several goroutines.
type Signer struct {
	cfg aws.Config
	now func() time.Time
}

// New returns a Signer with these credentials and this clock. It calls nothing.
func New(cfg aws.Config, now func() time.Time) *Signer { return &Signer{cfg, now} }

// Token returns the password of one connection: to that host, which must be
// RDS's own name for it, for that user of the database.
func (s *Signer) Token(ctx context.Context, host string, port uint16, user string) (string, error) {
	region := rdsroots.Region(host)
	if region == "" {
		region = s.cfg.Region
	}
	credentials, err := s.cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return "", fmt.Errorf("credentials: %w", err)
	}
	query := url.Values{"Action": {"connect"}, "DBUser": {user}, "X-Amz-Expires": {strconv.Itoa(int(lifetime.Seconds()))}}
	address := url.URL{Scheme: "https", Host: net.JoinHostPort(host, strconv.Itoa(int(port))), Path: "/", RawQuery: query.Encode()}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return "", err
	}
	signed, _, err := v4.NewSigner().PresignHTTP(ctx, credentials, req, emptyHash, "rds-db", region, s.now())
	if err != nil {
		return "", err
	}
	return strings.TrimPrefix(signed, scheme), nil
}
