package keyring

import (
	"encoding/json"
	"testing"
)

// Thumbprint is that of a public key in JSON.
func Thumbprint(t *testing.T, text string) string {
	t.Helper()
	var j jwk
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		t.Fatal(err)
	}
	return j.thumbprint()
}
