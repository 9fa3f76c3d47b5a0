package secrets

import (
	"errors"
	"fmt"
)

// What can go wrong, for errors.Is. Only ErrUnavailable may pass by itself.
var (
	ErrNotFound     = errors.New("there is no such secret; compare SECRET_ARN and AWS_REGION with Secrets Manager")
	ErrAccessDenied = errors.New("not allowed; the function's role needs secretsmanager:GetSecretValue for it, and kms:Decrypt where it has a key of its own")
	ErrMalformed    = errors.New("its content cannot be used")
	ErrUnavailable  = errors.New("no usable answer from Secrets Manager")
)

// classify puts our kind in front of the SDK's error. The SDK's text holds the
// service's message and never what the secret holds.
func classify(err error) error {
	return fmt.Errorf("%w: %w", kind(err), err)
}

func kind(err error) error {
	var api interface{ ErrorCode() string }
	if !errors.As(err, &api) {
		return ErrUnavailable
	}
	switch api.ErrorCode() {
	case "ResourceNotFoundException",
		"InvalidRequestException",   // marked for deletion
		"InvalidParameterException": // the ARN is none
		return ErrNotFound
	case "AccessDeniedException", "DecryptionFailure", "UnrecognizedClientException", "InvalidClientTokenId",
		"InvalidSignatureException", "ExpiredTokenException", "MissingAuthenticationTokenException":
		return ErrAccessDenied
	default:
		return ErrUnavailable
	}
}
