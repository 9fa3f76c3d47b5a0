package main

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"roster"
	"roster/localdev/programtest"
)

// walk calls visit with each command.
func walk(c *cobra.Command, visit func(*cobra.Command)) {
	visit(c)
	for _, sub := range c.Commands() {
		walk(sub, visit)
	}
}

func TestEachCommandHasAnExample(t *testing.T) {
	t.Parallel()
	root, seen := newRoot(&program{}), 0
	root.InitDefaultHelpCmd()
	walk(root, func(c *cobra.Command) {
		seen++
		if c.Short == "" || strings.HasSuffix(c.Short, ".") {
			t.Errorf("%s: the short help is %q", c.CommandPath(), c.Short)
		}
		for line := range strings.Lines(c.Example + "\n") {
			if !strings.HasPrefix(line, "  ") || !strings.Contains(line, c.CommandPath()) && c.HasParent() {
				t.Errorf("%s: the line %q of the example does not show the command, indented by two spaces", c.CommandPath(), line)
			}
		}
	})
	if seen < 3 {
		t.Errorf("only %d commands were seen", seen)
	}
}

func TestMistakesOnTheCommandLine(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"completoin":        `there is no command "roster completoin"; did you mean completion?`,
		"frobnicate":        `there is no command "roster frobnicate"; roster --help lists the commands`,
		"help frobnicate":   `there is no command "roster frobnicate"; roster --help lists the commands`,
		"--colour":          "unknown flag: --colour; roster --help lists the flags",
		"completion":        "give the shell: roster completion bash|zsh|fish|powershell",
		"completion ksh":    `"ksh" is no shell that roster knows; give bash, zsh, fish or powershell`,
		"completion zsh no": `"no" is one argument too many: roster completion`,
	} {
		command(t, nil, strings.Fields(line)...).fails(t, exitUsage, want)
	}
}

func TestVersionAndHelp(t *testing.T) {
	t.Parallel()
	if r := command(t, nil, "--version"); r != (result{out: "roster " + roster.Version + "\n"}) {
		t.Errorf("%+v", r)
	}
	for _, line := range []string{"", "help", "--help"} {
		if r := command(t, nil, strings.Fields(line)...); r.code != exitOK || !strings.HasPrefix(r.out, "Administer Roster, ") || r.err != "" {
			t.Errorf("%q: %+v", line, r)
		}
	}
}

// A real bash completes the beginning of a command's name by asking the real
// program.
func TestBashCompletesCommands(t *testing.T) {
	t.Parallel()
	binary := programtest.Program(t, "cmd/roster")
	const script = `
source <("$1" completion bash) || exit 1
_get_comp_words_by_ref() { words=("${COMP_WORDS[@]}"); cword=$COMP_CWORD; cur=${COMP_WORDS[COMP_CWORD]}; prev=${COMP_WORDS[COMP_CWORD-1]}; }
compopt() { :; }  # it works only while a person completes
roster() { "$ROSTER" "$@"; }
export ROSTER=$1
COMP_WORDS=(roster comp); COMP_CWORD=1; COMP_LINE="roster comp"; COMP_POINT=11; COMP_TYPE=9
_init_completion() { _get_comp_words_by_ref; }
__start_roster
printf '%s\n' "${COMPREPLY[@]}"`
	out, err := exec.CommandContext(t.Context(), "bash", "-c", script, "bash", binary).CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "completion" {
		t.Errorf("%v, %q", err, out)
	}
	for _, shell := range []string{"zsh", "fish", "powershell"} {
		if r := command(t, nil, "completion", shell); r.code != exitOK || !strings.Contains(r.out, "roster") {
			t.Errorf("%s: %+v", shell, r)
		}
	}
}
