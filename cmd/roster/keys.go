package main

import (
	"fmt"
	"io"
	"maps"
	"time"

	"github.com/spf13/cobra"

	"roster/shared/boot/rotating"
	"roster/shared/boot/settings"
	"roster/shared/job/rotation"
)

func keysCommand(p *program) *cobra.Command {
	return group("keys", "Manage the keys that sign access tokens", "  roster keys rotate", keysRotateCommand(p))
}

const keysRotateExample = `  KEYS_SECRET_ARN=arn:… PUBLIC_SECRET_ARN=arn:… AWS_REGION=eu-central-1 roster keys rotate
  roster keys rotate --start
  roster keys rotate --replace-all --yes
  roster keys rotate --file .localdev/secrets.json`

const keysRotateHelp = `Make the changes that are due to the keys that sign access tokens, and show the keys.
The function rotate_keys does the same each hour. It is safe to run it twice.

The keys are in the secret that KEYS_SECRET_ARN names. PUBLIC_SECRET_ARN names the one
with the copy for functions that only verify; without it, those learn of a change by
the next run of the function. Set both, AWS_REGION and the variables for AWS
credentials (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN). Set
JWT_ALGORITHM, JWT_ROTATION_DAYS and JWT_KMS_KEY to the values of the function. If one
secret holds everything, set SECRET_ARN alone.

It refuses to show a private key.`

func keysRotateCommand(p *program) *cobra.Command {
	var request rotation.Request
	var file string
	c := &cobra.Command{
		Use: "rotate", Short: "Change the keys as far as it is due, and show them", Long: keysRotateHelp, Example: keysRotateExample,
		Args: arguments(),
		RunE: func(c *cobra.Command, _ []string) error { return p.rotateKeys(c, file, request) },
	}
	c.Flags().StringVar(&file, "file", "", "JSON `file` with the keys instead of the secret, such as .localdev/secrets.json")
	c.Flags().BoolVar(&request.Start, "start", false, "publish a next key now; a later run lets it sign")
	c.Flags().BoolVar(&request.ReplaceAll, "replace-all", false,
		"replace all keys with one new key, for example after a leak: everybody must log in again")
	return c
}

func (p *program) rotateKeys(c *cobra.Command, file string, request rotation.Request) error {
	if p.url != "" || p.database != "" {
		return usageError{"this command works on the keys' secret; it takes neither --url nor --database"}
	}
	values := map[string]string{}
	maps.Copy(values, p.environ)
	env := settings.FromMap(values)
	job := rotationJob(env, file)
	if err := env.Check(); err != nil {
		return err
	}
	if request.ReplaceAll {
		if err := p.confirm(p.yes, "Replace all keys? Every access token ends at once."); err != nil {
			return err
		}
	}
	report, err := job(c.Context(), request)
	if err != nil {
		return err
	}
	return p.print(report, func(out io.Writer) error { return printKeys(out, report) })
}

// rotationJob returns the rotation of the keys in the file, or in the secret.
func rotationJob(env *settings.Environment, file string) rotation.Job {
	if file != "" {
		return rotation.NewJob(rotation.Stores{Keys: rotation.File(file)}, rotating.Settings(env), time.Now)
	}
	return rotating.Job(env)
}

func printKeys(out io.Writer, r rotation.Report) error {
	if r.Note != "" {
		fmt.Fprintln(out, r.Note)
	}
	for _, did := range r.Did {
		fmt.Fprintln(out, did)
	}
	if len(r.Did) == 0 {
		fmt.Fprintln(out, "nothing was due")
	}
	w := newTable(out)
	for _, k := range r.Keys {
		form := "in the secret"
		if k.Wrapped {
			form = "wrapped by KMS"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\tsince %s\t%s\t%s\n", k.ID, k.Algorithm, k.State, k.Since.Format(time.RFC3339), form, k.Due)
	}
	return w.Flush()
}
