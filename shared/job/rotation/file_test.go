package rotation_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"roster/shared/credential/keyring"
	"roster/shared/job/rotation"
)

func TestFileIsRotatedInPlace(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "secrets.json")
	if err := os.WriteFile(file, []byte(initialSecret), 0o600); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	job := rotation.NewJob(rotation.Stores{Keys: rotation.File(file)}, rotation.Settings{Days: 90, Algorithm: keyring.EdDSA}, func() time.Time { return now })
	for _, want := range []string{"published ", "signs "} {
		report, err := job(t.Context(), rotation.Request{})
		if err != nil || len(report.Did) != 1 || !strings.HasPrefix(report.Did[0], want) {
			t.Errorf("%+v, %v", report, err)
		}
		now = now.Add(24 * time.Hour)
	}
	text, err := os.ReadFile(file)
	if err != nil || !strings.HasPrefix(string(text), strings.TrimSuffix(initialSecret, "}")) {
		t.Errorf("%s, %v", text, err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	left, err := filepath.Glob(file + "*")
	if err != nil || len(left) != 1 {
		t.Errorf("there are other files: %v", left)
	}
}

func TestFileErrorsNameTheFileOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	settings := rotation.Settings{Days: 90, Algorithm: keyring.EdDSA}
	for text, message := range map[string]string{"": "no such file", "canary": "its content cannot be used", `{"JWT_KEYS":1}`: "JWT_KEYS is not a ring"} {
		file := filepath.Join(dir, fmt.Sprint(len(text)))
		if text != "" {
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		_, err := rotation.NewJob(rotation.Stores{Keys: rotation.File(file)}, settings, time.Now)(t.Context(), rotation.Request{})
		if err == nil || !strings.Contains(err.Error(), message) || strings.Count(err.Error(), file) != 1 {
			t.Errorf("%q: %v", text, err)
		}
	}
	file := filepath.Join(dir, "busy")
	if err := os.WriteFile(file, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := rotation.File(file).Change(t.Context(), "A", func(map[string]string) (string, error) {
		return "1", os.WriteFile(file, []byte(`{"B":2}`), 0o600)
	})
	if text, _ := os.ReadFile(file); !errors.Is(err, rotation.ErrChanged) || string(text) != `{"B":2}` {
		t.Errorf("%v; the file contains %s", err, text)
	}
}
