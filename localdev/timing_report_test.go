package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// letter names a class in the matrix.
func letter(i int) string { return string(rune('A' + i)) }

// String is the result as two tables in Markdown: the times of each class, and
// the area under the curve of each pair.
func (r result) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "| | class | n | median, ms | p90, ms |\n|---|---|---|---|---|\n")
	for i, c := range r.classes {
		name := c.name
		if c.notJudged {
			name += " *"
		}
		fmt.Fprintf(&b, "| %s | %s | %d | %.2f | %.2f |\n", letter(i), name, len(r.took[i]), quantile(r.took[i], 0.5), quantile(r.took[i], 0.9))
	}
	b.WriteString("\n|")
	for j := range r.classes[1:] {
		fmt.Fprintf(&b, " | %s", letter(j+1))
	}
	fmt.Fprintf(&b, " |\n|---%s|\n", strings.Repeat("|---", len(r.classes)-1))
	for i := range r.classes[1:] {
		fmt.Fprintf(&b, "| %s", letter(i))
		for j := range r.classes[1:] {
			b.WriteString(" | ")
			if j+1 > i {
				fmt.Fprintf(&b, "%.3f", auc(r.took[i], r.took[j+1]))
			}
		}
		b.WriteString(" |\n")
	}
	return b.String()
}

const timingDocument = "../docs/security/timing.md"

const timingIntroduction = `# Whether time reveals what an account is

The time of an answer must not show whether an account exists, is active, has to wait, or has a hash that cannot be used. This is what
` + "`TestTiming`" + ` measured, written by ` + "`make timing`" + ` on %s: %d rounds, %d cores, %s/%s, %s, PostgreSQL %s on the same
machine, with every commit flushed to disk.

In each round each class is asked for once, in random order, by one client over the machine's own network. The limits are reset before
the round. The answers of classes that must look alike are also compared: they are the same to the byte but for the date, the
request's id and the seconds that a wait has left.

The number between two classes is the area under the ROC curve: how often an answer of the column takes longer than one of the row. 0.5
is a guess, 0 and 1 are certainty. The test fails for a pair that is not between 0.45 and 0.55; the standard error is %.3f. The pair
that is judged and farthest from 0.5 has %.3f. Classes with a star are shown and not judged. CI makes a shorter run. Its bounds are
wider, as its smaller number of rounds requires.

The classes with a star:

- An older hash that is cheaper than today's is padded with about the work that it leaves out. How near that comes depends on the
  machine and its load. An older hash that is more expensive takes longer. Both end with the owner's next login, which makes a new hash.
- A hash from another system takes its own time in addition to that of a new one. A cheap one, such as salted SHA-1, is judged like the
  others. An expensive one, such as scrypt, shows that the account exists, until its owner's first login, which makes a new hash.
- The mail of forget_password is sent before the answer. A queue for mails is planned.
- A registration that succeeds says so.

SECURITY.md lists the first two under "What is open".

This does not show Lambda or other processors. Where p90 is far above the median, the machine had other work, which blurs small
differences. Somebody who may ask without end can see smaller differences than these. The limits let nobody ask that often.
`

// write writes the tables for people to read.
func (l *timingLab) write(t *testing.T, results []result) {
	t.Helper()
	var version string
	if err := l.db.QueryRow(t.Context(), "select split_part(current_setting('server_version'), ' ', 1)").Scan(&version); err != nil {
		t.Fatal(err)
	}
	n := len(results[0].took[0])
	farthest := 0.5
	for _, r := range results {
		r.pairs(func(_, _ int, area float64) {
			if math.Abs(area-0.5) > math.Abs(farthest-0.5) {
				farthest = area
			}
		})
	}
	var b strings.Builder
	fmt.Fprintf(&b, timingIntroduction, time.Now().UTC().Format(time.DateOnly), n, runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version(), version, standardError(n), farthest)
	for _, r := range results {
		fmt.Fprintf(&b, "\n## POST %s, answered %d\n\n%v", r.path, r.answered, r)
	}
	if err := os.WriteFile(filepath.FromSlash(timingDocument), []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
