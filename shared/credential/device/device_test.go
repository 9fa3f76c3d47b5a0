package device_test

import (
	"strings"
	"testing"
	"time"

	"roster/shared/credential/device"
)

var (
	keys = device.New([]byte("0123456789abcdef0123456789abcdef"))
	noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
)

func TestATokenKeepsTheDevicesID(t *testing.T) {
	t.Parallel()
	token := keys.Issue("ann", "", noon)
	id := keys.Open("ann", token, noon)
	if id == "" || len(token) != 75 || strings.Trim(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
		t.Fatalf("token %q, id %q", token, id)
	}
	if other := keys.Open("ann", keys.Issue("ann", "", noon), noon); other == id {
		t.Errorf("two devices have the id %q", id)
	}
	later := noon.Add(time.Hour)
	again := keys.Issue("ann", id, later)
	if again == token || keys.Open("ann", again, later) != id {
		t.Errorf("a token for the device %q has the id %q", id, keys.Open("ann", again, later))
	}
	for _, bad := range []string{"x", id + "A", id[1:], strings.Repeat("A", 100)} { // not an id: a new device
		if got := keys.Open("ann", keys.Issue("ann", bad, noon), noon); got == "" || got == bad || got == id {
			t.Errorf("for the id %q: %q", bad, got)
		}
	}
}

func TestATokenExpires(t *testing.T) {
	t.Parallel()
	token := keys.Issue("ann", "", noon)
	if keys.Open("ann", token, noon.Add(device.Lifetime)) == "" {
		t.Error("refused on its last day")
	}
	if keys.Open("ann", token, noon.Add(device.Lifetime+time.Second)) != "" {
		t.Error("accepted after its last day")
	}
}

func TestATokenIsForOneAccountAndOneKey(t *testing.T) {
	t.Parallel()
	token := keys.Issue("ann", "", noon)
	for _, name := range []string{"", "ben", "an", "annx", "Ann", "ann\x00"} {
		if keys.Open(name, token, noon) != "" {
			t.Errorf("it is accepted for %q", name)
		}
	}
	otherKeys := device.New([]byte("fedcba9876543210fedcba9876543210"))
	if otherKeys.Open("ann", token, noon) != "" {
		t.Error("it is accepted with another key")
	}
}

// CVE-2026-27840: only the whole and unchanged token is accepted.
func TestAChangedTokenIsRefused(t *testing.T) {
	t.Parallel()
	token := keys.Issue("ann", "", noon)
	refuse := func(altered string) {
		t.Helper()
		if altered != token && keys.Open("ann", altered, noon) != "" {
			t.Errorf("accepted: %q", altered)
		}
	}
	for i := range token {
		refuse(token[:i])
		refuse(token[i+1:])
		refuse(token[:i] + "\n" + token[i:])
		for bit := range 8 {
			b := []byte(token)
			b[i] ^= 1 << bit
			refuse(string(b))
		}
	}
	for n := range token { // as long as a token, but partly line breaks
		refuse(token[n:] + strings.Repeat("\n", n))
	}
	for _, more := range []string{"=", "A", " ", "\x00", token} {
		refuse(token + more)
		refuse(more + token)
	}
}

func FuzzOpen(f *testing.F) {
	token := keys.Issue("ann", strings.Repeat("A", 22), noon) // the same in every worker
	f.Add("ann", token)
	f.Add("ben", token[1:])
	f.Add("", strings.Repeat("A", 75))
	f.Fuzz(func(t *testing.T, name, altered string) {
		if keys.Open(name, altered, noon) != "" && (name != "ann" || altered != token) {
			t.Errorf("%q is accepted for %q", altered, name)
		}
	})
}
