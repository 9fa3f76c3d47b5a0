package keyring

import (
	"encoding/json"
	"testing"
)

// Thumbprint returns the thumbprint of a JWK.
func Thumbprint(t *testing.T, text string) string {
	t.Helper()
	var j jwk
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		t.Fatal(err)
	}
	return j.thumbprint()
}
