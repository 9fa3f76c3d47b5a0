package checks_test

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The tables of docs/security name the test that shows each answer. Here they
// are held against the repository, so that they cannot rot.

var (
	declared = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)[A-Za-z0-9_]*)\(`)
	named    = regexp.MustCompile("`((?:Test|Fuzz|Benchmark)[A-Za-z0-9_]*)`")
	linkedTo = regexp.MustCompile(`\]\(([^)#]*)`)
	asvsID   = regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+$`)
)

// declaredTests are the names of all tests of the repository.
func declaredTests(t *testing.T) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	err := fs.WalkDir(tree, ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != "." && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case strings.HasSuffix(path, "_test.go"):
			for _, m := range declared.FindAllStringSubmatch(readFile(t, path), -1) {
				all[m[1]] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// tableRows are a document's rows, cell by cell, without heads.
func tableRows(text string) (rows [][]string) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| --") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		rows = append(rows, cells)
	}
	return rows
}

// Each row is answered in one word, and one that says yes says what shows it.
func TestSecurityTablesAreWhole(t *testing.T) {
	t.Parallel()
	for _, path := range []string{weaknesses, vulnerabilities} {
		for i, row := range numberedRows(t, path) {
			if row[0] != fmt.Sprint(i+1) {
				t.Errorf("%s: row %d is numbered %s", path, i+1, row[0])
			}
			answered(t, path+" row "+row[0], row[len(row)-2], row[len(row)-1])
		}
	}
}

const (
	weaknesses      = "docs/security/original-weaknesses.md"
	vulnerabilities = "docs/security/published-vulnerabilities.md"
)

func numberedRows(t *testing.T, path string) [][]string {
	t.Helper()
	rows := slices.DeleteFunc(tableRows(readFile(t, path)), func(row []string) bool { return row[0] == "#" })
	if len(rows) == 0 {
		t.Fatalf("%s has no rows", path)
	}
	return rows
}

// A weakness of the original has the same number in the table and in the name of its test.
func TestEachWeaknessHasItsTest(t *testing.T) {
	t.Parallel()
	var tested, listed []string
	for name := range declaredTests(t) {
		if m := ofWeakness.FindStringSubmatch(name); m != nil {
			tested = append(tested, m[1])
		}
	}
	slices.Sort(tested)
	for _, row := range numberedRows(t, weaknesses) {
		listed = append(listed, fmt.Sprintf("%02s", row[0]))
		if by := row[len(row)-1]; !strings.Contains(by, fmt.Sprintf("`TestWeakness%02s", row[0])) {
			t.Errorf("%s row %s does not name TestWeakness%02s…: %s", weaknesses, row[0], row[0], by)
		}
	}
	if diff := cmp.Diff(listed, tested); diff != "" {
		t.Errorf("rows of %s (-) and tests TestWeakness… (+):\n%s", weaknesses, diff)
	}
}

var ofWeakness = regexp.MustCompile(`^TestWeakness([0-9]{2})`)

// The line under the table of vulnerabilities says how many rows have which answer.
func TestVulnerabilitiesAreCounted(t *testing.T) {
	t.Parallel()
	n := map[string]int{}
	for _, row := range numberedRows(t, vulnerabilities) {
		n[row[len(row)-2]]++
	}
	want := fmt.Sprintf("\nSums: %d pass, %d not applicable, %d open.\n", n["pass"], n["not applicable"], n["open"])
	if !strings.Contains(readFile(t, vulnerabilities), want) {
		t.Errorf("%s must say %q", vulnerabilities, strings.TrimSpace(want))
	}
}

// answered checks one row's answer and what stands beside it.
func answered(t *testing.T, row, answer, by string) {
	t.Helper()
	switch answer {
	case "pass":
		if !named.MatchString(by) && !linkedTo.MatchString(by) {
			t.Errorf("%s passes, but by no test and no document: %s", row, by)
		}
	case "not applicable", "open":
		if by == "" {
			t.Errorf("%s is %s without a reason", row, answer)
		}
	default:
		t.Errorf("%s is answered %q: it must be pass, not applicable or open", row, answer)
	}
}

// The counts at the end of the ASVS document are those of its rows.
func TestASVSIsCounted(t *testing.T) {
	t.Parallel()
	const path = "docs/security/asvs-5.0.md"
	got, want := map[string]int{}, map[string]int{}
	seen, perChapter := map[string]bool{}, map[string]int{}
	for chapter := range asvsLevel2 {
		perChapter[chapter] = 0
	}
	for _, row := range tableRows(readFile(t, path)) {
		switch {
		case len(row) == 5 && asvsID.MatchString(row[0]):
			if seen[row[0]] {
				t.Errorf("%s is there twice", row[0])
			}
			seen[row[0]] = true
			got[row[1]+" "+row[3]]++
			got[row[1]+" all"]++
			if chapter, _, _ := strings.Cut(row[0], "."); row[1] == "2" {
				perChapter[chapter]++
			}
			answered(t, row[0], row[3], row[4])
		case len(row) == 5 && (row[0] == "1" || row[0] == "2"):
			for i, answer := range []string{"pass", "not applicable", "open", "all"} {
				var n int
				if _, err := fmt.Sscan(row[i+1], &n); err != nil {
					t.Errorf("%v: %v", row, err)
				}
				if n > 0 {
					want[row[0]+" "+answer] = n
				}
			}
		}
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("%s: rows (-) and its counts (+):\n%s", path, diff)
	}
	for chapter, n := range perChapter {
		if n != asvsLevel2[chapter] {
			t.Errorf("%s has %d rows of level 2 in chapter %s; the standard has %d there, by asvsLevel2 (a new chapter is added to it)", path, n, chapter, asvsLevel2[chapter])
		}
	}
	if got["1 all"] != asvsLevel1 {
		t.Errorf("%s has %d rows of level 1, the standard has %d", path, got["1 all"], asvsLevel1)
	}
}

// How many requirements ASVS 5.0.0 has: of level 1 in all chapters, and of level 2 in those that the document answers. A chapter
// is answered whole or not at all.
const asvsLevel1 = 70

var asvsLevel2 = map[string]int{"1": 19, "2": 7, "6": 22, "7": 12, "8": 3, "9": 3, "11": 11, "16": 16}
