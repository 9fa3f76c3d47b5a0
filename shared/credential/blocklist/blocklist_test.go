package blocklist_test

import (
	"encoding/json"
	"maps"
	"testing"

	"github.com/ccojocar/zxcvbn-go/data"

	"roster/shared/credential/blocklist"
)

func TestCommonPasswordsAreFoundWithAShortSuffixToo(t *testing.T) {
	t.Parallel()
	for _, p := range []string{
		"password1", "12345678", "iloveyou", "baseball", "trustno1", // from breaches
		"elephant", "mountain", "christopher", "elizabeth", "montgomery", // words and names
		"PASSWORD1", "BaseBall", // in another case
		"password123", "Password2026!", "dragon-1984", "sunshine!!", "admin123", "letmein 1", // with a suffix
		"sunshine123456", // with the longest suffix
	} {
		if !blocklist.Common(p) {
			t.Errorf("%q is not common", p)
		}
	}
	for _, p := range []string{
		"new_password123",         // it does not begin with the common password
		"correct horse battery",   // several words
		"zx9!12345",               // what is left without the suffix is too short
		"9999999999999999-zebra",  // a prefix of digits
		"sunshine-2026-in-lisbon", // more words after the digits
		"sunshine8361947",         // a suffix that is too long
		"sunshine 836 194 725 06",
		"", " ", "\x00", "斑马风筝月亮自行车", "🦓🔑🌍🎷🧀🚲🪁🧵",
	} {
		if blocklist.Common(p) {
			t.Errorf("%q is common", p)
		}
	}
}

func TestUnpackReadsWhatEncodingJSONReads(t *testing.T) {
	t.Parallel()
	want := map[string]struct{}{}
	for _, name := range blocklist.Lists {
		var list struct{ List []string }
		if err := json.Unmarshal(data.MustAsset("data/"+name+".json"), &list); err != nil {
			t.Fatal(err)
		}
		for _, p := range list.List {
			if len(p) >= 4 {
				want[p] = struct{}{}
			}
		}
	}
	if !maps.Equal(want, blocklist.Entries()) {
		t.Errorf("encoding/json reads %d entries, and package blocklist %d, which differ", len(want), len(blocklist.Entries()))
	}
}

// With an empty or truncated list every password would pass, and no other test
// would fail.
func TestTheListsAreComplete(t *testing.T) {
	t.Parallel()
	const shortest = 8 // the shortest password that a deployment may allow
	all, settable := 0, 0
	for p := range blocklist.Entries() {
		all++
		if len(p) >= shortest {
			settable++
		}
		if !blocklist.Common(p) {
			t.Errorf("%q is not common", p)
		}
	}
	t.Logf("%d entries, %d of 8 bytes or more", all, settable)
	if all < 80_000 || settable < 30_000 {
		t.Errorf("%d entries, %d of 8 bytes or more; want 80,000 and 30,000", all, settable)
	}
}

// BenchmarkUnpack measures the first call of Common, BenchmarkCommon every other.
func BenchmarkUnpack(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		blocklist.Unpack()
	}
}

func BenchmarkCommon(b *testing.B) {
	blocklist.Common("zebra-kite-7")
	b.ReportAllocs()
	for b.Loop() {
		blocklist.Common("zebra-kite-7")
	}
}
