package main

import (
	"encoding/json"
	"io"
	"strings"
	"text/tabwriter"
	"unicode"
)

// print writes the result of a command: as JSON with --json, and otherwise as
// text writes it for a person.
func (p *program) print(result any, text func(out io.Writer) error) error {
	if !p.json {
		return text(p.out)
	}
	e := json.NewEncoder(p.out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(result)
}

// printable replaces characters that a terminal could take for a command, because users
// choose their names.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '�'
	}, text)
}

// newTable returns a writer that aligns columns, which a tab separates.
func newTable(out io.Writer) *tabwriter.Writer { return tabwriter.NewWriter(out, 0, 0, 2, ' ', 0) }
