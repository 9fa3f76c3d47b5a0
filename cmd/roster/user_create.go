package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

const userCreateExample = `  roster user create ann --email ann@example.com --first-name Ann --last-name Lee --invite
  roster user create boss --email boss@example.com --first-name Bo --last-name Hill --role ADMIN --ask-password`

const userCreateHelp = `Create an account. With --invite its owner gets a mail with a link to set a password.
With --ask-password you type one. With neither, nobody can log in to the account until
roster user reset has sent a link.`

// creation is what the flags say.
type creation struct {
	newAccount
	inactive, invite, askPassword bool
}

func userCreateCommand(p *program) *cobra.Command {
	var n creation
	c := &cobra.Command{
		Use: "create USERNAME", Short: "Create an account", Long: userCreateHelp, Example: userCreateExample, Args: arguments("username"),
		RunE: func(c *cobra.Command, args []string) error {
			n.Username = args[0]
			return p.createAccount(c, n)
		},
	}
	flags := c.Flags()
	flags.StringVar(&n.Email, "email", "", "e-mail `address`")
	flags.StringVar(&n.FirstName, "first-name", "", "first `name`")
	flags.StringVar(&n.LastName, "last-name", "", "last `name`")
	flags.StringVar(&n.Role, "role", "USER", "`role`: USER or ADMIN")
	completeValues(c, "role", "USER", "ADMIN")
	flags.BoolVar(&n.inactive, "inactive", false, "let nobody log in until roster user activate")
	flags.BoolVar(&n.invite, "invite", false, "mail a link to set the password")
	flags.BoolVar(&n.askPassword, "ask-password", false, "ask for the password here")
	return c
}

func (p *program) createAccount(c *cobra.Command, n creation) (err error) {
	n.Role = strings.ToUpper(n.Role)
	switch {
	case n.Email == "" || n.FirstName == "" || n.LastName == "":
		return usageError{"give --email, --first-name and --last-name"}
	case n.invite && n.askPassword:
		return usageError{"--invite lets the owner choose the password, and --ask-password you; give one of them"}
	}
	if n.inactive {
		active := false
		n.Active = &active
	}
	if n.invite {
		n.Invite = &n.invite
	}
	if n.askPassword {
		if n.Password, err = p.askNewPassword(n.Username); err != nil {
			return err
		}
	}
	return p.withAccounts(c, func(ctx context.Context, a accounts) error {
		created, mailed, err := a.create(ctx, n.newAccount)
		if err != nil {
			return err
		}
		if err := p.print(created, func(out io.Writer) error { return printCreated(out, created, n, mailed) }); err != nil {
			return err
		}
		if n.invite && !mailed {
			return fmt.Errorf("the invitation was not sent; when mail works: roster user reset %s", created.Username)
		}
		return nil
	})
}

func printCreated(out io.Writer, a account, n creation, mailed bool) error {
	next := "it has no password yet, and roster user reset " + a.Username + " mails a link to set one"
	switch {
	case n.inactive && !n.askPassword: // a reset refuses an account that is not active
		next = fmt.Sprintf("nobody can log in to it before: roster user activate %s, and then roster user reset %s", a.Username, a.Username)
	case mailed:
		next = "an invitation was mailed to " + printable(a.Email)
	case n.askPassword:
		next = "it has the password that you typed"
	case n.invite:
		next = "it has no password yet"
	}
	_, err := fmt.Fprintf(out, "%s is created; %s\n", a.Username, next)
	return err
}

// askNewPassword asks twice, because nobody sees what is typed.
func (p *program) askNewPassword(username string) (*string, error) {
	if !p.interactive {
		return nil, errors.New("there is no terminal to ask for the password on; give --invite instead")
	}
	first, err := p.askPassword("Password for " + username + ": ")
	if err != nil {
		return nil, err
	}
	second, err := p.askPassword("Once more: ")
	if err != nil {
		return nil, err
	}
	if first != second {
		return nil, errors.New("the two passwords differ; nothing was done")
	}
	return &first, nil
}

const userResetHelp = `Mail the owner of an account a link to set a new password, or an invitation to an account
without one. The link is in the mail only.`

func userResetCommand(p *program) *cobra.Command {
	return &cobra.Command{
		Use: "reset USERNAME", Short: "Mail a user a link to set a new password", Long: userResetHelp, Args: arguments("username"),
		Example: "  roster user reset ann --url https://accounts.example.com",
		RunE: func(c *cobra.Command, args []string) error {
			return p.withAccounts(c, func(ctx context.Context, a accounts) error {
				if err := a.reset(ctx, args[0]); err != nil {
					return err
				}
				return p.print(map[string]string{"mailed": args[0]}, func(out io.Writer) error {
					_, err := fmt.Fprintf(out, "a link was mailed to the owner of %s\n", args[0])
					return err
				})
			})
		},
	}
}
