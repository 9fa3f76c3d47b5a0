package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"roster"
)

// program is what all commands share: the console, the variables of the process,
// and the flags that every command has.
type program struct {
	console
	environ map[string]string

	database, url, token, username string
	json, yes                      bool
}

// run runs the command of these arguments and returns the exit code.
func run(ctx context.Context, args []string, c console, environ map[string]string) int {
	root := newRoot(&program{console: c, environ: environ})
	root.SetArgs(args)
	root.SetIn(c.in)
	root.SetOut(c.out)
	root.SetErr(c.err)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	fmt.Fprintln(c.err, "roster: "+explain(err))
	if usage := (usageError{}); errors.As(err, &usage) {
		return exitUsage
	}
	return exitFailed
}

const rootExample = `  roster user list --role ADMIN --url https://accounts.example.com
  DATABASE_URL=postgres://… roster user show ann
  roster doctor --url https://accounts.example.com`

func newRoot(p *program) *cobra.Command {
	root := group("roster", "Administer Roster, on its database or over its API", rootExample, commands(p)...)
	root.Version = roster.Version
	root.SilenceErrors, root.SilenceUsage = true, true
	root.CompletionOptions.DisableDefaultCmd = true // completion.go has it, with an example
	root.SetVersionTemplate("roster {{.Version}}\n")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usageError{err.Error() + "; " + c.CommandPath() + " --help lists the flags"}
	})
	root.SetHelpCommand(helpCommand(root))
	flags := root.PersistentFlags()
	flags.StringVar(&p.database, "database", "", "`URL` of the database, instead of the variable DATABASE_URL")
	flags.StringVar(&p.url, "url", "", "`URL` of a deployed Roster, instead of the variable ROSTER_URL")
	flags.StringVar(&p.token, "token", "", "access `token` for the deployed Roster; other users of this machine see it, so prefer the variable ROSTER_TOKEN")
	flags.StringVar(&p.username, "username", "", "log in to the deployed Roster as this `user` and ask for the password, instead of a token")
	flags.BoolVar(&p.json, "json", false, "print JSON, for programs")
	flags.BoolVar(&p.yes, "yes", false, "do not ask before what cannot be undone")
	return root
}

// commands are the commands below roster, in the order of the alphabet. A new
// command adds a line.
func commands(p *program) []*cobra.Command {
	return []*cobra.Command{
		auditCommand(p),
		completionCommand(p),
		doctorCommand(p),
		exportCommand(p),
		importCommand(p),
		keysCommand(p),
		migrateCommand(p),
		seedAdminCommand(p),
		userCommand(p),
	}
}

func helpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use: "help [command]", Short: "Show the help of a command", Example: "  roster help user list",
		RunE: func(_ *cobra.Command, args []string) error {
			c, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return unknownCommand(c, rest[0])
			}
			return c.Help()
		},
	}
}
