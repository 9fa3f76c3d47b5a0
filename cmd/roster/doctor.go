package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"roster/cmd/roster/doctor"
	"roster/shared/aws/awsenv"
	"roster/shared/boot"
	"roster/shared/boot/settings"
)

const doctorExample = `  roster doctor --url https://accounts.example.com
  SECRET_ARN=arn:… SETTINGS_SECRET_ARN=arn:… KEYS_SECRET_ARN=arn:… MAIL_FROM=… AWS_REGION=… roster doctor --stack roster
  roster doctor --database postgres://… --connections 75 --json`

const doctorHelp = `Examine a deployment, and print what to do about each thing that is wrong: its settings
and keys, the database (version, migrations, role, connections, clock, TLS), the mails
(SES, DKIM, SPF, DMARC), its address (PUBLIC_URL, certificate, version, clock), and the
stack on AWS (its state, log retention, alarms).

It takes the variables of the functions, and what it is not given it cannot examine: it
says "not checked", and why. It exits with 1 if a check failed.

It refuses to change anything, to send a mail, and to show a secret.`

func doctorCommand(p *program) *cobra.Command {
	var stack, connections string
	c := &cobra.Command{
		Use: "doctor", Short: "Examine a deployment, and say how to repair it", Long: doctorHelp, Example: doctorExample, Args: arguments(),
		RunE: func(c *cobra.Command, _ []string) error { return p.examine(c.Context(), stack, connections) },
	}
	c.Flags().StringVar(&stack, "stack", "", "`name` of the stack on AWS, such as roster")
	c.Flags().StringVar(&connections, "connections", "", "the stack's parameter DatabaseConnections, if the stack cannot be asked: a `number`, or unreserved")
	return c
}

func (p *program) examine(ctx context.Context, stack, connections string) error {
	s := doctor.Subject{
		URL: p.url, HTTP: &http.Client{Timeout: 15 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		DNS: net.DefaultResolver, Stack: stack, Connections: connections, Now: p.now,
	}
	if s.URL == "" {
		s.URL = p.environ["ROSTER_URL"]
	}
	values, err := p.variables()
	if err != nil {
		return err
	}
	if slices.ContainsFunc(settings.Names, func(name string) bool { return values[name] != "" }) {
		s.Env = boot.Read(values)
	}
	if cfg, err := awsenv.From(func(name string) string { return values[name] }); err != nil {
		s.NoAWS, _, _ = strings.Cut(err.Error(), ";")
	} else {
		s.AWS = &cfg
	}
	findings := doctor.Examine(ctx, s)
	if err := p.print(map[string][]doctor.Finding{"findings": findings}, func(out io.Writer) error { return printFindings(out, findings, p.isNarrow()) }); err != nil {
		return err
	}
	switch n := count(findings, doctor.Failed); {
	case n > 0:
		return fmt.Errorf("%d of %d checks failed", n, len(findings))
	case count(findings, doctor.NotChecked) == len(findings):
		return errors.New("nothing could be checked; give --url, or the settings of the functions")
	}
	return nil
}

func count(findings []doctor.Finding, status doctor.Status) (n int) {
	for _, f := range findings {
		if f.Status == status {
			n++
		}
	}
	return n
}

// printFindings prints a line for each finding, and below it what to do. A narrow
// terminal gets no columns, because the sentences would begin at its right end.
func printFindings(out io.Writer, findings []doctor.Finding, isNarrow bool) error {
	w := newTable(out)
	for _, f := range findings {
		if isNarrow {
			fmt.Fprintf(w, "%s: %s: %s\n", f.Status, f.Check, printable(f.Found))
			if f.Fix != "" {
				fmt.Fprintf(w, "  -> %s\n", printable(f.Fix))
			}
			continue
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", f.Status, f.Check, printable(f.Found))
		if f.Fix != "" {
			fmt.Fprintf(w, "\t\t-> %s\n", printable(f.Fix))
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	warnings := "1 warning"
	if n := count(findings, doctor.Warning); n != 1 {
		warnings = fmt.Sprintf("%d warnings", n)
	}
	_, err := fmt.Fprintf(out, "\n%d ok, %s, %d failed, %d not checked\n",
		count(findings, doctor.OK), warnings, count(findings, doctor.Failed), count(findings, doctor.NotChecked))
	return err
}
