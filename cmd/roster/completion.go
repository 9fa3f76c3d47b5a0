package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

const completionExample = `  roster completion bash > /etc/bash_completion.d/roster
  source <(roster completion zsh)
  roster completion fish > ~/.config/fish/completions/roster.fish`

const completionHelp = `Print a script that completes commands and flags in a shell. Put it where the shell reads
such scripts, and open a new shell. Bash needs nothing else: the package bash-completion
is used where it is installed.`

// bashWords stands in for the function of that name of the package bash-completion,
// which a small system and macOS do not have. Without it each Tab prints an error.
const bashWords = `
if ! declare -F _get_comp_words_by_ref >/dev/null 2>&1; then
    _get_comp_words_by_ref() {
        cur="${COMP_WORDS[COMP_CWORD]}"
        prev="${COMP_WORDS[COMP_CWORD-1]}"
        words=("${COMP_WORDS[@]}")
        cword=$COMP_CWORD
    }
fi
`

func completionCommand(p *program) *cobra.Command {
	c := &cobra.Command{
		Use: "completion bash|zsh|fish|powershell", Short: "Print a script that completes commands in a shell", Long: completionHelp,
		Example: completionExample, Args: arguments("shell"),
		ValidArgs: []cobra.Completion{"bash", "zsh", "fish", "powershell"},
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		root := c.Root()
		switch args[0] {
		case "bash":
			if err := root.GenBashCompletionV2(p.out, true); err != nil {
				return err
			}
			_, err := io.WriteString(p.out, bashWords)
			return err
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

// completeValues makes a shell complete the values of a flag.
func completeValues(c *cobra.Command, flag string, values ...string) {
	if err := c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // the flag does not exist, or this is called twice for it
	}
}
