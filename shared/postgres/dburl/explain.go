package dburl

import (
	"crypto/x509"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"roster/shared/postgres/rdsroots"
)

// Explain adds to the error of a connection what to do if no trusted authority
// vouches for the server. It returns any other error as it is.
func Explain(err error) error {
	if unknown := (x509.UnknownAuthorityError{}); !errors.As(err, &unknown) {
		return err
	}
	what := "the certificate of its authority"
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) {
		if region := rdsroots.Region(connect.Config.Host); region != "" {
			what = "the certificates of RDS for " + region
			// The other partitions have addresses of their own.
			if !strings.HasPrefix(region, "cn-") && !strings.HasPrefix(region, "us-gov-") {
				what += ", https://truststore.pki.rds.amazonaws.com/" + region + "/" + region + "-bundle.pem,"
			}
		}
	}
	return fmt.Errorf("%w; give %s as DATABASE_CA, see docs/database.md", err, what)
}
