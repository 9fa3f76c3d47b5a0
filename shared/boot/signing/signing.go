// Package signing assembles what issues access tokens: the same as boot/tokens,
// and KMS, where the private keys may be wrapped. It is apart so that only
// functions that issue tokens can ask KMS for private keys.
package signing

import (
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"

	"roster/shared/aws/awsenv"
	"roster/shared/aws/kms"
	"roster/shared/boot"
	"roster/shared/boot/tokens"
)

// New returns the access tokens of that environment, for a function that issues
// them.
func New(env *boot.Environment) *tokens.Access {
	get := func(name string) string { return env.Optional(name, "") }
	return tokens.Unwrapping(env, &unwrapper{
		config: sync.OnceValues(func() (aws.Config, error) { return awsenv.From(get) }), secret: get("SECRET_ARN"),
	})
}

// unwrapper looks for KMS when there is something to unwrap.
type unwrapper struct {
	config func() (aws.Config, error)
	secret string
}

func (u *unwrapper) Unwrap(ctx context.Context, kid string, wrapped []byte) ([]byte, error) {
	cfg, err := u.config()
	if err != nil {
		return nil, err
	}
	return kms.New(cfg, "", u.secret).Unwrap(ctx, kid, wrapped)
}
