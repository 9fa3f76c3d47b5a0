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
	// changing is the label of a version that Change has written and not made
	// current yet. It is Roster's own: AWSPENDING belongs to rotations that
	// Secrets Manager runs.
	changing = "ROSTER_CHANGING"
	current  = "AWSCURRENT"
	pending  = "AWSPENDING"
	attempts = 5
	maxText  = 65536 // bytes of a secret in Secrets Manager
)

// What keeps Change from changing anything, for errors.Is.
var (
	ErrPending = errors.New("a rotation of the secret by Secrets Manager is not finished; see it through (or aws secretsmanager cancel-rotate-secret), for its end would undo this change")
	ErrBusy    = errors.New("others change the secret all the time; nothing was changed")
)

// Change sets one member to a JSON value that is computed of the secret's
// members, and leaves all other bytes as they are. An empty value changes
// nothing. Nobody's change is lost: the new version becomes the current one
// only if the current one is still that which it was made of, else the value is
// computed anew.
//
// It reads the secret itself, whatever Get knows. It needs
// secretsmanager:GetSecretValue, PutSecretValue and UpdateSecretVersionStage.
func (s *Secret) Change(ctx context.Context, name string, compute func(values map[string]string) (json string, err error)) error {
	for range attempts {
		swapped, err := s.change(ctx, name, compute)
		if err != nil {
			return fmt.Errorf("change %s in secret %s: %w", name, s.arn, err)
		}
		if swapped {
			return nil
		}
	}
	return fmt.Errorf("change %s in secret %s: %w", name, s.arn, ErrBusy)
}

func (s *Secret) change(ctx context.Context, name string, compute func(map[string]string) (string, error)) (done bool, err error) {
	was, err := s.version(ctx, current)
	if err != nil {
		return false, err
	}
	values, err := Members(was.text)
	if err != nil {
		return false, err
	}
	value, err := compute(values)
	if err != nil || value == "" {
		return err == nil, err
	}
	text, err := With(was.text, name, value)
	if err != nil {
		return false, err
	}
	if err := s.mustNotBePending(ctx, was.id); err != nil {
		return false, err
	}
	return s.swap(ctx, was.id, text)
}

// version is one version of a secret.
type version struct{ id, text string }

// version reads the version with a label. It always names the label: a policy
// with the condition secretsmanager:VersionStage refuses a request that does not.
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

// mustNotBePending sees to it that no other rotation has copied the secret and
// will make its copy the current version. One that begins right after this
// look can still do so; what Change is for must bear being undone.
func (s *Secret) mustNotBePending(ctx context.Context, id string) error {
	v, err := s.version(ctx, pending)
	switch {
	case errors.Is(err, ErrNotFound), err == nil && v.id == id: // none, or one that is finished
		return nil
	case err != nil:
		return err
	}
	return ErrPending
}

// swap writes a version and makes it the current one if that is still the one
// of the id. The version carries a label from the beginning, or Secrets Manager
// would make it the current one at once.
func (s *Secret) swap(ctx context.Context, id, text string) (bool, error) {
	if len(text) > maxText {
		return false, fmt.Errorf("it would have %d bytes, and Secrets Manager takes %d", len(text), maxText)
	}
	token := rand.Text() + rand.Text()
	put, err := s.client().PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{
		SecretId: &s.arn, SecretString: &text, ClientRequestToken: &token, VersionStages: []string{changing},
	})
	if err != nil {
		return false, writing(err)
	}
	label := current
	_, err = s.client().UpdateSecretVersionStage(ctx, &secretsmanager.UpdateSecretVersionStageInput{
		SecretId: &s.arn, VersionStage: &label, MoveToVersionId: put.VersionId, RemoveFromVersionId: &id,
	})
	if moved(err) {
		return false, nil
	}
	return err == nil, writing(err)
}

// moved recognises that the label is no longer on the version that it was to be
// taken from.
func moved(err error) bool {
	var api interface{ ErrorCode() string }
	return errors.As(err, &api) && api.ErrorCode() == "InvalidParameterException"
}

var errWriteDenied = errors.New("not allowed; this needs secretsmanager:PutSecretValue and secretsmanager:UpdateSecretVersionStage, and kms:GenerateDataKey where the secret has a key of its own")

func writing(err error) error {
	switch {
	case err == nil:
		return nil
	case kind(err) == ErrAccessDenied:
		return fmt.Errorf("%w: %w", errWriteDenied, err)
	}
	return classify(err)
}
