package roster_test

import "testing"

// docs/database.md names the test that shows each thing it says.
func TestDatabaseDocsNameTestsThatExist(t *testing.T) {
	t.Parallel()
	all := declaredTests(t)
	found := named.FindAllStringSubmatch(readFile(t, "docs/database.md"), -1)
	if len(found) < 20 {
		t.Errorf("it names %d tests", len(found))
	}
	for _, m := range found {
		if !all[m[1]] {
			t.Errorf("docs/database.md names %s, which is no test", m[1])
		}
	}
}
