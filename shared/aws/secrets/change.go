package secrets

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

const (
	// The staging labels of a secret's versions. Change gives a new version the
	// label changing until it makes it the current one. It does not use pending,
	// because that belongs to the rotations that Secrets Manager runs.
	changing = "ROSTER_CHANGING"
	current  = "AWSCURRENT"
	pending  = "AWSPENDING"

	maxAttempts    = 5
	maxSecretBytes = 65536 // the limit of Secrets Manager
)

// The errors of Change that only Change returns, for errors.Is. The secret is
// unchanged after each.
var (
	ErrPending = errors.New("a rotation of the secret by Secrets Manager is not finished, and its end would undo this change; " +
		"wait for it, or cancel it with aws secretsmanager cancel-rotate-secret")
	ErrBusy = errors.New("other programs change the secret all the time; nothing was changed; try again later")
)

// Change sets one member to the JSON value that compute returns. It passes the
// current members to compute. All other bytes of the secret stay as they are. If
// compute returns "", nothing changes.
//
// No concurrent change is lost. The new version becomes the current one only if
// no other has become current since the members were read. Otherwise Change
// starts again, so compute may be called several times; it gives up with ErrBusy.
//
// Change always reads the secret, even if Get has fresh members. It needs
// secretsmanager:GetSecretValue, PutSecretValue and UpdateSecretVersionStage.
func (s *Secret) Change(ctx context.Context, name string, compute func(values map[string]string) (json string, err error)) error {
	for range maxAttempts {
		swapped, err := s.tryChange(ctx, name, compute)
		if err != nil {
			return fmt.Errorf("change %s in secret %s: %w", name, s.arn, err)
		}
		if swapped {
			return nil
		}
	}
	return fmt.Errorf("change %s in secret %s: %w", name, s.arn, ErrBusy)
}

func (s *Secret) tryChange(ctx context.Context, name string, compute func(map[string]string) (string, error)) (done bool, err error) {
	old, err := s.version(ctx, current)
	if err != nil {
		return false, err
	}
	values, err := ParseMembers(old.text)
	if err != nil {
		return false, err
	}
	value, err := compute(values)
	if err != nil || value == "" {
		return err == nil, err
	}
	text, err := SetMember(old.text, name, value)
	if err != nil {
		return false, err
	}
	if err := s.checkNonePending(ctx, old.id); err != nil {
		return false, err
	}
	return s.compareAndSwap(ctx, old.id, text)
}

// version is one version of a secret.
type version struct{ id, text string }

// version reads the version that has that label. It always names the label: a
// policy with the condition secretsmanager:VersionStage refuses a request that
// does not.
func (s *Secret) version(ctx context.Context, label string) (version, error) {
	out, err := s.client().GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &s.arn, VersionStage: &label})
	switch {
	case err != nil:
		return version{}, classify(err)
	case out.SecretString == nil:
		return version{}, fmt.Errorf("%w: it holds bytes (SecretBinary); store the JSON object as text", ErrMalformed)
	}
	return version{id: aws.ToString(out.VersionId), text: *out.SecretString}, nil
}

// checkNonePending returns ErrPending if a rotation by Secrets Manager has copied
// the secret and will make its copy the current version, which would undo a
// change. A rotation that begins right after this check can still do that, so
// the callers of Change must tolerate that a change is undone.
func (s *Secret) checkNonePending(ctx context.Context, id string) error {
	v, err := s.version(ctx, pending)
	switch {
	case errors.Is(err, ErrNotFound), err == nil && v.id == id: // no rotation, or a finished one
		return nil
	case err != nil:
		return err
	}
	return ErrPending
}

// compareAndSwap writes a new version. It makes it the current one if the
// current one still has that id, and reports whether it did. The new version has
// a label from the beginning, or Secrets Manager would make it current at once.
func (s *Secret) compareAndSwap(ctx context.Context, id, text string) (bool, error) {
	if len(text) > maxSecretBytes {
		return false, fmt.Errorf("it would have %d bytes, and Secrets Manager takes %d", len(text), maxSecretBytes)
	}
	token := rand.Text() + rand.Text()
	put, err := s.client().PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{
		SecretId: &s.arn, SecretString: &text, ClientRequestToken: &token, VersionStages: []string{changing},
	})
	if err != nil {
		return false, classifyWrite(err)
	}
	label := current
	_, err = s.client().UpdateSecretVersionStage(ctx, &secretsmanager.UpdateSecretVersionStageInput{
		SecretId: &s.arn, VersionStage: &label, MoveToVersionId: put.VersionId, RemoveFromVersionId: &id,
	})
	if isLabelConflict(err) {
		return false, nil
	}
	return err == nil, classifyWrite(err)
}

// isLabelConflict reports whether the label is no longer on the version that it
// was to be moved from.
func isLabelConflict(err error) bool {
	var api interface{ ErrorCode() string }
	return errors.As(err, &api) && api.ErrorCode() == "InvalidParameterException"
}

var errWriteDenied = errors.New("not allowed; this needs secretsmanager:PutSecretValue and secretsmanager:UpdateSecretVersionStage, " +
	"and kms:GenerateDataKey if the secret is encrypted with a customer managed key")

// classifyWrite is classify for the calls that write.
func classifyWrite(err error) error {
	switch {
	case err == nil:
		return nil
	case sentinel(err) == ErrAccessDenied:
		return fmt.Errorf("%w: %w", errWriteDenied, err)
	}
	return classify(err)
}
