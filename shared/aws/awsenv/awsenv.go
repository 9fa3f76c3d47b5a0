// Package awsenv makes an aws.Config from the environment variables that Lambda
// sets for a function, and from nothing else.
//
// It replaces the SDK's config.LoadDefaultConfig, which also reads shared files,
// profiles and the metadata service. A function has none of these, and linking
// their code costs 1.6 MB and some milliseconds of every cold start. It refuses
// to guess: a missing variable is an error that names it, never a default region
// or an unsigned request.
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

// Limits of every call. They are far below the SDK's own, which would take all
// the time that a request has. Three attempts take at most some 6.5 seconds, and
// less if the caller's context ends earlier.
const (
	MaxAttempts    = 3
	AttemptTimeout = 2 * time.Second // of one attempt, from the connect to the last byte
	connectTimeout = 1 * time.Second
	maxBackoff     = 250 * time.Millisecond
)

// Config reads the environment of this process; see From.
func Config() (aws.Config, error) { return From(os.Getenv) }

// From makes the configuration from AWS_REGION, AWS_ACCESS_KEY_ID,
// AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN. A key that begins with ASIA is
// temporary and needs the session token; a long-term key, as an emulator of AWS
// accepts it, does not. The credentials are read once, because Lambda replaces a
// sandbox before they expire.
//
// AWS_ENDPOINT_URL and its variants for one service have the same effect as in
// the SDK; see endpoints.
func From(getenv func(string) string) (aws.Config, error) {
	var missing []string
	required := func(name string) string {
		v := getenv(name)
		if v == "" {
			missing = append(missing, name)
		}
		return v
	}
	region, id, secret := required("AWS_REGION"), required("AWS_ACCESS_KEY_ID"), required("AWS_SECRET_ACCESS_KEY")
	token := getenv("AWS_SESSION_TOKEN")
	if strings.HasPrefix(id, "ASIA") {
		token = required("AWS_SESSION_TOKEN")
	}
	if missing != nil {
		names := strings.Join(missing, ", ")
		return aws.Config{}, fmt.Errorf("not set: %s; Lambda sets them for a function, elsewhere export them before the start", names)
	}
	endpoints, err := readEndpoints(getenv)
	if err != nil {
		return aws.Config{}, err
	}
	return aws.Config{
		Region:        region,
		Credentials:   credentials.NewStaticCredentialsProvider(id, secret, token),
		BaseEndpoint:  endpoints.base(),
		ConfigSources: []any{endpoints},
		Retryer:       retryer,
		HTTPClient: awshttp.NewBuildableClient().WithTimeout(AttemptTimeout).
			WithDialerOptions(func(d *net.Dialer) { d.Timeout = connectTimeout }),
	}, nil
}

func retryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts, o.MaxBackoff = MaxAttempts, maxBackoff
	})
}

func checkURL(name, value string) error {
	u, err := url.Parse(value)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("%s is not the address of a server; write it like https://host or http://127.0.0.1:4566", name)
	}
	return nil
}
