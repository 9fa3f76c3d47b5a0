package user_test

import (
	"strings"
	"testing"

	"roster/shared/request"
	"roster/shared/user"
)

func TestNamesAreShortAndPrintable(t *testing.T) {
	t.Parallel()
	const required, long, control = "is required", "must have at most 50 characters", "must not have control characters"
	for name, want := range map[string]string{
		"Ann": "", "X": "", "Anne-Marie": "", "O'Brien": "", "van der Berg": "", "Żółć": "", "李": "", "محمد": "", "José\u0301": "", "👩‍🎤": "", "Robert'); drop table users;--": "", "<b>": "", "null": "", "0": "",
		strings.Repeat("a", 50): "", strings.Repeat("ä", 50): "", strings.Repeat("🦓", 50): "", " Ann ": "",

		"": required, " ": required, "\t": required, "\u00a0": required, "\u3000\u2003": required, "\n": required,
		strings.Repeat("a", 51): long, " " + strings.Repeat("a", 50): long, strings.Repeat("a", 50) + "\u3000": long, strings.Repeat("ä", 51): long, strings.Repeat("a", 10_000): long,
		"A\x00": control, "A\nB": control, "A\r\nBcc: x": control, "A\tB": control, "A\x1b[31m": control, "A\x7f": control, "A\u0085": control, "A\u009b": control,
		"A\u2028B": control, "A\u2029B": control, "A\u202eB": control, "A\u202aB": control, "A\u2066B": control, "A\u2069B": control, "A\u200eB": control, "A\u200fB": control, "A\u061cB": control,
		"A\xffB": control, "A\ufffdB": control, "\xed\xa0\x80": control,
	} {
		in := registration()
		in.FirstName = name
		if got := in.Check(passwords)["first_name"]; got != want {
			t.Errorf("first name %+.60q: %q, want %q", name, got, want)
		}
		in = registration()
		in.LastName = name
		if got := in.Check(passwords)["last_name"]; got != want {
			t.Errorf("last name %+.60q: %q, want %q", name, got, want)
		}
	}
}

// A name that nobody can see would be an empty line in every list.
func TestNamesCanBeSeen(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"\u200b", "\u3164", "\u2060", "\ufeff", "\u00ad", "\u180e", "\u115f", "\u1160", "\uffa0", "\u2800", "\u034f", "\u200c", "\u200d", "\u2061",
		"\ufe0f", "\U000e0020", "\U000e0100", "\u0301", "\u20dd", " \u200b ", "\u3164\u3164", "\u2800 \u2800",
	} {
		in := registration()
		in.FirstName = name
		if got := in.Check(passwords)["first_name"]; got != "is required" {
			t.Errorf("%+q: %q", name, got)
		}
	}
}

func TestNamesAreTrimmed(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"  Ann  ": "Ann", "\u00a0Ann\u3000": "Ann", "\u200bAnn\ufeff": "Ann", "Ann Marie": "Ann Marie", "👩‍🎤": "👩‍🎤", "\u3164Ann\u2800": "Ann",
		strings.Repeat(" ", 47) + "Ann": "Ann",
	} {
		in := registration()
		in.FirstName, in.LastName = name, name
		db := &store{}
		if _, err := user.Register(t.Context(), requestFrom(request.Client{}), db, user.RegisterParts{Passwords: passwords, Limits: user.DefaultLimits}, in); err != nil {
			t.Errorf("%+q: %v", name, err)
		}
		if stored := db.created; stored.LastName != want || stored.FirstName != want {
			t.Errorf("%+q is stored as %+q and %+q, want %+q", name, db.created.FirstName, db.created.LastName, want)
		}
	}
}

// A mark at the end is a part of the name, and so is a joiner or a selector.
func TestNamesKeepTheirLastMark(t *testing.T) {
	t.Parallel()
	for language, name := range map[string]string{
		"decomposed, as a Mac has it": "Rene\u0301", "Vietnamese, decomposed": "Thu\u0309y Lê\u0323", "Hindi": "राजू", "Thai": "สมศรี", "Hebrew": "שָׂרָה", "Arabic": "مُحَمَّدٌ", "Bengali": "মিঠু", "Burmese": "သူ", "Khmer": "ភី",
		"Malayalam with a joiner": "രമേശന്\u200d", "an emoji": "Ann ❤\ufe0f", "a flag": "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f", "Mongolian": "ᠨᠠᠷᠠ\u180b",
	} {
		in := registration()
		in.FirstName, in.LastName = " "+name+" ", name
		db := &store{}
		if _, err := user.Register(t.Context(), requestFrom(request.Client{}), db, user.RegisterParts{Passwords: passwords, Limits: user.DefaultLimits}, in); err != nil {
			t.Errorf("%s: %v", language, err)
		}
		if db.created.FirstName != name || db.created.LastName != name {
			t.Errorf("%s: %+q is stored as %+q and %+q", language, name, db.created.FirstName, db.created.LastName)
		}
	}
}

func TestDeviceNamesAreTrimmed(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{" Ann's phone\u200b": "Ann's phone", "\u3000": "", "電話": "電話"} {
		db := &store{users: []*user.User{ann()}}
		if _, err := user.Login(t.Context(), requestFrom(request.Client{}), db, loginParts(passwords, fakeIssuer{}), user.Credentials{Username: "ann.lee", Password: right, DeviceName: &name}); err != nil {
			t.Fatal(err)
		}
		if got := db.login.Session.DeviceName; got != want {
			t.Errorf("%+q is stored as %+q", name, got)
		}
	}
}

func TestDeviceNamesAreShortAndPrintable(t *testing.T) {
	t.Parallel()
	for name, good := range map[string]bool{
		"": true, "Ann's phone": true, "李的电脑": true, strings.Repeat("é", 50): true,
		strings.Repeat("x", 51): false, "a\nb": false, "a\x00b": false, "a\u202eb": false, "a\u2028b": false,
	} {
		fields := user.Credentials{Username: "ann", Password: "x", DeviceName: &name}.Check()
		if _, refused := fields["device_name"]; refused == good || len(fields) > 1 {
			t.Errorf("%q: %v", name, fields)
		}
	}
}
