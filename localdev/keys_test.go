package main

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"roster/shared/aws/secrets"
	"roster/shared/credential/keyring"
)

// keysIn is the ring that a data folder keeps.
func keysIn(t *testing.T, data string) (*keyring.Ring, string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(data, "secrets.json"))
	if err != nil {
		t.Fatal(err)
	}
	values, err := secrets.ParseMembers(string(text))
	if err != nil {
		t.Fatal(err)
	}
	ring, err := keyring.Parse(values[jwtKeys])
	if err != nil {
		t.Fatal(err)
	}
	return ring, values[jwtKeys]
}

func loadKeys(t *testing.T, data string, pairs ...string) settings {
	t.Helper()
	given := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		given[pairs[i]] = pairs[i+1]
	}
	s, err := loadSettings(options{data: data}, func(name string) (string, bool) { v, ok := given[name]; return v, ok }, "127.0.0.1:3000")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestKeysAreMadeOnceAndKept(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	first := loadKeys(t, data)
	ring, text := keysIn(t, data)
	k, signs := ring.Current()
	if !signs || k.Algorithm != keyring.ES256 || first.values[jwtKeys] != text {
		t.Errorf("the ring is %v", ring)
	}
	if again := loadKeys(t, data, "JWT_ALGORITHM", "EdDSA"); again.values[jwtKeys] != text || again.values["ROOT_KEY"] != first.values["ROOT_KEY"] {
		t.Error("another start has other keys")
	}
	other := loadKeys(t, t.TempDir(), "JWT_ALGORITHM", "EdDSA")
	if !strings.Contains(other.values[jwtKeys], `"EdDSA"`) {
		t.Error("JWT_ALGORITHM does not matter")
	}
	if info, err := os.Stat(filepath.Join(data, "secrets.json")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// A folder of an earlier version has a root key alone; its tokens are good for
// their time.
func TestKeysJoinARootKey(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	const root = "0123456789abcdefghijklmnopqrstuv"
	if err := os.WriteFile(filepath.Join(data, "secrets.json"), []byte(`{"ROOT_KEY":"`+root+`"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	s := loadKeys(t, data)
	if ring, _ := keysIn(t, data); s.values["ROOT_KEY"] != root || ring.HS256Until.IsZero() {
		t.Errorf("%v", ring)
	}
}

func TestGivenKeysAreTaken(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"JWT_SECRET_KEY", jwtKeys} {
		data := t.TempDir()
		s := loadKeys(t, data, name, "given")
		text, err := os.ReadFile(filepath.Join(data, "secrets.json"))
		if err != nil || strings.Contains(string(text), jwtKeys) || s.secret != nil || s.values[name] != "given" {
			t.Errorf("%s: %s, %v", name, text, err)
		}
	}
}

func TestDamagedKeysAreNamed(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	loadKeys(t, data)
	file := filepath.Join(data, "secrets.json")
	if err := os.WriteFile(file, []byte(`{"ROOT_KEY":"0123456789abcdefghijklmnopqrstuv","JWT_KEYS":{"canary":1}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := loadSettings(options{data: data}, func(string) (string, bool) { return "", false }, "127.0.0.1:3000")
	if err == nil || !strings.Contains(err.Error(), "secrets.json is damaged") || strings.Contains(err.Error(), "canary") {
		t.Errorf("%v", err)
	}
}

// In this process and as binaries, tokens are signed with the ring, and a
// rotation is seen and kept.
func TestTokensAreSignedWithTheRing(t *testing.T) {
	t.Parallel()
	for _, way := range []string{inThisProcess, asBinaries} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			s := newTestServer(t, way, nil)
			ring, _ := keysIn(t, s.options.data)
			current, _ := ring.Current()
			got := s.call(t, "POST", "/api/user/login", "", `{"username":"admin","password":"`+adminPassword+`"}`)
			var session struct {
				AccessToken string `json:"access_token"`
			}
			if err := json.Unmarshal([]byte(got.body), &session); err != nil {
				t.Fatal(err, got)
			}
			header, _, _ := strings.Cut(session.AccessToken, ".")
			b, err := base64.RawURLEncoding.DecodeString(header)
			if err != nil || !strings.Contains(string(b), `"kid":"`+current.ID+`"`) {
				t.Errorf("the header is %s", b)
			}
			if got := s.call(t, "GET", "/.well-known/jwks.json", "", ""); !strings.Contains(got.body, current.ID) {
				t.Errorf("published is %v", got)
			}
			if got := s.call(t, "POST", "/_run/rotate_keys", "", ""); got.status != 200 || !strings.Contains(got.body, `"did":[]`) || !strings.Contains(got.body, current.ID) {
				t.Errorf("the rotation answers %v", got)
			}
			if after, _ := keysIn(t, s.options.data); len(after.Keys) != 1 {
				t.Errorf("kept are %v", after)
			}
		})
	}
}
