// Package kms wraps the private keys that sign access tokens with a symmetric
// key of AWS KMS, and unwraps them: whoever has a copy of the secret then has
// no key to sign with, unless AWS lets it use that key, too.
//
// A wrapped key is bound to its kid and to the secret that it is in: moved
// elsewhere it does not open. The package refuses to show what it wraps.
//
// It calls two operations of KMS by itself, with the SDK's signer and retryer.
// The SDK's client would add 450 KB and 2,600 allocations before main to each
// function that issues tokens, and most deployments wrap nothing.
package kms

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Key is a key of KMS, for use by several goroutines.
type Key struct {
	id     string
	secret string
	cfg    aws.Config
}

// New names the key by its ARN, for the keys in a secret. It calls nothing yet.
// To unwrap, the ARN may be empty: what is wrapped says by which key.
func New(cfg aws.Config, keyARN, secretARN string) *Key {
	return &Key{id: keyARN, secret: secretARN, cfg: cfg}
}

// blobs are the members of a request and of its answer that matter here.
type blobs struct {
	KeyID      string            `json:"KeyId,omitempty"`
	Plaintext  []byte            `json:",omitempty"`
	Ciphertext []byte            `json:"CiphertextBlob,omitempty"`
	Context    map[string]string `json:"EncryptionContext,omitempty"`
}

// bound is the encryption context, which CloudTrail shows: it must hold nothing
// secret. IAM conditions name it kms:EncryptionContext:kid and :secret.
func (k *Key) bound(kid string) map[string]string {
	return map[string]string{"kid": kid, "secret": k.secret}
}

// Wrap returns the private key, of 4096 bytes at most, as only KMS can open it.
func (k *Key) Wrap(ctx context.Context, kid string, pkcs8 []byte) ([]byte, error) {
	if k.id == "" {
		return nil, errors.New("wrap a key: no key of KMS is named")
	}
	out, err := k.call(ctx, "Encrypt", blobs{KeyID: k.id, Plaintext: pkcs8, Context: k.bound(kid)})
	if err != nil {
		return nil, fmt.Errorf("wrap key %s: %w", kid, classify(err))
	}
	return out.Ciphertext, nil
}

// Unwrap returns what Wrap was given for that kid and secret.
func (k *Key) Unwrap(ctx context.Context, kid string, wrapped []byte) ([]byte, error) {
	out, err := k.call(ctx, "Decrypt", blobs{Ciphertext: wrapped, Context: k.bound(kid)})
	if err != nil {
		return nil, fmt.Errorf("unwrap key %s: %w", kid, classify(err))
	}
	return out.Plaintext, nil
}

// What can go wrong, for errors.Is.
var (
	ErrAccessDenied = errors.New("not allowed; the function's role and the key's policy must both let it")
	ErrInvalid      = errors.New("it was wrapped for another kid, another secret or by another key")
	ErrNotFound     = errors.New("there is no such key, or it is disabled or to be deleted")
	ErrUnavailable  = errors.New("no usable answer from KMS")
)

func classify(err error) error { return fmt.Errorf("%w: %w", kind(err), err) }

func kind(err error) error {
	var refused *refusal
	if !errors.As(err, &refused) {
		return ErrUnavailable
	}
	switch refused.code {
	case "AccessDeniedException", "UnrecognizedClientException", "InvalidClientTokenId", "ExpiredTokenException", "InvalidSignatureException",
		"MissingAuthenticationTokenException":
		return ErrAccessDenied
	case "InvalidCiphertextException", "IncorrectKeyException":
		return ErrInvalid
	case "NotFoundException", "DisabledException", "KMSInvalidStateException", "InvalidArnException":
		return ErrNotFound
	}
	return ErrUnavailable
}
