// Package awsenv makes an aws.Config from what Lambda puts into a function's
// environment, and from nothing else.
//
// It takes the place of the SDK's config.LoadDefaultConfig, which reads shared
// files, profiles, the metadata service and more; in a function these are never
// there, and linking them costs 1.6 MB and some milliseconds of every cold
// start. It refuses to guess: a variable that is missing is an error that names
// it, never a default region or an unsigned request.
package awsenv

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// Limits of every call. They are far below the SDK's own, which would eat a
// request's whole time: at worst three tries end after some 6.5 seconds, and
// the caller's context ends them earlier.
const (
	Tries          = 3
	TryTimeout     = 2 * time.Second // one try, from the connect to the last byte
	connectTimeout = 1 * time.Second
	maxBackoff     = 250 * time.Millisecond
)

// Config reads the environment of this process; see From.
func Config() (aws.Config, error) { return From(os.Getenv) }

// From makes the configuration from AWS_REGION, AWS_ACCESS_KEY_ID,
// AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN. The token may be empty only with
// a long-term key, as a local stand-in of AWS takes it; keys that begin with
// ASIA are temporary and useless without it. Lambda replaces a sandbox before
// its credentials end, so they are read once.
//
// AWS_ENDPOINT_URL and its forms for one service are honoured as the SDK does;
// see endpoints.
func From(getenv func(string) string) (aws.Config, error) {
	var missing []string
	need := func(name string) string {
		v := getenv(name)
		if v == "" {
			missing = append(missing, name)
		}
		return v
	}
	region, id, secret := need("AWS_REGION"), need("AWS_ACCESS_KEY_ID"), need("AWS_SECRET_ACCESS_KEY")
	token := getenv("AWS_SESSION_TOKEN")
	if strings.HasPrefix(id, "ASIA") {
		token = need("AWS_SESSION_TOKEN")
	}
	if missing != nil {
		return aws.Config{}, fmt.Errorf("not set: %s; Lambda sets them for a function, elsewhere export them before the start", strings.Join(missing, ", "))
	}
	e, err := readEndpoints(getenv)
	if err != nil {
		return aws.Config{}, err
	}
	return aws.Config{
		Region:        region,
		Credentials:   credentials.NewStaticCredentialsProvider(id, secret, token),
		BaseEndpoint:  e.base(),
		ConfigSources: []any{e},
		Retryer:       retryer,
		HTTPClient: awshttp.NewBuildableClient().WithTimeout(TryTimeout).
			WithDialerOptions(func(d *net.Dialer) { d.Timeout = connectTimeout }),
	}, nil
}

func retryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts, o.MaxBackoff = Tries, maxBackoff
	})
}

func checkURL(name, value string) error {
	u, err := url.Parse(value)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("%s is not the address of a server; write it like https://host or http://127.0.0.1:4566", name)
	}
	return nil
}
