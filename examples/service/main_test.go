package main

import (
	"io"
	"strings"
	"testing"
)

func TestAMistakeIsExplained(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		"-issuer: the issuer \"\" must be an origin": nil,
		"must have https":               {"-issuer", "http://accounts.example.com"},
		"flag provided but not defined": {"-port", "1"},
		"cannot listen on 192.0.2.1:1; choose another address with -addr": {"-issuer", "https://accounts.example.com", "-addr", "192.0.2.1:1"},
	} {
		if err := run(t.Context(), args, io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", args, err, want)
		}
	}
}
