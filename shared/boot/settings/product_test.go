package settings_test

import (
	"strings"
	"testing"

	"roster/shared/boot/settings"
)

func TestAppNameIsOneLineOfText(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"":                           "",
		"Harbour Rowing":             "",
		"  Harbour Rowing\n":         "",
		"Ruderverein Möwe & <Söhne>": "",
		"漁師 🚣":                       "",
		strings.Repeat("x", 100):     "",
		strings.Repeat("x", 101):     "at most 100 bytes",
		strings.Repeat("ö", 51):      "at most 100 bytes",
		"a\r\nBcc: x@evil.example":   "without control characters",
		"a\x00b":                     "without control characters",
		"a\u2028b":                   "without control characters",
		"a\u202eb":                   "without control characters",
		"a\xffb":                     "without control characters",
		"=?utf-8?Q?x?=":              "must not have =?",
	} {
		env := settings.FromMap(map[string]string{"APP_NAME": value})
		got, err := env.AppName(), env.Check()
		if want == "" && (err != nil || got != strings.TrimSpace(value)) {
			t.Errorf("%q: %q, %v", value, got, err)
		}
		if want != "" && (err == nil || !strings.Contains(err.Error(), "APP_NAME") || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want %q", value, err, want)
		}
	}
}

func TestReturnURLIsHTTPSOrThisMachine(t *testing.T) {
	t.Parallel()
	for value, good := range map[string]bool{
		"":                                     true,
		"https://www.example.com":              true,
		" https://www.example.com/a?b=c#/d\n":  true,
		"http://localhost:5173/":               true,
		"http://127.0.0.1:5173":                true,
		"http://[::1]:5173":                    true,
		"http://www.example.com":               false,
		"http://localhost.evil.example":        false,
		"javascript:alert(1)":                  false,
		"data:text/html,x":                     false,
		"//www.example.com":                    false,
		"/login":                               false,
		"www.example.com":                      false,
		"https://":                             false,
		"https://:443/":                        false,
		"https://user:secret@www.example.com/": false,
		"https://www.example.com\\@evil":       false,
		"https://www.example.com/\tx":          false,
		"https://www.exämple.com/":             false,
	} {
		env := settings.FromMap(map[string]string{"RETURN_URL": value})
		got, err := env.ReturnURL(), env.Check()
		if good && (err != nil || got != strings.TrimSpace(value)) {
			t.Errorf("%q: %q, %v", value, got, err)
		}
		if !good && (err == nil || !strings.Contains(err.Error(), "RETURN_URL") || strings.Contains(err.Error(), "secret")) {
			t.Errorf("%q: %v", value, err)
		}
	}
}
