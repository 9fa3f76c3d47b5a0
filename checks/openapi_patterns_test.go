package checks_test

import (
	"regexp"
	"strings"
	"testing"

	yaml3 "go.yaml.in/yaml/v3"

	"roster"
)

// The values in bad are refused by the API, and the patterns once allowed them. Those
// in good are accepted.
func TestPatternsAllowWhatIsAccepted(t *testing.T) {
	t.Parallel()
	type values struct{ good, bad []string }
	for schema, v := range map[string]values{
		"PersonName": {
			good: []string{"Ann", "O'Brien", "Żółć", "李", "محمد", "José\u0301", "👩‍🎤", " Ann "},
			bad:  []string{"\u3164", "\u115f", "\u1160", "\uffa0", "\u2800", "\u00ad", "\u034f", "\u0301", "\ufe0f", "\u3000", "\u3164 \u2800", "A\u0085"},
		},
		"GivenEmail": {
			good: []string{"a@example.com", " a@Example.com ", "a@müller.de", "a@例え.テスト", "a@例え。jp", "a@xn--mller-kva.de", "a@a.müller.de"},
			bad:  []string{"A}$@\u009d\U00044765", "a@ü\u0000.de", "a@ü\u2028.de", "a@ü_.de", "a@ü@b.de", "a@ü b.de", "a@\u3164.de", "00@0.0"},
		},
		"Login.username":               {good: []string{"user1", "ü"}, bad: []string{"\x00=é"}},
		"GivenPassword":                {good: []string{"p\u0001"}, bad: []string{"a\x00"}},
		"NewPassword":                  {good: []string{"pass word"}, bad: []string{"password\x00"}},
		"RefreshRequest.refresh_token": {good: []string{"a"}, bad: []string{"\x00"}},
		"ForgottenPassword.username":   {good: []string{"user1"}, bad: []string{"\x00"}},
		"ForgottenPassword.email":      {good: []string{"a@b"}, bad: []string{"\x00"}},
		"ForgottenPasswordForm.account": {
			good: []string{"user1", " user1 ", "a@example.com", strings.Repeat("u", 256), strings.Repeat("u", 300) + "@example.com", "@"},
			bad:  []string{"", " ", "\u3000", "\x00", "u\x00", "\x00@b", "a@\x00", strings.Repeat("u", 257)},
		},
	} {
		pattern := pattern(t, schema)
		for _, s := range v.good {
			if !pattern.MatchString(s) {
				t.Errorf("%s: %+.60q does not match", schema, s)
			}
		}
		for _, s := range v.bad {
			if pattern.MatchString(s) {
				t.Errorf("%s: %+.60q matches", schema, s)
			}
		}
	}
}

// pattern returns the pattern of a schema, or of a schema's property.
func pattern(t *testing.T, name string) *regexp.Regexp {
	t.Helper()
	type field struct{ Pattern string }
	var doc struct {
		Components struct {
			Schemas map[string]struct {
				field      `yaml:",inline"`
				Properties map[string]field
			}
		}
	}
	if err := yaml3.Unmarshal(roster.OpenAPI, &doc); err != nil {
		t.Fatal(err)
	}
	schema, property, _ := strings.Cut(name, ".")
	found := doc.Components.Schemas[schema].Pattern
	if property != "" {
		found = doc.Components.Schemas[schema].Properties[property].Pattern
	}
	if found == "" {
		t.Fatalf("openapi.yaml: %s has no pattern", name)
	}
	return regexp.MustCompile(found)
}
