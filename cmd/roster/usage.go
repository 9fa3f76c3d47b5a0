package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// The exit codes of the program.
const (
	exitOK     = 0
	exitFailed = 1 // the command did not do its work, or found something wrong
	exitUsage  = 2 // the command line is wrong, and nothing was tried
)

// usageError is a mistake on the command line.
type usageError struct{ reason string }

func (e usageError) Error() string { return e.reason }

// groupMark annotates a command that only holds others.
const groupMark = "group"

func isGroup(c *cobra.Command) bool { return c.Annotations[groupMark] != "" }

// group returns a command that only holds other commands. An unknown name after it
// is an error: cobra would print the help and report success.
func group(use, short, example string, commands ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{
		Use: use, Short: short, Example: example, Args: cobra.ArbitraryArgs, Annotations: map[string]string{groupMark: "true"},
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return c.Help()
			}
			return unknownCommand(c, args[0])
		},
	}
	c.SuggestionsMinimumDistance = 2
	c.AddCommand(commands...)
	return c
}

func unknownCommand(c *cobra.Command, name string) error {
	reason := fmt.Sprintf("there is no command %q; ", c.CommandPath()+" "+name)
	if near := c.SuggestionsFor(name); len(near) > 0 {
		return usageError{reason + "did you mean " + strings.Join(near, " or ") + "?"}
	}
	return usageError{reason + c.CommandPath() + " --help lists the commands"}
}

// arguments returns a check that the command has exactly these arguments.
func arguments(names ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch {
		case len(args) < len(names):
			return usageError{"give the " + names[len(args)] + ": " + c.UseLine()}
		case len(args) > len(names):
			return usageError{fmt.Sprintf("%q is one argument too many: %s", args[len(names)], c.UseLine())}
		}
		return nil
	}
}
