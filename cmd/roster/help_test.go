package main

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
)

const helpFile = "testdata/help.txt"

// helped are commands of each kind: the root, a group, one with many flags, one that
// cannot be undone, and the longest.
var helped = []string{"roster", "roster user", "roster user list", "roster audit prune", "roster doctor"}

// The help as a person reads it. A change of it shows in review; write it with
// -update.
func TestHelp(t *testing.T) {
	t.Parallel()
	var got strings.Builder
	root := newRoot(&program{})
	walk(root, func(c *cobra.Command) {
		if !slices.Contains(helped, c.CommandPath()) {
			return
		}
		args := append(strings.Fields(c.CommandPath())[1:], "--help")
		r := command(t, nil, args...)
		if r.code != exitOK || r.err != "" {
			t.Errorf("%v: %+v", args, r)
		}
		got.WriteString("$ roster " + strings.Join(args, " ") + "\n" + r.out + "\n")
	})
	if *update {
		if err := os.WriteFile(helpFile, []byte(got.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(helpFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", helpFile, diff)
	}
}
