package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

const userListExample = `  roster user list --url https://accounts.example.com --username boss
  roster user list --search ann --role ADMIN --sort username
  roster user list --active false --created-before 2026-01-01
  roster user list --email ann@example.com
  roster user list --limit 0 --json | jq -r .email`

const userListHelp = `List accounts, 50 of the newest ones without a flag. With --json it prints one JSON
object a line, so that a list of any length is printed while it is read.`

func userListCommand(p *program) *cobra.Command {
	var f filter
	c := &cobra.Command{
		Use: "list", Short: "List and find accounts", Long: userListHelp, Example: userListExample, Args: arguments(),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := f.check(); err != nil {
				return err
			}
			return p.withAccounts(c, func(ctx context.Context, a accounts) error { return p.listAccounts(ctx, a, f) })
		},
	}
	f.addFlags(c)
	return c
}

func (p *program) listAccounts(ctx context.Context, a accounts, f filter) error {
	printed := 0
	more, err := a.list(ctx, f, func(page []listed) error {
		printed += len(page)
		if p.json {
			return printLines(p.out, page)
		}
		if p.isNarrow() {
			return printBlocks(p.out, page)
		}
		return printTable(p.out, page, printed == len(page))
	})
	switch {
	case err != nil || p.json:
		return err
	case printed == 0:
		fmt.Fprintln(p.err, "no account was found")
	case more:
		fmt.Fprintf(p.err, "there are more than these %d; --limit 0 lists all\n", printed)
	}
	return nil
}

func printLines(out io.Writer, page []listed) error {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	for _, a := range page {
		if err := e.Encode(a); err != nil {
			return err
		}
	}
	return nil
}

// printTable prints a page. Its columns are aligned for the page, so that a long list
// is not kept in memory.
func printTable(out io.Writer, page []listed, first bool) error {
	w := newTable(out)
	if first && len(page) > 0 {
		fmt.Fprintln(w, "USERNAME\tNAME\tE-MAIL\tE-MAIL STATUS\tROLE\tACTIVE\tCREATED\tLAST LOGIN")
	}
	for _, a := range page {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", a.Username, printable(a.FirstName+" "+a.LastName), printable(a.Email), a.EmailStatus,
			a.Role, yesOrNo(a.Active), timeText(&a.CreatedAt), timeText(a.LastLoginAt))
	}
	return w.Flush()
}

// printBlocks prints a page for a terminal that is narrower than the table: some short
// lines for each account.
func printBlocks(out io.Writer, page []listed) error {
	for _, a := range page {
		state := a.Role
		if !a.Active {
			state += ", not active"
		}
		if a.EmailStatus != "ok" {
			state += ", address " + a.EmailStatus
		}
		_, err := fmt.Fprintf(out, "%s (%s)\n  %s\n  %s\n  created %s\n  last login %s\n", a.Username, state,
			printable(a.FirstName+" "+a.LastName), printable(a.Email), timeText(&a.CreatedAt), timeText(a.LastLoginAt))
		if err != nil {
			return err
		}
	}
	return nil
}
