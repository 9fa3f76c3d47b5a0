// Package signing makes what issues access tokens, from the settings of a
// function. It adds to boot/tokens the client of AWS KMS, which unwraps private
// keys. It is a package of its own so that only functions that issue tokens link
// that client and need its permission.
package signing

import (
	"cmp"
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"

	"roster/shared/aws/awsenv"
	"roster/shared/aws/kms"
	"roster/shared/boot"
	"roster/shared/boot/tokens"
)

// New returns what issues and verifies access tokens.
func New(env *boot.Environment) *tokens.Access {
	get := func(name string) string { return env.Optional(name, "") }
	return tokens.NewWithUnwrapper(env, &unwrapper{
		config: sync.OnceValues(func() (aws.Config, error) { return awsenv.From(get) }), secret: cmp.Or(get("KEYS_SECRET_ARN"), get("SECRET_ARN")),
	})
}

// unwrapper needs the settings of AWS only when it unwraps a key: most
// deployments have no wrapped keys.
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
