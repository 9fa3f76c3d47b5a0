package directory_test

import (
	"strconv"
	"testing"

	"roster/shared/directory"
)

func TestAKeySetHasWhatWasAdded(t *testing.T) {
	t.Parallel()
	s := directory.NewKeySet()
	const n = 200_000
	for i := range n {
		key := "user" + strconv.Itoa(i)
		if s.Has(key) {
			t.Fatalf("%s is there before it was added", key)
		}
		s.Add(key)
		s.Add(key)
	}
	for i := range 2 * n {
		if got := s.Has("user" + strconv.Itoa(i)); got != (i < n) {
			t.Fatalf("user%d: %t", i, got)
		}
	}
}
