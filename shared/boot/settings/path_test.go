package settings_test

import (
	"testing"

	"roster/shared/boot/settings"
)

func TestPublicURLMayHaveAPath(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"https://api.example.com/auth": "https://api.example.com/auth", "https://api.example.com/auth/": "https://api.example.com/auth",
		"https://api.example.com/a/b-1_c.d": "https://api.example.com/a/b-1_c.d", "http://127.0.0.1:3000/auth": "http://127.0.0.1:3000/auth",
		"https://api.example.com/": "https://api.example.com",
	} {
		e := settings.FromMap(map[string]string{"PUBLIC_URL": value})
		if got := e.PublicURL(); got != want || e.Check() != nil {
			t.Errorf("%s: %q, %v", value, got, e.Check())
		}
	}
	for _, bad := range []string{
		"https://api.example.com//auth", "https://api.example.com/auth//", "https://api.example.com/a b", "https://api.example.com/auth?x=1", "https://api.example.com/auth#x",
		"https://api.example.com/../auth", "https://api.example.com/a/..", "https://api.example.com/a/%2e", "/auth", "https:///auth", "https://u@api.example.com/auth", "api.example.com/auth",
	} {
		e := settings.FromMap(map[string]string{"PUBLIC_URL": bad})
		e.PublicURL()
		if e.Check() == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}
