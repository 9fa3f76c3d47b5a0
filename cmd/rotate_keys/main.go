// Command rotate_keys rotates the keys that sign access tokens, as the function
// of that name does each hour: it makes the changes that are due, and shows the
// keys. Run it with -h for its flags.
//
// It refuses to show a private key.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"text/tabwriter"
	"time"

	"roster/shared/boot/rotating"
	"roster/shared/boot/settings"
	"roster/shared/job/rotation"
)

const usage = `Usage: go run ./cmd/rotate_keys [flags]

Makes the changes that are due to the keys that sign access tokens, and shows
the keys. The function rotate_keys does the same each hour. It is safe to run it
twice.

The keys are in the secret that KEYS_SECRET_ARN names. PUBLIC_SECRET_ARN names
the one with the copy for functions that only verify; without it, those learn of
a change by the next run of the function. Set both, AWS_REGION and the variables
for AWS credentials (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN).
Set JWT_ALGORITHM, JWT_ROTATION_DAYS and JWT_KMS_KEY to the values of the function.
If one secret holds everything, set SECRET_ARN alone.

`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	slog.SetDefault(slog.New(slog.DiscardHandler)) // what is logged is in the report too
	err := run(ctx, os.Args[1:], settings.Environ(), os.Stdout)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "rotate_keys: "+err.Error())
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, values map[string]string, out io.Writer) error {
	var request rotation.Request
	f := flag.NewFlagSet("rotate_keys", flag.ContinueOnError)
	f.SetOutput(io.Discard) // main prints the error
	file := f.String("file", "", "JSON `file` with the keys instead of the secret, such as .localdev/secrets.json")
	f.BoolVar(&request.Start, "start", false, "publish a next key now; a later run lets it sign")
	f.BoolVar(&request.ReplaceAll, "replace-all", false,
		"replace all keys with one new key, for example after a leak: everybody must log in again")
	err := f.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(out, usage)
		f.SetOutput(out)
		f.PrintDefaults()
		return err
	case err != nil:
		return fmt.Errorf("%w; -h lists the flags", err)
	case f.NArg() > 0:
		return fmt.Errorf("%q is not a flag; -h lists them", f.Arg(0))
	}
	env := settings.FromMap(values)
	job := newJob(env, *file)
	if err := env.Check(); err != nil {
		return err
	}
	report, err := job(ctx, request)
	if err != nil {
		return err
	}
	return printReport(out, report)
}

// newJob returns the rotation of the keys in the file, or in the secret.
func newJob(env *settings.Environment, file string) rotation.Job {
	if file != "" {
		return rotation.NewJob(rotation.Stores{Keys: rotation.File(file)}, rotating.Settings(env), time.Now)
	}
	return rotating.Job(env)
}

func printReport(out io.Writer, r rotation.Report) error {
	if r.Note != "" {
		fmt.Fprintln(out, r.Note)
	}
	for _, did := range r.Did {
		fmt.Fprintln(out, did)
	}
	if len(r.Did) == 0 {
		fmt.Fprintln(out, "nothing was due")
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, k := range r.Keys {
		form := "in the secret"
		if k.Wrapped {
			form = "wrapped by KMS"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\tsince %s\t%s\t%s\n", k.ID, k.Algorithm, k.State, k.Since.Format(time.RFC3339), form, k.Due)
	}
	return w.Flush()
}
