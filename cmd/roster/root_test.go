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

// A real bash completes commands, flags and their values by asking the real program,
// also where the package bash-completion is not installed.
func TestBashCompletesCommands(t *testing.T) {
	t.Parallel()
	binary := programtest.Program(t, "cmd/roster")
	const script = `
source <("$1" completion bash) || exit 1
compopt() { :; }  # it works only while a person completes
roster() { "$ROSTER" "$@"; }
export ROSTER=$1
shift
COMP_WORDS=(roster "$@"); COMP_CWORD=$#; COMP_LINE="${COMP_WORDS[*]}"; COMP_POINT=${#COMP_LINE}; COMP_TYPE=9
__start_roster
printf '%s\n' "${COMPREPLY[@]}"`
	for line, want := range map[string]string{
		"comp":               "completion",
		"user set":           "set-role",
		"import --po":        "--policy",
		"import --policy u":  "update",
		"import --format k":  "keycloak",
		"user list --sort l": "last_login_at",
		"user list --role A": "ADMIN",
	} {
		args := append([]string{"-c", script, "bash", binary}, strings.Fields(line)...)
		out, err := exec.CommandContext(t.Context(), "bash", args...).CombinedOutput()
		if err != nil || strings.TrimSpace(string(out)) != want {
			t.Errorf("%s: %v, %q, want %q", line, err, out, want)
		}
	}
	for _, shell := range []string{"zsh", "fish", "powershell"} {
		if r := command(t, nil, "completion", shell); r.code != exitOK || !strings.Contains(r.out, "roster") {
			t.Errorf("%s: %+v", shell, r)
		}
	}
}
