package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

var update = flag.Bool("update", false, "write docs/command-line.md and testdata")

const (
	document = "../../docs/command-line.md"
	marker   = "<!-- commands -->\n"
)

// commandTable has a row for each command that does something.
func commandTable() string {
	var b strings.Builder
	b.WriteString("\n| command | what it does | its own flags |\n|---|---|---|\n")
	walk(newRoot(&program{}), func(c *cobra.Command) {
		if isGroup(c) {
			return
		}
		var flags []string
		c.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) { flags = append(flags, "`--"+f.Name+"`") })
		line := strings.TrimPrefix(c.Parent().CommandPath()+" "+c.Use, "roster ")
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", strings.ReplaceAll(line, "|", `\|`), c.Short, strings.Join(flags, ", "))
	})
	return b.String()
}

func TestTheDocumentListsTheCommands(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	before, after, found := strings.Cut(string(text), marker)
	if !found {
		t.Fatalf("%s has no line %q", document, marker)
	}
	want := commandTable()
	if *update {
		if err := os.WriteFile(document, []byte(before+marker+want), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, after); diff != "" {
		t.Errorf("%s differs from the commands; write it with -update:\n%s", document, diff)
	}
}
