package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

const completionExample = `  roster completion bash > /etc/bash_completion.d/roster
  source <(roster completion zsh)
  roster completion fish > ~/.config/fish/completions/roster.fish`

func completionCommand(p *program) *cobra.Command {
	c := &cobra.Command{
		Use: "completion bash|zsh|fish|powershell", Short: "Print a script that completes commands in a shell",
		Example: completionExample, Args: arguments("shell"),
		ValidArgs: []cobra.Completion{"bash", "zsh", "fish", "powershell"},
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		root := c.Root()
		switch args[0] {
		case "bash":
			return root.GenBashCompletionV2(p.out, true)
		case "zsh":
			return root.GenZshCompletion(p.out)
		case "fish":
			return root.GenFishCompletion(p.out, true)
		case "powershell":
			return root.GenPowerShellCompletionWithDesc(p.out)
		}
		return usageError{fmt.Sprintf("%q is no shell that roster knows; give bash, zsh, fish or powershell", args[0])}
	}
	return c
}
