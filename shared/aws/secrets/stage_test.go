package secrets_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"

	"roster/localdev/awstest"
	"roster/shared/aws/secrets"
)

// recorder notes the label that each reading asks for.
type recorder struct {
	mu     sync.Mutex
	stages []string
}

func (r *recorder) Do(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	req.Body = io.NopCloser(bytes.NewReader(body))
	var asked struct{ VersionStage string }
	if err := json.Unmarshal(body, &asked); err != nil {
		return nil, err
	}
	if req.Header.Get("X-Amz-Target") == "secretsmanager.GetSecretValue" {
		r.mu.Lock()
		r.stages = append(r.stages, asked.VersionStage)
		r.mu.Unlock()
	}
	return http.DefaultClient.Do(req)
}

// A policy can let a function read one label and no other, by the condition
// secretsmanager:VersionStage. That holds only for requests that name the label.
func TestReadingsNameTheLabel(t *testing.T) {
	t.Parallel()
	server := awstest.New(t)
	server.SetSecret(arn, `{"A":"b"}`)
	for name, c := range map[string]struct {
		use  func(*secrets.Secret) error
		want []string
	}{
		"Get":     {func(s *secrets.Secret) error { _, err := s.Get(t.Context()); return err }, []string{"AWSCURRENT"}},
		"Refresh": {func(s *secrets.Secret) error { _, err := s.Refresh(t.Context()); return err }, []string{"AWSCURRENT"}},
		"Change": {func(s *secrets.Secret) error {
			return s.Change(t.Context(), "A", func(map[string]string) (string, error) { return `"c"`, nil })
		}, []string{"AWSCURRENT", "AWSPENDING"}},
	} {
		seen := &recorder{}
		cfg := server.Config()
		cfg.HTTPClient = seen
		if err := c.use(secrets.Open(cfg, arn)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !slices.Equal(seen.stages, c.want) {
			t.Errorf("%s asks for %q, want %q", name, seen.stages, c.want)
		}
	}
}
