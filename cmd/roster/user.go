package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

const userExample = `  roster user show ann --url https://accounts.example.com --username boss
  ROSTER_URL=https://accounts.example.com ROSTER_TOKEN=… roster user deactivate ann
  DATABASE_URL=postgres://… roster user set-role ann ADMIN`

func userCommand(p *program) *cobra.Command {
	return group("user", "Find and change accounts", userExample,
		userListCommand(p), userShowCommand(p), userCreateCommand(p), userResetCommand(p), userSetRoleCommand(p),
		userActiveCommand(p, "activate", "Let a deactivated user log in again", true),
		userActiveCommand(p, "deactivate", "Log a user out and let nobody log in to the account", false),
		userDeleteCommand(p))
}

// withAccounts runs a command on the database or the deployment. It ends the session
// that it began, also after a failure.
func (p *program) withAccounts(c *cobra.Command, work func(ctx context.Context, a accounts) error) error {
	ctx := c.Context()
	a, err := p.accounts(ctx)
	if err != nil {
		return err
	}
	return errors.Join(work(ctx, a), a.close(context.WithoutCancel(ctx)))
}

func userShowCommand(p *program) *cobra.Command {
	return &cobra.Command{
		Use: "show USERNAME", Short: "Show an account", Args: arguments("username"),
		Example: "  roster user show ann --url https://accounts.example.com\n  roster user show ann --json",
		RunE: func(c *cobra.Command, args []string) error {
			return p.withAccounts(c, func(ctx context.Context, a accounts) error {
				found, err := a.show(ctx, args[0])
				if err != nil {
					return err
				}
				return p.print(found, func(out io.Writer) error { return printAccount(out, found) })
			})
		},
	}
}

func printAccount(out io.Writer, a account) error {
	w := newTable(out)
	for _, row := range [][2]string{
		{"username", a.Username},
		{"name", printable(a.FirstName + " " + a.LastName)},
		{"e-mail", printable(a.Email)},
		{"role", a.Role},
		{"active", yesOrNo(a.Active)},
		{"created", timeText(&a.CreatedAt)},
		{"changed", timeText(&a.UpdatedAt)},
		{"last login", timeText(a.LastLoginAt)},
		{"password set", timeText(a.PasswordChangedAt)},
		{"id", fmt.Sprint(a.ID)},
		{"uuid", a.UUID},
		{"metadata", metadataText(a.Metadata)},
		{"app metadata", metadataText(a.AppMetadata)},
	} {
		fmt.Fprintf(w, "%s\t%s\n", row[0], row[1])
	}
	return w.Flush()
}

// metadataText leaves it to --json to show it: it may have 8 KB.
func metadataText(raw json.RawMessage) string {
	switch string(raw) {
	case "", "{}":
		return "none"
	}
	return fmt.Sprintf("%d bytes; --json shows it", len(raw))
}

func yesOrNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// timeText returns a time to the second, in UTC.
func timeText(t *time.Time) string {
	if t == nil {
		return "never"
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}

const setRoleHelp = `Make a user an ADMIN, or an ADMIN a user. A demotion ends the access tokens of the
account at once. It refuses to demote the last active ADMIN.`

func userSetRoleCommand(p *program) *cobra.Command {
	return &cobra.Command{
		Use: "set-role USERNAME ROLE", Short: "Make a user an ADMIN, or an ADMIN a USER", Long: setRoleHelp,
		Args: arguments("username", "role"), ValidArgsFunction: completeRole,
		Example: "  roster user set-role ann ADMIN\n  roster user set-role ann USER",
		RunE: func(c *cobra.Command, args []string) error {
			role := strings.ToUpper(args[1])
			if role != "USER" && role != "ADMIN" {
				return usageError{fmt.Sprintf("%q is no role; give USER or ADMIN", args[1])}
			}
			return p.setAccess(c, args[0], access{Role: &role}, "is now "+withArticle(role))
		},
	}
}

func withArticle(role string) string {
	if role == "ADMIN" {
		return "an ADMIN"
	}
	return "a USER"
}

func completeRole(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) == 1 {
		return []cobra.Completion{"USER", "ADMIN"}, cobra.ShellCompDirectiveNoFileComp
	}
	return nil, cobra.ShellCompDirectiveNoFileComp
}

const activeHelp = `A deactivated account cannot log in; its sessions, access tokens and mailed links end at
once. It refuses to deactivate the last active ADMIN.`

func userActiveCommand(p *program, verb, short string, active bool) *cobra.Command {
	return &cobra.Command{
		Use: verb + " USERNAME", Short: short, Long: short + ".\n\n" + activeHelp, Args: arguments("username"),
		Example: "  roster user " + verb + " ann",
		RunE: func(c *cobra.Command, args []string) error {
			return p.setAccess(c, args[0], access{Active: &active}, "is now "+verb+"d")
		},
	}
}

// setAccess sets the role or the state, and prints the account as it is then.
func (p *program) setAccess(c *cobra.Command, username string, set access, done string) error {
	return p.withAccounts(c, func(ctx context.Context, a accounts) error {
		changed, err := a.show(ctx, username)
		if err != nil {
			return err
		}
		if err := a.set(ctx, username, set); err != nil {
			return err
		}
		if now, err := a.show(ctx, username); err == nil {
			changed = now
		} else { // an ADMIN who has taken away its own rights
			changed.apply(set)
		}
		return p.print(changed, func(out io.Writer) error {
			_, err := fmt.Fprintln(out, changed.Username, done)
			return err
		})
	})
}

const deleteHelp = `Delete an account, with its sessions and links. This cannot be undone. The audit log
keeps its UUID: roster audit prune --erase removes that, too. It refuses to delete the
last active ADMIN.`

func userDeleteCommand(p *program) *cobra.Command {
	return &cobra.Command{
		Use: "delete USERNAME", Short: "Delete an account", Long: deleteHelp, Args: arguments("username"),
		Example: "  roster user delete ann\n  roster user delete ann --yes",
		RunE: func(c *cobra.Command, args []string) error {
			return p.withAccounts(c, func(ctx context.Context, a accounts) error {
				found, err := a.show(ctx, args[0])
				if err != nil {
					return err
				}
				question := fmt.Sprintf("Delete %s (%s)?", found.Username, printable(found.Email))
				if err := p.confirm(p.yes, question); err != nil {
					return err
				}
				if err := a.remove(ctx, found.Username); err != nil {
					return err
				}
				return p.print(map[string]string{"deleted": found.UUID}, func(out io.Writer) error {
					_, err := fmt.Fprintf(out, "%s is deleted; its UUID was %s\n", found.Username, found.UUID)
					return err
				})
			})
		},
	}
}
