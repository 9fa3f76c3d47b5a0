package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"roster/cmd/roster/flask"
	"roster/shared/boot/cutover"
	"roster/shared/directory"
)

const importFlaskExample = `  FLASK_DATABASE_URL=postgresql://reader:…@db.example.com/original roster import flask
  roster import flask --from … --propose renames.csv
  roster import flask --from … --renames renames.csv --apply --tokens-until 2027-01-31T00:00:00Z`

const importFlaskHelp = `Import the accounts of the Flask service that Roster replaces, from its PostgreSQL
database. Ids, password hashes and times stay as they are, so everybody logs in with the
password that they have. docs/move-from-flask.md goes through it step by step.

Without --apply nothing is written: the report says what would happen. Usernames that
Roster's rules refuse, and those that differ in upper and lower case alone, are
reported. --propose writes a new name for each to a file; edit it, and give it back with
--renames.

With --tokens-until, or the variable LEGACY_TOKENS_UNTIL, the access tokens that the
service issued belong to the accounts until that time, if the functions have its key
(LEGACY_JWT_SECRET_KEY).

Two databases have two passwords: put each into its variable, DATABASE_URL and
FLASK_DATABASE_URL, which other users of this machine do not see. PGPASSWORD counts for
both.

It reads in one transaction that writes nothing there. It refuses a database that has no
table "user" of that service.`

// flaskRequest is what the flags say.
type flaskRequest struct {
	importRequest
	from, until, renames, propose string
	rename                        []string
}

func importFlaskCommand(p *program) *cobra.Command {
	var r flaskRequest
	c := &cobra.Command{
		Use: "flask --from URL", Short: "Import the accounts of the Flask service that Roster replaces",
		Long: importFlaskHelp, Example: importFlaskExample, Args: arguments(), DisableFlagsInUseLine: true,
		RunE: func(c *cobra.Command, _ []string) error { return p.importFlask(c.Context(), r) },
	}
	r.addFlags(c)
	c.Flags().StringVar(&r.from, "from", "", "`URL` of the Flask service's database, instead of the variable FLASK_DATABASE_URL; other users of this machine see flags, so no password here")
	c.Flags().StringArrayVar(&r.rename, "rename", nil, "give an account another username, as `old=new`; may be repeated")
	c.Flags().StringVar(&r.renames, "renames", "", "`file` of renames: CSV with the columns old and new")
	c.Flags().StringVar(&r.propose, "propose", "", "`file` to write a proposal for each refused username to, in the form of --renames")
	c.Flags().StringVar(&r.until, "tokens-until", "", "`time` until which the service's access tokens stay good, such as 2027-01-31T00:00:00Z")
	return c
}

func (p *program) importFlask(ctx context.Context, r flaskRequest) error {
	if r.from = cmp.Or(r.from, p.environ["FLASK_DATABASE_URL"]); r.from == "" {
		return usageError{"give --from, or set FLASK_DATABASE_URL, with the URL of the Flask service's database"}
	}
	until, err := p.tokensUntil(r.until)
	if err != nil {
		return err
	}
	db, total, err := r.open(ctx)
	if err != nil {
		return err
	}
	proposals := &proposals{}
	report, err := p.runImport(ctx, r.importRequest, db.Accounts(ctx), total, proposals.note)
	if err != nil {
		return err
	}
	result := flaskReport{Report: report}
	if r.propose != "" {
		if result.Proposed, err = proposals.write(ctx, db, r.propose); err != nil {
			return err
		}
		result.file = r.propose
	}
	if r.apply && !until.IsZero() {
		if result.Sessions, err = p.openLegacySessions(ctx, db.Accounts(ctx), until); err != nil {
			return fmt.Errorf("the accounts are imported, and their old access tokens are not yet accepted; run the command again: %w", err)
		}
		result.until = until
	}
	if err := p.print(result, result.text); err != nil {
		return err
	}
	return anyRefused(report)
}

// open reads the renames, and checks that each is about an account.
func (r flaskRequest) open(ctx context.Context) (db *flask.Database, total int64, err error) {
	renames, err := readRenames(r.renames, r.rename)
	if err != nil {
		return nil, 0, err
	}
	if db, err = flask.Open(r.from, renames); err != nil {
		return nil, 0, usageError{err.Error()}
	}
	unknown, err := db.Unknown(ctx)
	if err != nil {
		return nil, 0, err
	}
	if len(unknown) > 0 {
		return nil, 0, usageError{fmt.Sprintf("no account of the Flask service has the username %q, which is to be renamed; upper and lower case differ there", unknown[0])}
	}
	total, err = db.Count(ctx)
	return db, total, err
}

// tokensUntil returns the end of the old access tokens, zero for none.
func (p *program) tokensUntil(flag string) (end time.Time, err error) {
	env, err := p.settings()
	if err != nil {
		return end, err
	}
	if flag == "" {
		flag = env.Optional("LEGACY_TOKENS_UNTIL", "")
	}
	if flag == "" {
		return end, nil
	}
	end, reason := cutover.ParseEnd(flag, p.now())
	if reason == "" && !end.After(p.now()) {
		reason = "is over"
	}
	if reason != "" {
		return end, usageError{"--tokens-until " + reason}
	}
	return end, nil
}

// openLegacySessions begins the sessions that the old access tokens belong to.
func (p *program) openLegacySessions(ctx context.Context, rows directory.Source, until time.Time) (int, error) {
	env, err := p.settings()
	if err != nil {
		return 0, err
	}
	db := env.Postgres()
	if err := env.Check(); err != nil {
		return 0, err
	}
	defer db.Close()
	return directory.OpenLegacySessions(ctx, db, canonical(rows), p.now(), until)
}

// flaskReport adds to the report what only this import does.
type flaskReport struct {
	directory.Report
	Sessions int `json:"legacy_sessions"`
	Proposed int `json:"proposed_renames"`

	until time.Time
	file  string
}

func (r flaskReport) text(out io.Writer) error {
	if err := printImported(out, r.Report); err != nil {
		return err
	}
	if r.file != "" {
		fmt.Fprintf(out, "%d proposals are in %s. Read them, change what you like, and give the file with --renames.\n", r.Proposed, printable(r.file))
	}
	if !r.until.IsZero() {
		fmt.Fprintf(out, "The old access tokens of %d accounts stay good until %s.\n", r.Sessions, r.until.Format(time.RFC3339))
	}
	return nil
}
