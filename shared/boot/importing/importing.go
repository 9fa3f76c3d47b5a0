// Package importing makes what an import of accounts needs, from the settings of a
// function or a command. It is not part of package boot so that only what imports
// links it.
package importing

import (
	"context"
	"io"

	"roster/shared/aws/awsenv"
	"roster/shared/aws/s3"
	"roster/shared/boot"
	"roster/shared/directory"
	"roster/shared/user"
)

// Parts returns the rules for the fields of an account, and for password hashes. A
// hash that was made with a SECURITY_PASSWORD_SALT is accepted only with the same
// one.
func Parts(env *boot.Environment) directory.ImportParts {
	return directory.ImportParts{Rules: user.Rules{}, Hashes: env.PasswordHasher(), NewUUID: user.NewUUID}
}

// Objects opens an object of S3, with the rights of the function.
func Objects(ctx context.Context, bucket, key string) (io.ReadCloser, error) {
	cfg, err := awsenv.Config()
	if err != nil {
		return nil, err
	}
	return s3.Open(ctx, cfg, bucket, key), nil
}
