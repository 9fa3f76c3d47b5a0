package directory_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"roster/shared/directory"
)

// read returns a line for each row: its number, its username and its problems.
func read(source directory.Source) (rows []string, err error) {
	for row, err := range source {
		if err != nil {
			return rows, err
		}
		rows = append(rows, strings.TrimSpace(fmt.Sprintf("%d %s %s", row.Number, row.Record.Username, row.Problems)))
	}
	return rows, nil
}

func lineOf(name string) string {
	return `{"username":"` + name + `","first_name":"A","last_name":"B","email":"` + name + `@example.com"}`
}

func TestLinesNumbersRows(t *testing.T) {
	t.Parallel()
	long := `{"username":"` + strings.Repeat("x", directory.MaxLine) + `"}`
	text := "\ufeff" + lineOf("ann") + "\r\n\n   \n" + lineOf("ben") + "\n" + long + "\n" + lineOf("cat") + "\n" + strings.Repeat(" ", 70000) + lineOf("dan")
	want := []string{"1 ann", "4 ben", "5  row is longer than 262,144 bytes", "6 cat", "7 dan"}
	for name, r := range map[string]io.Reader{"at once": strings.NewReader(text), "byte by byte": iotest.OneByteReader(strings.NewReader(text))} {
		got, err := read(directory.Lines(r, 0))
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
	if got, err := read(directory.Lines(strings.NewReader(text), 6)); err != nil || !cmp.Equal(got, want[3:]) {
		t.Errorf("from row 6: %q, %v", got, err)
	}
	if got, err := read(directory.Lines(strings.NewReader(lineOf("ann")+"\n"+long), 0)); err != nil || len(got) != 2 {
		t.Errorf("a long last line: %.100q, %v", got, err)
	}
}

// A file that cannot be read to its end is an error, and not a shorter file.
func TestLinesReportsABrokenSource(t *testing.T) {
	t.Parallel()
	broken := errors.New("the connection broke")
	got, err := read(directory.Lines(io.MultiReader(strings.NewReader(lineOf("ann")+"\n"+lineOf("ben")[:20]), iotest.ErrReader(broken)), 0))
	if !errors.Is(err, broken) || !cmp.Equal(got, []string{"1 ann"}) || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("%q, %v", got, err)
	}
}

// One sentence about the file, and not a refusal of each of its lines.
func TestLinesRefusesAFileThatIsNoText(t *testing.T) {
	t.Parallel()
	for start, want := range map[string]string{
		"\x1f\x8b\x08\x00\n": "the file is compressed with gzip and not JSON Lines in UTF-8; convert it first",
		"\xff\xfe{\x00\n":    "the file is in UTF-16 and not JSON Lines in UTF-8; convert it first",
		"\xfe\xff\x00{\n":    "the file is in UTF-16 and not JSON Lines in UTF-8; convert it first",
	} {
		got, err := read(directory.Lines(strings.NewReader(start+lineOf("ann")), 0))
		if err == nil || err.Error() != want || len(got) > 0 {
			t.Errorf("%q: %q, %v", start, got, err)
		}
	}
	late := lineOf("ann") + "\n\x1f\x8b\n" + lineOf("ben")
	if got, err := read(directory.Lines(strings.NewReader(late), 0)); err != nil || len(got) != 3 {
		t.Errorf("the bytes in a later line: %q, %v", got, err)
	}
}
