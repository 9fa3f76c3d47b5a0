// Package kms wraps (encrypts) the private keys that sign access tokens with a
// symmetric key of AWS KMS, and unwraps them. Then a copy of the secret is not
// enough to sign tokens: an attacker also needs permission to use the KMS key.
//
// A wrapped key is bound to its kid and to the secret that holds it. Under
// another kid, or in another secret, it cannot be unwrapped. The package refuses
// to show what it wraps.
//
// It calls two operations of KMS itself, with the SDK's signer and retryer. The
// SDK's client would add 450 KB and 2,600 allocations before main to each
// function that issues tokens, and most deployments wrap no keys.
package kms

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Key is a key of KMS. It is safe for concurrent use.
type Key struct {
	id     string
	secret string
	cfg    aws.Config
}

// New returns the KMS key with that ARN, to wrap private keys that are in the
// secret with that ARN. It makes no call. The key's ARN may be empty if the Key
// only unwraps, because a ciphertext names its key.
func New(cfg aws.Config, keyARN, secretARN string) *Key {
	return &Key{id: keyARN, secret: secretARN, cfg: cfg}
}

// message is a request to KMS or its response, with the members that are used
// here.
type message struct {
	KeyID      string            `json:"KeyId,omitempty"`
	Plaintext  []byte            `json:",omitempty"`
	Ciphertext []byte            `json:"CiphertextBlob,omitempty"`
	Context    map[string]string `json:"EncryptionContext,omitempty"`
}

// encryptionContext binds a wrapped key to its kid and its secret. CloudTrail
// shows the context, so it must not hold anything secret. IAM conditions name
// its members kms:EncryptionContext:kid and kms:EncryptionContext:secret.
func (k *Key) encryptionContext(kid string) map[string]string {
	return map[string]string{"kid": kid, "secret": k.secret}
}

// Wrap encrypts a private key of at most 4096 bytes. Only KMS can decrypt it.
func (k *Key) Wrap(ctx context.Context, kid string, pkcs8 []byte) ([]byte, error) {
	if k.id == "" {
		return nil, errors.New("wrap a key: the ARN of the KMS key is not set")
	}
	out, err := k.call(ctx, "Encrypt", message{KeyID: k.id, Plaintext: pkcs8, Context: k.encryptionContext(kid)})
	if err != nil {
		return nil, fmt.Errorf("wrap key %s: %w", kid, classify(err))
	}
	return out.Ciphertext, nil
}

// Unwrap decrypts what Wrap returned for that kid and secret.
func (k *Key) Unwrap(ctx context.Context, kid string, wrapped []byte) ([]byte, error) {
	out, err := k.call(ctx, "Decrypt", message{Ciphertext: wrapped, Context: k.encryptionContext(kid)})
	if err != nil {
		return nil, fmt.Errorf("unwrap key %s: %w", kid, classify(err))
	}
	return out.Plaintext, nil
}

// The errors of Wrap and Unwrap, for errors.Is. Only after ErrUnavailable may
// another attempt succeed.
var (
	ErrAccessDenied = errors.New("not allowed; the function's role and the key's policy must both let it")
	ErrInvalid      = errors.New("it was wrapped for another kid, another secret or by another key")
	ErrNotFound     = errors.New("there is no such key, or it is disabled or to be deleted")
	ErrUnavailable  = errors.New("no usable answer from KMS")
)

// classify adds one of the errors above to an error of a call.
func classify(err error) error { return fmt.Errorf("%w: %w", sentinel(err), err) }

func sentinel(err error) error {
	var api *apiError
	if !errors.As(err, &api) {
		return ErrUnavailable
	}
	switch api.code {
	case "AccessDeniedException", "UnrecognizedClientException", "InvalidClientTokenId",
		"ExpiredTokenException", "InvalidSignatureException", "MissingAuthenticationTokenException":
		return ErrAccessDenied
	case "InvalidCiphertextException", "IncorrectKeyException":
		return ErrInvalid
	case "NotFoundException", "DisabledException", "KMSInvalidStateException", "InvalidArnException":
		return ErrNotFound
	}
	return ErrUnavailable
}
