package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"roster/shared/boot"
	"roster/shared/boot/settings"
	"roster/shared/postgres"
)

const auditVerifyExample = `  DATABASE_URL=postgres://… ROOT_KEY=… roster audit verify --heads heads.txt
  roster audit verify --json`

const auditVerifyHelp = `Compute the hash chains of the audit log again, and name every row that was altered
and every place where rows are missing. With ROOT_KEY, or AUDIT_KEY, it also names rows
that were made up; after a change of the key give the former one as well, with a space
between. With an earlier copy of the heads it compares what was there then.
docs/operate.md says where the copies are.

It prints the heads for the next copy, and counts what roster audit prune has erased or
removed. It exits with 1 if anything is wrong, or if it cannot read the log.

It refuses to repair anything. It needs only SELECT on the tables audit and
audit_heads, and on the column id of users: an empty log is wrong where there are
accounts.`

func auditVerifyCommand(p *program) *cobra.Command {
	var file string
	var unsigned int
	c := &cobra.Command{
		Use: "verify", Short: "Check that nobody has altered the audit log", Long: auditVerifyHelp, Example: auditVerifyExample,
		Args: arguments(),
		RunE: func(c *cobra.Command, _ []string) error { return p.verifyAudit(c.Context(), file, unsigned) },
	}
	c.Flags().StringVar(&file, "heads", "", "compare with an earlier copy of the heads in this `file`: lines that this command printed, or that seed_admin logged")
	c.Flags().IntVar(&unsigned, "unsigned", 0, "how many `rows` are from before entries had MACs")
	return c
}

func (p *program) verifyAudit(ctx context.Context, file string, unsigned int) error {
	env, err := p.settings()
	if err != nil {
		return err
	}
	expected, err := expectedLog(env, file)
	if err != nil {
		return err
	}
	expected.Unsigned = unsigned
	db := env.Postgres()
	if err := env.Check(); err != nil {
		return err
	}
	defer db.Close()
	v, err := db.VerifyAudit(ctx, expected)
	if err != nil {
		return fmt.Errorf("the audit log could not be read: %w", databaseError(err))
	}
	checked := len(expected.Keys) > 0
	if err := p.print(newVerification(v, checked), func(out io.Writer) error { return printVerified(out, v, checked) }); err != nil {
		return err
	}
	if len(v.Altered) > 0 {
		return errors.New("the audit log was altered")
	}
	return nil
}

// expectedLog returns the keys and the copy of the heads.
func expectedLog(env *boot.Environment, file string) (expected postgres.Expected, err error) {
	for _, name := range []string{"ROOT_KEY", "AUDIT_KEY"} {
		for _, key := range strings.Fields(env.Optional(name, "")) {
			one := settings.FromMap(map[string]string{name: key})
			expected.Keys = append(expected.Keys, []byte(one.AuditKey()))
			if err := one.Check(); err != nil {
				return expected, err
			}
		}
	}
	if file == "" {
		return expected, nil
	}
	text, err := os.ReadFile(file) // #nosec G304 -- the operator names it
	if err != nil {
		return expected, err
	}
	if expected.Heads, err = postgres.ReadAuditHeads(string(text), expected.Keys); err != nil {
		err = fmt.Errorf("%s: %w", file, err)
	}
	return expected, err
}

// verification is the result as JSON.
type verification struct {
	Rows        int      `json:"rows"`
	Altered     []string `json:"altered"` // what is wrong, a sentence each
	Erased      int      `json:"erased"`
	Removed     int      `json:"removed"`
	MACsChecked bool     `json:"macs_checked"`
	Unsigned    int      `json:"unsigned"`
	Heads       []string `json:"heads"`
}

func newVerification(v postgres.Verified, checked bool) verification {
	r := verification{
		Rows: v.Rows, Altered: append([]string{}, v.Altered...), Erased: v.Erased, Removed: v.Removed,
		MACsChecked: checked, Unsigned: v.Unsigned, Heads: []string{},
	}
	for _, head := range v.Heads {
		r.Heads = append(r.Heads, head.String())
	}
	return r
}

// printVerified prints what was found, and the heads for the next copy.
func printVerified(out io.Writer, v postgres.Verified, checked bool) error {
	for _, altered := range v.Altered {
		fmt.Fprintln(out, altered)
	}
	fmt.Fprintf(out, "rows checked: %d, altered or missing: %d\n", v.Rows, len(v.Altered))
	if v.Erased+v.Removed > 0 {
		fmt.Fprintf(out, "erased and recorded as such: %d, removed and recorded as such: %d\n", v.Erased, v.Removed)
	}
	if !checked {
		fmt.Fprintln(out, "MACs were not checked: neither ROOT_KEY nor AUDIT_KEY is set")
	} else if v.Unsigned > 0 {
		fmt.Fprintf(out, "rows without a MAC: %d\n", v.Unsigned)
	}
	for _, head := range v.Heads {
		fmt.Fprintln(out, head)
	}
	return nil
}
