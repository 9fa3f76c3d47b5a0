package main

import (
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"roster/cmd/roster/flask"
	"roster/shared/directory"
	"roster/shared/user"
)

// renamesHeader is the first line of a file of renames. The columns after the first two
// are for the person who reads it.
var renamesHeader = []string{"old", "new", "id", "reason"}

// readRenames returns new usernames by old ones, from a file, "" for none, and from
// flags of the form old=new, which win.
func readRenames(name string, flags []string) (map[string]string, error) {
	renames := map[string]string{}
	if name != "" {
		if err := readRenamesFile(name, renames); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	for _, flag := range flags {
		old, to, found := strings.Cut(flag, "=")
		if !found || old == "" || to == "" {
			return nil, usageError{"--rename must be old=new, such as --rename 'Ann Lee=ann.lee'"}
		}
		renames[old] = to
	}
	return renames, nil
}

func readRenamesFile(name string, renames map[string]string) error {
	file, err := os.Open(name) // #nosec G304 -- the operator names it
	if err != nil {
		return err
	}
	defer file.Close()
	r := csv.NewReader(file)
	r.FieldsPerRecord = -1
	for first := true; ; first = false {
		fields, err := r.Read()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case len(fields) < 2:
			return errors.New("a line must have the old and the new username, with a comma between")
		case first && fields[0] == renamesHeader[0] && fields[1] == renamesHeader[1], fields[1] == "":
			continue // one without a new name stays as it is
		}
		renames[fromCell(fields[0])] = fields[1]
	}
}

// formula are the characters with which a spreadsheet begins a formula, and the one
// that says that a cell is none (OWASP, CSV Injection).
const formula = "=+-@\t\r'"

// toCell returns a name as a cell of a spreadsheet, which takes it for no formula:
// anybody may have registered any name.
func toCell(name string) string {
	if name != "" && strings.Contains(formula, name[:1]) {
		return "'" + name
	}
	return name
}

// fromCell returns the name that toCell was given. A file made by hand may have the
// name as it is.
func fromCell(cell string) string {
	if name, quoted := strings.CutPrefix(cell, "'"); quoted && toCell(name) == cell {
		return name
	}
	return cell
}

// proposals are the rows whose username was refused.
type proposals struct{ refused []directory.Refusal }

func (p *proposals) note(r directory.Refusal) {
	if r.Fields["username"] != "" && r.Username != "" {
		if r.Proposed == "" {
			r.Proposed = directory.ProposeUsername(r.Username, user.Rules{})
		}
		p.refused = append(p.refused, r)
	}
}

// write writes a new name for each row, which neither an account of the service nor
// another proposal has. It returns how many there are. The number of a row is the
// account's id.
func (p *proposals) write(ctx context.Context, db *flask.Database, name string) (int, error) {
	names, ids := make([]string, len(p.refused)), make([]int64, len(p.refused))
	for i, r := range p.refused {
		names[i], ids[i] = r.Proposed, int64(r.Row)
	}
	taken, err := db.Taken(ctx, names)
	if err != nil {
		return 0, err
	}
	written, err := db.Usernames(ctx, ids) // where upper and lower case differ
	if err != nil {
		return 0, err
	}
	lines := [][]string{renamesHeader}
	for _, r := range p.refused {
		to := withID(r, taken)
		taken[to] = true
		lines = append(lines, []string{toCell(written[int64(r.Row)]), to, strconv.Itoa(r.Row), r.Fields["username"]})
	}
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) // #nosec G304 -- the operator names it
	if err != nil {
		return 0, err
	}
	return len(p.refused), errors.Join(csv.NewWriter(file).WriteAll(lines), file.Close())
}

// withID returns the proposal, or one with the account's id at its end where somebody
// has it.
func withID(r directory.Refusal, taken map[string]bool) string {
	proposal := cmp.Or(r.Proposed, "user")
	_, reason := user.Rules{}.Username(proposal, false)
	if r.Proposed != "" && reason == "" && !taken[proposal] && proposal != r.Username {
		return proposal
	}
	id := "-" + strconv.Itoa(r.Row)
	return proposal[:min(len(proposal), 32-len(id))] + id
}

// canonical returns the rows with usernames as Roster stores them.
func canonical(rows directory.Source) directory.Source {
	return func(yield func(directory.Row, error) bool) {
		for row, err := range rows {
			if name, ok := user.CanonicalUsername(row.Record.Username); ok {
				row.Record.Username = name
			}
			if !yield(row, err) {
				return
			}
		}
	}
}
