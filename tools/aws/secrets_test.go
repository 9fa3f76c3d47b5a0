package aws_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"roster/localdev/postgrestest"
	"roster/shared/aws/secrets"
)

func TestSecretsAgainstMoto(t *testing.T) {
	t.Parallel()
	m := newMoto(t)
	arn := m.newSecret(t, map[string]string{"A": "first", "B": "stays"})
	secret := secrets.Open(m.config(t), arn)
	if got, err := secret.Get(t.Context()); err != nil || got["A"] != "first" {
		t.Fatalf("Get: %v, %v", got, err)
	}
	change := func(value string) error {
		return secret.Change(t.Context(), "A", func(values map[string]string) (string, error) {
			if values["B"] != "stays" {
				t.Errorf("computed of %v", values)
			}
			return `"` + value + `"`, nil
		})
	}
	if err := change("second"); err != nil {
		t.Fatal(err)
	}
	fresh := secrets.Open(m.config(t), arn)
	if got, err := fresh.Refresh(t.Context()); err != nil || got["A"] != "second" || got["B"] != "stays" {
		t.Errorf("after a change: %v, %v", got, err)
	}
	if now, before := m.text(t, arn, "AWSCURRENT"), m.text(t, arn, "AWSPREVIOUS"); now != `{"A":"second","B":"stays"}` || before != `{"A":"first","B":"stays"}` {
		t.Errorf("current %s, previous %s", now, before)
	}
	// moto is at fault: without a label it goes on giving the version that was
	// current before UpdateSecretVersionStage. Secrets Manager gives AWSCURRENT.
	// Roster names the label in each reading, so it is not misled.
	if got := m.text(t, arn, ""); got != `{"A":"first","B":"stays"}` {
		t.Errorf("without a label moto gives %s; take this fault out of the test", got)
	}
}

// As when Secrets Manager rotates the database's password at the same time.
func TestAPendingRotationStopsAChangeAgainstMoto(t *testing.T) {
	t.Parallel()
	m := newMoto(t)
	arn := m.newSecret(t, map[string]string{"A": "first"})
	_, err := secretsmanager.NewFromConfig(m.config(t)).PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{
		SecretId: &arn, SecretString: aws.String(`{"A":"pending"}`), VersionStages: []string{"AWSPENDING"},
	})
	if err != nil {
		t.Fatal(err)
	}
	err = secrets.Open(m.config(t), arn).Change(t.Context(), "A", func(map[string]string) (string, error) { return `"mine"`, nil })
	if !errors.Is(err, secrets.ErrPending) || m.text(t, arn, "AWSCURRENT") != `{"A":"first"}` {
		t.Errorf("%v, and the secret is %s", err, m.text(t, arn, "AWSCURRENT"))
	}
}

func TestSecretsThatAreNotThereAgainstMoto(t *testing.T) {
	t.Parallel()
	m := newMoto(t)
	arn := m.newSecret(t, map[string]string{"A": "first"})
	if _, err := secretsmanager.NewFromConfig(m.config(t)).DeleteSecret(t.Context(), &secretsmanager.DeleteSecretInput{SecretId: &arn}); err != nil {
		t.Fatal(err)
	}
	for name, id := range map[string]string{"unknown": strings.Replace(arn, "TestSecrets", "Nothing", 1), "marked for deletion": arn} {
		if _, err := secrets.Open(m.config(t), id).Get(t.Context()); !errors.Is(err, secrets.ErrNotFound) {
			t.Errorf("%s: %v, want ErrNotFound", name, err)
		}
	}
}

// Changes at the same time lose nothing: each is made of what is current, or
// tried anew.
func TestChangesAtOnceAgainstMoto(t *testing.T) {
	t.Parallel()
	m := newMoto(t)
	arn := m.newSecret(t, map[string]string{"A": ""})
	const writers = 4
	var group sync.WaitGroup
	var done atomic.Int64
	for range writers {
		group.Go(func() {
			err := secrets.Open(m.config(t), arn).Change(t.Context(), "A", func(values map[string]string) (string, error) {
				b, err := json.Marshal(values["A"] + "x")
				return string(b), err
			})
			switch {
			case err == nil:
				done.Add(1)
			case !errors.Is(err, secrets.ErrBusy):
				t.Error(err)
			}
		})
	}
	group.Wait()
	want := `{"A":"` + strings.Repeat("x", int(done.Load())) + `"}`
	if got := m.text(t, arn, "AWSCURRENT"); got != want || done.Load() == 0 {
		t.Errorf("%d of %d changes were made, and the secret is %s", done.Load(), writers, got)
	}
}

// The whole way of a key: rotate_keys has moto's KMS wrap it and writes it into
// moto's secret, and login unwraps it to sign.
func TestKeysRotateAgainstMoto(t *testing.T) {
	t.Parallel()
	m := newMoto(t)
	key, err := kms.NewFromConfig(m.config(t)).CreateKey(context.Background(), &kms.CreateKeyInput{})
	if err != nil {
		t.Fatal(err)
	}
	s := newStack(t, postgrestest.Empty(t), nil)
	s.values["JWT_KMS_KEY"] = *key.KeyMetadata.Arn
	s.deploy()
	text := m.text(t, s.arn, "AWSCURRENT")
	if !strings.Contains(text, `"wrapped"`) || strings.Contains(text, `"private"`) {
		t.Errorf("the private key is not wrapped: %s", text)
	}
	if before := m.text(t, s.arn, "AWSPREVIOUS"); strings.Contains(before, "JWT_KEYS") || !strings.HasPrefix(text, strings.TrimSuffix(before, "}")) {
		t.Errorf("another member was changed: %s, then %s", before, text)
	}
	s.login()
	if got := string(s.both("rotate_keys", encode(t, sample(t, "cloudwatch scheduled-event")))); !strings.Contains(got, `"did":[]`) {
		t.Errorf("nothing was due, and it did %s", got)
	}
}
