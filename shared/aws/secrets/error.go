package secrets

import (
	"errors"
	"fmt"
)

// The errors of Get, Refresh and Change, for errors.Is. Only after
// ErrUnavailable may another attempt succeed.
var (
	ErrNotFound     = errors.New("there is no such secret; compare SECRET_ARN and AWS_REGION with Secrets Manager")
	ErrAccessDenied = errors.New("not allowed; the function's role needs secretsmanager:GetSecretValue for it, " +
		"and kms:Decrypt if it is encrypted with a customer managed key")
	ErrMalformed   = errors.New("its content cannot be used")
	ErrUnavailable = errors.New("no usable answer from Secrets Manager")
)

// classify adds one of the errors above to an error of the SDK. The SDK's text
// has the message of the service and never a value of the secret.
func classify(err error) error {
	return fmt.Errorf("%w: %w", sentinel(err), err)
}

func sentinel(err error) error {
	var api interface{ ErrorCode() string }
	if !errors.As(err, &api) {
		return ErrUnavailable
	}
	switch api.ErrorCode() {
	case "ResourceNotFoundException",
		"InvalidRequestException",   // marked for deletion
		"InvalidParameterException": // not an ARN
		return ErrNotFound
	case "AccessDeniedException", "DecryptionFailure", "UnrecognizedClientException", "InvalidClientTokenId",
		"InvalidSignatureException", "ExpiredTokenException", "MissingAuthenticationTokenException":
		return ErrAccessDenied
	default:
		return ErrUnavailable
	}
}
