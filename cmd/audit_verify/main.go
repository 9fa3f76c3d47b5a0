// Command audit_verify checks the audit log in the database of DATABASE_URL:
//
//	DATABASE_URL=postgres://… ROOT_KEY=… go run ./cmd/audit_verify -heads copy.txt
//
// It computes the hash chains again and names every row that was altered and
// every place where rows are missing. With the key it also names rows that were
// made up, and with an earlier copy of the heads it compares what was there then.
// It exits with 1 if anything is wrong, or if it cannot read the log. It prints
// the heads for the next copy, and counts what cmd/audit_prune has erased or
// removed.
//
// It refuses to repair anything. It needs only SELECT on the tables audit and
// audit_heads, and on the column id of users: an empty log is wrong where there
// are accounts.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"roster/shared/boot/settings"
	"roster/shared/postgres"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "audit_verify: "+err.Error())
		os.Exit(1)
	}
}

const usage = `Usage: DATABASE_URL=postgres://… go run ./cmd/audit_verify [-heads FILE] [-unsigned ROWS]

Checks the audit log. With ROOT_KEY, or AUDIT_KEY, it also checks the MAC of each
entry. After a change of the key give the former one as well, with a space between.
docs/operate.md says where the copies of the heads are.

`

func run(ctx context.Context, args []string, getenv func(string) string, out io.Writer) error {
	file, unsigned, err := parse(args, out)
	if err != nil {
		return err
	}
	url := getenv("DATABASE_URL")
	if url == "" {
		return errors.New("DATABASE_URL is not set; set it to the database whose audit log is to be checked")
	}
	expected, err := expect(file, getenv)
	if err != nil {
		return err
	}
	expected.Unsigned = unsigned
	db, err := postgres.Open(ctx, url)
	if err != nil {
		return err
	}
	defer db.Close()
	v, err := db.VerifyAudit(ctx, expected)
	if err != nil {
		return errors.New("the audit log could not be read: " + innermost(err))
	}
	return report(out, v, len(expected.Keys) > 0)
}

// parse returns the file with the copy of the heads, or "", and how many rows may
// have no MAC.
func parse(args []string, out io.Writer) (file string, unsigned int, err error) {
	f := flag.NewFlagSet("audit_verify", flag.ContinueOnError)
	f.SetOutput(io.Discard) // main prints the error
	f.StringVar(&file, "heads", "", "compare with an earlier copy of the heads in this `file`: lines that this program printed, or that seed_admin logged")
	f.IntVar(&unsigned, "unsigned", 0, "how many `rows` are from before entries had MACs")
	if err = f.Parse(args); errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(out, usage)
		f.SetOutput(out)
		f.PrintDefaults()
	}
	return file, unsigned, err
}

// expect returns the keys and the copy of the heads.
func expect(file string, getenv func(string) string) (expected postgres.Expected, err error) {
	for _, name := range []string{"ROOT_KEY", "AUDIT_KEY"} {
		for _, key := range strings.Fields(getenv(name)) {
			env := settings.FromMap(map[string]string{name: key})
			expected.Keys = append(expected.Keys, []byte(env.AuditKey()))
			if err := env.Check(); err != nil {
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

// report prints what was found, and the heads for the next copy.
func report(out io.Writer, v postgres.Verified, checked bool) error {
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
		fmt.Fprintf(out, "rows without a MAC, from before there were any: %d\n", v.Unsigned)
	}
	for _, head := range v.Heads {
		fmt.Fprintln(out, head)
	}
	if len(v.Altered) > 0 {
		return errors.New("the audit log was altered")
	}
	return nil
}

// innermost returns the message of PostgreSQL, or the last line of an error of
// pgx, which has one line for each cause.
func innermost(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Message
	}
	lines := strings.Split(err.Error(), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
